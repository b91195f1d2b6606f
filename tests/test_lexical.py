"""Words as the lexical leg compares them: folded, stemmed, codes whole."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.i18n import languages
from assistant.lexical import analyse, fold, stop_words

CODES = st.from_regex(r"[A-Z]{2,6} [1-9][0-9]{1,4}", fullmatch=True)


def test_a_question_meets_the_acronym_it_asks_for() -> None:
    assert analyse("¿Cuál es el RTO?", "es") == analyse("RTO", "es") == ["rto"]
    assert analyse("What is the RTO?", "en") == ["rto"]


@pytest.mark.parametrize("text", ["Art. 28", "art 28", "Artículo 28", "el artículo 28", "ARTÍCULO 28", "Arts. 28"])
def test_an_article_is_one_term_however_it_is_written(text: str) -> None:
    assert {"art_28", "28"} <= set(analyse(text, "es"))


def test_articles_and_clauses_meet_across_languages_and_keep_their_points() -> None:
    assert analyse("Article 28", "en") == analyse("artículo 28", "es")
    assert "art_28.3.h" in analyse("Artículo 28.3.h del RGPD", "es")
    assert "art_8.4" in analyse("cláusula 8.4", "es") and "art_8.4" in analyse("clause 8.4", "en")


@pytest.mark.parametrize("text", ["ISO 22301", "iso 22301", "norma ISO 22301:2019", "(ISO 22301)", "¿ISO 22301?"])
def test_a_standard_is_one_term_also_without_its_edition(text: str) -> None:
    assert {"iso_22301", "22301"} <= set(analyse(text, "es"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("disponibilidad del 99,95 %", "99,95"),
        ("un servicio 24/7", "24/7"),
        ("A.5.19 del anexo", "a.5.19"),
        ("GV.SC-04", "gv.sc-04"),
        ("NIS2 y DORA", "nis2"),
        ("los resultados de GV.SC", "gv.sc"),
    ],
)
def test_codes_and_figures_stay_whole(text: str, code: str) -> None:
    assert code in analyse(text, "es")


@given(CODES, st.sampled_from([*languages(), "pt", "xx"]))
def test_any_code_matches_itself_in_another_case_and_inside_punctuation(code: str, language: str) -> None:
    assert set(analyse(code, language)) == set(analyse(code.lower(), language)) == set(analyse(f"«{code}».", language))
    assert code.split()[1] in analyse(code, language)


def test_plural_acronyms_are_their_singular() -> None:
    assert analyse("los SLAs", "es") == analyse("el SLA", "es")
    assert analyse("RTOs and RPOs", "en") == analyse("RTO RPO", "en")


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("es", "planes", "plan"),
        ("es", "PROVEEDORES", "proveedor"),
        ("es", "continúan", "continuan"),
        ("es", "tercerización", "tercerizacion"),
        ("es", "recuperación,", "(recuperación)"),
        ("en", "contracts", "contract"),
        ("en", "outsourcing", "outsourced"),
    ],
)
def test_words_are_compared_by_their_stem_without_accents_case_or_punctuation(language: str, one: str, other: str) -> None:
    assert analyse(one, language) == analyse(other, language) != []


def test_each_language_has_its_own_stemmer() -> None:
    assert analyse("planes", "es") == analyse("plan", "es")
    assert analyse("planes", "en") != analyse("plan", "en")


def test_a_language_that_the_libraries_know_is_stemmed_by_its_code_and_any_other_is_compared_word_by_word() -> None:
    assert analyse("os planos do fornecedor", "pt") == analyse("plano fornecedores", "pt")
    assert analyse("die Pläne für die Größe", "de") == analyse("Plan Größe", "de")
    assert analyse("los planes", "xx") == ["los", "planes"]


def test_function_words_are_no_terms() -> None:
    assert analyse("¿Y cuál es?", "es") == [] and analyse("what is it", "en") == []
    assert all(fold(word) == word for language in (*languages(), "pt") for word in stop_words(language))


def test_parts_of_a_compound_are_terms_beside_the_whole() -> None:
    assert {"lock", "in"} - stop_words("en") <= set(analyse("lock-in", "en")) and "lock-in" in analyse("lock-in", "en")


def test_ene_is_a_letter_of_its_own() -> None:
    assert fold("Año") == "año" != fold("ano")
    assert fold("ÁÉÍÓÚÜ") == "aeiouu"


@given(st.text(max_size=80))
def test_folding_is_the_same_for_composed_and_decomposed_text_and_done_once(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=200), st.sampled_from([*languages(), "pt", "xx"]))
def test_any_text_has_terms_without_blanks_or_capitals(text: str, language: str) -> None:
    assert all(term and term == term.lower() and not any(c.isspace() for c in term) for term in analyse(text, language))
