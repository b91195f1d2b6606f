"""The words by which a sentence shows its modality, negations, actors, units and synonyms: one file a language in `cues`."""

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
KINDS = (
    "negation", "nobody", "denial", "must", "ask", "may", "advise", "usual", "always", "only", "example", "instance",
    "hedge", "compare", "who", "break", "link", "condition", "by", "light",
)  # fmt: skip
Marks = frozenset[tuple[str, str]]  # (kind, value): ("must", "must"), ("role", "supplier"), ("unit", "hour")


@dataclass(frozen=True, slots=True)
class Cues:
    """One language's lists, ready to look up."""

    rewrites: tuple[tuple[re.Pattern[str], str], ...]  # applied in order to folded text
    marks: dict[str, Marks]  # folded word, or several joined by "_"
    places: frozenset[str]  # names that may begin a sentence
    numbers: dict[str, str]
    groups: dict[str, frozenset[int]]  # stem -> the sets of synonyms it belongs to
    acronyms: dict[str, frozenset[str]]  # folded acronym -> folded words it stands for
    opposites: tuple[tuple[frozenset[str], frozenset[str]], ...]  # pairs of sets of stems


@cache
def cue_languages() -> tuple[str, ...]:
    """Languages whose sentences can be checked."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def load_cues(language: str) -> Cues:
    """The lists of one language. Raises FileNotFoundError where there are none."""
    data = yaml.load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # "no" stays a word
    marks = _marks(data)
    phrases = sorted((word for word in marks if "_" in word), key=lambda word: (-len(word), word))
    rewrites = [(re.compile(pattern), replacement) for pattern, replacement in data["rewrites"]]
    rewrites += [(re.compile(rf"\b{re.escape(phrase.replace('_', ' '))}\b"), phrase) for phrase in phrases]
    rewrites += [(re.compile(pattern), replacement) for pattern, replacement in data["rewrites_last"]]
    return Cues(
        rewrites=tuple(rewrites),
        marks=marks,
        places=frozenset(fold(word) for word in data["places"]),
        numbers={fold(word): value for word, value in data["numbers"].items()},
        groups=_groups(data["same"], language),
        acronyms={fold(short): frozenset(fold(long).split()) for short, long in data["acronyms"].items()},
        opposites=tuple((stems(one, language), stems(other, language)) for one, other in data["opposites"]),
    )


def stems(words: Iterable[str], language: str) -> frozenset[str]:
    """Stems of single words."""
    return frozenset(stem_word(word, language) for word in words)


def stem_word(word: str, language: str) -> str:
    """The stem by which a word is compared; a stop word stands for itself."""
    found = analyse(word, language)
    return found[-1] if found else fold(word)


def _groups(same: Iterable[Iterable[str]], language: str) -> dict[str, frozenset[int]]:
    groups: dict[str, frozenset[int]] = {}
    for number, words in enumerate(same):
        for stem in stems(words, language):
            groups[stem] = groups.get(stem, frozenset()) | {number}
    return groups


def _marks(data: dict[str, Any]) -> dict[str, Marks]:
    marks: dict[str, Marks] = {}
    for kind, value, word in _entries(data):
        key = re.sub("[ -]", "_", fold(word))
        marks[key] = marks.get(key, frozenset()) | {(kind, value)}
    return marks


def _entries(data: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for kind in KINDS:
        yield from ((kind, kind, word) for word in data[kind])
    for one, other in data["opposites"]:
        yield from (("content", "content", word) for word in (*one, *other))
    for kind in ("role", "unit"):
        yield from ((kind, value, word) for value, words in data[f"{kind}s"].items() for word in words)
