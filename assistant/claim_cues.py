"""The words that carry the weight of a sentence, read once from claim_cues.yaml and compiled; a language that has none cannot be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from assistant.lexical import analyse

CUES = Path(__file__).parent / "claim_cues.yaml"
LEVELS = ("may", "should", "must", "obliged")
NUMBER = re.compile(r"\d+(?:[.,:/\-]\d+)*[a-z]?(?:\.[a-z])?")
SINGLE = ("negation", "denying", "universal", "every", "hedge", "light", "saying", *LEVELS)
SHARE = 0.75  # of the longer of two stems that both must share to be forms of one word
DIPHTHONG = 3  # letters of a stem whose vowels may change with its stress
PREFIX = 5  # letters, at least


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of one language."""

    contracted: re.Pattern[str] | None  # a negation that hangs on a verb
    renaming: re.Pattern[str]  # one group for each name
    names: tuple[str, ...]
    aliases: re.Pattern[str]  # names with several forms, in text as written
    words: tuple[tuple[str, re.Pattern[str]], ...]  # label and the single words that have it
    phrases: tuple[tuple[str, re.Pattern[str]], ...]  # label and the runs of words that have it
    units: re.Pattern[str]
    scales: re.Pattern[str]
    rates: re.Pattern[str]
    measured: re.Pattern[str]
    figure: re.Pattern[str]
    months: re.Pattern[str]
    agent: re.Pattern[str]  # what stands before the agent of a passive
    spelled: Mapping[str, str]
    joints: re.Pattern[str]
    strong_joints: re.Pattern[str]
    phrase_joints: re.Pattern[str]
    groups: Mapping[str, tuple[str, ...]]  # stem: the synonyms it belongs to


def has_cues(language: str) -> bool:
    """Whether sentences in a language can be compared."""
    return language in _raw()


@cache
def load_cues(language: str) -> Cues:
    """The compiled cues of a language."""
    raw = _raw()[language]
    renamed = {**raw["rewordings"], **raw["aliases"]}
    numbers = "|".join(sorted(map(re.escape, raw["numbers"]), key=len, reverse=True))
    labelled = list(_labelled(raw))
    return Cues(
        contracted=re.compile(raw["contracted"]) if "contracted" in raw else None,
        renaming=_whole("|".join(f"({_plain(pattern)})" for pattern in renamed.values())),
        names=tuple(renamed),
        aliases=_whole(_named(raw["aliases"])),
        words=(*_patterns(labelled, phrases=False), ("counted", _counted(raw))),
        phrases=tuple(_patterns(labelled, phrases=True)),
        units=_whole(_named(raw["units"])),
        scales=_whole(_named(raw["scales"])),
        rates=_whole(_named(raw["rates"])),
        measured=re.compile(rf"(?<![\w.,:/\-])(?:{numbers}|{raw['one']}|{NUMBER.pattern})\s*(?:{'|'.join(raw['units'].values())})(?!\w)"),
        figure=re.compile(rf"(?<![\w.,:/\-])(?:({numbers})|({raw['one']})|({NUMBER.pattern}))(?!\w)"),
        months=_whole(raw["months"]),
        agent=re.compile(raw["agent"]),
        spelled={word: str(value) for word, value in raw["numbers"].items()},
        joints=re.compile(raw["joints"]),
        strong_joints=re.compile(raw["strong_joints"]),
        phrase_joints=re.compile(raw["phrase_joints"]),
        groups=_groups(raw["synonyms"], language),
    )


@lru_cache(maxsize=16384)
def labels(word: str, language: str) -> frozenset[str]:
    """What a single folded word stands for."""
    return frozenset(label for label, pattern in load_cues(language).words if pattern.fullmatch(word))


@lru_cache(maxsize=16384)
def keys(stem: str, language: str) -> frozenset[str]:
    """What two stems have in common when they are forms of one word or synonyms: itself, its long prefixes, its groups."""
    least = max(PREFIX, -int(-SHARE * len(stem) // 1))
    prefixes = {stem[:end] for end in range(least, len(stem))}
    plain = re.sub("ie", "e", re.sub("ue", "o", stem)) if language == "es" and len(stem) > DIPHTHONG else stem  # prueb: prob
    return frozenset({stem, plain} | prefixes | set(load_cues(language).groups.get(stem, ())))


@cache
def _raw() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(CUES.read_text(encoding="utf-8")))


def _labelled(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every label with its pattern."""
    yield from ((name, raw[name]) for name in SINGLE)
    yield from ((f"actor {name}", pattern) for name, pattern in raw["actors"].items())
    yield from ((f"implied {name}", pattern) for name, pattern in raw["implied"].items())
    for i, pair in enumerate(raw["opposites"]):
        yield from ((f"side {i} {side}", pattern) for side, pattern in enumerate(pair))


def _counted(raw: Mapping[str, Any]) -> re.Pattern[str]:
    """Numbers, units and months, which are compared as figures and not as words."""
    named = (pattern for kind in ("units", "rates", "scales") for pattern in raw[kind].values())
    return _whole("|".join((raw["one"], raw["months"], *map(str, raw["numbers"]), *named)))


def _patterns(labelled: Iterable[tuple[str, str]], phrases: bool) -> Iterator[tuple[str, re.Pattern[str]]]:
    for label, pattern in labelled:
        chosen = [part for part in _alternatives(pattern) if (" " in part or "(?=" in part) == phrases]
        if chosen:
            yield label, _whole("|".join(chosen))


def _alternatives(pattern: str) -> list[str]:
    """The alternatives of a pattern that stand in no group."""
    parts, depth = [""], 0
    for character in pattern:
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _groups(synonyms: Iterable[str], language: str) -> dict[str, tuple[str, ...]]:
    """For each stem the groups of words that may stand for it; a group is named by its place."""
    found: dict[str, tuple[str, ...]] = {}
    for i, group in enumerate(synonyms):
        for stem in {stem for word in group.split() for stem in analyse(word, language)[:1]}:
            found[stem] = (*found.get(stem, ()), f"={i}")
    return found


def _named(patterns: Mapping[str, str]) -> str:
    return "|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns.items())


def _plain(pattern: str) -> str:
    """A pattern whose groups are not counted."""
    return re.sub(r"(?<!\\)\((?!\?)", "(?:", pattern)


def _whole(pattern: str) -> re.Pattern[str]:
    """A pattern of whole words; a symbol such as % may follow a digit."""
    return re.compile(rf"(?<![^\W\d])(?:{pattern})(?!\w)", re.I)
