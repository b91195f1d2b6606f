"""Assessments in a real browser: list, result, edits, comparison, files out and back, and how it all looks to a phone and to axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Locator, Page, expect

from assistant.catalogue import load_questionnaires
from assistant.i18n import tr, tr_list
from assistant.models import Assessment, StoredAnswer
from assistant.settings import load_settings
from assistant.storage import Store, open_store
from tests.browser import (
    DESK,
    PHONE,
    SCHEMES,
    OpenPage,
    browser,
    no_sideways_scroll,
    open_page,
    served,
    settle,
    violations,
    wait_until,
    window,
    words,
)

__all__ = ["browser", "open_page", "window"]

FORM = load_questionnaires(load_settings({}))["continuity"]
SCORED = [question for question in FORM.questions if question.scored]
FIRST = SCORED[0]


@dataclass(frozen=True)
class App:
    """A served app and its store."""

    url: str
    store: Store

    def page(self, name: str, assessment: Assessment) -> str:
        return f"{self.url}/{name}?e={assessment.id}"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("results")
    store = open_store(load_settings({"RESGUARDO_HOME": str(folder / "home")}))
    with served(folder / "home") as server:
        yield App(server.url, store)


def begun(store: Store, title: str, option: int = 0, count: int = 12) -> Assessment:
    """An assessment whose first questions all have the option at that place."""
    assessment = store.start_assessment(title, "Acme", FORM.id, FORM.version)
    answers = [StoredAnswer(q.id, option=q.options[option].id, note="Visto en marzo" * (q is FIRST)) for q in SCORED[:count]]
    store.save_answers(assessment.id, answers)
    return assessment


def gap_row(page: Page, question_id: str) -> Locator:
    return page.locator(f'[class~="st-key-action-{question_id.replace(".", "-")}"]')


def open_gap(page: Page, question_id: str) -> Locator:
    row = gap_row(page, question_id)
    row.locator("summary").first.click()
    row.get_by_label(words("results.columns.owner"), exact=True).wait_for()
    settle(page)
    return row


def show_all(page: Page) -> None:
    page.get_by_text(words("results.show_all", count=12)).click()
    expect(gap_row(page, SCORED[11].id)).to_have_count(1)
    settle(page)


# Only what was typed is offered: until then Enter would choose something else.
FILTERED = """typed => {
  const offered = [...document.querySelectorAll("[role=option]")]
  return offered.length > 0 && offered.every(option => option.innerText.includes(typed))
}"""


def pick(page: Page, name: str, option: str) -> None:
    """Choose in a select box with the keyboard."""
    field = page.get_by_role("combobox", name=name)
    field.scroll_into_view_if_needed()
    settle(page)  # scrolling closes the list
    field.press_sequentially(option)
    wait_until(page, FILTERED, option)
    field.press("Enter")
    settle(page)


def test_a_gap_opens_to_its_sources_and_its_owner_is_saved_at_once(open_page: OpenPage, app: App) -> None:
    assessment = begun(app.store, "Nómina")
    page = open_page(app.page("resultado", assessment))
    show_all(page)
    row = open_gap(page, FIRST.id)
    for text in (FIRST.text["es"], "Visto en marzo", words("results.clauses")):
        expect(row).to_contain_text(text)
    owner = row.get_by_label(words("results.columns.owner"), exact=True)
    owner.fill("Ana Ruiz")
    owner.press("Tab")
    expect(row.locator(".above")).to_contain_text("Ana Ruiz")
    expect(owner).to_be_visible()
    assert app.store.answers(assessment.id)[FIRST.id].owner == "Ana Ruiz"
    row.locator("a").filter(has_text="›").first.click()
    page.locator("article.topic").wait_for()
    assert "/guia" in page.url


def test_a_gap_leads_back_to_its_question(open_page: OpenPage, app: App) -> None:
    page = open_page(app.page("resultado", begun(app.store, "Vuelta", count=6)))
    open_gap(page, FIRST.id).get_by_role("button", name=words("results.answer_again")).click()
    expect(page.locator("h2.asked")).to_have_text(FIRST.text["es"])


def test_a_number_of_the_matrix_opens_its_action(open_page: OpenPage, app: App) -> None:
    page = open_page(app.page("resultado", begun(app.store, "Matriz")))
    page.locator("a.chip").first.click()
    expect(page.get_by_text(words("results.done_when")).first).to_be_visible()


def test_a_filter_narrows_the_list(open_page: OpenPage, app: App) -> None:
    page = open_page(app.page("resultado", begun(app.store, "Filtro")))
    page.get_by_text(words("results.filter"), exact=True).click()
    settle(page)
    page.get_by_text(words("results.only_musts")).click()
    settle(page)
    musts = [question for question in SCORED[:12] if question.criticality == "must"]
    expect(page.get_by_text(words("results.shown", shown=len(musts), count=12))).to_be_visible()


def test_two_windows_do_not_write_over_each_other(open_page: OpenPage, app: App) -> None:
    assessment = begun(app.store, "Ventanas", count=6)  # as many as are shown at first
    rows = [open_gap(open_page(app.page("resultado", assessment)), FIRST.id) for _ in range(2)]
    for row, name in zip(rows, ("Berta", "Carla"), strict=True):
        owner = row.get_by_label(words("results.columns.owner"), exact=True)
        owner.fill(name)
        owner.press("Tab")
        settle(row.page)
    expect(rows[1]).to_contain_text(words("edit.typed", text="Carla"))
    expect(rows[1].get_by_label(words("results.columns.owner"), exact=True)).to_have_value("Berta")
    assert app.store.answers(assessment.id)[FIRST.id].owner == "Berta"


def test_a_comparison_names_what_was_closed(open_page: OpenPage, app: App) -> None:
    begun(app.store, "Antes")
    page = open_page(app.page("resultado", begun(app.store, "Ahora", option=-1)))
    pick(page, words("results.compare_with"), "Antes")
    page.get_by_text(words("results.kinds.closed", count=12)).click()
    expect(page.locator(".change").first).to_be_visible()


def test_the_excel_goes_out_and_comes_back_with_a_preview_and_an_undo(open_page: OpenPage, app: App, tmp_path: Path) -> None:
    assessment = begun(app.store, "Nómina y pagos")
    page = open_page(app.page("resultado", assessment))
    with page.expect_download() as download:
        page.get_by_role("button", name=words("results.formats.excel"), exact=True).click()
    assert re.fullmatch(r"nomina-y-pagos-\d{4}-\d\d-\d\d\.xlsx", download.value.suggested_filename)
    expect(page.get_by_test_id("stFileUploaderDropzone")).to_contain_text(tr_list("ui.widgets", "es")[0])
    edited = tmp_path / "edited.xlsx"
    edited.write_bytes(with_owner(Path(download.value.path()).read_bytes(), "Diana"))
    page.locator('input[type="file"]').set_input_files(edited)
    page.get_by_text(words("import.changes", count=1)).wait_for()
    expect(page.locator(".changes")).to_contain_text("Diana")
    assert "Diana" not in owners(app.store, assessment)
    page.get_by_role("button", name=words("import.apply", count=1)).click()
    page.get_by_text(words("import.applied", count=1)).wait_for()
    assert "Diana" in owners(app.store, assessment)
    page.get_by_role("button", name=words("import.undo")).click()
    page.get_by_text(words("import.undone")).wait_for()
    assert "Diana" not in owners(app.store, assessment)


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_long_texts_of_an_import_have_room_in_its_preview(open_page: OpenPage, app: App, tmp_path: Path, size: dict[str, int]) -> None:
    page = open_page(app.page("resultado", begun(app.store, "Textos largos")), size)
    with page.expect_download() as download:
        page.get_by_role("button", name=words("results.formats.excel"), exact=True).click()
    edited = tmp_path / "edited.xlsx"
    edited.write_bytes(with_owner(Path(download.value.path()).read_bytes(), "https://intranet.example/" + "x" * 90))
    page.locator('input[type="file"]').set_input_files(edited)
    cells = page.get_by_role("table", name=words("import.title")).get_by_role("cell")
    expect(cells).to_have_count(3)
    assert no_sideways_scroll(page) and violations(page) == []
    field, before, after = [cell.bounding_box() or {} for cell in cells.all()]
    assert before["width"] == pytest.approx(after["width"], abs=2) and after["width"] > 200
    assert after["y"] > before["y"] > field["y"] if size == PHONE else after["y"] == before["y"] == field["y"]


def with_owner(content: bytes, owner: str) -> bytes:
    """The exported Excel with another owner in the first row of its checklist."""
    book = openpyxl.load_workbook(BytesIO(content))
    sheet = book[tr("export.checklist", "es")]
    assert isinstance(sheet, Worksheet)
    head = next(cell for row in sheet.iter_rows() for cell in row if cell.value == tr("export.owner", "es"))
    sheet.cell(head.row + 1, head.column, owner)
    changed = BytesIO()
    book.save(changed)
    return changed.getvalue()


def owners(store: Store, assessment: Assessment) -> set[str]:
    return {answer.owner for answer in store.answers(assessment.id).values()}


def test_a_foreign_file_is_refused_with_its_reason(open_page: OpenPage, app: App, tmp_path: Path) -> None:
    page = open_page(app.page("resultado", begun(app.store, "Ajeno")))
    foreign = tmp_path / "foreign.xlsx"
    openpyxl.Workbook().save(foreign)
    page.locator('input[type="file"]').set_input_files(foreign)
    expect(page.locator(".changes")).to_contain_text(tr("reimport.foreign", "es"))
    expect(page.get_by_role("button", name=words("import.apply", count=1))).to_have_count(0)


def test_an_assessment_is_renamed_duplicated_archived_deleted_and_brought_back(open_page: OpenPage, app: App) -> None:
    assessment = begun(app.store, "Lista")
    page = open_page(f"{app.url}/evaluaciones")
    card = page.locator(f'[class~="st-key-assessment-{assessment.id}"]')
    choose(page, card, "rename")
    page.get_by_role("dialog").get_by_label(words("assessments.service"), exact=True).fill("Mesa de ayuda")
    page.get_by_role("button", name=words("conversations.save")).click()
    expect(card).to_contain_text("Mesa de ayuda")
    choose(page, card, "duplicate")
    page.get_by_role("button", name=words("conversations.save")).click()
    copy = words("assessments.copy", title="Mesa de ayuda")
    expect(page.get_by_role("heading", name=copy)).to_be_visible()
    choose(page, card, "delete")
    expect(card).to_have_count(0)
    page.get_by_role("button", name=words("conversations.undo")).click()
    expect(card).to_be_visible()
    choose(page, card, "archive")
    expect(card).to_have_count(0)
    twin = next(found for found in app.store.assessments() if found.title == copy)
    assert len(app.store.answers(twin.id)) == 12
    page.get_by_text(words("assessments.show_archived", count=1)).click()
    expect(card).to_be_visible()


def choose(page: Page, card: Locator, action: str) -> None:
    settle(page)
    card.get_by_test_id("stMenuButtonButton").click()
    page.get_by_text(words(f"assessments.{action}"), exact=True).last.click()
    settle(page)


def test_the_form_saves_with_the_keyboard_alone(open_page: OpenPage, app: App) -> None:
    assessment = begun(app.store, "Formulario", count=0)
    page = open_page(app.page("formulario", assessment))
    section = page.locator("summary", has_text=FORM.sections[0].title["es"])
    section.focus()
    section.press("Enter")
    question = page.get_by_role("radiogroup", name=FIRST.text["es"])
    question.wait_for()
    settle(page)
    question.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    settle(page)
    assert app.store.answers(assessment.id)[FIRST.id].option == FIRST.options[0].id


def test_no_page_has_a_serious_accessibility_violation_in_light_or_dark(open_page: OpenPage, app: App) -> None:
    begun(app.store, "Antes")
    assessment = begun(app.store, "Acceso")
    page = open_page(f"{app.url}/evaluaciones")
    page.get_by_text(words("assessments.new"), exact=True).click()
    assert violations(page, *SCHEMES) == []
    page.goto(app.page("resultado", assessment))
    page.locator("a.chip").first.click()
    page.get_by_text(words("results.done_when")).first.wait_for()
    page.get_by_text(words("results.filter"), exact=True).click()
    pick(page, words("results.compare_with"), "Antes")
    assert violations(page, *SCHEMES) == []
    page.goto(app.page("formulario", assessment))
    page.get_by_text(FORM.sections[0].title["es"]).click()
    page.get_by_role("radiogroup").first.wait_for()
    assert violations(page, *SCHEMES) == []


def test_nothing_scrolls_sideways_on_a_phone(open_page: OpenPage, app: App) -> None:
    assessment = begun(app.store, "Teléfono")
    page = open_page(f"{app.url}/evaluaciones", PHONE)
    assert no_sideways_scroll(page)
    page.goto(app.page("resultado", assessment))
    page.locator("a.chip").first.click()
    page.get_by_text(words("results.done_when")).first.wait_for()
    assert no_sideways_scroll(page)
    page.goto(app.page("formulario", assessment))
    page.get_by_text(FORM.sections[0].title["es"]).click()
    page.get_by_role("radiogroup").first.wait_for()
    assert no_sideways_scroll(page)
