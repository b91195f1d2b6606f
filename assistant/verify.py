"""The citation check: pure functions that every sentence passes before it is shown.

An extractive sentence stands word for word in its passage. A sentence that a language model wrote is held against every run of one or two
sentences of its passage: figures and names must agree, and so must actors, polarity, strength and enough of its words; where networks trained for
the embedding model judge whether the run entails the sentence, what the rules found of these is part of what they judge by.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant.agreement import (
    crossed,
    denied_clauses,
    flipped,
    foreign_phrases,
    longest_gap,
    opposed,
    reordered_actors,
    replaced_names,
    strengthened,
    swapped,
    transposed,
    turned,
    uncovered,
    unknown_actors,
    unknown_names,
    wrong_figures,
)
from assistant.claims import Claim, clauses, join_claims, phrases, read_claim, statements
from assistant.models import Answer, Doubt, Passage, Sentence

# Whole figures and words; a sign or a unit written as a symbol counts as a word of its own.
WORD = re.compile(r"\w+(?:[.,:/]\w+)*|[%‰°$€£¥<>≤≥±+=]|(?<!\w)[-−](?=\d)")
MARKS = re.compile(r"\[(\d[\d\s,;–-]*)\]")

# Measured on the 12,412 calibration pairs of tests/data/support_*.jsonl whose figures and names are in the passage: share of the supported and of
# the unsupported ones that a rule doubts. Where networks judge, each is a finding among others; it decides only where there are none.
MISSING = 0.25  # share of a sentence's content words that its run may lack: 0.199, 0.170
GAP = 2  # content words in a row that the run lacks: 0.171, 0.240; paraphrases replace words one by one
SIMILARITY = 0.9  # least cosine of sentence and run in multilingual-e5-small: 0.023, 0.030
OWN_TERMS = 2  # words of the sentence that each of two sentences alone must hold for both to be needed
Vectors = NDArray[np.float32]
Entails = Callable[[tuple[int, ...], Vectors], bool]


@dataclass(frozen=True, slots=True)
class Support:
    """What a passage says for a sentence: the best run of its sentences, and the first doubt about it, None where it holds."""

    start: int
    end: int
    doubt: Doubt | None


@dataclass(frozen=True, slots=True)
class Run:
    """One or two sentences of a passage, what they say together, and their cosine with the sentence that cites them."""

    places: tuple[int, ...]
    said: Claim
    similarity: float


@lru_cache(maxsize=4096)  # each sentence of a passage is compared with each that is cited: 2.4 ms of an answer
def words(text: str) -> tuple[str, ...]:
    """Words as they are compared: whole figures, signs and units, case folded, accents kept."""
    return tuple(match.group().casefold() for match in WORD.finditer(unicodedata.normalize("NFC", text)))


def quote_span(sentences: Sequence[Sentence], quote: str) -> tuple[int, int] | None:
    """First and last+1 sentence whose whole, consecutive run is the quote, word for word; None where there is no such run."""
    wanted = words(quote)
    if not wanted:
        return None
    parts = [words(sentence.text) for sentence in sentences]
    for start in range(len(parts)):
        run: tuple[str, ...] = ()
        for end in range(start, len(parts)):
            run += parts[end]
            if run == wanted:
                return start, end + 1
            if len(run) >= len(wanted):
                break
    return None


def says_exactly(passage: Passage, text: str) -> bool:
    """Whether the passage holds the text as whole sentences, none shortened, stitched or changed."""
    return quote_span(passage.sentences, text) is not None


def check_citations(answer: Answer) -> bool:
    """Whether every sentence cites, every mark resolves, and every cited passage says exactly that."""
    citations = {citation.n: citation for citation in answer.citations}
    if any(quote_span(c.passage.sentences, c.quote) is None for c in answer.citations):
        return False
    if not set(MARKS.findall(answer.text)) <= {str(n) for n in citations}:
        return False
    return all(
        sentence.citations and all(n in citations and _inside(citations[n].passage, citations[n].quote, sentence.text) for n in sentence.citations)
        for sentence in answer.sentences
    )


def _inside(passage: Passage, quote: str, text: str) -> bool:
    """Whole sentences of the passage that lie within the quote."""
    outer, inner = quote_span(passage.sentences, quote), quote_span(passage.sentences, text)
    return outer is not None and inner is not None and outer[0] <= inner[0] and inner[1] <= outer[1]


def find_support(text: str, vector: Vectors, passage: Passage, rows: Vectors, entails: Entails | None = None) -> Support:
    """What a passage says for a sentence of its own language.

    `vector` is the sentence's (dimension,), `rows` those of the passage's sentences, both unit rows of the embedding model. `entails` tells of a run
    of sentences, by their places, and of `findings` about it whether it entails the sentence; without it the rules alone decide.
    """
    if place := quote_span(passage.sentences, text):
        return Support(*place, None)
    claim, heading = read_claim(text, passage.language), read_claim(f"{passage.document}. {passage.section}", passage.language)
    sources = [read_claim(sentence.text, passage.language) for sentence in passage.sentences]
    runs = [Run(run, join_claims([sources[i] for i in run]), _similarity(vector, rows[list(run)])) for run in _runs(claim, sources)]
    if not runs:
        return Support(0, 0, Doubt.NOT_SAID)
    best = max(runs, key=lambda run: _rank(claim, run, heading))
    doubts = list(_doubts(text, claim, best, heading, [passage.sentences[i].text for i in best.places]))
    first = next((doubt for doubt, found in doubts if found), None)
    if entails:
        foreign, findings = foreign_to(claim, join_claims(sources), heading), _findings(claim, best, heading, [found for _, found in doubts])
        first = foreign or (None if entails(best.places, findings) else first or Doubt.NOT_SAID)
    return Support(best.places[0], best.places[-1] + 1, first)


def foreign_to(claim: Claim, passage: Claim, heading: Claim) -> Doubt | None:
    """A doubt that nothing overrules: a figure or a name that the whole passage lacks; "first", "one" and units alone are no figures here."""
    figures = frozenset(figure for figure in claim.figures if figure[0] != "1" and not figure[0].startswith("#"))
    if wrong_figures(replace(claim, figures=figures, units=frozenset(), rates=frozenset()), passage, heading):
        return Doubt.FIGURE
    return Doubt.NAME if unknown_names(claim, passage, heading) else None


def _findings(claim: Claim, run: Run, heading: Claim, doubts: Sequence[bool]) -> Vectors:
    """What the rules found, in numbers near 1: how much is missing, how similar and long the run is, and each doubt."""
    missing = uncovered(claim, run.said, heading)
    share = sum(missing) / max(1, len(missing))
    measures = [share, longest_gap(missing) / 3, missing[-1:] == [True], (run.similarity - SIMILARITY) * 10, len(run.places) - 1, len(missing) / 10]
    return np.array([*measures, *doubts], np.float32)


def _runs(claim: Claim, sources: Sequence[Claim]) -> Iterator[tuple[int, ...]]:
    """Each sentence alone, then each pair of which both hold something of the claim that the other does not."""
    lacking = [uncovered(claim, source, source) for source in sources]
    held = [{i for i, lacks in enumerate(missing) if not lacks} for missing in lacking]
    yield from ((i,) for i in range(len(held)))
    for i, first in enumerate(held):
        for j in range(i + 1, len(held)):
            if len(first - held[j]) >= OWN_TERMS and len(held[j] - first) >= OWN_TERMS:
                yield i, j


def _similarity(vector: Vectors, rows: Vectors) -> float:
    mean = rows.mean(axis=0)
    return float(vector @ mean / np.linalg.norm(mean))


def _rank(claim: Claim, run: Run, heading: Claim) -> float:
    """How likely it is that the claim is about the run; a wrong figure, name or actor tells that another is meant."""
    said = run.said
    missing = uncovered(claim, said, heading)
    telling = wrong_figures(claim, said, heading) or unknown_names(claim, said, heading) or unknown_actors(claim, said)
    return -sum(missing) / max(1, len(missing)) + 0.3 * run.similarity - 0.2 * (len(run.places) - 1) - 0.1 * bool(telling)


def _doubts(text: str, claim: Claim, run: Run, heading: Claim, texts: Sequence[str]) -> Iterator[tuple[Doubt, bool]]:
    """Every reason why a run may not say the claim, the most telling first, and whether it holds."""
    said, language = run.said, claim.language
    parts = clauses(text, language), [clause for source in texts for clause in clauses(source, language)]
    whole = statements(text, language), [part for source in texts for part in statements(source, language)]
    missing = uncovered(claim, said, heading)
    yield Doubt.FIGURE, wrong_figures(claim, said, heading) > 0
    yield Doubt.NAME, unknown_names(claim, said, heading) > 0 or replaced_names(claim, said)
    yield Doubt.ACTOR, unknown_actors(claim, said) > 0 or reordered_actors(claim, said) or transposed(claim, said)
    yield Doubt.ACTOR, swapped(*parts) > 0 or swapped(*whole) > 0 or crossed(*whole) > 0
    yield Doubt.NEGATION, claim.negations != said.negations and denied_clauses(*parts) > 0
    yield Doubt.NEGATION, flipped(claim, said) > 0 or opposed(claim, said) > 0 or turned(claim, said) > 0
    yield Doubt.STRENGTH, strengthened(claim, said) or (claim.universal and not (said.universal or said.every))
    yield Doubt.NOT_SAID, sum(missing) > MISSING * len(missing) or longest_gap(missing) >= GAP or missing[-1:] == [True]
    yield Doubt.NOT_SAID, foreign_phrases(phrases(text, language), said, heading) > 0 or run.similarity < SIMILARITY
