"""The guided assessment in a real browser: from the first screen to the result, through pauses, restarts, two windows and a keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Locator, Page, expect

from assistant.catalogue import load_questionnaires
from assistant.i18n import tr
from assistant.interview import find_question, give_reply, load_catalogue, start_interview
from assistant.questionnaire import Question
from assistant.replies import of_profile
from assistant.settings import load_settings
from assistant.storage import open_store
from tests.browser import (
    DESK,
    PHONE,
    SCHEMES,
    OpenPage,
    Server,
    ask,
    browser,
    no_sideways_scroll,
    open_page,
    own_home,
    served,
    settle,
    violations,
    wait_until,
    window,
    words,
)

__all__ = ["browser", "open_page", "window"]

QUESTION = "¿Cada cuánto hay que probar el plan de continuidad con el proveedor?"
READINESS = load_questionnaires(load_settings({}))["readiness"]
LAST = [question for question in READINESS.questions if question.criticality == "must"][-1]
INTERACTIONS = 40  # what a quick scan may cost at most
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
FITS = """e => {
  const style = getComputedStyle(e), pen = document.createElement("canvas").getContext("2d")
  pen.font = style.font
  return pen.measureText(e.placeholder).width <= e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
}"""
NEXT = "h => { const e = document.querySelector('h2.asked'); return e && e.innerText !== h }"


@pytest.fixture(scope="module")
def home(ready_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_home(ready_home, tmp_path_factory.mktemp("interviews"))


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    with served(home) as started:
        yield started


@pytest.fixture(scope="module")
def address(server: Server) -> str:
    return server.url


def heading(page: Page) -> Locator:
    return page.locator("h2.asked")


def option(page: Page, n: int) -> Locator:
    return page.locator(".st-key-options button").nth(n)


def start(page: Page, service: str, n: int = 0) -> int:
    """Set up a quick scan; returns how many interactions that took."""
    page.locator("textarea:enabled").wait_for()
    page.get_by_role("button", name=words("interview.quick", minutes="").split(" · ")[0]).nth(n).click()
    page.get_by_label(words("assessments.service")).fill(service)
    page.get_by_label(words("assessments.supplier")).fill("Acme")
    page.get_by_role("button", name=words("interview.begin"), exact=True).click()
    page.locator(".st-key-card").wait_for()
    settle(page)
    return 4


def answer(page: Page, n: int = 1) -> int:
    """Answer the card with its nth option; returns how many interactions that took."""
    before, clicks = heading(page).inner_text(), 1
    if page.locator('.st-key-options [data-testid="stButtonGroup"]').count():
        option(page, 0).click()
        settle(page)
        page.get_by_role("button", name=words("conversations.save"), exact=True).click()
        clicks = 2
    else:
        option(page, n).click()
    wait_until(page, NEXT, before)
    return clicks


def profiled(home: Path, name: str, service: str, up_to: Callable[[Question], bool] = lambda question: True) -> str:
    """The query of a quick scan that waits at its first question of that kind; all before it, the profile first, is answered."""
    settings = load_settings({"RESGUARDO_HOME": str(home)})
    catalogue = load_catalogue(settings)
    with closing(open_store(settings)) as store:
        interview = start_interview(store, catalogue, name, service, "Acme")
        while of_profile(interview.position) or not up_to(find_question(interview, interview.position)):
            interview = give_reply(store, interview, interview.position, find_question(interview, interview.position).options[1].id, None)
        return f"/?e={interview.assessment.id}"


def write(page: Page, text: str) -> None:
    field = page.locator("textarea:enabled")
    field.fill(text)
    field.press("Enter")


def test_a_quick_scan_leads_from_the_first_screen_to_the_result_and_its_excel(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    interactions = start(page, "Nóminas")
    while page.locator(".st-key-card").count():
        page.wait_for_selector(IDLE)
        interactions += answer(page)
    page.get_by_role("button", name=words("interview.to_result")).click()
    page.wait_for_url("**/resultado?e=*")
    settle(page)
    expect(page.get_by_role("heading", name="Nóminas")).to_be_visible()
    assert tr("levels.none", "es") not in page.locator("main").inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name=words("results.formats.excel"), exact=True).click()
    assert openpyxl.load_workbook(BytesIO(Path(download.value.path()).read_bytes())).sheetnames[1] == tr("export.checklist", "es")
    assert interactions + 2 < INTERACTIONS


def test_chat_and_form_in_two_tabs_stay_in_step(open_page: OpenPage, address: str, home: Path) -> None:
    chat = open_page(address + profiled(home, "readiness", "Correo"))
    asked, labels = heading(chat).inner_text(), [option(chat, n).inner_text() for n in range(3)]
    form = open_page(chat.url.replace("/?e=", "/formulario?e="))
    form.locator("summary").nth(1).click()
    replies = form.get_by_role("radiogroup", name=asked)
    replies.get_by_text(labels[2], exact=True).click()
    settle(form)
    option(chat, 0).click()
    expect(chat.get_by_test_id("stAlert")).to_contain_text(labels[2])
    settle(chat)
    expect(option(chat, 2)).to_have_attribute("data-testid", "stBaseButton-primary")
    answer(chat, 0)
    settle(chat)
    form.get_by_text(words("review.only_open")).click()
    settle(form)
    form.get_by_text(words("review.only_open")).click()
    expect(replies.get_by_role("radio", name=labels[0], exact=True)).to_be_checked()


def test_after_a_quick_scan_the_full_questionnaire_goes_on_where_it_is_open(open_page: OpenPage, address: str, home: Path) -> None:
    page = open_page(address + profiled(home, "readiness", "Web", lambda question: question.id == LAST.id))
    answer_last = option(page, 1)
    answer_last.click()
    page.locator(".st-key-extend button").click()
    page.locator(".st-key-card").wait_for()
    settle(page)
    expect(heading(page)).to_have_text(next(q for q in READINESS.questions if q.criticality != "must" and not q.shown_all).text["es"])


def test_after_a_pause_and_a_killed_server_it_goes_on_at_the_next_open_question_and_conversations_are_found(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page(server.url)
    ask(page, QUESTION)
    page.get_by_role("button", name=words("conversations.new")).click()
    start(page, "Mesa de ayuda", n=1)
    for _ in range(3):
        answer(page)
        settle(page)
    waiting = heading(page).inner_text()
    page.get_by_role("button", name=words("interview.back")).click()
    wait_until(page, NEXT, waiting)
    page.get_by_role("button", name=words("interview.pause")).click()
    page.locator(".st-key-resume").wait_for()
    settle(page)
    server.kill()
    server.start()
    page = open_page(server.url)
    page.locator(".st-key-resume button", has_text="Mesa de ayuda").first.click()
    page.locator(".st-key-card").wait_for()
    expect(heading(page)).to_have_text(waiting)
    page.get_by_role("button", name=QUESTION).first.click()
    expect(page.locator(".question")).to_have_text(QUESTION)
    expect(page.locator("a.mark").first).to_be_visible()


def test_a_second_window_is_told_what_changed_and_writes_over_nothing(open_page: OpenPage, address: str, home: Path) -> None:
    first = open_page(address + profiled(home, "readiness", "Nube"))
    second = open_page(first.url)
    chosen = option(first, 0).inner_text()
    answer(first, 0)
    settle(first)
    option(second, 2).click()
    notice = second.get_by_test_id("stAlert")
    expect(notice).to_contain_text(chosen)
    settle(second)
    expect(option(second, 0)).to_have_attribute("data-testid", "stBaseButton-primary")


def test_free_text_is_proposed_a_question_is_answered_and_the_card_returns(open_page: OpenPage, address: str, home: Path) -> None:
    page = open_page(address + profiled(home, "continuity", "Soporte"))
    pending = heading(page).inner_text()
    write(page, "me gusta el fútbol")
    page.locator(".st-key-unsure").wait_for()
    write(page, "¿qué es RTO?")
    page.locator(".st-key-aside .mark").first.wait_for()
    expect(heading(page)).to_have_text(pending)
    settle(page)
    write(page, "sí, pero es de hace tres años")
    page.get_by_role("button", name=words("interview.confirm")).click()
    wait_until(page, NEXT, pending)
    settle(page)
    page.get_by_role("button", name=words("interview.back")).click()
    expect(heading(page)).to_have_text(pending)
    page.get_by_role("button", name=words("interview.details_filled")).click()
    expect(page.get_by_label(words("interview.note"), exact=True)).to_have_value("sí, pero es de hace tres años")
    assert option(page, 2).get_attribute("data-testid") == "stBaseButton-primary"


def test_writing_it_starts_an_assessment_and_a_question_about_it_does_not(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    page.locator("textarea:enabled").wait_for()
    write(page, "quiero evaluar mi continuidad")
    page.locator(".st-key-setup").wait_for()
    settle(page)
    page.get_by_role("button", name=words("interview.not_meant")).click()
    page.locator('[class*="st-key-actions-"]').wait_for()
    expect(page.locator(".st-key-setup")).to_have_count(0)


def test_a_question_that_does_not_apply_needs_its_reason(open_page: OpenPage, address: str, home: Path) -> None:
    page = open_page(address + profiled(home, "data-protection", "Archivo", lambda question: question.not_applicable))
    before = heading(page).inner_text()
    page.get_by_role("button", name=tr("answers.not_applicable", "es")).click()
    page.get_by_role("button", name=words("conversations.save"), exact=True).click()
    page.get_by_test_id("stAlert").wait_for()
    expect(heading(page)).to_have_text(before)
    settle(page)
    reason = page.get_by_label(words("interview.reason"))
    if not reason.is_visible():
        page.get_by_role("button", name=tr("answers.not_applicable", "es")).click()
    reason.fill("No tratamos esos datos")
    page.get_by_role("button", name=words("conversations.save"), exact=True).click()
    wait_until(page, NEXT, before)


def test_the_keyboard_alone_answers(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    start(page, "Redes")
    for _ in range(2):
        before = heading(page).inner_text()
        wait_until(page, "() => document.activeElement?.classList.contains('asked')")
        page.keyboard.press("Tab")
        assert page.evaluate("() => !!document.activeElement.closest('.st-key-options')")
        page.keyboard.press("Enter")
        wait_until(page, NEXT, before)
        settle(page)


# The last field of the note lies within its pop-over, and that within the window, once it has opened.
WHOLE = """() => {
  const body = document.querySelector("[data-testid=stPopoverBody]"), due = body && body.querySelector("[data-testid=stDateInput]")
  return due && due.getBoundingClientRect().bottom <= body.getBoundingClientRect().bottom && body.getBoundingClientRect().bottom <= innerHeight
}"""


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_hints_and_the_fields_of_a_note_are_whole(open_page: OpenPage, address: str, home: Path, size: dict[str, int]) -> None:
    page = open_page(address, size)
    page.locator("textarea:enabled").wait_for()
    page.get_by_role("button", name=words("interview.quick", minutes="").split(" · ")[0]).first.click()
    service = page.get_by_label(words("assessments.service"))
    service.wait_for()
    assert service.evaluate(FITS)
    page.goto(address + profiled(home, "continuity", "Almacén"))
    page.locator(".st-key-card").wait_for()
    settle(page)
    assert page.locator("textarea:enabled").evaluate(FITS)
    page.get_by_role("button", name=words("interview.details")).click()
    body = page.get_by_test_id("stPopoverBody")
    body.wait_for()
    settle(page)
    wait_until(page, WHOLE)


def test_the_reason_why_a_question_does_not_apply_is_asked_whole_on_a_phone(open_page: OpenPage, address: str, home: Path) -> None:
    page = open_page(address + profiled(home, "continuity", "Archivo"), PHONE)
    reason = page.get_by_role("button", name=tr("answers.not_applicable", "es"))
    while not reason.count():
        page.get_by_role("button", name=words("interview.skip")).click()
        settle(page)
    reason.click()
    body = page.get_by_test_id("stPopoverBody")
    body.wait_for()
    settle(page)
    assert body.evaluate("e => e.scrollHeight <= e.clientHeight && e.getBoundingClientRect().bottom <= innerHeight")


def test_cards_fit_a_phone_and_are_accessible_in_light_and_dark(open_page: OpenPage, address: str, home: Path) -> None:
    page = open_page(address, PHONE)
    page.locator("textarea:enabled").wait_for()
    assert no_sideways_scroll(page) and violations(page, *SCHEMES) == []
    start(page, "Centro de datos")
    assert no_sideways_scroll(page) and violations(page, *SCHEMES) == []
    page.goto(address + profiled(home, "continuity", "Planta"))
    page.locator(".st-key-card").wait_for()
    assert no_sideways_scroll(page) and violations(page, *SCHEMES) == []
    page.get_by_role("button", name=words("interview.why")).click()
    page.get_by_test_id("stPopoverBody").wait_for()
    page.mouse.move(5, 5)
    assert no_sideways_scroll(page) and violations(page, *SCHEMES) == []
