"""The app served and looked at in a real browser: what the tests share that need one."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from assistant.i18n import tr
from assistant.settings import ROOT
from tests.conftest import environment

SECONDS = 60  # nothing takes that long, not even on a busy machine
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SCHEMES = ("light", "dark")
OpenPage = Callable[..., Page]
# The page stands still: the script has run, what was sent to it is answered, nothing has come for 0.1 s, our own scripts are there
# (they load last, and scroll), nothing moves.
WATCH = """
  const spoken = (window.spoken = {sent: 0, heard: 0})
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (data) {
    if (!this.watched) this.addEventListener("message", () => (spoken.heard = performance.now()))
    this.watched = true
    spoken.sent = performance.now()
    return send.call(this, data)
  }
"""
STILL = """began => {
  const app = document.querySelector('[data-testid="stApp"]')
  const {sent, heard} = window.spoken
  const quiet = performance.now() - Math.max(heard, began.at ??= performance.now()) > 100
  const ours = document.documentElement.dataset.marks && window.resguardoLanded
  const moving = () => document.getAnimations().some(a => a.playState === "running" && isFinite(a.effect.getComputedTiming().endTime))
  return app?.dataset.testScriptState === "notRunning" && heard > sent && quiet && ours && !moving()
}"""
SCHEME = "scheme => getComputedStyle(document.querySelector('[data-testid=\"stApp\"]')).colorScheme === scheme"

expect.set_options(timeout=SECONDS * 1000)


def words(key: str, language: str = "es", **values: object) -> str:
    return tr(f"ui.{key}", language, **values)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """The app served from a data folder, always at the same address."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.url = f"http://localhost:{self.port}"
        self.start()

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)]
        with (self.home / "log").open("a") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment(home=self.home), stdout=log, stderr=log)
        wait_for(f"{self.url}/_stcore/health")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(SECONDS)


@contextmanager
def served(home: Path) -> Iterator[Server]:
    server = Server(home)
    try:
        yield server
    finally:
        server.kill()


def wait_for(address: str) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
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
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield started
        started.close()


@dataclass
class Window:
    """A browser window whose tabs are used again: a page that loads anew in an open tab costs a third of one in a new window."""

    context: BrowserContext
    asked: list[str] = field(default_factory=list)  # every address that a page has asked for

    def __post_init__(self) -> None:
        self.context.set_default_timeout(SECONDS * 1000)
        self.context.add_init_script(WATCH)
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.context.on("page", lambda page: page.on("websocket", lambda websocket: self.asked.append(websocket.url)))


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Window]:
    context = browser.new_context(locale="es-ES", permissions=["clipboard-read", "clipboard-write"])
    yield Window(context)
    context.close()


@pytest.fixture
def open_page(window: Window) -> Iterator[OpenPage]:
    """Open an address as a new visitor; afterwards no request may have gone to another host."""
    window.asked.clear()
    tabs = window.context.pages

    def open_address(url: str, size: dict[str, int] = DESK, scheme: str = "light") -> Page:
        page = tabs.pop(0) if tabs else window.context.new_page()
        if page.url.startswith("http"):
            page.evaluate("localStorage.clear(), sessionStorage.clear()")
            page.goto("about:blank")  # an address that differs in its fragment alone would not load anew
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(url)
        settle(page)
        return page

    yield open_address
    hosts = {urlsplit(url).hostname for url in window.asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {"localhost"}


def settle(page: Page) -> None:
    """Wait until the page stands still."""
    wait_until(page, STILL, {})


def wait_until(page: Page, condition: str, arg: object = None) -> None:
    """Wait until a condition holds in the page; asking with every frame, as is the default, would draw frames for it."""
    page.wait_for_function(condition, arg=arg, polling=50)


def ask(page: Page, question: str) -> None:
    field = page.locator("textarea:enabled")
    field.fill(question)
    field.press("Enter")
    thumbs = page.get_by_test_id("stFeedback")
    before = thumbs.count()
    wait_until(page, "n => document.querySelectorAll('[data-testid=stFeedback]').length > n", before)
    settle(page)


def violations(page: Page, *schemes: str) -> list[str]:
    """Serious accessibility violations of the page in these schemes, each time at rest."""
    found = []
    for scheme in schemes or ("light",):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        wait_until(page, SCHEME, scheme)
        settle(page)
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                found.append(f"{scheme}: {violation['id']}: {violation['nodes'][0]['html'][:200]}")
    return found


def no_sideways_scroll(page: Page) -> bool:
    settle(page)
    wide = "() => [document.documentElement, document.querySelector('main')].every(e => e.scrollWidth <= e.clientWidth)"
    return bool(page.evaluate(wide))


def in_view(heading: Locator) -> bool:
    box = heading.bounding_box()
    return box is not None and 0 <= box["y"] < 300
