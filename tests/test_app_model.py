"""The app with a language model beside it: what is shown of its answer, what is not, and the status page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from assistant.i18n import tr
from assistant.settings import ROOT
from tests.model_server import scripted
from tests.test_app import QUESTION, ask, home, html, open_app, store_of, words  # noqa: F401  fixtures of the app without a browser
from tests.test_draft import first_sentences

Open = Callable[..., AppTest]
KEY = "sk-never-to-be-seen-42"
INVENTED = "El plan se prueba siete veces por semana"


def say(request: dict[str, Any]) -> str:
    sentences = first_sentences(request)
    return f"{sentences[0][:-1]} [1]. {INVENTED} [1]." if sentences else "OK"


@pytest.fixture
def model() -> Iterator[dict[str, object]]:
    """Settings of a language model that tells the truth once and then invents."""
    with scripted(say) as (url, _):
        yield {"chat_model": "openai:demo", "chat_model_url": url, "chat_model_key": KEY}


def open_status(app: AppTest) -> AppTest:
    """The status page, as the navigation shows it."""
    script = "from assistant.ui import session\nfrom assistant.ui.status import show_status\nsession.language()\nshow_status()\n"
    return AppTest.from_string(script, default_timeout=120).run()


def test_a_checked_answer_says_who_wrote_it_and_lists_what_was_dropped(open_app: Open, home: Path, model: dict[str, object]) -> None:  # noqa: F811
    app = ask(open_app(home, **model), QUESTION)
    assert words("engines.llm") in html(app)
    assert [expander.label for expander in app.expander if expander.label == words("dropped", count=1)]
    assert tr("doubts.figure", "es") in html(app) and KEY not in html(app)
    (message,) = store_of(home).messages(store_of(home).conversations()[0].id)
    assert message.answer.engine == "llm" and INVENTED not in message.answer.text
    assert KEY.encode() not in (home / "resguardo.db").read_bytes()


def test_a_model_that_is_down_leaves_the_guides_own_answer_and_says_so(open_app: Open, home: Path) -> None:  # noqa: F811
    app = ask(open_app(home, chat_model="openai:demo", chat_model_url="http://127.0.0.1:9/v1"), QUESTION)
    assert words("engines.extractive") in html(app)
    assert tr("notices.chat_model_down", "es") in [caption.value for caption in app.caption]


def test_a_model_that_cannot_be_made_is_explained_instead_of_a_traceback(open_app: Open, home: Path) -> None:  # noqa: F811
    app = open_app(home, chat_model="nothing:x")
    assert not app.exception and any("RESGUARDO_CHAT_MODEL" in error.value for error in app.error)


def test_the_status_page_says_which_model_writes_and_whether_it_answers(open_app: Open, home: Path, model: dict[str, object]) -> None:  # noqa: F811
    open_app(home, **model)
    page = open_status(open_app(home, **model))
    assert "openai:demo" in html(page) and str(model["chat_model_url"]) in html(page) and KEY not in html(page)
    page.button(key="check-model").click().run()
    assert not page.exception and page.success


def test_the_status_page_names_what_is_wrong_with_the_model(open_app: Open, home: Path) -> None:  # noqa: F811
    page = open_status(open_app(home, chat_model="openai:demo", chat_model_url="http://127.0.0.1:9/v1"))
    page.button(key="check-model").click().run()
    assert not page.exception and "openai:demo" in page.error[0].value


def test_without_a_model_the_status_page_says_that_the_guide_speaks(open_app: Open, home: Path) -> None:  # noqa: F811
    page = open_status(open_app(home))
    assert words("status.extractive") in [text.value for text in page.markdown] and "468" in html(page)


def test_secrets_and_local_data_stay_out_of_the_repository() -> None:
    assert "secrets.toml" in (ROOT / ".gitignore").read_text(encoding="utf-8")
