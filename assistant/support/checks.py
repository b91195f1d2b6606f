"""The checks that a sentence must pass beside the passage sentences it rests on: each says whether both agree in one respect."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.models import Passage
from assistant.support.claims import Claim, Word, read_claim
from assistant.support.lexicon import load_cues

PARTIES = {"client", "supplier"}
EVIDENCE = 3  # passage sentences that one sentence may join
GAIN = 2  # facts that a further passage sentence must add
CLEARLY = 2  # shared facts by which one clause fits better than another
LENGTH = 0.01  # of two passage sentences that share as many facts, the shorter one


@dataclass(frozen=True, slots=True)
class Comparison:
    """A sentence beside the passage sentences that come closest to it, best first, and what heads them."""

    claim: Claim
    evidence: tuple[Claim, ...]
    context: tuple[Claim, ...]  # the passages' titles and lead sentences
    language: str

    def states(self, *kinds: str) -> bool:
        """Whether the evidence has a cue of one of these kinds."""
        return any(claim.has(*kinds) for claim in self.evidence)

    def scopes(self, *kinds: str) -> list[tuple[Word, ...]]:
        """What cues of these kinds govern in the evidence."""
        return [scope for claim in self.evidence for scope in claim.scopes(*kinds)]

    def values(self, *kinds: str) -> set[str]:
        """Values of the evidence's words of these kinds."""
        return {word.value for claim in self.evidence for kind in kinds for word in claim.of(kind)}

    def covers(self, word: Word) -> bool:
        """Whether evidence, title or lead sentence say this."""
        return any(word.among(claim.facts) for claim in (*self.evidence, *self.context))


def compare(sentence: str, passages: Sequence[Passage], language: str) -> Comparison:
    """Choose the passage sentences that share most with the sentence; another one only where it adds several facts."""
    claim = read_claim(sentence, language)
    candidates = [read_claim(part.text, language) for passage in passages for part in passage.sentences]
    context = [read_claim(text, language) for passage in passages for text in (passage.section, passage.sentences[0].text)]
    missing, evidence = claim.facts, list[Claim]()
    while candidates and len(evidence) < EVIDENCE:
        gains = [sum(word.among(other.facts) for word in missing) - LENGTH * len(other.facts) for other in candidates]
        best = max(range(len(gains)), key=gains.__getitem__)
        if evidence and gains[best] < GAIN - 0.5:
            break
        evidence.append(candidates.pop(best))
        missing = tuple(word for word in missing if not word.among(evidence[-1].facts))
    return Comparison(claim, tuple(evidence), tuple(context), language)


def figures_agree(c: Comparison) -> bool:
    """Every figure with its unit, every date and every unit is in the evidence."""
    stated, units = c.values("figure"), c.values("unit")
    units |= {value.partition(" ")[2] for value in c.values("figure", "frequency")}
    known = stated | {value.partition(" ")[0] for value in stated} | {value.rpartition("-")[0] + "-" for value in stated if "-" in value}
    return all(word.value in known for word in c.claim.of("figure")) and all(word.value in units for word in c.claim.of("unit"))


def frequencies_agree(c: Comparison) -> bool:
    """Every "once a year" is in the evidence, also as "12 months" where it says so."""
    return all(word.value in c.values("frequency", "figure") for word in c.claim.of("frequency"))


def figures_in_place(c: Comparison) -> bool:
    """No figure has moved to a clause that in the evidence carries another one."""
    clauses = c.claim.clauses()
    figures = [(word, clause, c.claim.facts) for clause in clauses for word in clause if "figure" in word.kinds]
    frequencies = [(word, clause, clause) for clause in clauses for word in clause if "frequency" in word.kinds]
    return not any(_moved(*place, c) for place in figures + frequencies)


def _moved(word: Word, clause: Sequence[Word], present: Sequence[Word], c: Comparison) -> bool:
    """Whether the clause fits a clause of theirs clearly better that has, instead of this word, one of its kind that is not present."""
    rest = [fact for fact in clause if not fact.kinds & {"figure", "frequency", "unit", "role"}]
    own, other = 0, 0
    for candidate in (candidate for claim in c.evidence for candidate in claim.clauses()):
        shared = sum(fact.among(candidate) for fact in rest)
        rivals = [fact for fact in candidate if fact.kinds & word.kinds]
        if word.among(candidate):
            own = max(own, shared)
        elif not all(rival.among(present) for rival in rivals if _shape(rival) == _shape(word)):
            other = max(other, shared)
    return other > own and (own == 0 or other > own + CLEARLY)


def _shape(word: Word) -> tuple[bool, bool]:
    """What a figure is: a reference such as 28.3 or 2024/1774, an amount with a unit, or a bare number."""
    return bool(re.match(r"\d+[./]\d", word.value)), " " in word.value


def names_agree(c: Comparison) -> bool:
    """Every name is in the evidence; one from the title or the lead sentence may not stand in for another."""
    near, all_words = _named(c.evidence), _named((*c.evidence, *c.context))
    acronyms = load_cues(c.language).acronyms
    unknown = {name for name in c.claim.names if not _is_named(name, near, acronyms)}
    swapped = {name for claim in c.evidence for name in claim.names} - c.claim.names
    return all(_is_named(name, all_words, acronyms) for name in unknown) and not (unknown and swapped)


def _named(claims: Sequence[Claim]) -> set[str]:
    words = {word.form.strip("%- ") for claim in claims for word in claim.words} | {name for claim in claims for name in claim.names}
    return words | {part for word in words for part in re.split(r"[_/.-]", word)}


def _is_named(name: str, words: set[str], acronyms: dict[str, frozenset[str]]) -> bool:
    return name in words or set(re.split(r"[/.-]", name)) <= words or (name in acronyms and acronyms[name] <= words)


def negations_agree(c: Comparison) -> bool:
    """What the sentence denies is denied in the evidence, and the other way round."""
    ours, theirs = c.claim.scopes("negation"), c.scopes("negation")
    denied_here = [word for scope in (*ours, *([] if c.states("denial") else c.claim.scopes("denial"))) for word in scope]
    denied_there = [word for scope in (*theirs, *([] if c.claim.has("denial") else c.scopes("denial"))) for word in scope]
    if ours and not (theirs or denied_there):
        return False
    if any(scope and not _reaches(scope, denied_there) for scope in ours):
        return False
    return not any(_affirmed(scope, c.claim.facts, denied_here) for scope in theirs) and not _denies_duty(c)


def _denies_duty(c: Comparison) -> bool:
    """Whether the sentence denies a duty or a possibility that the evidence states and nowhere denies."""
    stated = [pair for claim in c.evidence for pair in _modals(claim)]
    return any(denied for _, denied in _modals(c.claim)) and bool(stated) and not any(denied for _, denied in stated) and not c.states("negation")


def _modals(claim: Claim) -> list[tuple[Word, bool]]:
    """Cues of duty and possibility, each with whether a negation stands close before it."""
    places = [(i, word) for i, word in enumerate(claim.words) if word.kinds & {"must", "ask", "may"}]
    return [(word, any("negation" in before.kinds for before in claim.words[max(0, i - 3) : i])) for i, word in places]


def _reaches(scope: Sequence[Word], others: Sequence[Word]) -> bool:
    """Whether others hold what this scope begins with, its actor aside, or most of it."""
    told = [word for word in scope if "role" not in word.kinds] or scope
    said = [word for word in told if word.among(others)]
    return any(word in told[:2] for word in said) or len(said) >= min(2, len(told))


def _affirmed(scope: Sequence[Word], facts: Sequence[Word], denied: Sequence[Word]) -> bool:
    """Whether facts state what this scope denies: what it begins with, its actor aside, and most of it."""
    told = [word for word in scope if "role" not in word.kinds] or scope
    said = [word for word in told if word.among(facts)]
    return bool(said) and (said[0] is told[0] or len(said) > 1) and not said[0].among(denied) and len(said) >= min(2, len(told))


def modality_agrees(c: Comparison) -> bool:
    """A duty, a universal or a limit needs one in the evidence; a duty is not weakened, nor a plain statement made a mere possibility."""
    claim, nearest = c.claim, c.evidence[:1]
    if claim.has("must") and (not c.states("must", "ask") or any(e.has("advise", "may") and not e.has("must", "ask") for e in nearest)):
        return False
    if any(_only_possible(scope, c) for scope in claim.scopes("must") if scope):
        return False
    if (claim.has("always") and not c.states("always")) or (claim.scopes("only") and not c.scopes("only")):
        return False
    if claim.has("advise") and c.states("must") and not c.states("advise", "may"):
        return False
    return not claim.has("may") or claim.has("negation") or c.states("may", "usual", "example", "instance")


def _only_possible(scope: Sequence[Word], c: Comparison) -> bool:
    """Whether the evidence merely allows or advises what is stated as a duty here."""
    allowed, due = ([word for other in c.scopes(*kinds) for word in other] for kinds in (("may", "advise"), ("must", "ask")))
    return scope[0].among(allowed) and not scope[0].among(due)


def examples_agree(c: Comparison) -> bool:
    """What the evidence gives as an example is not stated as the rule."""
    if c.claim.has("instance", "may", "usual"):
        return True
    return not any(word.among(scope) for scope in c.scopes("example") for word in c.claim.facts)


def hedges_agree(c: Comparison) -> bool:
    """Doubt about a source, or that a figure is a forecast, is not left out."""
    return c.claim.has("hedge") or not any(claim.has("hedge") for claim in c.evidence[:1])


def actors_agree(c: Comparison) -> bool:
    """The same actors do what the evidence says, in the same order; who acts with another is not left alone."""
    ours, theirs = order_actors(c.claim), [order_actors(claim) for claim in c.evidence]
    known = {role for order in theirs for role in order}
    known |= PARTIES if "both" in known and PARTIES <= set(ours) else set()
    known |= {"both"} if PARTIES <= known else set()
    known |= set() if known else {role for claim in c.context for role in order_actors(claim)} | {"client"}
    if not set(ours) <= known or any(not _same_order(ours, order) for order in theirs):
        return False
    return not (len(c.evidence) == 1 and (_one_alone(c) or _one_repeated(c)))


def order_actors(claim: Claim) -> list[str]:
    """Roles in the order of who acts: an agent behind "by" first, conditions last."""
    clauses: list[list[Word]] = [[]]
    for word in claim.words:
        clauses[-1].append(word)
        if word.form in ",;:":
            clauses.append([])
    order: list[str] = []
    for clause in sorted(clauses, key=_is_condition):
        order += [role for role in _acting(clause) if role not in order]
    return order


def _acting(clause: Sequence[Word]) -> list[str]:
    """Roles of a clause, those behind "by" before the others."""
    order: list[str] = []
    agents: int | None = None  # where the next actor goes while a "by" reaches it
    for word in clause:
        if "role" in word.kinds:
            order.insert(len(order) if agents is None else agents, word.value)
            agents = None if agents is None else agents + 1
        elif "by" in word.kinds:
            agents = 0
        elif word.is_fact:
            agents = None
    return order


def _is_condition(clause: Sequence[Word]) -> bool:
    return bool(clause) and "condition" in clause[0].kinds


def _same_order(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    return [role for role in ours if role in theirs] == [role for role in theirs if role in ours]


def _one_alone(c: Comparison) -> bool:
    """Whether only one remains of two actors that the evidence names together."""
    roles, first = set(order_actors(c.claim)), set(order_actors(c.evidence[0])[:2])
    words = [word for word in c.evidence[0].words if "stop" not in word.kinds]
    pairs = [
        {one.value, other.value}
        for one, joint, other in zip(words, words[1:], words[2:], strict=False)
        if "role" in one.kinds and "role" in other.kinds and joint.form in ("and", "y", "e")
    ]
    return any(len(pair) == 2 and pair == first and len(pair & roles) == 1 for pair in pairs)


def _one_repeated(c: Comparison) -> bool:
    """Whether an actor has taken the place of another: named more often than in the evidence, which names one more."""
    ours, theirs = (Counter(word.value for word in claim.of("role")) for claim in (c.claim, c.evidence[0]))
    return bool(ours - theirs) and not theirs.keys() <= ours.keys()


def actors_in_place(c: Comparison) -> bool:
    """No actor has moved to a clause that in the evidence has another one; "who decides" is no statement that someone does."""
    if any(_moved(word, clause, c.claim.facts, c) for clause in c.claim.clauses() for word in clause if "role" in word.kinds and len(clause) > 2):
        return False
    asked = [scope[0] for scope in c.scopes("who") if scope]
    return c.claim.has("who") or not any(word.among(c.claim.facts) for word in asked)


def opposites_agree(c: Comparison) -> bool:
    """No word is replaced by its opposite, and what is compared keeps its side."""
    turned = {word.value for scope in c.scopes("negation") for word in scope}  # "not easy" may well be "hard"
    ours, theirs = {word.value for word in c.claim.words}, {word.value for claim in c.evidence for word in claim.words} - turned
    pairs = [pair for one, other in load_cues(c.language).opposites for pair in ((one, other), (other, one))]
    if any(ours & here and not ours & there and theirs & there and not theirs & here for here, there in pairs):
        return False
    bound, theirs_bound = ([pair for claim in claims for pair in _bound(claim) if pair[0] not in turned] for claims in ((c.claim,), c.evidence))
    if any(_turned(word, fact, theirs_bound, here, there) for word, fact in bound for here, there in pairs if word in here):
        return False
    return not any(_exchanged(c.claim, claim) for claim in c.evidence)


def _bound(claim: Claim) -> list[tuple[str, Word]]:
    """Each word's value with the next fact behind it."""
    after = ((word.value, next((fact for fact in claim.words[i + 1 : i + 4] if fact.is_fact), None)) for i, word in enumerate(claim.words))
    return [(value, fact) for value, fact in after if fact is not None]


def _turned(word: str, fact: Word, theirs: Sequence[tuple[str, Word]], here: frozenset[str], there: frozenset[str]) -> bool:
    """Whether what stands behind "before" here stands behind "after" there, and nowhere behind "before"."""
    sides = [value for value, other in theirs if fact.means(other)]
    return any(value in there for value in sides) and not any(value in here for value in sides)


def _exchanged(ours: Claim, theirs: Claim) -> bool:
    """Whether what stands before "than" in one stands behind it in the other, and back."""
    halves = [_halves(claim) for claim in (ours, theirs)]
    if not all(halves):
        return False
    (before, after), (left, right) = halves
    return sum(w.among(right) and not w.among(left) for w in before) > 0 < sum(w.among(left) and not w.among(right) for w in after)


def _halves(claim: Claim) -> tuple[tuple[Word, ...], tuple[Word, ...]] | tuple[()]:
    at = next((i for i, word in enumerate(claim.words) if "compare" in word.kinds), None)
    if at is None:
        return ()
    return tuple(w for w in claim.words[:at] if w.is_fact), tuple(w for w in claim.words[at + 1 :] if w.is_fact)


CHECKS: tuple[tuple[str, Callable[[Comparison], bool]], ...] = (
    ("figure", figures_agree),
    ("frequency", frequencies_agree),
    ("figure_place", figures_in_place),
    ("name", names_agree),
    ("negation", negations_agree),
    ("modality", modality_agrees),
    ("example", examples_agree),
    ("hedge", hedges_agree),
    ("actor", actors_agree),
    ("actor_place", actors_in_place),
    ("opposite", opposites_agree),
)
