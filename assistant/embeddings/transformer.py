"""Any sentence-transformers model, by hub name or local folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.embeddings.base import TextEmbeddings, Vectors, join_sentences, pool_spans, unit
from assistant.errors import AssistantError

DEFAULT_MODEL = "intfloat/multilingual-e5-small"  # where the packed weights are not available; fetched once


class SentenceTransformerEmbeddings(TextEmbeddings):
    """Loads the model with sentence-transformers and adds the E5 prefixes where the model's name asks for them."""

    def __init__(self, model: str, threads: int = 0) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        if threads:
            torch.set_num_threads(threads)
        try:
            self._model = SentenceTransformer(model)
        except (OSError, ValueError) as error:
            raise AssistantError("embedding_model", model=model, reason=str(error).splitlines()[0]) from error
        self.name = Path(model).name if Path(model).is_dir() else model
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        prefixed = "e5" in self.name.lower()
        self._question_prefix, self._passage_prefix = ("query: ", "passage: ") if prefixed else ("", "")

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Embed questions with the model's own question prefix, if it has one."""
        return self._encode(self._question_prefix, texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages with the model's own passage prefix, if it has one."""
        return self._encode(self._passage_prefix, texts)

    def passages_with_sentences(self, passages: Sequence[tuple[str, Sequence[str]]]) -> list[Vectors]:
        """One run a passage; sentences beyond the model's limit take the passage's mean."""
        joined = [join_sentences(self._passage_prefix, heading, sentences) for heading, sentences in passages]
        outputs: Any = self._model.encode([text for text, _ in joined], batch_size=16, output_value=None, show_progress_bar=False)
        rows = []
        for (text, spans), output in zip(joined, outputs, strict=True):
            states = output["token_embeddings"].cpu().numpy()
            offsets = self._model.tokenizer(text, truncation=True, return_offsets_mapping=True)["offset_mapping"]
            vector = unit(output["sentence_embedding"].cpu().numpy()[None])
            rows.append(np.vstack([vector, pool_spans(states[: len(offsets)], offsets, spans[1:])]))
        return rows

    def _encode(self, prefix: str, texts: Sequence[str]) -> Vectors:
        rows = self._model.encode([prefix + text for text in texts], batch_size=16, show_progress_bar=False)
        return unit(np.asarray(rows, np.float32))
