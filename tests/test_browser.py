"""The app in a real browser: what a visitor sees, reaches with the keyboard, and finds again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from assistant.i18n import tr
from assistant.models import Answer
from assistant.settings import load_settings
from assistant.storage import open_store
from tests.browser import (
    PHONE,
    SCHEMES,
    OpenPage,
    Window,
    ask,
    browser,
    in_view,
    no_sideways_scroll,
    open_page,
    own_home,
    served,
    settle,
    violations,
    window,
    words,
)

__all__ = ["browser", "open_page", "window"]

QUESTION = "¿Cada cuánto hay que probar el plan de continuidad con el proveedor?"
UNCOVERED = "¿Quién ganó la liga de fútbol el año pasado?"


@pytest.fixture(scope="module")
def home(ready_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_home(ready_home, tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with served(home) as server:
        yield server.url


@pytest.fixture(scope="module")
def answered(address: str, window: Window) -> str:
    """The address of a conversation with one answer."""
    page = window.context.new_page()
    page.goto(address)
    ask(page, QUESTION)
    return page.url


def sentences(text: Locator) -> list[str]:
    """The sentences and items of an answer or a passage, without marks."""
    parts = text.locator("p, li").all_inner_texts()
    return [re.sub(r"\s*\[\d+\]", "", part).strip() for part in parts]


def test_an_answer_shows_its_passages_with_exactly_the_used_sentences_highlighted(open_page: OpenPage, answered: str) -> None:
    page = open_page(answered)
    shown = " ".join(sentences(page.locator(".answer")))
    boxes = page.locator('[class*="st-key-citations-"] details')
    assert boxes.count() >= 1
    for box in boxes.all():
        box.locator("summary").click()
        highlighted = box.locator(".passage mark").all_inner_texts()
        rest = [part for part in sentences(box.locator(".passage")) if not any(text in part for text in highlighted)]
        assert highlighted
        assert all(text in shown for text in highlighted)
        assert not any(part in shown for part in rest)
        expect(box.locator(".origin")).to_contain_text("Origen:")


def test_a_mark_opens_its_source(open_page: OpenPage, answered: str) -> None:
    page = open_page(answered)
    passage = page.locator(".cited").first
    assert not passage.is_visible()
    page.locator("a.mark").first.click()
    expect(passage).to_be_visible()


def test_a_source_opens_in_the_guide_at_its_section(open_page: OpenPage, answered: str) -> None:
    page = open_page(answered)
    box = page.locator('[class*="st-key-citations-"] details').first
    section = box.locator("summary").inner_text().split("›")[1].strip()
    page.locator("a.mark").first.click()
    box.get_by_text(words("open_in_guide")).click()
    heading = page.locator(".topic h2", has_text=section)
    heading.wait_for()
    settle(page)
    assert in_view(heading)
    assert "tema=" in page.url and "seccion=" in page.url


@pytest.mark.parametrize(
    "link", ["?tema=continuidad-planes&seccion=pruebas", "?tema=continuidad-planes#pruebas", "?tema=continuidad-planes#s-pruebas"]
)
def test_a_deep_link_lands_on_its_section(open_page: OpenPage, address: str, link: str) -> None:
    page = open_page(f"{address}/guia{link}")
    heading = page.locator("#s-pruebas")
    heading.wait_for()
    settle(page)
    assert in_view(heading)


def test_a_refusal_offers_what_the_guide_covers(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    ask(page, UNCOVERED)
    expect(page.locator(".answer")).to_contain_text(tr("refusals.not_covered", "es"))
    assert page.locator(".st-key-related a").count() >= 1
    page.locator('[class*="st-key-pills-next"] button').first.click()
    expect(page.locator(".question")).to_have_count(2)
    expect(page.locator("a.mark").first).to_be_visible()


def test_a_conversation_is_renamed_deleted_and_brought_back(open_page: OpenPage, address: str, home: Path) -> None:
    with closing(open_store(load_settings({"RESGUARDO_HOME": str(home)}))) as store:
        conversation = store.start_conversation(QUESTION).id
        store.add_message(conversation, Answer(QUESTION, "es", False, "La guía no lo dice."))
    page = open_page(f"{address}/?c={conversation}")
    row = page.locator(f'[class*="st-key-row-"][class*="{conversation}"]')
    row.get_by_test_id("stMenuButtonButton").click()
    page.get_by_text(words("conversations.rename"), exact=True).click()
    page.get_by_label(words("conversations.title"), exact=True).fill("Pruebas con el proveedor")
    page.get_by_role("button", name=words("conversations.save")).click()
    expect(row).to_contain_text("Pruebas con el proveedor")
    settle(page)
    row.get_by_test_id("stMenuButtonButton").click()
    page.get_by_text(words("conversations.delete"), exact=True).click()
    expect(row).to_have_count(0)
    expect(page.get_by_role("heading", name=words("welcome.title"))).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name=words("conversations.undo")).click()
    expect(page.locator(".question")).to_have_text(QUESTION)
    page.get_by_role("button", name=words("conversations.new")).click()
    expect(page.get_by_role("heading", name=words("welcome.title"))).to_be_visible()


def test_nothing_scrolls_sideways_on_a_phone(open_page: OpenPage, address: str, answered: str) -> None:
    page = open_page(address, PHONE)
    assert no_sideways_scroll(page)
    page.goto(answered)
    page.locator("a.mark").first.click()
    assert no_sideways_scroll(page)
    page.goto(f"{address}/guia")
    page.locator(".category").first.wait_for()
    assert no_sideways_scroll(page)
    page.goto(f"{address}/guia?tema=continuidad-planes")
    page.locator(".topic").wait_for()
    assert no_sideways_scroll(page)


def test_the_status_page_fits_a_phone_and_is_accessible_in_light_and_dark(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/estado", PHONE)
    expect(page.get_by_role("heading", name=words("status.data"))).to_be_visible()
    assert no_sideways_scroll(page) and violations(page, *SCHEMES) == []


def test_the_sidebar_closes_on_a_phone_once_a_conversation_is_chosen(open_page: OpenPage, address: str, answered: str) -> None:
    page = open_page(answered, PHONE)
    page.goto(address)
    settle(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.locator('[class*="st-key-open-"] button').first.click()
    expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()
    expect(page.locator(".question").first).to_be_visible()


def test_no_page_has_a_serious_accessibility_violation_in_light_or_dark(open_page: OpenPage, address: str, answered: str) -> None:
    page = open_page(address)
    page.locator("textarea:enabled").wait_for()
    assert violations(page, *SCHEMES) == []
    page.goto(answered)
    page.locator("a.mark").first.click()
    page.locator(".cited").first.wait_for()
    assert violations(page, *SCHEMES) == []
    page.goto(f"{address}/guia")
    page.locator(".category").first.wait_for()
    assert violations(page, *SCHEMES) == []
    page.goto(f"{address}/guia?tema=continuidad-planes")
    page.locator(".topic").wait_for()
    assert violations(page, *SCHEMES) == []


def test_a_question_is_asked_and_its_source_opened_with_the_keyboard_alone(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    page.locator("textarea:enabled").wait_for()
    tab_to(page, "textarea")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.get_by_test_id("stFeedback").wait_for()
    settle(page)
    page.evaluate("document.querySelector('.question').focus(); document.activeElement.blur()")
    tab_to(page, "a.mark")
    page.keyboard.press("Enter")
    expect(page.locator(".cited").first).to_be_visible()


def tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_markup_in_a_question_stays_text(open_page: OpenPage, address: str) -> None:
    hostile = '<img src="http://example.org/a.png"> ![x](http://example.org/b.png) [y](http://example.org) :red[z] <script>alert(1)</script>'
    page = open_page(address)
    ask(page, hostile)
    expect(page.locator(".question")).to_have_text(hostile)
    assert page.locator('img[src*="example"], a[href*="example"]').count() == 0
    expect(page.locator('[class*="st-key-row-open-"]')).to_contain_text("![x](http://example.org/b.png)")


def test_copy_takes_the_sources_along(open_page: OpenPage, answered: str) -> None:
    page = open_page(answered)
    page.get_by_role("button", name=words("copy")).click()
    expect(page.get_by_text(words("copied"), exact=True)).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(QUESTION)
    assert re.search(r"\n\[1\] .+ › .+", copied)


def test_a_topic_prints_whole_and_without_the_app_around_it(open_page: OpenPage, address: str, tmp_path: Path) -> None:
    page = open_page(f"{address}/guia?tema=continuidad-planes")
    page.locator(".topic").wait_for()
    page.pdf(path=tmp_path / "topic.pdf", format="A4")
    text = "\n".join(leaf.extract_text() for leaf in PdfReader(tmp_path / "topic.pdf").pages)
    last = page.locator(".topic footer .origin").inner_text()
    assert re.sub(r"\s+", "", last) in re.sub(r"\s+", "", text)
    assert words("conversations.new") not in text


def test_the_guide_is_searched_and_a_result_opens_at_its_section(open_page: OpenPage, address: str) -> None:
    page = open_page(f"{address}/guia")
    page.get_by_label(words("guide.search")).fill("simulacros con el proveedor")
    page.keyboard.press("Enter")
    page.locator(".snippet").first.wait_for()
    settle(page)
    page.locator('main [data-testid="stPageLink"] a').first.click()
    page.locator(".topic").wait_for()
    settle(page)
    assert "seccion=" in page.url
    page.go_back()
    page.locator(".snippet").first.wait_for()


def test_the_interface_changes_language_and_remembers_it(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_role("heading", name=words("welcome.title", "en"))).to_be_visible()
    settle(page)
    assert page.evaluate("document.documentElement.lang") == "en"
    again = open_page(f"{address}/guia?tema=continuidad-planes")
    expect(again.locator("article.topic")).to_have_attribute("lang", "en")
    again.get_by_text("Español", exact=True).click()
    expect(again.locator("article.topic")).to_have_attribute("lang", "es")
