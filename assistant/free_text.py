"""What a person means who writes instead of choosing: an answer to the question shown, a question of their own, a wish to begin.

A reading is a proposal that the person confirms; where the words do not carry one, it says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from assistant.embeddings import TextEmbeddings
from assistant.lexical import analyse, fold
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Option, Question

PHRASINGS = Path(__file__).parent / "phrasings"  # how people put things, a file a language
MEASURED_ON = "multilingual-e5-small"  # the model whose cosines the constants below are; with another one no option is proposed
# Measured on the 117 texts of tests/data/free_text.jsonl, on which they were also chosen: 111 right, 3 left to the person, 3 wrong.
# Nearest of the options of 84 answers right: cosine alone 74, with shared words 77, with the cues too 81.
# A lead that the first option must have over the second was measured too: each one only loses right answers.
SHARED_WORDS = 0.06  # added for a label that shares all the text's words; 0.01 to 0.1 give the same
CUE = 0.05  # added for an option that fits a "no", a "but", an "all of them"; 0.025 to 0.08 give the same
NEAR = 0.856  # lowest cosine of text and label; small talk reaches 0.850, and from 0.863 on answers are lost
# Measured on the 70 texts of tests/data/starts.jsonl, on which they were also chosen: all 35 wishes to begin, none of the 35 others.
START_NEAR = 0.89  # lowest cosine to a phrase that begins an assessment; wishes have 0.910 or more, 98 of 100 of the chat's own questions less
START_LOSS = -0.022  # how much nearer a phrase that does not begin one may be; wishes reach -0.010, tests that are no assessment -0.034
ANY = "any"  # an assessment, it is not said which


class Move(StrEnum):
    """What a text asks for besides an answer."""

    BACK = "back"
    SKIP = "skip"
    PAUSE = "pause"


class Kind(StrEnum):
    """How a text was read."""

    REPLY = "reply"
    QUESTION = "question"
    MOVE = "move"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a text was read; `value` is the reply proposed, or the move."""

    kind: Kind
    value: str = ""


def read_text(text: str, question: Question, language: str, embeddings: TextEmbeddings) -> Reading:
    """What a text typed under a question means; a reply is one that the question accepts and waits to be confirmed."""
    folded = plain(text)
    for move in Move:
        if folded in _cues(language).get("moves", {}).get(move, ()):
            return Reading(Kind.MOVE, move)
    if asks(text, language):
        return Reading(Kind.QUESTION)
    reply = propose_option(text, question, language, embeddings)
    return Reading(Kind.REPLY, reply) if reply else Reading(Kind.UNSURE)


def propose_option(text: str, question: Question, language: str, embeddings: TextEmbeddings) -> str | None:
    """The reply that a text fits: an option id, several for a multiple choice, `unknown`, `not_applicable`, a duration; None when unsure."""
    folded = plain(text)
    mixed = _has("but", folded, language)
    if _begins("unknown", folded, language) and not mixed:
        return UNKNOWN
    if _begins("not_applicable", folded, language):
        return NOT_APPLICABLE if question.not_applicable else None
    if not question.options:
        return _value(folded, question)
    if question.type == "multi":
        return ",".join(option.id for option in question.options if _named(option, folded, language)) or None
    return _nearest_option(text, question, language, embeddings)


def asks(text: str, language: str) -> bool:
    """Whether a text is a question or asks for an explanation."""
    return (
        bool(set("¿?") & set(text))
        or _begins("interrogatives", " ".join(text.lower().split()), language)
        or _begins("explain", plain(text), language)
    )


def recognise_start(text: str, language: str, embeddings: TextEmbeddings) -> str | None:
    """The questionnaire that a text wishes to begin, ANY when it does not say which; None for everything else."""
    folded = plain(text)
    polite = _begins("polite", folded, language)
    if asks(text, language) and not polite or _has("learn", folded, language):
        return None
    if (
        not polite
        and not _begins("begin", folded, language)
        and not _has("begin_within", folded, language)
        or not _has("assessment", folded, language)
    ):
        return None
    if embeddings.name != MEASURED_ON:
        return ANY
    vector = embeddings.questions([text])[0]
    near = {name: float((_embedded(embeddings, tuple(lines)) @ vector).max()) for name, lines in _cues(language)["starts"].items()}
    against = near.pop("none")
    best = max(near, key=near.__getitem__)
    return best if near[best] >= START_NEAR and near[best] - against >= START_LOSS else None


def plain(text: str) -> str:
    """Lower case without accents and punctuation."""
    return " ".join(re.findall(r"[^\W_]+", fold(text.replace("’", "").replace("'", ""))))


def _nearest_option(text: str, question: Question, language: str, embeddings: TextEmbeddings) -> str | None:
    if embeddings.name != MEASURED_ON or _is("agreement", plain(text), language):  # a bare "yes" says to none of several states
        return None
    labels = tuple(option.label[language] for option in question.options)
    cosines = _embedded(embeddings, labels) @ embeddings.questions([text])[0]
    terms = set(analyse(text, language))
    shared = np.array([len(terms & set(analyse(label, language))) / max(1, len(terms)) for label in labels])
    scores = cosines + SHARED_WORDS * shared + CUE * _cue(plain(text), question, language)
    return question.options[int(scores.argmax())].id if cosines.max() >= NEAR else None


def _cue(folded: str, question: Question, language: str) -> NDArray[np.float64]:
    """1 for each option that fits the text's tone: worst after a "no", below full after a "but" or "only", full after "all of them"."""
    scores = [option.score for option in question.options]
    partial, total = _has("partial", folded, language), _has("total", folded, language)
    if not question.scored:
        return np.zeros(len(scores))
    if _begins("negation", folded, language) and not partial:
        return np.array([score == 0 for score in scores], float)
    if partial and _begins("agreement", folded, language):
        return np.array([score is not None and 0 < score < 1 for score in scores], float)
    if partial:
        return np.array([score is not None and score < 1 for score in scores], float)
    return np.array([total and score == 1 for score in scores], float)


def _value(folded: str, question: Question) -> str | None:
    """A duration with its unit, or a number, where the text holds exactly one."""
    if question.type == "duration":
        found = {f"{number} {unit[0] if unit[0] in 'hd' else 'min'}" for number, unit in re.findall(r"\b(\d+) ?(min|h|d)[a-z]*\b", folded)}
    else:
        found = set(re.findall(r"\b\d+\b", folded)) if question.type == "number" else set()
    return found.pop() if len(found) == 1 else None


def _named(option: Option, folded: str, language: str) -> bool:
    """Whether a text names an option of a multiple choice."""
    return re.search(rf"\b{re.escape(plain(option.label[language]))}\b", folded) is not None


def _begins(cue: str, text: str, language: str) -> bool:
    return any(re.match(pattern, text) for pattern in _cues(language).get(cue, ()))


def _is(cue: str, text: str, language: str) -> bool:
    return any(re.fullmatch(pattern, text) for pattern in _cues(language).get(cue, ()))


def _has(cue: str, text: str, language: str) -> bool:
    return any(re.search(rf"\b(?:{pattern})", text) for pattern in _cues(language).get(cue, ()))


@cache
def _cues(language: str) -> dict[str, Any]:
    """How people put things; nothing where a language has no such file: then only the options' own words are compared."""
    path = PHRASINGS / f"{language}.yaml"
    return dict(yaml.safe_load(path.read_text(encoding="utf-8"))) if path.is_file() else {}


@lru_cache(maxsize=512)
def _embedded(embeddings: TextEmbeddings, texts: tuple[str, ...]) -> NDArray[np.float32]:
    return embeddings.questions(texts)
