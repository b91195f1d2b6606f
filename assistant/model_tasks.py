"""Small tasks for the language model besides writing answers: each returns something that code has checked, or nothing.

Structured output where the model has it, else the JSON that its text holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, Field

from assistant.chat_model import ChatModel, prompt, speaks
from assistant.errors import AssistantError
from assistant.language import detect_language
from assistant.lexical import analyse
from assistant.models import Passage

MAX_CONDENSED = 300  # characters
OWN_TERMS = 0.5  # of a condensed question's terms stand in what was asked; below, the model has written something else
SUGGESTIONS = 3
Shape = TypeVar("Shape", bound=BaseModel)


class CondensedQuestion(BaseModel):
    """A follow-up that stands alone."""

    question: str = Field(min_length=3, max_length=MAX_CONDENSED)


class ChosenOption(BaseModel):
    """The id of the option that a text describes."""

    option: str


class NextQuestions(BaseModel):
    """Questions that a reader may ask next."""

    questions: list[str]


def condense_question(model: ChatModel, question: str, history: Sequence[str], language: str) -> str | None:
    """A follow-up as a question that stands alone; None where the model gives none in the same language and on the same matter."""
    asked = "\n".join(f"- {_one_line(earlier)}" for earlier in history)
    reply = _ask(model, "condense", language, f"<earlier>\n{asked}\n</earlier>\n<last>{_one_line(question)}</last>", CondensedQuestion)
    if reply is None:
        return None
    condensed = _one_line(reply.question)
    terms, known = set(analyse(condensed, language)), set(analyse(" ".join((*history, question)), language))
    own = len(terms & known) / len(terms) if terms else 0.0
    return condensed if own >= OWN_TERMS and detect_language(condensed, default=language) == language else None


def propose_option(model: ChatModel, text: str, question: str, options: Mapping[str, str], language: str) -> str | None:
    """The id of the option (id -> label) that a person's words describe; None where the model is not sure or names another."""
    listed = "\n".join(f"- {name}: {label}" for name, label in options.items())
    asked = f"<question>{question}</question>\n<options>\n{listed}\n</options>\n<text>{_one_line(text)}</text>"
    reply = _ask(model, "option", language, asked, ChosenOption)
    return reply.option if reply and reply.option in options else None


def suggest_questions(
    model: ChatModel, question: str, passages: Sequence[Passage], language: str, answerable: Callable[[str], bool]
) -> tuple[str, ...]:
    """Questions to ask next, only such as the guide answers (`answerable`) and not the one just asked."""
    asked = f"{passage_block(passages)}\n<question>{_one_line(question)}</question>"
    reply = _ask(model, "suggest", language, asked, NextQuestions)
    proposed = [_one_line(text) for text in reply.questions] if reply else []
    whole = [text for text in dict.fromkeys(proposed) if text.endswith("?") and len(text) <= MAX_CONDENSED and text != question]
    return tuple(text for text in whole[:SUGGESTIONS] if detect_language(text, default=language) == language and answerable(text))


def passage_block(passages: Sequence[Passage]) -> str:
    """Passages as data between marks that their own text cannot close."""
    rows = [f'<passage n="{n}">\n{_inert(p.document)} › {_inert(p.section)}\n{_inert(p.text)}\n</passage>' for n, p in enumerate(passages, start=1)]
    return "\n".join(rows)


def _ask(model: ChatModel, task: str, language: str, user: str, shape: type[Shape]) -> Shape | None:
    """The model's reply as `shape`; None where it gives none or cannot be reached."""
    if not speaks(language):
        return None
    try:
        system = prompt(task, language)
        return model.structured(system, user, shape) or parse_reply(model.complete(system, user), shape)
    except AssistantError:
        return None  # the answer is worth more than the task; the status page tells what is wrong with the model


def parse_reply(text: str, shape: type[Shape]) -> Shape | None:
    """The JSON object in a reply, also within a code block or between other words, as `shape`; None where there is none."""
    from langchain_core.exceptions import OutputParserException
    from langchain_core.output_parsers import PydanticOutputParser

    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        return PydanticOutputParser(pydantic_object=shape).parse(text[start : end + 1])
    except OutputParserException:
        return None


def _one_line(text: str) -> str:
    return _inert(" ".join(text.split()))


def _inert(text: str) -> str:
    """Text that cannot open or close a mark of ours."""
    return text.replace("<", "‹").replace(">", "›")
