"""Embedding engines: the bundled multilingual-e5-small, or any sentence-transformers model.

`open_embeddings(settings)` is the only entry; what it returns is a LangChain `Embeddings`.
"""

from __future__ import annotations

from assistant.embeddings.base import TextEmbeddings, Wording
from assistant.settings import Settings

__all__ = ["TextEmbeddings", "Wording", "open_embeddings"]


def open_embeddings(settings: Settings) -> TextEmbeddings:
    """The engine that the settings name; the bundled one is made once into the data folder.

    Raises AssistantError when the model cannot be loaded.
    """
    from assistant.embeddings import bundled, transformer

    if settings.embedding_model:
        return transformer.SentenceTransformerEmbeddings(settings.embedding_model, settings.threads)
    if bundled.available():
        return bundled.open_bundled(settings.home / "engine", settings.threads)
    return transformer.SentenceTransformerEmbeddings(transformer.DEFAULT_MODEL, settings.threads)
