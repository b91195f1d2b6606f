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
    best = _detector().compute_language_confidence_values(text)[0]
    code = str(best.language.iso_code_639_1.name).lower()
    return code if code not in STEMMERS and best.value >= SURE else None


def _likelier(text: str) -> str | None:
    values = {v.language.iso_code_639_1.name.lower(): v.value for v in _detector().compute_language_confidence_values(text)}
    ranked = sorted(STEMMERS, key=lambda language: -values.get(language, 0.0))
    return ranked[0] if values.get(ranked[0], 0.0) > 2 * values.get(ranked[1], 0.0) else None


@cache
def _detector() -> Any:
    from lingua import Language, LanguageDetectorBuilder

    known = (Language.SPANISH, Language.ENGLISH, Language.PORTUGUESE, Language.FRENCH, Language.ITALIAN, Language.GERMAN)
    return LanguageDetectorBuilder.from_languages(*known).build()
