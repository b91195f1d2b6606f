"""An edition gives back what was written, exactly and nearest first; a pointer names the one in use; a broken one is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from assistant.answer import Assistant
from assistant.embeddings import TextEmbeddings
from assistant.errors import AssistantError
from assistant.index import FORMAT, MANIFEST, Index, IndexStore, read_manifest, read_pointer, write_pointer
from assistant.lexical import analyse
from assistant.models import Topic

Guide = dict[str, list[Topic]]


@pytest.fixture(scope="module")
def index(assistant: Assistant) -> Index:
    return assistant.retriever.open_index()


def test_the_index_gives_back_every_passage_of_the_guide_as_it_was(index: Index, guide: Guide) -> None:
    assert set(index.languages) == set(guide)
    for language, topics in guide.items():
        passages = {passage.id: passage for topic in topics for passage in topic.passages}
        assert index.passages(language, list(passages)) == passages
        assert set(index.manifest.passages[language]) == set(passages)
    assert index.manifest.count == sum(len(topic.passages) for topics in guide.values() for topic in topics)


def test_every_sentence_has_its_own_unit_row(index: Index, guide: Guide) -> None:
    for language, topics in guide.items():
        for passage in (passage for topic in topics for passage in topic.passages):
            rows = index.sentence_vectors(language, passage.id)
            assert rows.shape == (len(passage.sentences), index.manifest.dimension)
            assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=0.01)


def test_the_nearest_passages_are_those_with_the_highest_cosine(index: Index, embeddings: TextEmbeddings, guide: Guide) -> None:
    vector = embeddings.questions(["¿Cada cuánto se prueba el plan de continuidad?"])[0]
    similar = index.nearest("es", vector, 468)
    assert list(similar.values()) == sorted(similar.values(), reverse=True)
    topic = next(topic for topic in guide["es"] if topic.id == "continuidad-planes")
    exact = embeddings.passages_with_sentences([(f"{p.document} › {p.section}.", [s.text for s in p.sentences]) for p in topic.passages])
    for passage, matrix in zip(topic.passages, exact, strict=True):
        assert similar[passage.id] == pytest.approx(float(matrix[0] @ vector), abs=0.02)


def test_a_question_that_the_guide_answers_is_nearest_to_itself(index: Index, embeddings: TextEmbeddings, guide: Guide) -> None:
    for topic in guide["en"][::6]:
        passage_id, asks = next(iter(topic.asks.items()))
        best = index.nearest_asks("en", embeddings.questions([asks[0]])[0], 5)
        first, (similarity, ask_id) = max(best.items(), key=lambda pair: pair[1][0])
        assert (first, index.asks("en", [ask_id])) == (passage_id, {ask_id: asks[0]}) and similarity > 0.98


def test_lexical_scores_hold_only_passages_with_a_term_best_first(index: Index) -> None:
    terms = analyse("ISO 22301", "es")
    scores = index.lexical_scores("es", terms, 10)
    assert 1 <= len(scores) <= 10 and list(scores.values()) == sorted(scores.values(), reverse=True)
    assert all(set(terms) & index.terms("es", passage_id) for passage_id in scores)
    assert next(iter(scores)).startswith("norma-iso-22301")
    assert index.lexical_scores("es", ["xyzzy"], 10) == index.lexical_scores("es", [], 10) == {}


def test_document_frequencies_count_the_passages_that_hold_a_term(index: Index, guide: Guide) -> None:
    held = sum("rto" in index.terms("es", passage.id) for topic in guide["es"] for passage in topic.passages)
    assert index.document_frequencies("es")["rto"] == held > 1


def test_unknown_ids_and_languages_are_left_out(index: Index) -> None:
    assert index.passages("es", ["continuidad-planes#pruebas", "nada#nada"]).keys() == {"continuidad-planes#pruebas"}
    assert index.passages("es", []) == index.passages("fr", ["continuidad-planes#pruebas"]) == index.asks("es", []) == {}


def test_passages_come_in_the_order_asked_for_whether_read_before_or_not(index: Index) -> None:
    ids = list(index.manifest.passages["es"])
    for order in (ids[5:8], ids[6:9][::-1], [ids[9], ids[5]]):
        assert [passage.id for passage in index.passages("es", order).values()] == order


def test_before_the_first_ingest_there_is_no_index(tmp_path: Path) -> None:
    store = IndexStore(tmp_path)
    assert store.edition() is None
    with pytest.raises(AssistantError, match="no_index"):
        store.current()


def test_the_pointer_says_which_edition_is_in_use(tmp_path: Path) -> None:
    write_pointer(tmp_path, "one")
    write_pointer(tmp_path, "other")
    assert read_pointer(tmp_path) == "other" and [path.name for path in tmp_path.iterdir()] == ["current"]
    (tmp_path / "current").write_text("", encoding="utf-8")
    assert read_pointer(tmp_path) is None


def test_an_edition_is_opened_once_and_again_only_when_the_pointer_moves(ready_home: Path, tmp_path: Path) -> None:
    shutil.copytree(ready_home / "index", tmp_path / "index")
    store = IndexStore(tmp_path)
    first = store.current()
    assert store.current() is first
    other = "0" * 16
    shutil.copytree(first.folder, tmp_path / "index" / other)
    manifest = tmp_path / "index" / other / MANIFEST
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(first.manifest.edition, other), encoding="utf-8")
    write_pointer(tmp_path / "index", other)
    assert store.current().manifest.edition == other and store.current() is not first


@pytest.mark.parametrize(
    "content",
    [None, "", "{", "[]", '{"edition": "a"}', json.dumps({"edition": "a", "format": FORMAT + 1, "model": "m", "dimension": 3, "passages": {}})],
    ids=["missing", "empty", "cut", "a list", "incomplete", "another format"],
)
def test_an_edition_without_a_manifest_known_here_is_broken_and_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises(AssistantError) as caught:
        read_manifest(tmp_path)
    assert (caught.value.key, caught.value.values["folder"]) == ("broken_index", tmp_path)


@pytest.mark.parametrize("file", ["chroma/chroma.sqlite3", "lexical-es.json", "sentences-en.npy", "bm25-es", "chroma"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_an_edition_with_a_damaged_file_is_broken_and_named(ready_home: Path, tmp_path: Path, file: str, damage: str) -> None:
    edition = read_pointer(ready_home / "index")
    folder = tmp_path / "edition"
    shutil.copytree(ready_home / "index" / str(edition), folder)
    ruin(folder / file, damage)
    with pytest.raises(AssistantError) as caught:
        Index(folder)
    assert (caught.value.key, caught.value.values["folder"]) == ("broken_index", folder)


def ruin(path: Path, damage: str) -> None:
    files = [path] if path.is_file() else [child for child in path.rglob("*") if child.is_file()]
    for file in files:
        if damage == "gone":
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
