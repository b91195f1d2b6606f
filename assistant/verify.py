"""The citation check: pure functions that every sentence passes before it is shown.

An extractive sentence stands word for word in its passage. A sentence that a language model wrote is held against every run of one or two
sentences of its passage: figures, names, actors, polarity and strength must agree, and enough of its words must be there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant import claims
from assistant.claims import Claim, read_claim
from assistant.models import Answer, Doubt, Passage, Sentence

# Whole figures and words; a sign or a unit written as a symbol counts as a word of its own.
WORD = re.compile(r"\w+(?:[.,:/]\w+)*|[%‰°$€£¥<>≤≥±+=]|(?<!\w)[-−](?=\d)")
MARKS = re.compile(r"\[(\d[\d\s,;–-]*)\]")

COVERAGE = 0.5  # least share of a sentence's content words that stand in the run
GAP = 4  # content words in a row that do not
SIMILARITY = 0.9  # least cosine of sentence and run; 0.5 % of the supported and 13 % of the sentences about something else lie below
OWN_TERMS = 2  # words of the sentence that each of two sentences alone must hold for both to be needed
TELLING = (Doubt.FIGURE, Doubt.NAME, Doubt.ACTOR)  # they tell that another run is meant
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Support:
    """What a passage says for a sentence: the best run of its sentences, and the first doubt about it, None where it holds."""

    start: int
    end: int
    doubt: Doubt | None


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


def find_support(text: str, vector: Vectors, passage: Passage, rows: Vectors) -> Support:
    """What a passage says for a sentence of its own language.

    `vector` is the sentence's (dimension,), `rows` those of the passage's sentences, both unit rows of the embedding model.
    """
    heading = read_claim(f"{passage.document}. {passage.section}", passage.language)
    best: tuple[float, Support] | None = None
    for run in _runs(text, passage):
        source = " ".join(passage.sentences[i].text for i in run)
        mean = rows[list(run)].mean(axis=0)
        similarity = float(vector @ mean / np.linalg.norm(mean))
        doubt, coverage = _doubt(text, source, heading, similarity, passage.language)
        rank = coverage + 0.3 * similarity - 0.2 * (len(run) - 1) - 0.1 * (doubt in TELLING)
        if best is None or rank > best[0]:
            best = (rank, Support(run[0], run[-1] + 1, doubt))
    return best[1] if best else Support(0, 0, Doubt.NOT_SAID)


def _runs(text: str, passage: Passage) -> Iterator[tuple[int, ...]]:
    """Each sentence alone, then each pair of which both hold something of the text that the other does not."""
    own = set(read_claim(text, passage.language).terms)
    held = [own & set(read_claim(sentence.text, passage.language).terms) for sentence in passage.sentences]
    yield from ((i,) for i in range(len(held)))
    for i, first in enumerate(held):
        for j in range(i + 1, len(held)):
            if len(first - held[j]) >= OWN_TERMS and len(held[j] - first) >= OWN_TERMS:
                yield i, j


def _doubt(text: str, source: str, heading: Claim, similarity: float, language: str) -> tuple[Doubt | None, float]:
    """The first doubt whether the source says the text, and the share of its words that source and heading hold."""
    claim, said = read_claim(text, language), read_claim(source, language)
    clauses, said_clauses = claims.clauses(text, language), claims.clauses(source, language)
    missing = claims.uncovered(claim, said, heading)
    coverage = 1 - sum(missing) / max(1, len(missing))
    doubts = {
        Doubt.FIGURE: claims.wrong_figures(claim, said, heading) > 0,
        Doubt.NAME: claims.unknown_names(claim, said, heading) > 0,
        Doubt.ACTOR: claims.unknown_actors(claim, said) > 0 or claims.reordered_actors(claim, said) or claims.swapped(clauses, said_clauses) > 0,
        Doubt.NEGATION: claims.denied_otherwise(claim, said, clauses, said_clauses) or claims.opposed(claim, said) > 0,
        Doubt.STRENGTH: claims.strengthened(claim, said) > 0 or (claim.universal and not (said.universal or said.every)),
        Doubt.NOT_SAID: coverage < COVERAGE or claims.longest_gap(missing) >= GAP or similarity < SIMILARITY,
    }
    return next((doubt for doubt, found in doubts.items() if found), None), coverage
