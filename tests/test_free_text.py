"""How people put things is known in every language of ours, and not needed in one that has no such file."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from assistant.catalogue import load_questionnaires
from assistant.directness import CUES, direct_cues, says_directly
from assistant.embeddings import TextEmbeddings
from assistant.free_text import PHRASINGS, Kind, asks, read_text, recognise_start
from assistant.settings import load_settings

QUESTION = next(question for question in load_questionnaires(load_settings({}))["continuity"].questions if question.scored)


def phrasings(language: str) -> dict[str, Any]:
    return dict(yaml.safe_load((PHRASINGS / f"{language}.yaml").read_text(encoding="utf-8")))


def test_every_kind_of_phrase_is_known_in_both_languages() -> None:
    here, spanish = phrasings("en"), phrasings("es")
    assert list(here) == list(spanish)
    assert all(here[kind] for kind in here)
    assert {kind: list(here[kind]) for kind in ("moves", "starts")} == {kind: list(spanish[kind]) for kind in ("moves", "starts")}
    assert all(re.compile(pattern) for words in (here, spanish) for cues in words.values() if isinstance(cues, list) for pattern in cues)


def test_narrow_questions_are_of_the_same_kinds_in_both_languages() -> None:
    cues = yaml.safe_load(CUES.read_text(encoding="utf-8"))
    assert {"es", "en"} <= set(cues)
    assert len({tuple(kinds) for kinds in cues.values()}) == 1


@pytest.mark.parametrize(
    ("question", "language", "says", "lacks"),
    [
        ("¿Quién aprueba el RTO?", "es", "El dueño del proceso propone el RTO y la dirección lo aprueba.", "El RTO del proveedor debe ser corto."),
        ("¿A quién reporta?", "es", "La gobernanza reporta a la dirección o al comité de riesgos.", "Un informe del proveedor llega cada mes."),
        ("Who approves the RTO?", "en", "The process owner, with the supplier, proposes the RTO.", "The supplier's RTO must be short."),
        ("who forecast it?", "en", "According to Gartner, six in ten would plan together.", "AI tools help the provider to manage turnover."),
    ],
)
def test_who_asks_for_someone_who_acts_not_for_someone_who_is_mentioned(question: str, language: str, says: str, lacks: str) -> None:
    cues = direct_cues(question, language)
    assert says_directly(says, cues) and not says_directly(lacks, cues)


def test_for_whom_a_text_is_meant_is_no_question_of_who() -> None:
    assert direct_cues("¿Qué leyes importan para quien externaliza?", "es") == ()


def test_a_language_without_phrases_is_read_by_its_marks_and_the_options_own_words(embeddings: TextEmbeddings) -> None:
    assert asks("O que é um plano?", "pt") and not asks("não sei", "pt")
    assert read_text("atrás", QUESTION, "pt", embeddings).kind in (Kind.UNSURE, Kind.REPLY)
    assert read_text(QUESTION.options[-1].label["pt"], QUESTION, "pt", embeddings).value == QUESTION.options[-1].id
    assert recognise_start("Quero avaliar a continuidade", "pt", embeddings) is None
    assert direct_cues("Com que frequência?", "pt") == ()
