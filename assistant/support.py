"""Holds what a language model wrote against the passages it cites, with the embedding engine's words and the networks that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from assistant.embeddings import TextEmbeddings, Wording
from assistant.entailment import Pair, open_entailment, read_pair
from assistant.models import Passage
from assistant.verify import Support, Vectors, find_support

Judge = Callable[[Pair], bool]


class SupportCheck:
    """Checks sentences; the passages of one answer are embedded once.

    `judge` says of a pair whether it holds: if not given, the networks of the embedding model; where there are none, the rules decide alone.
    """

    def __init__(self, embeddings: TextEmbeddings, judge: Judge | None = None) -> None:
        self._embeddings = embeddings
        networks = open_entailment(embeddings.name)
        self._judge = judge or (networks.entails if networks else None)
        self._passages: dict[tuple[str, str], list[Wording] | None] = {}

    def find(self, text: str, passage: Passage) -> Support:
        """What the passage says for the sentence, see `verify.find_support`."""
        heading = f"{passage.document} › {passage.section}."
        claim, source, judge = self._embeddings.wordings(heading, [text]), self._wordings(passage, heading), self._judge
        if claim is None or source is None or judge is None:
            rows = self._embeddings.passages_with_sentences([(heading, [text]), (heading, [s.text for s in passage.sentences])])
            return find_support(text, rows[0][1], passage, rows[1][1:])

        def entails(run: Sequence[int], findings: Vectors) -> bool:
            return judge(read_pair(claim[1], source[0], source[1:], run, findings, passage.language))

        return find_support(text, claim[1].vector, passage, np.stack([wording.vector for wording in source[1:]]), entails)

    def _wordings(self, passage: Passage, heading: str) -> list[Wording] | None:
        place = passage.language, passage.id
        if place not in self._passages:
            self._passages[place] = self._embeddings.wordings(heading, [sentence.text for sentence in passage.sentences])
        return self._passages[place]
