"""The app's pages without a browser: what is said and offered, and what a failure leaves behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from assistant.answer import Assistant
from assistant.errors import AssistantError
from assistant.i18n import explain, tr
from assistant.settings import ROOT, Settings, load_settings
from assistant.storage import Store, open_store
from assistant.ui.topics import EXAMPLES
from tests.conftest import THREADS

QUESTION = "¿Cada cuánto hay que probar el plan de continuidad con el proveedor?"
SECONDS = 120
Open = Callable[..., AppTest]


def words(key: str, language: str = "es", **values: object) -> str:
    return tr(f"ui.{key}", language, **values)


@pytest.fixture
def home(ready_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that is ready: that its index is brought up to date, most of what a start costs, is left to the tests of that."""
    monkeypatch.setattr("ingest.build.update_index", lambda *_: None)
    monkeypatch.setattr("ingest.selfcheck.weak_languages", lambda _: {})
    return Path(shutil.copytree(ready_home, tmp_path / "home", symlinks=True))


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Run the app with a data folder and settings; every process-wide thing is made anew."""

    def start(home: Path, **settings: object) -> AppTest:
        for name, value in {"home": home, "threads": THREADS, **settings}.items():
            monkeypatch.setenv(f"RESGUARDO_{name.upper()}", str(value))
        st.cache_resource.clear()
        return AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS).run()

    yield start
    st.cache_resource.clear()


def store_of(home: Path) -> Store:
    return open_store(load_settings({"RESGUARDO_HOME": str(home)}))


def ask(app: AppTest, question: str) -> AppTest:
    app.chat_input[0].set_value(question).run()
    assert not app.exception
    return app


def html(app: AppTest) -> str:
    return "\n".join(element.body for element in app.html)


def examples(app: AppTest) -> list[str]:
    return [button.label for button in app.button if str(button.key).startswith("example-")]


def fail(error: Exception) -> Callable[..., object]:
    def raising(*_: object, **__: object) -> object:
        raise error

    return raising


def test_the_first_screen_says_what_it_does_and_where_it_ends_and_offers_questions(open_app: Open, home: Path) -> None:
    app = open_app(home)
    assert not app.exception
    assert app.title[0].value == words("welcome.title")
    assert app.markdown[0].value.startswith(words("welcome.line", topics="").partition("  ")[0])
    shown = examples(app)
    assert len(shown) == EXAMPLES
    assert examples(app.run()) == shown


def test_an_example_asks_itself_and_is_kept(open_app: Open, home: Path) -> None:
    app = open_app(home)
    app.button(key="example-0").click().run()
    assert not app.exception
    conversation = store_of(home).conversations()[0]
    message = store_of(home).messages(conversation.id)[0]
    assert message.answer.found
    assert f'id="cita-{message.id}-1"' in html(app)
    assert len(app.expander) == len(message.answer.citations)


def test_a_follow_up_goes_into_the_same_conversation(open_app: Open, home: Path) -> None:
    app = ask(open_app(home), QUESTION)
    ask(app, "¿Y quién participa?")
    conversations = store_of(home).conversations()
    assert len(conversations) == 1
    assert len(store_of(home).messages(conversations[0].id)) == 2


def test_a_question_too_long_is_explained_and_given_back(open_app: Open, home: Path) -> None:
    question = "¿Qué es un plan? " * 1200
    app = ask(open_app(home), question)
    assert app.error[0].value == explain(AssistantError("question_too_long", limit=2000), "es")
    assert app.chat_input[0].proto.value == question
    assert store_of(home).conversations() == []


@pytest.mark.parametrize("question", ["\u0000\u0007", "?!", "👩‍🚀🚀", "\u202eabc", "# *x* | `y` <b>"])
def test_odd_questions_get_an_answer_in_words(open_app: Open, home: Path, question: str) -> None:
    app = ask(open_app(home), question)
    assert not app.error
    assert 'class="answer"' in html(app)


def test_a_refusal_without_suggestions_offers_examples(open_app: Open, home: Path) -> None:
    app = ask(open_app(home), "???")
    assert tr("refusals.unclear", "es").partition(",")[0] in html(app)
    assert [button for button in app.button if str(button.key).startswith("next-")]


def test_an_answer_that_cannot_be_kept_is_still_shown(open_app: Open, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_app(home)
    failure = AssistantError("database_full", place="x", reason="y")
    monkeypatch.setattr(Store, "add_message", fail(failure))
    ask(app, QUESTION)
    assert explain(failure, "es") in app.error[0].value
    assert 'class="mark"' in html(app)


def test_a_stale_index_is_explained_with_a_way_to_prepare_it_again(open_app: Open, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_app(home)
    monkeypatch.setattr(Assistant, "stream", fail(AssistantError("no_index")))
    ask(app, QUESTION)
    assert app.error[0].value == explain(AssistantError("no_index"), "es")
    monkeypatch.undo()
    monkeypatch.setenv("RESGUARDO_HOME", str(home))
    next(button for button in app.button if button.label == words("start.retry")).click().run()
    ask(app, QUESTION)
    assert not app.error


def test_a_conversation_that_is_gone_is_said_to_be(open_app: Open, home: Path) -> None:
    app = open_app(home)
    app.query_params["c"] = "nothing"
    app.run()
    assert app.warning[0].value == words("chat.gone")
    assert examples(app)


def test_a_thumb_down_asks_why_and_keeps_the_reason(open_app: Open, home: Path) -> None:
    app = ask(open_app(home), QUESTION)
    store = store_of(home)
    conversation = store.conversations()[0]
    number = store.messages(conversation.id)[0].id
    app.feedback(key=f"thumbs-{number}").set_value(0).run()
    app.pills(key=f"why-{number}").set_value(["unsupported"]).run()
    app.text_input(key=f"comment-{number}").set_value("Falta la fecha").run()
    assert not app.exception
    message = store.messages(conversation.id)[0]
    assert (message.rating, message.reasons, message.comment) == ("down", ("unsupported",), "Falta la fecha")


def test_a_bad_setting_is_explained_in_words(open_app: Open, home: Path) -> None:
    app = open_app(home, threads="many")
    assert not app.exception
    assert "RESGUARDO_THREADS" in app.error[0].value


def test_a_model_that_cannot_be_loaded_is_explained_and_can_be_tried_again(open_app: Open, home: Path, tmp_path: Path) -> None:
    app = open_app(home, embedding_model=tmp_path / "no-model")
    assert not app.exception
    assert "no-model" in app.error[0].value
    assert words("start.retry") in [button.label for button in app.button]
    assert app.chat_input[0].disabled


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_unexpected_failure_of_the_preparation_is_said_without_a_traceback(open_app: Open, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.build.update_index", fail(RuntimeError("secret detail")))
    app = open_app(home)
    assert not app.exception
    assert [error.value for error in app.error] == [words("start.failed")]


def test_the_first_start_prepares_the_index_and_then_answers(open_app: Open, small_settings: Settings) -> None:
    shutil.copytree(ROOT / "knowledge" / "questionnaires", small_settings.knowledge / "questionnaires")
    app = open_app(small_settings.home, knowledge=small_settings.knowledge)
    assert not app.error
    assert not app.chat_input[0].disabled
    ask(app, QUESTION)
    assert 'class="mark"' in html(app)


def test_the_interface_language_is_kept_between_visits(open_app: Open, home: Path) -> None:
    app = open_app(home)
    app.segmented_control(key="language-control").set_value("en").run()
    assert app.title[0].value == words("welcome.title", "en")
    assert open_app(home).title[0].value == words("welcome.title", "en")


def test_what_is_quoted_in_another_language_says_so_in_the_visitors_words(open_app: Open, partial_assistant: Assistant, tmp_path: Path) -> None:
    def labelled(app: AppTest) -> list[bool]:
        return [expander.label.replace("\\", "").endswith(" (in Spanish)") for expander in app.expander]

    home = Path(shutil.copytree(partial_assistant.settings.home, tmp_path / "home", symlinks=True))
    app = ask(open_app(home, knowledge=partial_assistant.settings.knowledge, language="en"), "How often are continuity and recovery plans tested?")
    assert labelled(app) and all(labelled(app))
    assert " (in Spanish)</p>" in html(app)  # the passage's origin
    count = len(labelled(app))
    app = ask(app, "¿Cada cuánto se prueba el plan de continuidad?")
    assert len(labelled(app)) > count and not any(labelled(app)[count:])  # a Spanish answer quotes its own language
