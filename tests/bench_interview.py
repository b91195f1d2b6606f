"""How long an answer of the guided questionnaires takes: from the reply to the next card, in storage alone and in the real browser."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from assistant.interview import END, Catalogue, current_card, give_reply, load_catalogue, open_interview, start_interview
from assistant.questionnaire import Question
from assistant.settings import load_settings
from assistant.storage import Store, open_store
from tests.browser import ARGUMENTS, DESK, SECONDS, WATCH, served, settle

Figure = tuple[str, str, float]
BOUND = 300.0  # milliseconds from the click to the next card, the median on 2 cores
WARM_UP = 5  # answers before any is measured: the first ones load what later ones share
# Clicks an option and says how many milliseconds later the next card's heading, or the end's, was painted.
CLICK = """n => new Promise(resolve => {
  const asked = () => document.querySelector("h2.asked")
  const before = asked().innerText, began = performance.now()
  const look = () => {
    const heading = asked()
    if (!heading || heading.innerText === before || !heading.checkVisibility()) return
    observer.disconnect()
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)))
  }
  const observer = new MutationObserver(look)
  observer.observe(document.body, {childList: true, characterData: true, subtree: true})
  const buttons = document.querySelectorAll(".st-key-options button")
  buttons[Math.min(n, buttons.length - 1)].click()
})"""


def measures(home: Path) -> Iterator[Figure]:
    """Medians and 95th percentiles in milliseconds, over every card of the full questionnaires."""
    yield from figures("reply saved and next card found, storage alone", stored(home))
    yield from figures("click to the next card painted, real browser", clicked(home))


def figures(name: str, times: list[float]) -> Iterator[Figure]:
    """Median and 95th percentile."""
    yield f"{name}: p50", "ms", statistics.median(times)
    yield f"{name}: p95", "ms", statistics.quantiles(times, n=20, method="inclusive")[-1]


def stored(home: Path) -> list[float]:
    """Every question of every questionnaire, answered as the page does it: read, reply, find the next card."""
    settings, times = load_settings({"RESGUARDO_HOME": str(home)}), []
    catalogue = load_catalogue(settings)
    with closing(open_store(settings)) as store:
        for assessment in begun(store, catalogue):
            position: str | None = None
            while position != END:
                started = time.perf_counter()
                interview = open_interview(store, catalogue, assessment, position)
                question = next(q for q in interview.questions if q.id == interview.position)
                version = interview.answers[question.id].version if question.id in interview.answers else None
                position = give_reply(store, interview, question.id, any_reply(question), version).position
                current_card(open_interview(store, catalogue, assessment, position), {})
                times.append(1000 * (time.perf_counter() - started))
    return times[WARM_UP:]


def clicked(home: Path) -> list[float]:
    """The single-choice cards of the full questionnaires, clicked one after another in Chromium."""
    settings, times = load_settings({"RESGUARDO_HOME": str(home)}), []
    catalogue = load_catalogue(settings)
    with served(home) as server, sync_playwright() as playwright, closing(open_store(settings)) as store:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = browser.new_page(viewport=DESK)  # type: ignore[arg-type]
        page.set_default_timeout(SECONDS * 1000)
        page.add_init_script(WATCH)
        for assessment in begun(store, catalogue):
            page.goto(f"{server.url}/?e={assessment}")
            page.locator(".st-key-card").wait_for()
            settle(page)
            times += walk(page)
        browser.close()
    return times[WARM_UP:]


def walk(page: Page) -> Iterator[float]:
    """Answer card after card; what asks for a value or for several options is skipped and not measured."""
    while page.locator(".st-key-card").count():
        single = page.locator(".st-key-options button").count() and not page.locator('.st-key-options [data-testid="stButtonGroup"]').count()
        if single:
            yield float(page.evaluate(CLICK, 1))
        else:
            page.locator(".st-key-way-skip button").click()
        settle(page)


def begun(store: Store, catalogue: Catalogue) -> list[str]:
    """A new full assessment for each questionnaire."""
    return [start_interview(store, catalogue, name, f"Banco {time.time()}", scope="full").assessment.id for name in catalogue.questionnaires]


def any_reply(question: Question) -> Any:
    """A reply that the question accepts."""
    if question.options:
        return question.options[min(1, len(question.options) - 1)].id
    return {"duration": "4 h", "number": "3", "date": "2026-03-31"}[question.type]
