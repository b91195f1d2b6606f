"""Re-import of an edited Excel: differences and refusals cell by cell, nothing applied by itself."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from assistant.export import NO_ORIGIN, write_export
from assistant.export.layout import ANSWERS, CHECKLIST, FIRST_ROW, number_of
from assistant.export.reimport import Preview, read_changes
from assistant.i18n import tr
from assistant.models import StoredAnswer
from assistant.questionnaire import NOT_APPLICABLE, Question
from assistant.replies import reply_of
from assistant.settings import load_settings
from assistant.storage import open_store
from tests.exports import ANSWERED, NOTES, make_answers, make_assessment, make_report, origin_of, questionnaire_of
from tests.forms import WORKED

FORM = questionnaire_of("continuity")
STORED = make_answers(FORM)
ASSESSMENT = make_assessment(FORM)
COLUMNS = {"checklist": CHECKLIST, "answers": ANSWERS}
SHEETS = {"es": {"checklist": "Lista de brechas", "answers": "Respuestas"}, "en": {"checklist": "Gap checklist", "answers": "Answers"}}
Edit = Callable[..., None]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("exported")
    for language in ("es", "en"):
        write_export(make_report(FORM, STORED, language), folder / f"{language}.xlsx", language, origin_of(STORED))
    return {language: folder / f"{language}.xlsx" for language in ("es", "en")}


class Copy:
    """A copy of the export that a person edits."""

    def __init__(self, source: Path, path: Path, language: str = "es") -> None:
        self.path, self.language = path, language
        self.book = load_workbook(source)

    def cell(self, kind: str, question_id: str, key: str) -> Any:
        sheet = self.book[SHEETS[self.language][kind]]
        row = next(row for row in sheet.iter_rows(min_row=FIRST_ROW) if row[0].value == question_id)
        return row[number_of(COLUMNS[kind], key) - 1]

    def read(self, stored: dict[str, StoredAnswer] | None = None, language: str = "es") -> Preview:
        self.book.save(self.path)
        return read_changes(self.path, ASSESSMENT, FORM, STORED if stored is None else stored, language)


@pytest.fixture
def copy(exported: dict[str, Path], tmp_path: Path) -> Copy:
    return Copy(exported["es"], tmp_path / "edited.xlsx")


def gap_ids() -> list[str]:
    return [gap.answer.question_id for gap in make_report(FORM, STORED).gaps]


def scored(wanted: Callable[[StoredAnswer], bool]) -> Question:
    return next(q for q in FORM.questions if q.scored and q.not_applicable and q.id in STORED and wanted(STORED[q.id]))


def reasons(preview: Preview) -> list[str]:
    return [refusal.reason for refusal in preview.refusals]


def say(key: str, **values: object) -> str:
    return tr(f"reimport.{key}", "es", **values)


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_file_that_nobody_edited_changes_nothing(exported: dict[str, Path], language: str) -> None:
    assert read_changes(exported[language], ASSESSMENT, FORM, STORED, language) == Preview((), (), ())


def test_owner_date_status_comment_note_and_answer_come_back(copy: Copy) -> None:
    name = gap_ids()[0]
    question = FORM.find(name)
    assert question
    best = question.options[-1]
    copy.cell("checklist", name, "owner").value = "  Lucía  Gómez "
    copy.cell("checklist", name, "due").value = datetime(2026, 9, 1)
    copy.cell("checklist", name, "status").value = "En curso" if STORED[name].status != "in_progress" else "Hecho"
    copy.cell("checklist", name, "comment").value = "Hablado con el proveedor"
    copy.cell("answers", name, "note").value = "Nota nueva"
    copy.cell("answers", name, "option").value = best.label["es"]
    preview = copy.read()
    assert preview.refusals == ()
    assert {difference.field for difference in preview.differences} == {"owner", "due", "status", "note", "option"}
    (answer,) = preview.answers
    assert (answer.owner, answer.due, answer.note) == ("Lucía Gómez", date(2026, 9, 1), "Nota nueva\nHablado con el proveedor")
    assert answer.option == best.id and answer.status != STORED[name].status and answer.version == STORED[name].version
    shown = {difference.field: (difference.label, difference.after) for difference in preview.differences}
    assert shown["option"] == ("Respuesta", best.label["es"]) and shown["due"] == ("Fecha límite", "1 sept 2026")
    assert all(difference.cell.startswith(("Lista de brechas!", "Respuestas!")) for difference in preview.differences)


def test_a_file_comes_back_under_the_other_language_and_in_its_words(exported: dict[str, Path], tmp_path: Path) -> None:
    name = gap_ids()[0]
    copy = Copy(exported["en"], tmp_path / "edited.xlsx", "en")
    copy.cell("checklist", name, "status").value = "Hecho" if STORED[name].status != "done" else "Pendiente"
    preview = copy.read(language="es")
    assert [difference.label for difference in preview.differences] == ["Estado"] and preview.refusals == ()


def test_an_open_question_can_be_answered_in_the_sheet(copy: Copy) -> None:
    question = next(question for question in FORM.questions if question.id not in STORED and question.scored)
    copy.cell("answers", question.id, "option").value = question.options[0].label["es"]
    (answer,) = copy.read().answers
    assert (answer.question_id, answer.option, answer.version) == (question.id, question.options[0].id, 0)


def test_not_applicable_needs_its_reason_in_the_same_row(copy: Copy) -> None:
    question = scored(lambda answer: answer.option != NOT_APPLICABLE)
    copy.cell("answers", question.id, "option").value = "No aplica"
    assert reasons(copy.read()) == [say("na_reason")]
    copy.cell("answers", question.id, "na_reason").value = "Lo lleva la matriz"
    (answer,) = copy.read().answers
    assert (answer.option, answer.na_reason) == (NOT_APPLICABLE, "Lo lleva la matriz")


def test_a_reason_alone_counts_only_for_not_applicable(copy: Copy) -> None:
    question, exempt = scored(lambda answer: answer.option != NOT_APPLICABLE), scored(lambda answer: answer.option == NOT_APPLICABLE)
    copy.cell("answers", question.id, "na_reason").value = "Porque sí"
    copy.cell("answers", exempt.id, "na_reason").value = "Otro motivo"
    preview = copy.read()
    assert reasons(preview) == [say("reasons_only")] and [answer.na_reason for answer in preview.answers] == ["Otro motivo"]
    copy.cell("answers", exempt.id, "na_reason").value = None
    assert say("na_reason") in reasons(copy.read())


def test_values_are_read_as_values(copy: Copy) -> None:
    question = next(question for question in FORM.questions if question.type == "duration")
    for text in ("36 h", "2 d"):
        copy.cell("answers", question.id, "option").value = text
        assert [reply_of(answer) for answer in copy.read().answers] == [text]
    copy.cell("answers", question.id, "option").value = "bastante"
    assert copy.read().answers == () and "bastante" in reasons(copy.read())[0]


def test_emptied_cells_give_owner_and_date_back_to_their_defaults_but_never_the_answer(copy: Copy) -> None:
    name = next(name for name in gap_ids() if STORED[name].owner and STORED[name].due and STORED[name].note)
    for kind, key in (("checklist", "owner"), ("checklist", "due"), ("answers", "note"), ("answers", "option")):
        copy.cell(kind, name, key).value = None
    preview = copy.read()
    (answer,) = preview.answers
    assert (answer.owner, answer.due, answer.note, answer.option) == ("", None, "", STORED[name].option)
    assert reasons(preview) == [say("empty_option")]


@pytest.mark.parametrize(
    ("kind", "key", "value", "reason"),
    [
        ("checklist", "owner", "=A1", "formula"),
        ("checklist", "due", "=TODAY()", "formula"),
        ("answers", "note", '=HYPERLINK("http://example.invalid")', "formula"),
        ("checklist", "owner", "#REF!", "error_cell"),
        ("checklist", "owner", "x" * 201, "too_long"),
        ("checklist", "due", "31/12/2026", "date"),
        ("checklist", "due", "mañana", "date"),
        ("checklist", "due", datetime(1950, 1, 1), "date"),
        ("checklist", "status", "Casi", "status"),
        ("checklist", "status", None, "status"),
        ("answers", "option", "Más o menos", "option"),
    ],
)
def test_a_cell_that_cannot_be_taken_over_is_refused_by_name_and_with_its_reason(copy: Copy, kind: str, key: str, value: object, reason: str) -> None:
    name = gap_ids()[1]
    cell, other = copy.cell(kind, name, key), gap_ids()[2]
    cell.value = value
    if reason == "error_cell":
        cell.data_type = "e"
    copy.cell("checklist", other, "owner").value = "Quien sí cuenta"
    preview = copy.read()
    (refusal,) = preview.refusals
    assert (refusal.cell, refusal.question_id) == (f"{SHEETS['es'][kind]}!{cell.coordinate}", name)
    said = tr(f"reimport.{reason}", "es", value="" if value is None else value, expected="§", example="§", limit=200)
    assert refusal.reason.startswith(said.split("§")[0])
    assert [answer.question_id for answer in preview.answers] == [other]


def test_a_number_is_no_date_and_one_written_as_the_reason_says_is(copy: Copy) -> None:
    cell = copy.cell("checklist", gap_ids()[0], "due")
    cell.value, cell.number_format = 46000, "0"
    assert reasons(copy.read()) == ["«46000» no es una fecha. Escriba una como 2026-03-31."]
    cell.value, cell.number_format = "2026-03-31", "@"
    assert reasons(copy.read()) == []


def test_a_formula_typed_as_text_is_a_text(copy: Copy) -> None:
    name = gap_ids()[0]
    cell = copy.cell("answers", name, "note")
    cell.value = "=1+1"
    cell.data_type = "s"
    assert [answer.note for answer in copy.read().answers] == ["=1+1"]


def test_an_older_file_is_refused_only_where_it_would_undo_a_later_answer(copy: Copy) -> None:
    later, untouched, same = gap_ids()[:3]
    stored = STORED | {name: replace(STORED[name], owner="Otra persona", version=STORED[name].version + 1) for name in (later, same)}
    for name in (later, untouched):
        copy.cell("checklist", name, "owner").value = "Lucía"
    copy.cell("checklist", same, "owner").value = "Otra persona"
    preview = copy.read(stored)
    assert [(refusal.question_id, refusal.reason) for refusal in preview.refusals] == [(later, say("stale"))]
    assert [answer.question_id for answer in preview.answers] == [untouched]


def test_rows_may_be_sorted_moved_and_left_out_and_columns_added(copy: Copy) -> None:
    first, second, third = gap_ids()[:3]
    copy.cell("checklist", second, "owner").value = "Lucía"
    sheet = copy.book["Lista de brechas"]
    sheet.insert_cols(4)
    sheet.cell(2, 4).value = "Columna propia"
    sheet.delete_rows(FIRST_ROW)
    sheet.move_range(f"A{FIRST_ROW}:P{FIRST_ROW}", rows=400)
    sheet.title = "Otro nombre"
    preview = copy.read()
    assert [(d.question_id, d.field, d.after) for d in preview.differences] == [(second, "owner", "Lucía")] and preview.refusals == ()
    assert first != third


def test_rows_without_an_id_with_a_strange_one_or_twice_are_refused(copy: Copy) -> None:
    first, second, third = gap_ids()[:3]
    for name, wrong in ((first, None), (second, "continuity.no.such"), (third, gap_ids()[3])):
        copy.cell("checklist", name, "owner").value = "Lucía"
        copy.cell("checklist", name, "question_id").value = wrong
    preview = copy.read()
    assert preview.answers == () or {answer.question_id for answer in preview.answers} == {gap_ids()[3]}
    assert {say("no_row_id"), say("unknown_question", question="continuity.no.such"), say("repeated")} == set(reasons(preview))


def test_a_sheet_or_a_column_that_is_missing_is_named_and_the_rest_is_read(copy: Copy) -> None:
    name = gap_ids()[0]
    copy.cell("checklist", name, "owner").value = "Lucía"
    copy.book["Lista de brechas"].cell(1, number_of(CHECKLIST, "due")).value = "otra"
    del copy.book["Respuestas"]
    preview = copy.read()
    assert set(reasons(preview)) == {say("no_sheet", sheet="Respuestas"), say("no_column", column="due")}
    assert [answer.owner for answer in preview.answers] == ["Lucía"]


def whole(preview: Preview) -> str:
    assert preview.differences == preview.answers == ()
    (refusal,) = preview.refusals
    assert refusal.cell == ""
    return refusal.reason


def test_files_that_are_no_export_of_this_assessment_are_refused_whole(copy: Copy, tmp_path: Path) -> None:
    copy.cell("checklist", gap_ids()[0], "owner").value = "Lucía"
    copy.read()
    for other in (replace(ASSESSMENT, id="9e9e"), replace(ASSESSMENT, questionnaire_id="readiness")):
        assert whole(read_changes(copy.path, other, FORM, STORED, "es")) == say("foreign")
    Workbook().save(tmp_path / "foreign.xlsx")
    assert whole(read_changes(tmp_path / "foreign.xlsx", ASSESSMENT, FORM, STORED, "es")) == say("foreign")
    write_export(make_report(FORM, STORED), tmp_path / "cli.xlsx", "es", NO_ORIGIN)
    assert whole(read_changes(tmp_path / "cli.xlsx", ASSESSMENT, FORM, STORED, "es")) == say("unsaved")
    copy.book["resguardo_meta"]["B1"].value = 2
    assert whole(copy.read()) == say("newer")
    copy.book["resguardo_meta"]["B1"].value = None
    assert whole(copy.read()) == say("foreign")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.97])
def test_a_damaged_file_is_refused_without_a_crash(exported: dict[str, Path], tmp_path: Path, share: float) -> None:
    content = exported["es"].read_bytes()
    (tmp_path / "damaged.xlsx").write_bytes(content[: int(len(content) * share)])
    assert whole(read_changes(tmp_path / "damaged.xlsx", ASSESSMENT, FORM, STORED, "es")) == say("damaged")


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet2.xml", "xl/styles.xml", "[Content_Types].xml"])
def test_a_workbook_with_a_broken_part_is_refused_without_a_crash(exported: dict[str, Path], tmp_path: Path, part: str) -> None:
    with zipfile.ZipFile(exported["es"]) as source, zipfile.ZipFile(tmp_path / "broken.xlsx", "w") as target:
        for name in source.namelist():
            target.writestr(name, b"<a><b>" if name == part else source.read(name))
    assert whole(read_changes(tmp_path / "broken.xlsx", ASSESSMENT, FORM, STORED, "es")) in (say("damaged"), say("foreign"))


def test_files_of_other_kinds_and_zip_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text.xlsx").write_text("hola")
    assert whole(read_changes(tmp_path / "text.xlsx", ASSESSMENT, FORM, STORED, "es")) == say("damaged")
    assert whole(read_changes(tmp_path / "nothing.xlsx", ASSESSMENT, FORM, STORED, "es")) == say("damaged")
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2_000_000)
    monkeypatch.setattr("assistant.export.edited.MAX_UNPACKED", 1_000_000)
    assert whole(read_changes(tmp_path / "bomb.xlsx", ASSESSMENT, FORM, STORED, "es")) == say("too_big")


def test_a_cell_far_below_does_not_keep_the_reader_busy(copy: Copy) -> None:
    copy.book["Respuestas"].cell(1_000_000, 1).value = "lejos"
    assert whole(copy.read()) == say("too_big")


def test_what_the_preview_says_is_what_the_store_gets_all_or_nothing(tmp_path: Path) -> None:
    store = open_store(load_settings({"RESGUARDO_HOME": str(tmp_path)}))
    assessment = store.start_assessment("Nómina", "ACME", FORM.id, FORM.version)
    stored = {answer.question_id: answer for answer in store.save_answers(assessment.id, [replace(a, version=0) for a in STORED.values()])}
    path, (first, second) = tmp_path / "edited.xlsx", gap_ids()[:2]
    write_export(make_report(FORM, stored), path, "es", replace(origin_of(stored), assessment_id=assessment.id))
    copy = Copy(path, path)
    copy.cell("checklist", first, "owner").value = "Lucía"
    copy.cell("checklist", second, "comment").value = "Hecho en parte"
    copy.book.save(path)
    preview = read_changes(path, assessment, FORM, store.answers(assessment.id), "es")
    assert store.answers(assessment.id) == stored
    store.save_answers(assessment.id, preview.answers)
    after = store.answers(assessment.id)
    assert after[first].owner == "Lucía" and after[second].note.endswith("Hecho en parte")
    assert {name for name in after if after[name] != stored[name]} == {first, second}
    again = read_changes(path, assessment, FORM, after, "es")
    assert again.answers == () and {refusal.reason for refusal in again.refusals} == {say("stale")}


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("formats", [("xlsx",), ("ods", "xlsx")])
def test_a_file_saved_by_libreoffice_comes_back(copy: Copy, tmp_path: Path, formats: tuple[str, ...]) -> None:
    name = gap_ids()[0]
    copy.cell("checklist", name, "owner").value = "Lucía"
    copy.cell("checklist", name, "due").value = datetime(2026, 9, 1)
    copy.book.save(copy.path)
    profile, path = f"-env:UserInstallation=file://{tmp_path}/profile", copy.path
    for name in formats:
        command = ["soffice", profile, "--headless", "--convert-to", name, "--outdir", f"saved-{name}", str(path)]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=180)
        path = tmp_path / f"saved-{name}" / f"edited.{name}"
    preview = read_changes(path, ASSESSMENT, FORM, STORED, "es")
    assert preview.refusals == () and {difference.field for difference in preview.differences} == {"owner", "due"}


TEXTS = st.text(st.characters(exclude_categories=["C"], include_characters="\n=+-@'\"«»ñ¿"), max_size=60)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=TEXTS, after=TEXTS, owner=TEXTS)
def test_any_text_survives_the_way_out_and_back(tmp_path: Path, before: str, after: str, owner: str) -> None:
    stored = {"q1": StoredAnswer("q1", "s0", note=before, owner=owner, answered=ANSWERED, version=3)}
    assessment, path = make_assessment(WORKED), tmp_path / "edited.xlsx"
    write_export(make_report(WORKED, stored), path, "es", origin_of(stored))
    assert read_changes(path, assessment, WORKED, stored, "es") == Preview((), (), ())
    copy = Copy(path, path)
    cell = copy.cell("answers", "q1", "note")
    cell.value = after
    cell.data_type = "s"
    copy.book.save(path)
    notes = [answer.note for answer in read_changes(path, assessment, WORKED, stored, "es").answers]
    assert notes == ([after.strip()] if after.strip() != before.strip() else [])
    assert NOTES[0] == ""
