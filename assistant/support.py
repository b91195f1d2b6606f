"""Holds what a language model wrote against the passages it cites, with the embedding engine's words and the networks that belong to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.embeddings import TextEmbeddings, Wording
from assistant.entailment import open_entailment, read_pair
from assistant.models import Passage
from assistant.verify import Support, Vectors, find_support


class SupportCheck:
    """Checks sentences; the passages of one answer are embedded once."""

    def __init__(self, embeddings: TextEmbeddings) -> None:
        self._embeddings = embeddings
        self._entailment = open_entailment(embeddings.name)
        self._passages: dict[tuple[str, str], list[Wording] | None] = {}

    def find(self, text: str, passage: Passage) -> Support:
        """What the passage says for the sentence, see `verify.find_support`."""
        heading = f"{passage.document} › {passage.section}."
        claim, source = self._embeddings.wordings(heading, [text]), self._wordings(passage, heading)
        if claim is None or source is None or self._entailment is None:
            rows = self._embeddings.passages_with_sentences([(heading, [text]), (heading, [s.text for s in passage.sentences])])
            return find_support(text, rows[0][1], passage, rows[1][1:])
        entailment = self._entailment

        def entails(run: Sequence[int], findings: Vectors) -> bool:
            pair = read_pair(claim[1], source[0], source[1:], run, findings, passage.language)
            return entailment.score(pair) >= entailment.threshold

        return find_support(text, claim[1].vector, passage, np.stack([wording.vector for wording in source[1:]]), entails)

    def _wordings(self, passage: Passage, heading: str) -> list[Wording] | None:
        place = passage.language, passage.id
        if place not in self._passages:
            self._passages[place] = self._embeddings.wordings(heading, [sentence.text for sentence in passage.sentences])
        return self._passages[place]
