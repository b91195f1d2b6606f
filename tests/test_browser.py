"""The app in a real browser: what a visitor sees, reaches with the keyboard, and finds again."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright
from pypdf import PdfReader

from assistant.i18n import tr
from assistant.settings import ROOT
from tests.conftest import environment

QUESTION = "¿Cada cuánto hay que probar el plan de continuidad con el proveedor?"
UNCOVERED = "¿Quién ganó la liga de fútbol el año pasado?"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
SECONDS = 40
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
OpenPage = Callable[..., Page]


def words(key: str, language: str = "es", **values: object) -> str:
    return tr(f"ui.{key}", language, **values)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(home: Path, log: Path) -> Iterator[str]:
    """Serve the app; yields its address."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with log.open("w") as output, subprocess.Popen(command, cwd=ROOT, env=environment(home=home), stdout=output, stderr=output) as process:
        try:
            wait_for(f"http://localhost:{port}/_stcore/health")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(SECONDS)


def wait_for(address: str) -> None:
    for _ in range(SECONDS * 10):
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise TimeoutError(address)


def own_home(ready: Path, folder: Path) -> Path:
    """A copy of the prepared data folder, to write into."""
    return Path(shutil.copytree(ready, folder / "home", symlinks=True))


@pytest.fixture(scope="module")
def address(ready_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    with served(own_home(ready_home, folder), folder / "log") as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open an address as a new visitor; afterwards no request may have gone to another host."""
    contexts: list[BrowserContext] = []
    asked: list[str] = []

    def open_address(url: str, size: dict[str, int] = DESK, scheme: str = "light") -> Page:
        context = browser.new_context(viewport=size, color_scheme=scheme, locale="es-ES", permissions=["clipboard-read", "clipboard-write"])  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(SECONDS * 1000)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda websocket: asked.append(websocket.url))
        page.goto(url)
        settle(page)
        return page

    yield open_address
    for context in contexts:
        context.close()
    hosts = {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {"localhost"}


@pytest.fixture(scope="module")
def answered(address: str, browser: Browser) -> str:
    """The address of a conversation with one answer."""
    page = browser.new_page()
    page.goto(address)
    ask(page, QUESTION)
    url = page.url
    page.close()
    return url


def settle(page: Page) -> None:
    """Wait until the script has run and the page stands still."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(300)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def ask(page: Page, question: str) -> None:
    field = page.locator("textarea:enabled")
    field.fill(question)
    field.press("Enter")
    thumbs = page.get_by_test_id("stFeedback")
    before = thumbs.count()
    page.wait_for_function("n => document.querySelectorAll('[data-testid=stFeedback]').length > n", arg=before)
    settle(page)


def sentences(text: Locator) -> list[str]:
    """The sentences and items of an answer or a passage, without marks."""
    parts = text.locator("p, li").all_inner_texts()
    return [re.sub(r"\s*\[\d+\]", "", part).strip() for part in parts]


def violations(page: Page) -> list[str]:
    settle(page)
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")]


def no_sideways_scroll(page: Page) -> bool:
    settle(page)
    wide = "() => [document.documentElement, document.querySelector('main')].every(e => e.scrollWidth <= e.clientWidth)"
    return bool(page.evaluate(wide))


def in_view(heading: Locator) -> bool:
    box = heading.bounding_box()
    return box is not None and 0 <= box["y"] < 300


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


def test_conversations_are_renamed_deleted_brought_back_and_found_after_a_restart(open_page: OpenPage, ready_home: Path, tmp_path: Path) -> None:
    home = own_home(ready_home, tmp_path)
    with served(home, tmp_path / "first.log") as url:
        page = open_page(url)
        ask(page, QUESTION)
        row = page.locator('[class*="st-key-row-"]')
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
    with served(home, tmp_path / "second.log") as url:
        page = open_page(url)
        page.get_by_role("button", name="Pruebas con el proveedor").first.click()
        expect(page.locator(".question")).to_have_text(QUESTION)
        expect(page.locator("a.mark").first).to_be_visible()


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


def test_the_sidebar_closes_on_a_phone_once_a_conversation_is_chosen(open_page: OpenPage, address: str, answered: str) -> None:
    page = open_page(answered, PHONE)
    page.goto(address)
    settle(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.locator('[class*="st-key-open-"] button').first.click()
    expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()
    expect(page.locator(".question").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_accessibility_violation(open_page: OpenPage, address: str, answered: str, scheme: str) -> None:
    page = open_page(address, scheme=scheme)
    page.locator("textarea:enabled").wait_for()
    assert violations(page) == []
    page.goto(answered)
    page.locator("a.mark").first.click()
    page.locator(".cited").first.wait_for()
    assert violations(page) == []
    page.goto(f"{address}/guia")
    page.locator(".category").first.wait_for()
    assert violations(page) == []
    page.goto(f"{address}/guia?tema=continuidad-planes")
    page.locator(".topic").wait_for()
    assert violations(page) == []


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
