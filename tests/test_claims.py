"""What a sentence claims: equal facts read equally, and no figure, unit, name, negation or duty changes unnoticed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.claims import comparable, join_claims, read_claim
from assistant.guide import guide_languages, load_guide
from assistant.models import Passage, Sentence, Source
from assistant.settings import load_settings
from assistant.verify import find_support

CORPUS = load_settings({}).corpus
SENTENCES = [
    (language, sentence.text)
    for language in guide_languages(CORPUS)
    for topic in load_guide(CORPUS, language)[:12]
    for passage in topic.passages
    for sentence in passage.sentences
]
PLAIN = {
    "es": "El proveedor puede avisar al cliente en {} {} después del fallo, según {}, y no guarda los datos.",
    "en": "The provider may notify the client in {} {} after the failure, according to {}, and does not keep the data.",
}
UNITS = {"es": ("minutos", "horas", "días", "semanas", "meses", "años"), "en": ("minutes", "hours", "days", "weeks", "months", "years")}
NAMES = ("Amsoft", "Gartner", "DORA", "NIS2", "ISO 22301", "WORKI 360")
languages = st.sampled_from(sorted(PLAIN))
figures = st.integers(2, 99)


def supported(text: str, source: str, language: str) -> bool:
    """Whether the only sentence of a passage says the text, were the two as near as can be."""
    passage = Passage("a#b", "a", "A", "B", language, (Sentence(source),), Source("Guide", None, None, "article"))
    row = np.ones(4, np.float32) / 2
    return find_support(text, row, passage, row[None]).doubt is None


def written(language: str, figure: object = 3, unit: int = 1, name: str = "Amsoft") -> str:
    return PLAIN[language].format(figure, UNITS[language][unit], name)


@given(st.sampled_from(SENTENCES))
def test_a_sentence_of_the_passage_itself_always_passes(case: tuple[str, str]) -> None:
    language, text = case
    assert supported(text, text, language)


@given(languages, figures, figures)
def test_another_figure_never_passes(language: str, one: int, other: int) -> None:
    assert supported(written(language, one), written(language, other), language) == (one == other)


@given(languages, st.integers(4, 99), st.integers(0, 5), st.integers(0, 5))
def test_another_unit_never_passes(language: str, figure: int, one: int, other: int) -> None:
    assume(figure not in (6, 12))
    assert supported(written(language, figure, one), written(language, figure, other), language) == (one == other)


@given(languages, st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_another_name_never_passes(language: str, one: str, other: str) -> None:
    assert supported(written(language, name=one), written(language, name=other), language) == (one == other)


@pytest.mark.parametrize(
    ("language", "old", "new"),
    [
        ("es", "no guarda", "guarda"),
        ("es", "puede avisar", "no puede avisar"),
        ("es", "puede avisar", "nunca avisa"),
        ("es", "puede avisar", "debe avisar"),
        ("es", "puede avisar", "está obligado a avisar"),
        ("es", "después del fallo", "antes del fallo"),
        ("es", "El proveedor", "Recursos Humanos"),
        ("es", "El proveedor puede avisar al cliente", "El cliente puede avisar al proveedor"),
        ("es", "los datos.", "los datos ante notario."),
        ("en", "does not keep", "keeps"),
        ("en", "may notify", "may not notify"),
        ("en", "may notify", "never notifies"),
        ("en", "may notify", "must notify"),
        ("en", "may notify", "is obliged to notify"),
        ("en", "after the failure", "before the failure"),
        ("en", "The provider", "Human Resources"),
        ("en", "The provider may notify the client", "The client may notify the provider"),
        ("en", "the data.", "the data before a notary."),
    ],
)
def test_another_polarity_strength_order_or_actor_and_an_added_detail_never_pass(language: str, old: str, new: str) -> None:
    text = written(language)
    assert old in text and not supported(text.replace(old, new), text, language)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("es", "El plan se prueba cada tres meses.", "El plan se prueba cada trimestre."),
        ("es", "El plan se prueba cada tres meses.", "El plan se prueba trimestralmente."),
        ("es", "La disponibilidad es del 99,95 %.", "La disponibilidad es del 99.95 por ciento."),
        ("es", "El aviso llega en 3 meses.", "El aviso llega en tres meses."),
        ("es", "El mercado suma 657 millones de dólares.", "El mercado suma USD 657 millones."),
        ("en", "The plan is tested quarterly.", "The plan is tested every three months."),
        ("en", "The plan is tested annually.", "The plan is tested once a year."),
        ("en", "Availability is 99.95 per cent.", "Availability is 99.95%."),
        ("en", "Notice takes 3 months.", "Notice takes three months."),
        ("en", "The provider doesn't keep the data.", "The provider does not keep the data."),
    ],
)
def test_one_fact_written_in_two_ways_is_equal_both_ways_round(language: str, one: str, other: str) -> None:
    assert supported(one, other, language) and supported(other, one, language)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("es", "El soporte atiende 24 horas al día, 7 días a la semana.", "El soporte atiende 24 horas a la semana."),
        ("es", "El aviso llega en 5 días hábiles.", "El aviso llega en 5 días naturales."),
        ("es", "La cláusula 8.2.2 pide un análisis y la 8.2.3 una evaluación.", "La cláusula 8.2.3 pide un análisis y la 8.2.2 una evaluación."),
        ("es", "Un coordinador evita malentendidos.", "Un coordinador no evita malentendidos."),
        ("en", "Support answers 24 hours a day, 7 days a week.", "Support answers 24 hours a week."),
        ("en", "Notice takes 5 working days.", "Notice takes 5 calendar days."),
        ("en", "The fine is 3 million euros.", "The fine is 3 thousand euros."),
        ("en", "According to Amsoft, outsourcing grows.", "Gartner reports that outsourcing grows."),
        ("en", "A coordinator prevents misunderstandings.", "A coordinator does not prevent misunderstandings."),
    ],
)
def test_rates_kinds_of_day_scales_swaps_and_double_negations_are_told_apart(language: str, one: str, other: str) -> None:
    assert not supported(other, one, language)


@given(st.lists(st.sampled_from(SENTENCES), min_size=2, max_size=2))
def test_two_sentences_say_together_what_each_says(cases: list[tuple[str, str]]) -> None:
    assume(cases[0][0] == cases[1][0])
    one, other = (read_claim(text, language) for language, text in cases)
    both = join_claims([one, other])
    assert both.figures == one.figures | other.figures and both.names == one.names | other.names
    assert both.terms == one.terms + other.terms and both.negations == one.negations + other.negations


def test_only_a_language_with_cues_can_be_compared() -> None:
    assert comparable("es") and comparable("en") and not comparable("fr")
