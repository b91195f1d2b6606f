"""Which sentences say directly what a narrow question asks for: how often, how many, who, when."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from assistant.lexical import fold

CUES = Path(__file__).parent / "question_cues.yaml"


def direct_cues(question: str, language: str) -> tuple[re.Pattern[str], ...]:
    """Patterns of the sentences that a question asks for; none for a broad question or an unknown language."""
    folded = fold(question)
    return tuple(says for asks, says in _cues().get(language, ()) if asks.search(folded))


def says_directly(sentence: str, cues: tuple[re.Pattern[str], ...]) -> bool:
    """Whether a sentence holds what one of the cues looks for."""
    if not cues:
        return False
    folded = fold(sentence)
    return any(cue.search(folded) for cue in cues)


@cache
def _cues() -> dict[str, tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]]:
    kinds = yaml.safe_load(CUES.read_text(encoding="utf-8"))
    return {language: tuple((_pattern(kind["asks"]), _pattern(kind["says"])) for kind in entries.values()) for language, entries in kinds.items()}


def _pattern(lines: str) -> re.Pattern[str]:
    return re.compile("".join(line.strip() for line in lines.splitlines()))
