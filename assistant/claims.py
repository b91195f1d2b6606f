"""What a sentence claims, in a form that can be compared: figures with units, names, actors, polarity and strength.

Pure functions over text. The cues are in claim_cues.yaml; a language that has none there cannot be compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from assistant.lexical import analyse, fold

CUES = Path(__file__).parent / "claim_cues.yaml"
TOKEN = re.compile(r"[a-z0-9ñ]+(?:[.,:/\-][a-z0-9ñ]+)*|[%€$]")
NUMBER = re.compile(r"\d+(?:[.,:/\-]\d+)*[a-z]?(?:\.[a-z])?")
THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
NAME = re.compile(r"\b[A-Z][\w./\-]*[A-Z0-9][\w./\-]*|(?<=[\w,;:(] )[A-Z][\w\-]+")
SCOPE = 3  # content words that a negation reaches
PREFIX = 5  # letters from which two words are forms of one
FORMS = {("3", "month"): ("1", "quarter"), ("6", "month"): ("1", "half"), ("12", "month"): ("1", "year"), ("2", "week"): ("1", "fortnight")}
LEVELS = ("may", "should", "must", "obliged")


@dataclass(frozen=True, slots=True)
class Claim:
    """One text, read."""

    figures: frozenset[tuple[str, str]]  # value and unit; a rate is once a unit
    units: frozenset[str]  # units that no figure stands before
    months: frozenset[str]
    names: frozenset[str]
    actors: tuple[str, ...]  # in order
    tokens: frozenset[str]
    terms: tuple[str, ...]  # stems of the content words, in order
    denied: frozenset[str]  # stems that stand behind a negation
    affirmed: frozenset[str]
    negations: int
    levels: frozenset[str]  # of LEVELS
    universal: bool  # always, never, only, all
    every: bool
    hedged: bool
    sides: frozenset[tuple[int, int]]  # which side of which pair of opposites


def comparable(language: str) -> bool:
    """Whether sentences in a language can be compared."""
    return language in _cues()


@lru_cache(maxsize=8192)
def read_claim(text: str, language: str) -> Claim:
    """Read one sentence, a run of them, or a clause."""
    cues = _compiled(language)
    folded = _unify(fold(text), cues)
    tokens = TOKEN.findall(folded)
    terms, denied, affirmed = _polarity(folded, cues, language)
    return Claim(
        figures=frozenset(_figures(folded, cues)),
        units=frozenset(_bare_units(folded, cues)),
        months=frozenset(cues["months"].findall(folded)),
        names=_names(text, cues),
        actors=tuple(_actors(folded, cues)),
        tokens=frozenset(tokens),
        terms=terms,
        denied=denied,
        affirmed=affirmed,
        negations=sum(cues["negation"].fullmatch(token) is not None for token in tokens),
        levels=frozenset(level for level in LEVELS if cues[level].search(folded)),
        universal=cues["universal"].search(folded) is not None,
        every=cues["every"].search(folded) is not None,
        hedged=cues["hedge"].search(folded) is not None,
        sides=frozenset((i, side) for i, pair in enumerate(cues["opposites"]) for side in (0, 1) if pair[side].search(folded)),
    )


@lru_cache(maxsize=4096)
def clauses(text: str, language: str) -> tuple[Claim, ...]:
    """The clauses of a text that say something of their own, each read by itself."""
    parts = [read_claim(part, language) for part in _compiled(language)["joints"].split(text)]
    return tuple(part for part in parts if len(part.terms) > 1) or (read_claim(text, language),)


def wrong_figures(claim: Claim, source: Claim, heading: Claim) -> int:
    """Figures, units and months of the claim that neither the source nor its heading has."""
    figures = source.figures | heading.figures
    values = {value for value, unit in figures if unit != "percent"}
    wrong = [f for f in claim.figures - figures if not (not f[1] and f[0] in values) and (f[0], "") not in figures and f != ("1", "time")]
    known = source.units | {unit for _, unit in source.figures}
    loose = claim.units - known - {"time", "point"}
    return len(wrong) + len(claim.months - source.months) + len(loose)


def unknown_names(claim: Claim, source: Claim, heading: Claim) -> int:
    """Names of the claim that neither the source nor its heading has."""
    known = source.names | source.tokens | heading.names | heading.tokens
    return sum(name not in known and not all(part in known for part in re.split(r"[-/]", name)) for name in claim.names)


def unknown_actors(claim: Claim, source: Claim) -> int:
    """Actors of the claim that the source does not have."""
    return len(set(claim.actors) - set(source.actors))


def reordered_actors(claim: Claim, source: Claim) -> bool:
    """Whether actors that both have first appear in another order."""
    mine = [actor for actor in dict.fromkeys(claim.actors) if actor in source.actors]
    return mine != [actor for actor in dict.fromkeys(source.actors) if actor in mine]


def swapped(claim: Sequence[Claim], source: Sequence[Claim]) -> int:
    """Clauses with a figure, name or actor that the source says of something else, and the other way round."""
    found = 0
    for clause, nearest in _paired(claim, source):
        for kind in ("names", "figures"):
            mine, theirs = frozenset(getattr(clause, kind)), frozenset(getattr(nearest, kind))
            elsewhere = {value for other in claim if other is not clause for value in getattr(other, kind)}
            found += bool(mine - theirs and (theirs - mine) & elsewhere)
        mine, theirs = frozenset(clause.actors), frozenset(nearest.actors)
        found += bool(mine - theirs and theirs - mine)
    return found


def denied_clauses(claim: Sequence[Claim], source: Sequence[Claim]) -> int:
    """Clauses that deny what the source's nearest clause affirms, or affirm what it denies."""
    return sum(bool(clause.negations) != bool(nearest.negations) for clause, nearest in _paired(claim, source))


def _paired(claim: Sequence[Claim], source: Sequence[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Each clause with the source's nearest, where the two share at least half of the shorter one's words."""
    for clause in claim:
        nearest = max(source, key=lambda other: _overlap(clause, other))
        shared = len(set(clause.terms) & set(nearest.terms))
        if shared >= 2 and shared >= 0.5 * min(len(set(clause.terms)), len(set(nearest.terms))):
            yield clause, nearest


def denied_otherwise(claim: Claim, source: Claim, claim_clauses: Sequence[Claim], source_clauses: Sequence[Claim]) -> bool:
    """Whether the claim denies what the source affirms, affirms what it denies, or denies something else."""
    if bool(claim.negations) != bool(source.negations):
        return True
    shared = set(claim.terms) & set(source.terms)
    lost = shared & (claim.affirmed - claim.denied) - source.affirmed
    gained = shared & (claim.denied - claim.affirmed) - source.denied
    if lost and gained and len(lost | gained) > 2:
        return True
    return claim.negations != source.negations and bool(lost | gained) and denied_clauses(claim_clauses, source_clauses) > 0


def opposed(claim: Claim, source: Claim) -> int:
    """Pairs of opposites of which the claim has one side and the source only the other."""
    return sum((i, 1 - side) in source.sides and (i, side) not in source.sides for i, side in claim.sides)


def strengthened(claim: Claim, source: Claim) -> float:
    """How much more strongly the claim says it: 0 as strongly, up to 3."""
    gained, lost = claim.levels - source.levels, source.levels - claim.levels
    strong, weak = gained & {"must", "obliged"}, lost & {"may", "should"}
    duty = "obliged" in gained and not source.levels & {"must", "obliged"}
    return 1.0 * bool(strong and weak) + 1.0 * duty + 0.5 * ("may" in lost and not gained) + 1.0 * (source.hedged and not claim.hedged)


def uncovered(claim: Claim, source: Claim, heading: Claim) -> list[bool]:
    """For each content word of the claim in order, whether source and heading lack it in every form."""
    stems = set(source.terms) | set(heading.terms)
    prefixes = {stem[:PREFIX] for stem in stems if len(stem) >= PREFIX}
    return [term not in stems and term[:PREFIX] not in prefixes for term in claim.terms]


def longest_gap(missing: Sequence[bool]) -> int:
    """Most words in a row that are missing."""
    longest = current = 0
    for lacks in missing:
        current = current + 1 if lacks else 0
        longest = max(longest, current)
    return longest


def _overlap(one: Claim, other: Claim) -> float:
    shared = set(one.terms) & set(other.terms)
    return len(shared) / (1 + len(set(other.terms))) ** 0.5


@cache
def _cues() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(CUES.read_text(encoding="utf-8")))


@cache
def _compiled(language: str) -> dict[str, Any]:
    cues = _cues()[language]
    one_word = ("negation", "months", "universal", "every", "hedge", *LEVELS)
    numbers = "|".join(sorted(map(re.escape, cues["numbers"]), key=len, reverse=True))
    return {
        "rewordings": [(name, _whole(pattern)) for name, pattern in cues["rewordings"].items()],
        "aliases": [(name, _whole(pattern)) for name, pattern in cues["aliases"].items()],
        "actors": [(name, _whole(pattern)) for name, pattern in cues["actors"].items()],
        "units": {name: _whole(pattern) for name, pattern in cues["units"].items()},
        "rates": {name: _whole(pattern) for name, pattern in cues["rates"].items()},
        "opposites": [[_whole(side) for side in pair] for pair in cues["opposites"]],
        "measured": re.compile(rf"(?<![\w.,:/\-])(?:{numbers}|{cues['one']}|{NUMBER.pattern})\s*(?:{'|'.join(cues['units'].values())})(?!\w)"),
        "figure": re.compile(rf"(?<![\w.,:/\-])(?:({numbers})|({cues['one']})|({NUMBER.pattern}))(?!\w)"),
        "spelled": {word: str(value) for word, value in cues["numbers"].items()},
        "joints": re.compile(cues["joints"]),
        **{name: _whole(cues[name]) for name in one_word},
    }


def _whole(pattern: str) -> re.Pattern[str]:
    """A pattern of whole words; a symbol such as % may follow a digit."""
    return re.compile(rf"(?<![^\W\d])(?:{pattern})(?!\w)", re.I)


def _unify(folded: str, cues: dict[str, Any]) -> str:
    for name, pattern in (*cues["rewordings"], *cues["aliases"]):
        folded = pattern.sub(name, folded)
    return folded


def _names(text: str, cues: dict[str, Any]) -> frozenset[str]:
    """Acronyms, codes, and words with a capital inside a sentence; what has an alias goes by it."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    known = {name for name, pattern in cues["aliases"] if pattern.search(bare)}
    for _, pattern in cues["aliases"]:
        bare = pattern.sub(" ", bare)
    return frozenset({fold(name).strip(".-/") for name in NAME.findall(bare)} | known)


def _figures(folded: str, cues: dict[str, Any]) -> list[tuple[str, str]]:
    """Every figure with the unit beside it; "a" and "one" count only before a unit."""
    found = [("1", name) for name, pattern in cues["rates"].items() if pattern.search(folded)]
    for match in cues["figure"].finditer(folded):
        spelled, one, digits = match.groups()
        unit = _unit(folded, match, cues)
        if one and not unit:
            continue
        value = cues["spelled"][spelled] if spelled else "1" if one else _number(digits)
        found.append(FORMS.get((value, unit), (value, unit)))
    return found


def _bare_units(folded: str, cues: dict[str, Any]) -> Iterator[str]:
    """Units named without a figure, as in "in hours"; rates have one."""
    for pattern in cues["rates"].values():
        folded = pattern.sub(" ", folded)
    rest = cues["measured"].sub(" ", folded)
    return (name for name, pattern in cues["units"].items() if pattern.search(rest))


def _unit(folded: str, match: re.Match[str], cues: dict[str, Any]) -> str:
    rest = folded[match.end() :].lstrip()
    for name, pattern in cues["units"].items():
        if pattern.match(rest) or (name in ("euro", "dollar") and pattern.search(folded[max(0, match.start() - 5) : match.start()])):
            return str(name)
    return ""


def _number(digits: str) -> str:
    return re.sub(r"[.,]", "", digits) if THOUSANDS.fullmatch(digits) else digits.replace(",", ".")


def _actors(folded: str, cues: dict[str, Any]) -> list[str]:
    places = [(match.start(), name) for name, pattern in cues["actors"] for match in pattern.finditer(folded)]
    return [name for _, name in sorted(places)]


def _polarity(folded: str, cues: dict[str, Any], language: str) -> tuple[tuple[str, ...], frozenset[str], frozenset[str]]:
    """Stems in order, those within reach of a negation in their clause, and all others."""
    terms: list[str] = []
    denied, affirmed = set(), set()
    for clause in cues["joints"].split(folded):
        reach = 0
        for token in TOKEN.findall(clause):
            if cues["negation"].fullmatch(token):
                reach = SCOPE
                continue
            for stem in analyse(token, language)[:1]:
                terms.append(stem)
                (denied if reach else affirmed).add(stem)
                reach = max(0, reach - 1)
    return tuple(terms), frozenset(denied), frozenset(affirmed)
