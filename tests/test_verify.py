"""The citation check: whole runs of whole sentences pass, whatever shortens, stitches or changes them does not."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.models import Answer, Citation, CitedSentence, Passage, Sentence, Source
from assistant.verify import check_citations, quote_span, says_exactly, words

WORDS = ("el", "plan", "no", "sin", "nunca", "proveedor", "prueba", "antes", "GV.SC-04", "cliente", "año")
FIGURES = ("4", "24", "48", "99,95", "99,9", "2024", "1.000", "30.3.c")
UNITS = ("horas", "días", "%", "€", "$", "GB", "MB")
PASSAGE = Passage(
    id="plan#pruebas",
    document_id="plan",
    document="Plan",
    section="Pruebas",
    language="es",
    sentences=(
        Sentence("El proveedor no avisa después de 24 horas."),
        Sentence("El contrato fija un 99,95 % de disponibilidad.", item=True),
        Sentence("El plan se prueba cada año, con 5 € por caso.", item=True),
    ),
    source=Source("Guía", None, 2024, "article"),
)


@st.composite
def sentence(draw: st.DrawFn) -> str:
    """A sentence that holds a negation or a figure with its unit somewhere among its words."""
    parts = draw(st.lists(st.sampled_from(WORDS), min_size=3, max_size=7))
    at = draw(st.integers(0, len(parts)))
    parts[at:at] = [draw(st.sampled_from(FIGURES)), draw(st.sampled_from(UNITS))]
    return f"{' '.join(parts).capitalize()}."


sentences = st.lists(sentence(), min_size=2, max_size=6, unique_by=words)


def passage_of(texts: list[str]) -> Passage:
    return replace(PASSAGE, sentences=tuple(Sentence(text) for text in texts))


def holds_elsewhere(texts: list[str], changed: str) -> bool:
    """Whether the changed text happens to be another whole run of the passage."""
    runs = [words(" ".join(texts[i:j])) for i in range(len(texts)) for j in range(i + 1, len(texts) + 1)]
    return words(changed) in runs


@given(sentences, st.data())
def test_a_run_of_whole_sentences_is_found_where_it_stands(texts: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(texts) - 1))
    end = data.draw(st.integers(start + 1, len(texts)))
    quote = " ".join(texts[start:end])
    span = quote_span(passage_of(texts).sentences, quote)
    assert span is not None and words(" ".join(texts[slice(*span)])) == words(quote)
    assert says_exactly(passage_of(texts), unicodedata.normalize("NFD", quote.upper() if quote.islower() else quote))


@given(sentences, st.data())
def test_a_sentence_that_lost_a_word_is_refused(texts: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.sampled_from(texts)).split()
    at = data.draw(st.integers(0, len(chosen) - 1))
    shortened = " ".join(chosen[:at] + chosen[at + 1 :])
    assume(not holds_elsewhere(texts, shortened))
    assert not says_exactly(passage_of(texts), shortened)


@given(sentences, st.data())
def test_a_truncated_sentence_is_refused_at_either_end(texts: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.sampled_from(texts)).split()
    at = data.draw(st.integers(1, len(chosen) - 1))
    for part in (" ".join(chosen[:at]), " ".join(chosen[at:])):
        assume(not holds_elsewhere(texts, part))
        assert not says_exactly(passage_of(texts), part)


@given(sentences, st.data())
def test_halves_of_two_sentences_stitched_together_are_refused(texts: list[str], data: st.DataObject) -> None:
    one, other = (data.draw(st.sampled_from(texts)).split() for _ in range(2))
    assume(one != other)
    stitched = " ".join(one[: data.draw(st.integers(1, len(one) - 1))] + other[data.draw(st.integers(1, len(other) - 1)) :])
    assume(not holds_elsewhere(texts, stitched))
    assert not says_exactly(passage_of(texts), stitched)


@given(sentences, st.data())
def test_sentences_that_do_not_follow_each_other_are_no_run(texts: list[str], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(texts))).filter(lambda order: list(order) != sorted(order)))
    moved = " ".join(texts[i] for i in order)
    assume(words(moved) != words(" ".join(texts)))
    assert not says_exactly(passage_of(texts), moved)


@given(sentences, st.sampled_from(FIGURES), st.sampled_from(FIGURES))
def test_a_changed_figure_is_refused(texts: list[str], old: str, new: str) -> None:
    assume(old != new)
    for text in texts:
        changed = " ".join(new if part == old else part for part in text.split())
        assume(changed == text or not holds_elsewhere(texts, changed))
        assert says_exactly(passage_of(texts), changed) == (changed == text)


@given(sentences, st.sampled_from(UNITS), st.sampled_from(UNITS))
def test_a_changed_unit_is_refused(texts: list[str], old: str, new: str) -> None:
    assume(old != new)
    for text in texts:
        changed = " ".join(part.replace(old, new) if part.rstrip(".") == old else part for part in text.split())
        assume(changed == text or not holds_elsewhere(texts, changed))
        assert says_exactly(passage_of(texts), changed) == (changed == text)


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("El proveedor no avisa después de 24 horas.", True),
        ("el  proveedor no avisa después\nde 24 horas", True),
        ("El contrato fija un 99,95% de disponibilidad.", True),
        ("El proveedor avisa después de 24 horas.", False),
        ("El proveedor no avisa después de 4 horas.", False),
        ("El proveedor no avisa después de 2 4 horas.", False),
        ("El proveedor no avisa después de 24 días.", False),
        ("El proveedor no avisa despues de 24 horas.", False),
        ("El proveedor no avisa después de -24 horas.", False),
        ("El contrato fija un 99,95 de disponibilidad.", False),
        ("El contrato fija un 95 % de disponibilidad.", False),
        ("El contrato fija un 99.95 % de disponibilidad.", False),
        ("El plan se prueba cada año, con 5 $ por caso.", False),
        ("El plan se prueba cada año, con 5 por caso.", False),
        ("El plan se prueba cada ano, con 5 € por caso.", False),
        ("El plan se prueba cada año.", False),
        ("", False),
        ("…", False),
    ],
)
def test_what_changes_the_meaning_is_refused_and_what_does_not_is_accepted(text: str, accepted: bool) -> None:
    assert says_exactly(PASSAGE, text) is accepted


def answered(text: str = "", quote: str = "", n: int = 1, shown: str = "") -> Answer:
    said = text or PASSAGE.sentences[0].text
    return Answer(
        question="¿Cuándo avisa?",
        language="es",
        found=True,
        text=shown or f"{said} [{n}]",
        sentences=(CitedSentence(said, (n,)),),
        citations=(Citation(1, PASSAGE, quote or PASSAGE.sentences[0].text),),
    )


def test_an_answer_passes_when_every_sentence_lies_within_the_quote_of_each_of_its_marks() -> None:
    assert check_citations(answered())
    assert check_citations(answered(PASSAGE.sentences[1].text, quote=PASSAGE.text))


@pytest.mark.parametrize(
    "answer",
    [
        answered(PASSAGE.sentences[1].text),
        answered(quote="El proveedor no avisa"),
        answered(quote=f"{PASSAGE.sentences[0].text} {PASSAGE.sentences[2].text}"),
        answered("El proveedor avisa después de 24 horas."),
        answered(n=2),
        replace(answered(), sentences=(CitedSentence(PASSAGE.sentences[0].text, ()),)),
        replace(answered(), sentences=(CitedSentence(PASSAGE.sentences[0].text, (1, 2)),)),
        replace(answered(), citations=()),
    ],
    ids=["outside the quote", "cut quote", "stitched quote", "changed", "unknown mark", "no mark", "one mark too many", "no citation"],
)
def test_an_answer_fails_with_one_sentence_or_quote_that_is_not_so(answer: Answer) -> None:
    assert not check_citations(answer)


@pytest.mark.parametrize("mark", ["[2]", "[0]", "[5,7]", "[1, 2]", "[1-3]", "[1;4]", "[01]"])
def test_a_mark_that_does_not_resolve_is_never_shown(mark: str) -> None:
    assert not check_citations(answered(shown=f"{PASSAGE.sentences[0].text} [1] {mark}"))
