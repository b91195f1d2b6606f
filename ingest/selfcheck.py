"""A quick look at whether an embedding model understands the guide's languages."""

from __future__ import annotations

import numpy as np

from assistant.embeddings import TextEmbeddings

# The same thing said in another way; in Spanish against English, since a model that does not read Spanish cannot match those.
PAIRS = {
    "es": (
        ("Los planes se ensayan una vez al año", "The plans are rehearsed once a year"),
        ("La empresa contratante responde ante la ley", "The client company is liable before the law"),
        ("Hay mucha rotación en el equipo externo", "The external team has high staff turnover"),
        ("Cambiar de proveedor sin detener la operación", "Changing supplier without stopping the operation"),
        ("Cada usuario accede solo a lo que necesita", "Each user has access only to what they need"),
        ("El comité de seguimiento se reúne cada semana", "The follow-up committee meets every week"),
        ("Los respaldos se guardan en otra sede", "Backups are kept at another site"),
        ("El personal teme que lo despidan", "Staff are afraid of being dismissed"),
    ),
    "en": (
        ("The plans are rehearsed once a year", "Continuity drills take place every twelve months"),
        ("The client company is liable before the law", "Legal responsibility stays with whoever outsources"),
        ("The external team has high staff turnover", "The vendor's employees leave often"),
        ("Changing supplier without stopping the operation", "Moving to another provider with no interruption"),
        ("Each user has access only to what they need", "Least privilege governs permissions"),
        ("The follow-up committee meets every week", "There is a weekly review meeting"),
        ("Backups are kept at another site", "Copies of the data are stored elsewhere"),
        ("Staff are afraid of being dismissed", "Employees fear losing their jobs"),
    ),
}
ENOUGH = 0.6  # share right: the bundled model 1.0 and 0.75, all-MiniLM-L6-v2 (English only) 0.25 in Spanish


def understands(embeddings: TextEmbeddings) -> dict[str, tuple[int, int]]:
    """Language -> (questions whose own passage is the nearest, questions)."""
    result = {}
    for language, pairs in PAIRS.items():
        questions = embeddings.questions([question for question, _ in pairs])
        passages = embeddings.passages([passage for _, passage in pairs])
        nearest = (questions @ passages.T).argmax(axis=1)
        result[language] = (int((nearest == np.arange(len(pairs))).sum()), len(pairs))
    return result


def weak_languages(embeddings: TextEmbeddings) -> dict[str, tuple[int, int]]:
    """The languages of the guide that a model does not understand well enough."""
    return {language: (right, pairs) for language, (right, pairs) in understands(embeddings).items() if right < ENOUGH * pairs}
