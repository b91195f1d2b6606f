"""What a sentence claims, in a form that can be compared: figures with units, names, actors, polarity and strength.

Pure functions over text; the cues are in claim_cues.yaml.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

from assistant.claim_cues import LEVELS, NUMBER, Cues, has_cues, keys, labels, load_cues
from assistant.lexical import analyse, fold

TOKEN = re.compile(r"[a-z0-9ñ]+(?:[.,:/\-][a-z0-9ñ]+)*|[%€$]")
WORD = re.compile(r"[^\W_]+")
THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
NAME = re.compile(r"\b[A-Z][\w./\-]*[A-Z0-9][\w./\-]*|(?<=[\w,;:(] )[A-Z][\w\-]+")
OPENER = re.compile(r"[^\w]*([A-Z][\w\-]+)(['’]s\b)?,?\s+(\w+)")
CODE = re.compile(r"(?<![\w.])(?=[a-z.]*[a-z]{2})(?=[\w.\-]*\d)[a-z][\w.\-]*\w")  # op.ext.3
MONEY = ("euro", "dollar")
SCOPE = 3  # content words that a negation reaches
FORMS = {("3", "month"): ("1", "quarter"), ("6", "month"): ("1", "half"), ("12", "month"): ("1", "year"), ("2", "week"): ("1", "fortnight")}

NEGATIONS = frozenset({"negation", "denying"})
MODAL = frozenset(LEVELS)
UNTOLD = frozenset({"light", "counted", "hedge", "universal", "every", *LEVELS})  # words that are compared otherwise or say little
Figure = tuple[str, str]  # value and unit; a rate is once a unit


@dataclass(frozen=True, slots=True)
class Claim:
    """One text, read."""

    language: str
    figures: frozenset[Figure]
    rates: frozenset[tuple[Figure, str]]  # figures with what they are counted by: 24 hours a day
    units: frozenset[str]  # units that no figure stands before
    months: frozenset[str]
    names: frozenset[str]
    opener: str  # the first word, where it is a name or stands like one
    actors: tuple[str, ...]  # in order
    implied: frozenset[str]  # actors that its words may stand for
    tokens: frozenset[str]
    terms: tuple[str, ...]  # stems of the content words, in order
    keys: frozenset[str]  # what its content words may be met by
    denials: tuple[tuple[str, ...], ...]  # for each negation the stems that it reaches
    affirmed: frozenset[str]
    sequence: tuple[str, ...]  # content words and figures in order
    levels: frozenset[str]  # of LEVELS
    universal: bool  # always, never, only, all
    every: bool
    hedged: bool
    sides: frozenset[str]  # which side of which pair of opposites
    ordered_sides: tuple[str, ...]

    @property
    def negations(self) -> int:
        """How often something is denied."""
        return len(self.denials)

    @property
    def denied(self) -> frozenset[str]:
        """Stems that stand behind a negation."""
        return frozenset(stem for reached in self.denials for stem in reached)


def comparable(language: str) -> bool:
    """Whether sentences in a language can be compared."""
    return has_cues(language)


@lru_cache(maxsize=16384)
def read_claim(text: str, language: str) -> Claim:
    """Read one sentence or a clause."""
    cues = load_cues(language)
    folded = _unify(fold(text), cues)
    places = sorted(_places(folded, cues, language))
    found = [label for _, label in places]
    return Claim(
        language,
        *_figures(folded, cues),
        **_polarity(folded, cues, language),
        units=frozenset(_bare_units(folded, cues)),
        months=frozenset(cues.months.findall(folded)),
        names=_names(text, cues),
        opener=_opener(text, language),
        actors=tuple(label.removeprefix("actor ") for label in found if label.startswith("actor ")),
        implied=frozenset(label.removeprefix("implied ") for label in found if label.startswith("implied ")),
        tokens=frozenset(TOKEN.findall(folded)),
        levels=frozenset(found) & frozenset(LEVELS),
        universal="universal" in found,
        every="every" in found,
        hedged="hedge" in found,
        sides=frozenset(label.removeprefix("side ") for label in found if label.startswith("side ")),
        ordered_sides=tuple(label.removeprefix("side ") for label in found if label.startswith("side ")),
    )


def join_claims(claims: Sequence[Claim]) -> Claim:
    """What several sentences say together."""
    return reduce(_joined, claims)


def _joined(one: Claim, other: Claim) -> Claim:
    both = {name: getattr(one, name) | getattr(other, name) for name in Claim.__slots__ if isinstance(getattr(one, name), frozenset | bool)}
    return Claim(
        **both,
        language=one.language,
        opener=one.opener,
        actors=one.actors + other.actors,
        terms=one.terms + other.terms,
        sequence=one.sequence + other.sequence,
        ordered_sides=one.ordered_sides + other.ordered_sides,
        denials=one.denials + other.denials,
    )


@lru_cache(maxsize=8192)
def clauses(text: str, language: str) -> tuple[Claim, ...]:
    """The clauses of a text that say something of their own, each read by itself."""
    parts = [read_claim(part, language) for part in load_cues(language).joints.split(text)]
    return tuple(part for part in parts if len(part.terms) > 1) or (read_claim(text, language),)


@lru_cache(maxsize=8192)
def statements(text: str, language: str) -> tuple[Claim, ...]:
    """What a text strings together with "and", "but" or "while", each part read by itself."""
    return tuple(read_claim(part, language) for part in load_cues(language).strong_joints.split(text) if part.strip())


@lru_cache(maxsize=8192)
def phrases(text: str, language: str) -> tuple[tuple[str, ...], ...]:
    """The content words of each phrase: what follows a preposition or a conjunction, up to the next."""
    cues = load_cues(language)
    found = (_polarity(part, cues, language)["terms"] for part in cues.phrase_joints.split(_unify(fold(text), cues)))
    return tuple(terms for terms in found if terms)


def _unify(folded: str, cues: Cues) -> str:
    if cues.contracted:
        folded = cues.contracted.sub(" not", folded)
    return cues.renaming.sub(lambda match: cues.names[(match.lastindex or 1) - 1], folded)


def _places(folded: str, cues: Cues, language: str) -> Iterator[tuple[int, str]]:
    """Where each label stands."""
    for match in WORD.finditer(folded):
        yield from ((_place(folded, match.start(), label, cues), label) for label in labels(match.group(), language))
    for label, pattern in cues.phrases:
        yield from ((_place(folded, match.start(), label, cues), label) for match in pattern.finditer(folded))


def _place(folded: str, start: int, label: str, cues: Cues) -> int:
    """Where a label counts: the agent of a passive comes first in its clause."""
    if not label.startswith("actor ") or not cues.agent.search(folded, 0, start):
        return start
    return max(folded.rfind(mark, 0, start) for mark in ".,;:")


def _names(text: str, cues: Cues) -> frozenset[str]:
    """Acronyms, codes, and words with a capital inside a sentence; what has an alias goes by it."""
    bare = _bare(text)
    known = {str(match.lastgroup) for match in cues.aliases.finditer(bare)}
    bare = cues.aliases.sub(" ", bare)
    codes = {code for code in CODE.findall(fold(bare)) if not NUMBER.fullmatch(code)}
    found = {fold(name).strip(".-/") for name in NAME.findall(bare)}
    return frozenset({name for name in found if not cues.units.fullmatch(name)} | codes | known)


@lru_cache(maxsize=1024)
def _bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _opener(text: str, language: str) -> str:
    """A first word that owns something or says something: a name, unless the source knows it as a word."""
    match = OPENER.match(_bare(text))
    if match is None or not analyse(match[1], language):
        return ""
    return fold(match[1]) if match[2] or "saying" in labels(fold(match[3]), language) else ""


def _figures(folded: str, cues: Cues) -> tuple[frozenset[Figure], frozenset[tuple[Figure, str]]]:
    """Every figure with the unit beside it, and those with a rate; "a" and "one" count only before a unit."""
    figures: list[Figure] = [("1", str(match.lastgroup)) for match in cues.rates.finditer(folded)]
    rates = []
    for match in cues.figure.finditer(folded):
        spelled, one, digits = match.groups()
        unit, end = _unit(folded, match, cues)
        if one and not unit:
            continue
        value = cues.spelled[spelled] if spelled else "1" if one else _number(digits)
        figure = FORMS.get((value, unit), (value, unit))
        figures.append(figure)
        rate = cues.rates.match(folded, end + 1)
        if rate and unit and unit != "time":
            rates.append((figure, str(rate.lastgroup)))
    return frozenset(figures), frozenset(rates)


def _unit(folded: str, match: re.Match[str], cues: Cues) -> tuple[str, int]:
    """The unit beside a figure with its scale ("million euro"), and where it ends."""
    scale = cues.scales.match(folded, _next(folded, match.end()))
    named = f"{scale.lastgroup} " if scale else ""
    start = scale.end() if scale else match.end()
    at = _next(folded, start)
    unit = cues.units.match(folded, at) or (cues.units.match(folded, at + len("de ")) if scale else None)
    if unit:
        return f"{named}{unit.lastgroup}", unit.end()
    before = [found.lastgroup for found in cues.units.finditer(folded, max(0, match.start() - 5), match.start())]
    return next((f"{named}{name}" for name in before if name in MONEY), named.strip()), start


def _next(folded: str, start: int) -> int:
    """Where the next word starts."""
    return start + len(folded[start:]) - len(folded[start:].lstrip())


def _bare_units(folded: str, cues: Cues) -> Iterator[str]:
    """Units named without a figure, as in "in hours"; rates have one."""
    rest = cues.measured.sub(" ", cues.rates.sub(" ", folded))
    return (str(match.lastgroup) for match in cues.units.finditer(rest))


def _number(digits: str) -> str:
    return re.sub(r"[.,]", "", digits) if THOUSANDS.fullmatch(digits) else digits.replace(",", ".")


@lru_cache(maxsize=16384)
def _stem(token: str, language: str) -> str:
    return next(iter(analyse(token, language)), "")


def _polarity(folded: str, cues: Cues, language: str) -> dict[str, Any]:
    """Stems in order, what meets them, and which a negation reaches in its clause, or in the next one where it ends a clause."""
    terms: list[str] = []
    sequence: list[str] = []
    met: set[str] = set()
    denials: list[list[str]] = []
    affirmed = set()
    reaching = False
    for clause in cues.joints.split(folded):
        reaching = reaching and not denials[-1]
        for token in TOKEN.findall(clause):
            found = labels(token, language)
            stem = "" if NUMBER.fullmatch(token) else _stem(token, language)
            sequence.append(token if token[0].isdigit() else stem)
            met |= keys(stem, language) if stem else set()
            if "denying" in found and reaching and not denials[-1]:  # "does not prevent"
                denials.pop()
                reaching = False
            elif found & NEGATIONS:
                denials.append([])
                reaching = True
            elif found & MODAL:
                reaching = reaching and not denials[-1]
                denials[-1].append(token) if reaching else affirmed.add(token)
            elif stem and not found & UNTOLD:
                terms.append(stem)
                reaching = reaching and len(denials[-1]) < SCOPE
                denials[-1].append(stem) if reaching else affirmed.add(stem)
    return {
        "terms": tuple(terms),
        "keys": frozenset(met),
        "denials": tuple(map(tuple, denials)),
        "affirmed": frozenset(affirmed),
        "sequence": tuple(filter(None, sequence)),
    }
