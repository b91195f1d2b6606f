"""An assessment in words: levels, answers and the formulas of the method."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from assistant.gaps import CRITICALITY, EFFORT, FIND_OUT_DAYS, STRICTEST_TIER
from assistant.i18n import format_date, format_number, locale_for, tr
from assistant.models import StoredAnswer
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Question, chosen, measure
from assistant.replies import reply_of
from assistant.scoring import CAP_FAILED, CAP_PARTIAL, CUTS, KNOWN_ENOUGH, Score

VALUE = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-z]*)")  # a figure and its unit
METHOD = ("section", "overall", "interval", "coverage", "level", "priority", "limits")


@dataclass(frozen=True, slots=True)
class Note:
    """One paragraph of the method: a formula or a limit."""

    id: str
    title: str
    text: str


def level_label(score: Score, language: str) -> str:
    """The level in words, "not assessed" where there is none."""
    if score.level is None:
        return tr("levels.none", language)
    label = tr(f"levels.{score.level}", language)
    return tr("levels.provisional", language, level=label) if score.provisional else label


def answer_label(question: Question, answer: str, language: str, locale: str = "") -> str:
    """An answer in words: the labels of its options, or its value as written in the locale, else in the language's usual one."""
    if not answer:
        return tr("answers.unanswered", language)
    if answer in (UNKNOWN, NOT_APPLICABLE):
        return tr(f"answers.{answer}", language)
    labels = [option.label[language] for option in question.options if option.id in chosen(answer)]
    return "; ".join(labels) if labels else _value_label(question, answer, locale or locale_for(language, ""))


def _value_label(question: Question, answer: str, locale: str) -> str:
    """A day, a number or a duration as people write it in their country, in a form that can be typed back; anything else as it is."""
    value = measure(question, answer)
    if isinstance(value, date):
        return format_date(value, locale)
    match = VALUE.fullmatch(answer.strip()) if value is not None else None
    return f"{format_number(float(match[1].replace(',', '.')), locale, 2, grouped=False)} {match[2]}".strip() if match else answer


def field_text(question: Question, field: str, answer: StoredAnswer, language: str, locale: str) -> str:
    """One field of a stored answer in words; `option` stands for the whole reply."""
    if field == "option":
        return answer_label(question, reply_of(answer), language, locale)
    if field == "status":
        return tr(f"statuses.{answer.status}", language)
    if field == "due":
        return format_date(answer.due, locale) if answer.due else ""
    return str(getattr(answer, field))


def method_notes(language: str, locale: str) -> tuple[Note, ...]:
    """The formulas and limits as text, with the figures that the code uses."""
    values = {
        "cuts": " / ".join(map(str, CUTS)),
        "known": round(KNOWN_ENOUGH * 100),
        "failed": CAP_FAILED,
        "partial": CAP_PARTIAL,
        "efforts": " / ".join(format_number(value, locale, 2) for value in EFFORT.values()),
        "tier": format_number(STRICTEST_TIER, locale, 1),
        "days": FIND_OUT_DAYS,
        **CRITICALITY,
    }
    return tuple(Note(name, tr(f"method.{name}.title", language), tr(f"method.{name}.text", language, **values)) for name in METHOD)
