"""The guide's files obey their rules, say the same in every language, and a file that breaks a rule is named with its field."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import AssistantError
from assistant.guide import find_sections, guide_edition, guide_languages, load_guide, load_topic, split_sentences
from assistant.i18n import explain, languages
from assistant.language import detect_language
from assistant.models import Source, Topic
from assistant.settings import ROOT, load_settings
from assistant.verify import words

CORPUS = load_settings({}).corpus
FILES = sorted(CORPUS.glob("*/*.md"))
SHARED = ROOT.parent / "shared"
Guide = dict[str, list[Topic]]
LEANS_ON_THE_ONE_BEFORE = re.compile(r"(Esto|Eso|Ello|También|Además|Así|Este último|This|That|These|Also|Moreover|Furthermore)\b")
FAMILIAR = re.compile(r"\b(tú|tus?|contigo|vos|vosotros|vuestr[oa]s?|debes|puedes|tienes|necesitas|quieres|tenés|podés)\b", re.I)
VALID = """---
id: prueba
title: "Un tema de prueba"
language: es
topics: [continuidad]
summary: "Un resumen que dice de qué trata el tema."
sources:
  - {title: "Un artículo", publisher: null, year: null, kind: article}
  - {title: "Una ley", publisher: "España", year: 2022, kind: law, sections: [dos]}
reviewed: 2026-11-22
licence: CC-BY-4.0
asks:
  uno: ["¿Uno?", "uno", "¿Qué es uno?"]
  dos: ["¿Dos?", "dos", "¿Qué es dos?"]
---

## La primera {#uno}

La primera frase. La segunda frase.

- Un punto
  de dos líneas. Y otra frase del mismo punto.

## La segunda {#dos}

Otra frase.
"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_topic_keeps_the_form_that_lets_each_sentence_stand_alone(path: Path) -> None:
    topic = load_topic(path)
    assert topic.language == path.parent.name
    for passage in topic.passages:
        text = [sentence.text for sentence in passage.sentences]
        items = [sentence.item for sentence in passage.sentences]
        assert items == sorted(items) and 1 <= items.count(False) <= 3 and items.count(True) >= 3, passage.id
        assert 60 <= sum(len(words(sentence)) for sentence in text) <= 150, passage.id
        for sentence in text:
            assert 4 <= len(words(sentence)) <= 36, sentence
            assert re.fullmatch(r"[\dA-ZÁÉÍÓÚÑ«“¿].*\.", sentence) and ";" not in sentence, sentence
            assert not LEANS_ON_THE_ONE_BEFORE.match(sentence), sentence
            assert not re.search(r"https?:|www\.|[`*_|<>\[\]]", sentence), sentence
        assert 4 <= len(topic.asks[passage.id]) <= 6, passage.id


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_section_is_written_in_the_language_of_its_folder(path: Path) -> None:
    topic = load_topic(path)
    read = {passage.id: detect_language(passage.text, default="") for passage in topic.passages}
    assert {i for i, language in read.items() if language != topic.language} == set()
    assert detect_language(f"{topic.title}. {topic.summary}", default=topic.language) == topic.language


def test_spanish_addresses_the_reader_as_usted(guide: Guide) -> None:
    texts = [s.text for topic in guide["es"] for passage in topic.passages for s in passage.sentences] + [topic.summary for topic in guide["es"]]
    assert [text for text in texts if FAMILIAR.search(text)] == []


def test_both_languages_have_the_same_topics_sections_sentences_and_origins(guide: Guide) -> None:
    def origin(source: Source) -> object:
        """Laws and standards have a name in each language; articles are called what they are called."""
        return (source.title, source.publisher, source.year) if source.kind == "article" else (source.kind, source.year)

    def shape(topic: Topic) -> object:
        sections = [(passage.id, [sentence.item for sentence in passage.sentences], origin(passage.source)) for passage in topic.passages]
        return topic.id, topic.topics, [origin(source) for source in topic.sources], topic.reviewed, topic.licence, sections

    assert set(guide) == {"es", "en"}
    for spanish, english in zip(guide["es"], guide["en"], strict=True):
        assert shape(spanish) == shape(english)


def test_figures_are_the_same_in_both_languages(guide: Guide) -> None:
    def figures(text: str) -> set[str]:
        return {re.sub(r"\D", "", figure) for figure in re.findall(r"\d[\d.,]*", text.replace("1:1", "one-to-one"))}

    pairs = [
        (one, other)
        for spanish, english in zip(guide["es"], guide["en"], strict=True)
        for here, there in zip(spanish.passages, english.passages, strict=True)
        for one, other in zip(here.sentences, there.sentences, strict=True)
    ]
    assert len(pairs) > 2000
    assert [(one.text, other.text) for one, other in pairs if figures(one.text) != figures(other.text)] == []


@pytest.mark.parametrize("language", ["es", "en"])
def test_no_question_belongs_to_two_sections(guide: Guide, language: str) -> None:
    asked = Counter(ask for topic in guide[language] for asks in topic.asks.values() for ask in asks)
    assert [ask for ask, times in asked.items() if times > 1] == []


def test_every_fact_of_the_sources_is_stated_in_a_section_that_exists(guide: Guide) -> None:
    with (Path(__file__).parent / "data" / "facts.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    sections = {passage.id for topic in guide["es"] for passage in topic.passages}
    assert [row for row in rows if row["passage"] not in sections] == []
    assert {f"F{number:03}" for number in range(1, 511)} <= {row["fact"] for row in rows}


@pytest.mark.skipif(not (SHARED / "check" / "own_words.py").exists(), reason="the sources are not beside this checkout")
def test_the_words_are_our_own() -> None:
    command = [sys.executable, str(SHARED / "check" / "own_words.py"), str(ROOT / "knowledge")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout


def test_a_section_knows_its_sentences_items_and_origin(tmp_path: Path) -> None:
    topic = load_topic(written(tmp_path, VALID))
    first, second = topic.passages
    assert [(s.text, s.item) for s in first.sentences] == [
        ("La primera frase.", False),
        ("La segunda frase.", False),
        ("Un punto de dos líneas. Y otra frase del mismo punto.", True),
    ]
    assert (first.id, first.anchor, first.section, first.document) == ("prueba#uno", "uno", "La primera", "Un tema de prueba")
    assert (first.source.kind, second.source.kind) == ("article", "law")
    assert topic.asks == {"prueba#uno": ("¿Uno?", "uno", "¿Qué es uno?"), "prueba#dos": ("¿Dos?", "dos", "¿Qué es dos?")}


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("---\nid", "id", "id"),
        ("id: prueba", "id: otra", "id"),
        ("id: prueba", "id: Prueba Mala", "id"),
        ('title: "Un tema de prueba"\n', "", "title"),
        ("language: es", "language: español", "language"),
        ("topics: [continuidad]", "topics: [cocina]", "topics.0"),
        ("topics: [continuidad]", "topics: []", "topics"),
        ("topics: [continuidad]", "topics: [datos, ia, normas]", "topics"),
        ('summary: "Un resumen que dice de qué trata el tema."', 'summary: "Corto."', "summary"),
        ("publisher: null, year: null", "publisher: null", "sources.0.year"),
        ("year: 2022", 'year: "2022"', "sources.1.year"),
        ("kind: law", "kind: rumour", "sources.1.kind"),
        ("sections: [dos]", "sections: [tres]", "sources"),
        ("reviewed: 2026-11-22", "reviewed: ayer", "reviewed"),
        ("licence: CC-BY-4.0\n", "", "licence"),
        ("licence: CC-BY-4.0", "licence: CC-BY-4.0\nauthor: alguien", "author"),
        ("topics: [continuidad]", "topics: [continuidad", "front matter"),
        ('  dos: ["¿Dos?", "dos", "¿Qué es dos?"]\n', "", "asks"),
        ('  dos: ["¿Dos?", "dos", "¿Qué es dos?"]\n', "  dos: [dos]\n", "asks.dos"),
        ('"¿Qué es dos?"]', '"¿Qué es dos?"]\n  tres: ["¿Tres?", "tres", "3"]', "asks"),
        ("{#dos}", "{#uno}", "anchors"),
        ("## La segunda {#dos}", "### La segunda {#dos}", "heading"),
        ("## La segunda {#dos}", "## La segunda", "heading"),
        ("## La primera", "Un texto suelto.\n\n## La primera", "body"),
        ("Otra frase.", "Otra **frase**.", "body"),
        ("Otra frase.", "Otra [frase](https://example.org).", "body"),
        ("Otra frase.", "Otra <b>frase</b>.", "body"),
        ("Otra frase.", "Otra frase.\n\n1. Un paso.", "body"),
        ("Otra frase.", "Otra frase.\n\n    un comando", "body"),
        ("Otra frase.", "Otra frase.\n\n> Una cita.", "body"),
        ("Otra frase.\n", "", "dos"),
        ("Otra frase.", "```\nOtra frase.\n```", "body"),
    ],
)
def test_a_broken_file_is_named_with_the_field(tmp_path: Path, old: str, new: str, field: str) -> None:
    assert VALID.count(old) == 1
    with pytest.raises(AssistantError) as caught:
        load_topic(written(tmp_path, VALID.replace(old, new)))
    assert (caught.value.key, caught.value.values["file"], caught.value.values["field"]) == ("topic_file", "es/prueba.md", field)
    assert all("es/prueba.md" in explain(caught.value, language) and field in explain(caught.value, language) for language in languages())


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, VALID)
    path.write_bytes(VALID.encode("latin-1"))
    with pytest.raises(AssistantError) as caught:
        load_topic(path)
    assert caught.value.values["file"] == "es/prueba.md"


def test_a_file_in_the_folder_of_another_language_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, VALID.replace("language: es", "language: en"))
    with pytest.raises(AssistantError) as caught:
        load_guide(path.parents[1], "es")
    assert (caught.value.values["file"], caught.value.values["field"]) == ("es/prueba.md", "language")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("El plan se probó. Después falló.", 2),
        ("El año fue 2024. Luego subió.", 2),
        ("El plan (DRP). Otra frase.", 2),
        ("Según el art. 28 del RGPD, el encargado avisa. Otra frase.", 2),
        ("La Sra. Pérez firma. EE. UU. exige avisos.", 2),
        ("El 99,95 % es un ejemplo. ¿Cuál es el RTO? Son 4 horas.", 3),
        ("Los resultados GV.SC-01 a GV.SC-10 del marco. Otra frase.", 2),
        ("Una sola frase con la cláusula 8.4.1 y el 30.3.c de DORA.", 1),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, count: int) -> None:
    assert len(split_sentences(text, "es")) == count


@given(st.text(alphabet=st.sampled_from("aá1 .?!()\n«»%,")), st.sampled_from(["es", "en"]))
def test_splitting_loses_and_invents_nothing(text: str, language: str) -> None:
    assert "".join("".join(split_sentences(text, language)).split()) == "".join(text.split())


def test_sections_are_found_by_id_in_the_language_asked_else_in_another(tmp_path: Path) -> None:
    path = written(tmp_path, VALID)
    found = find_sections(path.parents[1], ["prueba#uno", "prueba#tres", "nada#uno", "../prueba#uno"], "en")
    assert [(i, passage.language) for i, passage in found.items()] == [("prueba#uno", "es")]
    assert find_sections(CORPUS, ["continuidad-planes#pruebas"], "en")["continuidad-planes#pruebas"].language == "en"


def test_the_edition_changes_with_the_words_and_not_with_the_place(tmp_path: Path) -> None:
    one, other = written(tmp_path / "one", VALID), written(tmp_path / "other", VALID)
    assert guide_edition(one.parents[1]) == guide_edition(other.parents[1])
    other.write_text(VALID.replace("Otra frase.", "Otra frase"), encoding="utf-8")
    assert guide_edition(one.parents[1]) != guide_edition(other.parents[1])


def test_a_folder_without_topics_has_no_language(tmp_path: Path) -> None:
    (tmp_path / "es").mkdir()
    assert guide_languages(tmp_path) == guide_languages(tmp_path / "nowhere") == ()
    assert guide_languages(CORPUS) == ("en", "es")


def written(folder: Path, text: str) -> Path:
    path = folder / "es" / "prueba.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
