"""Whether the passages that a sentence cites support it: what a language model writes is shown only then.

Pure functions; the caller brings the similarity. Words, units and synonyms are data: `cues/<language>.yaml`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.models import Passage
from assistant.support.checks import CHECKS, Comparison, compare
from assistant.support.claims import Word
from assistant.support.lexicon import cue_languages

__all__ = ["Support", "judge_sentence"]

# Measured on the calibration split of tests/data/support_pairs.jsonl with multilingual-e5-small
SIMILARITY = 0.85
COVERAGE = 0.7
NEW_WORDS = 1
CLAUSE = 0.3


@dataclass(frozen=True, slots=True)
class Support:
    """The verdict on a sentence; `reason` names the first check that failed and is empty where none did."""

    supported: bool
    reason: str = ""


def judge_sentence(sentence: str, passages: Sequence[Passage], similarity: float, language: str) -> Support:
    """Judge a sentence in `language` against the passages it cites.

    `similarity` is the largest cosine of the sentence with a single sentence of those passages, both embedded as passages.
    A passage in another language cannot be compared word by word and never supports.
    """
    own = [passage for passage in passages if passage.language == language and passage.sentences]
    if not own or language not in cue_languages():
        return Support(False, "language")
    if similarity < SIMILARITY:
        return Support(False, "similarity")
    comparison = compare(sentence, own, language)
    failed = next((name for name, agrees in CHECKS if not agrees(comparison)), "")
    return Support(False, failed) if failed else judge_coverage(comparison)


def judge_coverage(comparison: Comparison) -> Support:
    """Nearly all that the sentence says is said in the evidence, and no part of it is all new."""
    facts = comparison.claim.facts
    new = {fact.value for fact in facts if not comparison.covers(fact)}
    if not facts or len(new) > NEW_WORDS or len(new) > (1 - COVERAGE) * len(facts):
        return Support(False, "coverage")
    return Support(False, "invented") if any(_is_new(clause, comparison) for clause in comparison.claim.clauses(linked=True)) else Support(True)


def _is_new(clause: Sequence[Word], comparison: Comparison) -> bool:
    """Whether next to nothing that a part of the sentence says is in the evidence, its actors aside."""
    told = [fact for fact in clause if "role" not in fact.kinds] or clause
    return sum(comparison.covers(fact) for fact in told) < CLAUSE * len(told)
