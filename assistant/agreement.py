"""How far a source says what a sentence claims, point by point; pure functions over what `claims` has read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from assistant.claim_cues import keys
from assistant.claims import Claim

Statements = Sequence[Claim]


def wrong_figures(claim: Claim, source: Claim, heading: Claim) -> int:
    """Figures, units, rates and months of the claim that neither the source nor its heading has."""
    figures = source.figures | heading.figures
    values = {value for value, unit in figures if unit != "percent"}
    wrong = [f for f in claim.figures - figures if not (not f[1] and f[0] in values) and (f[0], "") not in figures and f != ("1", "time")]
    known = source.units | {unit for _, unit in source.figures}
    loose = claim.units - known - {"time", "point"}
    counted = dict(source.rates)
    rates = [figure for figure, rate in claim.rates if figure in counted and (figure, rate) not in source.rates]
    return len(wrong) + len(claim.months - source.months) + len(loose) + len(rates)


def unknown_names(claim: Claim, source: Claim, heading: Claim) -> int:
    """Names of the claim that neither the source nor its heading has."""
    known = source.names | source.tokens | heading.names | heading.tokens
    opener = claim.opener and claim.opener not in source.tokens and not any(claim.opener.startswith(key) for key in source.keys if len(key) > 3)
    return bool(opener) + sum(name not in known and not all(part in known for part in re.split(r"[-/]", name)) for name in claim.names)


def replaced_names(claim: Claim, source: Claim) -> bool:
    """Whether the claim has a name from the heading where the source has another."""
    known = source.names | source.tokens
    mine = {name for name in claim.names if name not in known and not all(part in known for part in re.split(r"[-/]", name))}
    return bool(mine and source.names - claim.names - claim.tokens)


def unknown_actors(claim: Claim, source: Claim) -> int:
    """Actors of the claim that the source has neither by name nor in other words, or in whose place it names another."""
    unnamed = set(claim.actors) - set(source.actors)
    replaced = set(source.actors) - set(claim.actors) - claim.implied
    return len(unnamed if replaced else unnamed - source.implied)


def reordered_actors(claim: Claim, source: Claim) -> bool:
    """Whether actors that both have first appear in another order."""
    mine = [actor for actor in dict.fromkeys(claim.actors) if actor in source.actors]
    return mine != [actor for actor in dict.fromkeys(source.actors) if actor in mine]


def transposed(claim: Claim, source: Claim) -> bool:
    """Whether the claim says what the source says in the same order, but for two words or figures that changed places."""
    mine, theirs = Counter(claim.sequence), Counter(source.sequence)
    once = {word for word in mine if mine[word] == theirs[word] == 1}
    order = {word: i for i, word in enumerate(word for word in source.sequence if word in once)}
    places = [order[word] for word in claim.sequence if word in once]
    moved = [i for i, place in enumerate(places) if i != place]
    return len(moved) == 2 and moved[1] - moved[0] > 1 and len(places) >= 5


def swapped(claim: Statements, source: Statements) -> int:
    """Clauses with a figure, name or actor that the source says of something else, and the other way round."""
    found = 0
    for clause, nearest in paired(claim, source):
        for kind in ("names", "figures"):
            mine, theirs = frozenset(getattr(clause, kind)), frozenset(getattr(nearest, kind))
            elsewhere = {value for other in claim if other is not clause for value in getattr(other, kind)}
            found += bool(mine - theirs and (theirs - mine) & elsewhere)
        mine, theirs = frozenset(clause.actors), frozenset(nearest.actors)
        found += bool(mine - theirs - nearest.implied and theirs - mine)
    return found


def crossed(claim: Statements, source: Statements) -> int:
    """Pairs of figures, names or actors of which the claim says what the source says of the other one."""
    mine, theirs = _said_of(claim), _said_of(source)
    found = 0
    for one, other in combinations(sorted(mine.keys() & theirs.keys()), 2):
        a, b = mine[one] - mine[other], mine[other] - mine[one]
        c, d = theirs[one] - theirs[other], theirs[other] - theirs[one]
        found += len(a & d) + len(b & c) > len(a & c) + len(b & d)
    return found


def _said_of(statements: Statements) -> dict[str, set[str]]:
    """For each figure, name and actor the words of the statements that it stands in."""
    said: dict[str, set[str]] = {}
    for statement in statements:
        anchors = {"/".join(figure) for figure in statement.figures} | statement.names | {f"actor {actor}" for actor in statement.actors}
        words = set(statement.terms)
        for anchor in anchors:
            said.setdefault(anchor, set()).update(words - {anchor})
    return said


def denied_clauses(claim: Statements, source: Statements) -> int:
    """Clauses that deny what the source's nearest clause affirms, or affirm what it denies."""
    return sum(bool(clause.negations) != bool(nearest.negations) for clause, nearest in paired(claim, source))


def paired(claim: Statements, source: Statements) -> Iterator[tuple[Claim, Claim]]:
    """Each clause with the source's nearest, where the two share at least half of the shorter one's words."""
    for clause in claim:
        nearest = max(source, key=lambda other: _shared(clause, other) / (1 + len(set(other.terms))) ** 0.5)
        shared = _shared(clause, nearest)
        if shared >= 2 and shared >= 0.5 * min(len(set(clause.terms)), len(set(nearest.terms))):
            yield clause, nearest


def _shared(one: Claim, other: Claim) -> int:
    """Content words of one that the other has in any form."""
    return sum(bool(keys(term, one.language) & other.keys) for term in set(one.terms))


def flipped(claim: Claim, source: Claim) -> int:
    """What the source denies and the claim affirms, and the other way round; any denial more or less where all words are the source's."""
    verbatim = not any(uncovered(claim, source, source)) and bool(claim.negations) != bool(source.negations)
    return _affirmed_heads(source, claim) + _affirmed_heads(claim, source) + verbatim


def _affirmed_heads(one: Claim, other: Claim) -> int:
    """One's negations whose first word the other affirms and of which it denies nothing."""
    denied = {key for stem in other.denied for key in keys(stem, other.language)}
    affirmed = {key for stem in other.affirmed for key in keys(stem, other.language)}
    reached = [[keys(stem, one.language) for stem in stems] for stems in one.denials if stems]
    bare = [stems for stems in one.denials if not stems]
    return sum(bool(stems[0] & affirmed) and not any(stem & denied for stem in stems) for stems in reached) + max(0, len(bare) - other.negations)


def opposed(claim: Claim, source: Claim) -> int:
    """Pairs of opposites of which the claim has one side and the source only the other."""
    found = 0
    for side in claim.sides:
        pair, mine = side.split()
        found += f"{pair} {1 - int(mine)}" in source.sides and side not in source.sides
    return found


def strengthened(claim: Claim, source: Claim) -> bool:
    """Whether the claim says it more strongly: a duty for a possibility or an advice, a certainty for a hedge."""
    gained, lost = claim.levels - source.levels, source.levels - claim.levels
    strong, weak = gained & {"must", "obliged"}, lost & {"may", "should"}
    duty = "obliged" in gained and not source.levels & {"must", "obliged"}
    return bool(strong and weak) or duty or ("may" in lost and not gained) or (source.hedged and not claim.hedged)


def uncovered(claim: Claim, source: Claim, heading: Claim) -> list[bool]:
    """For each content word of the claim in order, whether source and heading lack it in every form."""
    known = source.keys | heading.keys
    return [not keys(term, claim.language) & known for term in claim.terms]


def turned(claim: Claim, source: Claim) -> int:
    """Pairs of opposites whose sides both have, in another order or number."""
    mine, theirs = _sequences(claim), _sequences(source)
    return sum(mine[pair] != theirs[pair] for pair in mine.keys() & theirs.keys() if len(set(theirs[pair])) > 1)


def _sequences(claim: Claim) -> dict[str, str]:
    sequences: dict[str, str] = {}
    for side in claim.ordered_sides:
        pair, mine = side.split()
        sequences[pair] = sequences.get(pair, "") + mine
    return sequences


def foreign_phrases(parts: Sequence[Sequence[str]], source: Claim, heading: Claim) -> int:
    """Phrases of a sentence of which source and heading have no word."""
    known = source.keys | heading.keys
    return sum(not any(keys(term, source.language) & known for term in part) for part in parts)


def longest_gap(missing: Sequence[bool]) -> int:
    """Most words in a row that are missing."""
    longest = current = 0
    for lacks in missing:
        current = current + 1 if lacks else 0
        longest = max(longest, current)
    return longest
