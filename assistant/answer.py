"""From a question to a cited answer, or to a refusal that says what the guide does cover."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from assistant.embeddings import open_embeddings
from assistant.errors import AssistantError
from assistant.gate import Verdict, judge
from assistant.i18n import languages, tr
from assistant.index import Index, IndexStore
from assistant.language import detect_language
from assistant.lexical import analyse
from assistant.models import Answer, Citation, CitedSentence, Hit, Passage, Reason
from assistant.retrieval import GuideRetriever, Search
from assistant.settings import Settings
from assistant.verify import check_citations
from assistant.weights import Weights, load_weights

# Measured on the shared Spanish set: best passage whole plus the best sentences of the next two hits 0.93-0.95, whole passages
# in order 0.91, single best sentences 0.93; sentences further than this from the best one add words, not facts.
NEXT_HITS = 2
MARGIN = 0.05
SAME = 0.97  # cosine from which two sentences say the same
LEAD = 0.03  # a sentence this much nearer to the question than the passage's first one goes first
RELATED = 3


@dataclass(frozen=True, slots=True)
class Assistant:
    """What answering needs, opened once: settings, retriever and the weights of its embedding model."""

    settings: Settings
    retriever: GuideRetriever
    weights: Weights

    def ask(self, question: str, history: Sequence[str] = (), language: str = "") -> Answer:
        """Answer a question; `history` holds earlier questions, oldest first, `language` that of the interface."""
        started = time.perf_counter()
        answer = answer_question(self, question.strip(), [h for h in history if h.strip()], language or self.settings.language)
        return replace(answer, elapsed_ms=round((time.perf_counter() - started) * 1000, 1))


@dataclass(frozen=True, slots=True)
class Picked:
    """A sentence chosen for the answer, by its place in the passage."""

    passage: Passage
    position: int


def open_assistant(settings: Settings) -> Assistant:
    """Open engine, index and weights. Raises AssistantError when a part is missing, saying which."""
    embeddings = open_embeddings(settings)
    weights = load_weights(embeddings.name, settings.home)
    retriever = GuideRetriever(store=IndexStore(settings.home), embeddings=embeddings, weights=weights)
    return Assistant(settings, retriever, weights)


def answer_question(assistant: Assistant, question: str, history: Sequence[str], interface: str) -> Answer:
    """Read, search, judge, compose, check: in that order, on every path."""
    if len(question) > assistant.settings.max_question_chars:
        raise AssistantError("question_too_long", limit=assistant.settings.max_question_chars)
    language = detect_language(question, history, interface)
    if language not in languages():
        return refuse(question, interface, Reason.UNSUPPORTED_LANGUAGE)
    if not analyse(question, language):
        return refuse(question, language, Reason.UNCLEAR)
    search = assistant.retriever.search(question, history, language)
    index = assistant.retriever.open_index()
    verdict = judge(search, index, assistant.weights)
    if verdict is Verdict.REFUSED:
        return refuse(question, language, Reason.REFUSED)
    if verdict is Verdict.NOT_COVERED or not search.hits:
        return refuse(question, language, Reason.NOT_COVERED, search)
    return compose(question, search, pick_sentences(search, index, assistant.settings.max_answer_words))


def pick_sentences(search: Search, index: Index, max_words: int) -> list[Picked]:
    """The best passage whole, then the nearest sentences of the next ones, most direct first, within `max_words`."""
    best, *others = search.hits[: NEXT_HITS + 1]
    rows = {hit.passage.id: index.sentence_vectors(hit.passage.language, hit.passage.id) for hit in (best, *others)}
    near = {passage_id: vectors @ search.query_vector for passage_id, vectors in rows.items()}
    picked = [Picked(best.passage, i) for i in _order(best, near[best.passage.id])]
    floor = float(near[best.passage.id].max()) - MARGIN
    rest = sorted(
        ((float(near[hit.passage.id][i]), hit.passage, i) for hit in others for i in range(len(hit.passage.sentences))),
        key=lambda candidate: -candidate[0],
    )
    picked += [Picked(passage, i) for similarity, passage, i in rest if similarity >= floor]
    return _distinct(picked, rows, max_words)


def _order(best: Hit, near: np.ndarray) -> list[int]:
    """The passage's own order, led by the sentence that answers directly where one clearly does."""
    positions = list(range(len(best.passage.sentences)))
    nearest = int(near.argmax())
    if near[nearest] - near[0] > LEAD:
        positions.remove(nearest)
        positions.insert(0, nearest)
    return positions


def _distinct(picked: list[Picked], rows: dict[str, np.ndarray], max_words: int) -> list[Picked]:
    """Sentences in order without repetitions, as long as they fit."""
    kept: list[Picked] = []
    length = 0
    for candidate in picked:
        size = count_words(candidate.passage.sentences[candidate.position].text)
        vector = rows[candidate.passage.id][candidate.position]
        repeats = any(k.passage.id != candidate.passage.id and float(rows[k.passage.id][k.position] @ vector) > SAME for k in kept)
        if length + size <= max_words and not repeats:
            kept.append(candidate)
            length += size
    return kept


def count_words(text: str) -> int:
    """Words as a reader counts them, marks [n] left out; every part of "2024/2690" or "30.3.c" is one, since such figures are long."""
    return len(re.findall(r"\w+", re.sub(r"\[\d+\]", " ", text)))


def compose(question: str, search: Search, picked: Sequence[Picked]) -> Answer:
    """Number the passages, write the Markdown, and check every sentence before it leaves."""
    order = list(dict.fromkeys(p.passage.id for p in picked))
    groups = {passage_id: [p for p in picked if p.passage.id == passage_id] for passage_id in order}
    citations, sentences, blocks = [], [], []
    if search.hits[0].passage.language != search.language:
        blocks.append(tr("answer.other_language", search.language))
    for n, passage_id in enumerate(order, start=1):
        passage = groups[passage_id][0].passage
        cited = [CitedSentence(passage.sentences[p.position].text, (n,), passage.sentences[p.position].item) for p in groups[passage_id]]
        positions = [p.position for p in groups[passage_id]]
        quote = " ".join(sentence.text for sentence in passage.sentences[min(positions) : max(positions) + 1])
        citations.append(Citation(n, passage, quote))
        sentences += cited
        blocks.append(_markdown(passage, cited, heading=n > 1))
    related, suggestions = _related(search, skip=set(order))
    answer = Answer(question, search.language, True, "\n\n".join(blocks), tuple(sentences), tuple(citations), related, suggestions)
    if not check_citations(answer):
        raise AssertionError(f"an extractive answer failed its own citation check: {order}")
    return answer


def _markdown(passage: Passage, cited: Sequence[CitedSentence], heading: bool) -> str:
    """Running sentences as a paragraph, items as a list, every sentence with its mark."""
    lines = [f"**{passage.section}**", ""] if heading else []
    for i, sentence in enumerate(cited):
        if sentence.item and not (cited[i - 1].item if i else False) and lines and lines[-1]:
            lines.append("")
        lines.append(f"{'- ' if sentence.item else ''}{sentence.text} [{sentence.citations[0]}]")
        following = cited[i + 1] if i + 1 < len(cited) else None
        if sentence.item and following and not following.item:
            lines.append("")
    return "\n".join(lines)


def refuse(question: str, language: str, reason: Reason, search: Search | None = None, reason_text: str = "") -> Answer:
    """A refusal in the user's language; for an uncovered question, with what the guide covers nearby."""
    related, suggestions = _related(search, skip=set()) if search else ((), ())
    text = tr(f"refusals.{reason}", language, reason=reason_text)
    if related:
        text += f"\n\n{tr('refusals.nearby', language)}\n" + "\n".join(f"- {p.document} › {p.section}" for p in related)
    return Answer(question, language, False, text, related=related, suggestions=suggestions, reason=reason)


def _related(search: Search, skip: set[str]) -> tuple[tuple[Passage, ...], tuple[str, ...]]:
    """Passages nearby that the answer does not use, and the questions they answer."""
    nearby = [hit.passage for hit in search.hits if hit.passage.id not in skip][:RELATED]
    asks = [search.asks[p.id] for p in nearby if p.id in search.asks and p.language == search.language]
    return tuple(nearby), tuple(ask for ask in asks if ask != search.question)
