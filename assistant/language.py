"""The language a question is written in, also when it is one word or a mixture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from assistant.lexical import STEMMERS, fold, stop_words

# Terms of the trade that Spanish speakers use as they are: no sign of English.
LOANWORDS = frozenset((Path(__file__).parent / "loanwords.txt").read_text(encoding="utf-8").split())
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
SURE = 0.6  # lingua's confidence from which a third language is believed; no question of ours that the guide answers reaches it
CLEARLY = 3  # times as likely as Spanish or English: "Garantíceme por escrito ..." is 2.2 times likelier Portuguese, real Portuguese 4.1 and more


def detect_language(question: str, history: Sequence[str] = (), default: str = "es") -> str:
    """ISO code of the question's language; undecided questions take the history's, then `default`."""
    for text in (question, *reversed(history)):
        language = _decide(text)
        if language:
            return language
    return default


def _decide(text: str) -> str | None:
    words = [word for word in WORD.findall(text) if not word.isupper() and fold(word) not in LOANWORDS]
    if not words:
        return None
    if set(text) & set("¿¡ñ"):
        return "es"
    plain = " ".join(words)
    third = _third_language(plain) if len(words) > 2 else None
    if third:
        return third
    folded = [fold(word) for word in words]
    counts = {language: sum(word in _own_stop_words(language) for word in folded) for language in STEMMERS}
    best = max(counts, key=counts.__getitem__)
    if sum(value == counts[best] for value in counts.values()) == 1:
        return best
    return _likelier(plain)


@cache
def _own_stop_words(language: str) -> frozenset[str]:
    """Function words that only this language has."""
    others = frozenset[str]().union(*(stop_words(other) for other in STEMMERS if other != language))
    return stop_words(language) - others


def _third_language(text: str) -> str | None:
    values = _confidences(text)
    best = max(values, key=values.__getitem__)
    ours = max(values[language] for language in STEMMERS)
    return best if values[best] >= max(SURE, CLEARLY * ours) else None


def _likelier(text: str) -> str | None:
    values = _confidences(text)
    ranked = sorted(STEMMERS, key=lambda language: -values[language])
    return ranked[0] if values[ranked[0]] > 2 * values[ranked[1]] else None


def _confidences(text: str) -> dict[str, float]:
    found = _detector().compute_language_confidence_values(text)
    return {str(value.language.iso_code_639_1.name).lower(): float(value.value) for value in found}


@cache
def _detector() -> Any:
    from lingua import Language, LanguageDetectorBuilder

    known = (Language.SPANISH, Language.ENGLISH, Language.PORTUGUESE, Language.FRENCH, Language.ITALIAN, Language.GERMAN)
    return LanguageDetectorBuilder.from_languages(*known).build()
