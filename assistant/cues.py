"""The words by which a sentence shows its modality, negation, actors, units and synonyms: one file a language in assistant/cues."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assistant.lexical import analyse, fold

FOLDER = Path(__file__).parent / "cues"
Marks = frozenset[tuple[str, str]]  # (kind, value): ("must", "must"), ("role", "supplier"), ("unit", "hour")
KINDS = ("negation", "must", "ask", "may", "advise", "usual", "always", "only", "example", "instance", "hedge", "by", "break", "light")


@dataclass(frozen=True, slots=True)
class Cues:
    """One language's lists, ready to look up."""

    rewrites: tuple[tuple[re.Pattern[str], str], ...]  # applied in order to folded text
    marks: dict[str, Marks]  # folded word, or several joined by "_"
    numbers: dict[str, str]
    groups: dict[str, frozenset[int]]  # stem -> the sets of synonyms it belongs to
    opposites: tuple[tuple[frozenset[str], frozenset[str]], ...]  # pairs of sets of stems


@cache
def cue_languages() -> tuple[str, ...]:
    """Languages whose sentences can be checked."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def load_cues(language: str) -> Cues:
    """The lists of one language. Raises FileNotFoundError where there are none."""
    data = yaml.load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  "no" stays a word
    marks = _marks(data)
    rewrites = [(re.compile(pattern), replacement) for pattern, replacement in data["rewrites"]]
    rewrites += [(re.compile(rf"\b{re.escape(word.replace('_', ' '))}\b"), word) for word in _long_first(marks) if "_" in word]
    groups: dict[str, set[int]] = {}
    for number, group in enumerate(data["same"]):
        for stem in stems(group, language):
            groups.setdefault(stem, set()).add(number)
    return Cues(
        rewrites=tuple(rewrites),
        marks=marks,
        numbers={fold(word): value for word, value in data["numbers"].items()},
        groups={stem: frozenset(numbers) for stem, numbers in groups.items()},
        opposites=tuple((stems(one, language), stems(other, language)) for one, other in data["opposites"]),
    )


def stems(words: Iterable[str], language: str) -> frozenset[str]:
    """Stems of single words; a stop word stands for itself."""
    return frozenset(stem_word(word, language) for word in words)


def stem_word(word: str, language: str) -> str:
    """The stem by which a word is compared."""
    found = analyse(word, language)
    return found[-1] if found else fold(word)


def _marks(data: dict[str, Any]) -> dict[str, Marks]:
    marks: dict[str, Marks] = {}
    for kind, value, word in _entries(data):
        key = fold(word).replace(" ", "_")
        marks[key] = marks.get(key, frozenset()) | {(kind, value)}
    return marks


def _entries(data: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for kind in KINDS:
        yield from ((kind, kind, word) for word in data[kind])
    for kind in ("role", "unit"):
        yield from ((kind, value, word) for value, words in data[f"{kind}s"].items() for word in words)


def _long_first(words: Iterable[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))
