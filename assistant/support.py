"""Whether a guide passage supports a sentence that a language model wrote: pure functions, no model, no index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.claims import Claim, Word, read_claim
from assistant.cues import cue_languages, load_cues, stem_word
from assistant.models import Passage

EVIDENCE = 3  # passage sentences that one sentence may join
GAIN = 2  # facts that a further passage sentence must add


@dataclass(frozen=True, slots=True)
class Support:
    """The verdict on a sentence; `reason` names the check that failed and is empty where none did."""

    supported: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A sentence beside the passage sentences that come closest to it, best first, and what heads them."""

    claim: Claim
    evidence: tuple[Claim, ...]
    context: tuple[Claim, ...]  # titles and lead sentences
    language: str

    def shown(self, word: Word) -> bool:
        return any(word.means(fact) for claim in self.evidence for fact in claim.facts)

    def named(self, word: Word) -> bool:
        return self.shown(word) or any(word.means(fact) for claim in self.context for fact in claim.facts)

    def states(self, *kinds: str) -> bool:
        return any(claim.has(*kinds) for claim in self.evidence)


def align(claim: Claim, passages: Sequence[Passage], language: str) -> Comparison:
    candidates = [read_claim(s.text, language) for p in passages for s in p.sentences]
    context = [read_claim(t, language) for p in passages for t in (p.document, p.section, p.sentences[0].text)]
    missing = list(claim.facts)
    evidence: list[Claim] = []
    while candidates and len(evidence) < EVIDENCE:
        gains = [sum(any(w.means(f) for f in c.facts) for w in missing) - 0.01 * len(c.facts) for c in candidates]
        best = max(range(len(candidates)), key=gains.__getitem__)
        if evidence and gains[best] < GAIN - 0.5:
            break
        evidence.append(candidates.pop(best))
        missing = [w for w in missing if not any(w.means(f) for f in evidence[-1].facts)]
    return Comparison(claim, tuple(evidence), tuple(context), language)


def figures_agree(c: Comparison) -> bool:
    stated = {f.value for e in c.evidence for f in e.of("figure")}
    bare = {v.partition(" ")[0] for v in stated}
    return all(f.value in stated or (" " not in f.value and f.value in bare) for f in c.claim.of("figure"))


def frequencies_agree(c: Comparison) -> bool:
    stated = {f.value for e in c.evidence for f in e.of("frequency")}
    return all(f.value in stated for f in c.claim.of("frequency"))


def names_agree(c: Comparison) -> bool:
    known = {w.form.strip("%") for e in (*c.evidence, *c.context) for w in e.words} | {n for e in (*c.evidence, *c.context) for n in e.names}
    parts = {part for name in known for part in name.replace("_", " ").replace("-", " ").replace("/", " ").split()}
    return all(name in known or set(name.replace("-", " ").replace("/", " ").split()) <= parts for name in c.claim.names)


def negation_agrees(c: Comparison) -> bool:
    ours = c.claim.scopes("negation")
    theirs = [scope for e in c.evidence for scope in e.scopes("negation")]
    for scope in ours:
        if not any(a.means(b) for a in scope for other in theirs for b in other):
            return False
    denied = {w for scope in ours for w in scope}
    for scope in theirs:
        if scope and any(scope[0].means(w) for w in c.claim.facts) and not any(a.means(b) for a in scope for b in denied):
            return False
    return True


def modality_agrees(c: Comparison) -> bool:
    claim = c.claim
    if claim.has("must") and not c.states("must", "ask"):
        return False
    if claim.has("always") and not c.states("always"):
        return False
    if claim.has("advise") and not c.states("advise", "may") and c.states("must"):
        return False
    return not (claim.has("may") and not c.states("may", "usual", "example", "instance") and not claim.has("negation"))


def examples_agree(c: Comparison) -> bool:
    if c.claim.has("instance", "may", "usual"):
        return True
    for e in c.evidence:
        for scope in e.scopes("example"):
            if any(w.means(f) for w in c.claim.facts for f in scope):
                return False
    return True


def hedges_agree(c: Comparison) -> bool:
    return c.claim.has("hedge") or not any(e.has("hedge") for e in c.evidence[:1])


def actors_agree(c: Comparison) -> bool:
    ours = _agents(c.claim)
    stated = {r for e in (*c.evidence, *c.context) for r in _agents(e)}
    if not set(ours) <= stated:
        return False
    for e in c.evidence:
        theirs = _agents(e)
        common = [r for r in ours if r in theirs]
        if common != [r for r in theirs if r in common]:
            return False
    return True


def _agents(claim: Claim) -> list[str]:
    order: list[str] = []
    by = False
    for w in claim.words:
        if "role" in w.kinds:
            if w.value in order:
                pass
            elif by:
                order.insert(0, w.value)
            else:
                order.append(w.value)
        by = "by" in w.kinds or (by and "light" in w.kinds)
    return order


def opposites_agree(c: Comparison) -> bool:
    ours = {stem_word(w.form, c.language) for w in c.claim.words}
    theirs = {stem_word(w.form, c.language) for e in c.evidence for w in e.words}
    return not any((ours & a and theirs & b and not theirs & a and not ours & b) or (ours & b and theirs & a and not theirs & b and not ours & a) for a, b in load_cues(c.language).opposites)


def coverage(c: Comparison) -> tuple[int, int, int]:
    """facts, uncovered, segments with nothing covered"""
    facts = c.claim.facts
    missing = [w for w in facts if not c.named(w)]
    empty = 0
    for seg in segments(c.claim):
        f = [w for w in seg if w.is_fact]
        if f and not any(c.named(w) for w in f):
            empty += 1
    return len(facts), len(missing), empty


def segments(claim: Claim) -> Iterator[list[Word]]:
    seg: list[Word] = []
    for w in claim.words:
        if "break" in w.kinds:
            yield seg
            seg = []
        else:
            seg.append(w)
    yield seg


CHECKS: tuple[tuple[str, Callable[[Comparison], bool]], ...] = (
    ("figure", figures_agree), ("frequency", frequencies_agree), ("name", names_agree), ("negation", negation_agrees), ("modality", modality_agrees),
    ("example", examples_agree), ("hedge", hedges_agree), ("actor", actors_agree), ("opposite", opposites_agree),
)
