"""What the pages show, as functions of what they are given."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.guide import CATEGORIES
from assistant.i18n import languages, tr
from assistant.models import Answer, Citation, CitedSentence, Passage, Sentence, Source, Topic
from assistant.storage import Conversation
from assistant.ui.answers import copy_text
from assistant.ui.chat import TITLE_CHARS, title_of
from assistant.ui.citations import origin, passage_title, used_sentences
from assistant.ui.conversations import by_age
from assistant.ui.feedback import REASONS, REFUSAL_REASONS
from assistant.ui.guide_topic import PREFIX
from assistant.ui.markup import answer_html, clean, growing, label, passage_html, plain_text, question_html
from assistant.ui.topics import EXAMPLE_CHARS, EXAMPLES, pick_examples

HOSTILE = '<img src="http://x.example/a.png"> ![b](http://x.example/b.png) [c](http://x.example) <http://x.example> https://x.example :red[d] $e$'
SOURCE = Source("Título", None, None, "article")
PASSAGE = Passage("plan#pruebas", "plan", "Plan", "Pruebas", "es", (Sentence("Uno."), Sentence("Dos."), Sentence("Tres.", True)), SOURCE)


class Elements(HTMLParser):
    """Counts the elements of some HTML and collects its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    "html",
    [
        question_html(HOSTILE, "q"),
        answer_html(HOSTILE, "es", str),
        passage_html(replace(PASSAGE, sentences=(Sentence(HOSTILE),)), {HOSTILE}),
    ],
)
def test_markup_in_text_becomes_no_element(html: str) -> None:
    assert not {"img", "a", "script"} & set(Elements(html).names)
    assert HOSTILE in Elements(html).text


@given(st.text())
def test_a_question_is_shown_as_the_characters_it_is(text: str) -> None:
    assert Elements(question_html(text, "q")).names == ["p"]
    assert unescape(question_html(text, "q").partition(">")[2].removesuffix("</p>")) == clean(text)


@given(st.text())
def test_a_label_has_no_punctuation_that_markdown_could_read(text: str) -> None:
    made = label(text)
    assert all(made[i - 1 : i] == "\\" or made[i : i + 1] == "\\" for i, c in enumerate(made) if c in "[]()!<>*_`$:#")
    assert "\n" not in made


def test_text_cannot_turn_the_reading_direction_of_the_page() -> None:
    assert clean("a\u202eb\u0000c\nd") == "abc\nd"


def test_an_answers_lists_and_headings_are_read_and_its_marks_replaced() -> None:
    html = answer_html("Uno. [1]\n\n- Dos. [1]\n- Tres. [2]\n\n**Otro**\n\nMás. [2]", "es", lambda n: f"<b>{n}</b>")
    assert Elements(html).names == ["div", "p", "b", "ul", "li", "b", "li", "b", "p", "strong", "p", "b"]


@given(st.text(alphabet="ab *\n-[]1"), st.integers(1, 5))
def test_an_answer_grows_to_its_whole(text: str, step: int) -> None:
    shown = list(growing(text, step))
    assert shown[-1] == text
    assert all(later.startswith(earlier) for earlier, later in zip(shown, shown[1:], strict=False))


def test_copied_text_has_no_markup() -> None:
    assert plain_text("**Título**\n\n- Uno. [1]") == "Título\n\n- Uno. [1]"


def test_exactly_the_shown_sentences_of_a_passage_are_highlighted() -> None:
    answer = Answer("q", "es", True, "Dos. [1]", (CitedSentence("Dos.", (1,)),), (Citation(1, PASSAGE, "Dos."),))
    assert used_sentences(answer, answer.citations[0]) == {"Dos."}
    assert passage_html(PASSAGE, {"Dos."}).count("<mark>") == 1


def test_the_quote_is_highlighted_where_the_answer_says_it_in_other_words() -> None:
    answer = Answer("q", "es", True, "Otra cosa. [1]", (CitedSentence("Otra cosa.", (1,)),), (Citation(1, PASSAGE, "Uno. Dos."),))
    assert used_sentences(answer, answer.citations[0]) == {"Uno.", "Dos."}


def test_a_title_is_the_question_shortened_at_a_word() -> None:
    assert title_of("  ¿Qué   es\nun BCP? ") == "¿Qué es un BCP?"
    assert len(title_of("palabra " * 40)) <= TITLE_CHARS
    assert title_of("palabra " * 40).endswith("palabra…")


def test_conversations_stand_under_their_age() -> None:
    noon = datetime(2026, 11, 22, 11, tzinfo=UTC)
    made = [Conversation(str(days), "t", noon, noon - timedelta(days=days), 1) for days in (0, 1, 6, 30)]
    groups = by_age(made, date(2026, 11, 22))
    assert {age: [c.id for c in group] for age, group in groups.items()} == {"today": ["0"], "yesterday": ["1"], "week": ["6"], "earlier": ["30"]}


@pytest.mark.parametrize("language", languages())
def test_examples_are_short_questions_of_different_categories(guide: dict[str, list[Topic]], language: str) -> None:
    grouped = {category: [topic for topic in guide[language] if category in topic.topics] for category in CATEGORIES}
    for seed in range(20):
        examples = pick_examples(grouped, random.Random(seed))
        assert len(set(examples)) == EXAMPLES
        assert all(len(example) <= EXAMPLE_CHARS for example in examples)


@pytest.mark.parametrize("language", languages())
def test_every_category_kind_and_reason_has_words(guide: dict[str, list[Topic]], language: str) -> None:
    kinds = {source.kind for topic in guide[language] for source in topic.sources}
    keys = [f"categories.{c}" for c in CATEGORIES] + [f"feedback.reasons.{r}" for r in (*REASONS, *REFUSAL_REASONS)]
    assert all(tr(f"ui.{key}", language) for key in keys)
    assert all(tr(f"ui.source_kinds.{kind}", language, title="T") for kind in kinds)


def test_no_section_id_is_a_property_of_the_document(guide: dict[str, list[Topic]]) -> None:
    assert all(f"{PREFIX}{passage.anchor}" != passage.anchor for topic in guide["es"] for passage in topic.passages)


@pytest.fixture
def in_spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interface in Spanish, outside any session."""
    for module in ("citations", "session"):
        monkeypatch.setattr(f"assistant.ui.{module}.language", lambda: "es")


@pytest.mark.usefixtures("in_spanish")
def test_a_passage_says_its_language_where_what_stands_beside_it_is_in_another() -> None:
    english = replace(PASSAGE, language="en")
    assert passage_title(PASSAGE) == passage_title(english, "en") == "Plan › Pruebas"
    assert passage_title(english) == "Plan › Pruebas (en inglés)"
    assert passage_title(PASSAGE, "en") == "Plan › Pruebas (en español)"
    assert origin(english).endswith("sin fecha (en inglés)") and origin(PASSAGE).endswith("sin fecha")


@pytest.mark.usefixtures("in_spanish")
def test_a_copied_answer_is_in_its_own_language_whatever_the_interface_shows() -> None:
    passage = replace(PASSAGE, language="en", document="Plan", section="Tests")
    sentences = (CitedSentence("One.", (1,)),)
    copied = copy_text(Answer("How?", "en", True, "One. [1]", sentences, (Citation(1, passage, "One."), Citation(2, PASSAGE, "Uno."))))
    assert copied.split("\n")[-3:] == [
        "Sources",
        "[1] Plan › Tests. “Título” · publisher not named · undated",
        "[2] Plan › Pruebas (in Spanish). “Título” · publisher not named · undated",
    ]
