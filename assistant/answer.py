"""From a question to a cited answer, or to a refusal that says what the guide does cover."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from assistant.chat_model import ChatModel, open_chat_model
from assistant.directness import direct_cues, says_directly
from assistant.draft import ENGINE, can_write, write_answer
from assistant.embeddings import TextEmbeddings, open_embeddings
from assistant.errors import AssistantError
from assistant.gate import Verdict, judge
from assistant.i18n import in_language, language_label, languages, tr
from assistant.index import Index, IndexStore
from assistant.language import detect_language
from assistant.lexical import analyse
from assistant.model_tasks import condense_question, suggest_questions
from assistant.models import Answer, Citation, CitedSentence, Hit, Passage, Reason
from assistant.retrieval import GuideRetriever, Reach, Search
from assistant.settings import Settings
from assistant.verify import check_citations
from assistant.weights import Weights, load_weights

# A sentence's rank is its cosine to the question, plus what its passage's place in the search is worth, plus a little for the
# passage's first sentence, which says what the others are about. Measured with 180 words on the own answerable questions, share of
# expected passages cited / share of sentences from them: best passage whole plus the best of the next two 0.82 / 0.55, this 0.85 / 0.69;
# without MARGIN 0.85 / 0.54.
PASSAGES = 4
PLACE = 0.02  # a unit of search score
LEAD = 0.02
DIRECT = 0.03  # for a sentence that says how often, how many, who or when, where that is asked; one of them leads
WORDS = 0.1  # for all words of the question in it, by rarity: of 100 narrow questions of ours 11 have another lead, 9 of them a better one
MARGIN = 0.05  # sentences ranked further below the best one add words, not facts
SAME = 0.97  # cosine from which two sentences say the same
RELATED = 3


@dataclass(frozen=True, slots=True)
class Assistant:
    """What answering needs, opened once: settings, retriever, the weights of its embedding model, and a language model where one is set."""

    settings: Settings
    retriever: GuideRetriever
    weights: Weights
    chat_model: ChatModel | None = None

    def ask(self, question: str, history: Sequence[str] = (), language: str = "") -> Answer:
        """Answer a question; `history` holds earlier questions, oldest first, `language` that of the interface."""
        *_, answer = self.stream(question, history, language)
        return answer

    def stream(self, question: str, history: Sequence[str] = (), language: str = "") -> Iterator[Answer]:
        """The answer as it grows: every one holds only checked sentences, the last one is final. Without a language model it is the only one."""
        started = time.perf_counter()
        for answer in answers(self, question.strip(), [h for h in history if h.strip()], language or self.settings.language):
            yield replace(answer, elapsed_ms=round((time.perf_counter() - started) * 1000, 1))


@dataclass(frozen=True, slots=True)
class Picked:
    """A sentence chosen for the answer, by its place in the passage."""

    passage: Passage
    position: int
    rank: float


def open_assistant(settings: Settings, embeddings: TextEmbeddings | None = None) -> Assistant:
    """Open engine (unless it is given), index and weights. Raises AssistantError when a part is missing, saying which."""
    embeddings = embeddings or open_embeddings(settings)
    weights = load_weights(embeddings.name, settings.home)
    model = open_chat_model(settings)
    condense = partial(condense_question, model) if model else None
    retriever = GuideRetriever(store=IndexStore(settings.home), embeddings=embeddings, weights=weights, condense=condense)
    return Assistant(settings, retriever, weights, model)


def answers(assistant: Assistant, question: str, history: Sequence[str], interface: str) -> Iterator[Answer]:
    """Read, search, judge, compose, check: in that order, on every path."""
    if len(question) > assistant.settings.max_question_chars:
        raise AssistantError("question_too_long", limit=assistant.settings.max_question_chars)
    language = detect_language(question, history, interface)
    if language not in languages():
        yield refuse(question, interface, Reason.UNSUPPORTED_LANGUAGE)
    elif not analyse(question, language):
        yield refuse(question, language, Reason.UNCLEAR)
    else:
        search, verdict = find(assistant, question, history, language)
        if verdict is Verdict.REFUSED:
            yield refuse(question, language, Reason.REFUSED)
        elif verdict is Verdict.NOT_COVERED or not search.hits:
            yield refuse(question, language, Reason.NOT_COVERED, search)
        else:
            yield from _answered(assistant, question, search)


def _answered(assistant: Assistant, question: str, search: Search) -> Iterator[Answer]:
    """The extractive answer; with a language model, that model's where its sentences hold."""
    extractive = compose(question, search, pick_sentences(search, search.index, assistant.settings.max_answer_words))
    model = assistant.chat_model
    if model is None or not can_write(search):
        yield extractive
        return
    answer = extractive
    for answer in write_answer(model, assistant.retriever.embeddings, search, extractive, assistant.settings.max_answer_words):
        yield answer
    if answer.engine == ENGINE:
        suggestions = suggest_questions(model, question, [c.passage for c in answer.citations], search.language, partial(_answers, assistant))
        if suggestions:
            yield replace(answer, suggestions=suggestions)


def _answers(assistant: Assistant, question: str) -> bool:
    """Whether the guide answers a question."""
    search = assistant.retriever.search(question)
    return judge(search, search.index, assistant.weights) is Verdict.ANSWER


def find(assistant: Assistant, question: str, history: Sequence[str], language: str) -> tuple[Search, Verdict]:
    """What the guide has in the question's language; where that does not answer, what it has only in others, if that does."""
    search = assistant.retriever.search(question, history, language, Reach.OWN)
    verdict = judge(search, search.index, assistant.weights)
    other = assistant.retriever.elsewhere(search, history) if verdict is Verdict.NOT_COVERED else None
    if other and judge(other, other.index, assistant.weights) is Verdict.ANSWER:
        return other, Verdict.ANSWER
    return search, verdict


def pick_sentences(search: Search, index: Index, max_words: int) -> list[Picked]:
    """The sentences of the best passages that are nearest to the question, within `max_words`; what answers directly leads."""
    hits = search.hits[:PASSAGES]
    rows = {hit.passage.id: index.sentence_vectors(hit.passage.language, hit.passage.id) for hit in hits}
    cues = direct_cues(search.question, search.language)

    def rank(hit: Hit, i: int, cosine: float) -> float:
        direct = says_directly(hit.passage.sentences[i].text, cues)
        return cosine + PLACE * (hit.score - hits[0].score) + (LEAD if i == 0 else 0) + (DIRECT if direct else 0)

    ranked = [
        Picked(hit.passage, i, rank(hit, i, float(cosine))) for hit in hits for i, cosine in enumerate(rows[hit.passage.id] @ search.query_vector)
    ]
    ranked.sort(key=lambda p: -p.rank)
    kept = _distinct([p for p in ranked if p.rank >= ranked[0].rank - MARGIN], rows, max_words)
    direct = [p for p in kept if says_directly(p.passage.sentences[p.position].text, cues)]
    lead = _most_telling(direct, search, index) if direct else kept[0]
    return [lead, *(p for p in kept if p is not lead)]


def _most_telling(direct: Sequence[Picked], search: Search, index: Index) -> Picked:
    """Of the sentences that answer directly, the best one that speaks in the question's own words."""
    asked = index.rarity(direct[0].passage.language, set(analyse(search.question, search.language)))

    def telling(p: Picked) -> float:
        said = set(analyse(p.passage.sentences[p.position].text, p.passage.language))
        return p.rank + WORDS * sum(asked[term] for term in said & set(asked)) / sum(asked.values())

    return max(direct, key=telling)


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


def _grouped(picked: Sequence[Picked]) -> list[list[Picked]]:
    """By passage, the best first; each in the passage's order, but the most direct sentence leads the answer."""
    groups = [[p for p in picked if p.passage.id == passage_id] for passage_id in dict.fromkeys(p.passage.id for p in picked)]
    ordered = [sorted(group, key=lambda p: p.position) for group in groups]
    ordered[0].sort(key=lambda p: p != picked[0])
    return ordered


def compose(question: str, search: Search, picked: Sequence[Picked]) -> Answer:
    """Number the passages, write the Markdown, and check every sentence before it leaves."""
    groups = _grouped(picked)
    citations, sentences, blocks = [], [], []
    others = dict.fromkeys(group[0].passage.language for group in groups if group[0].passage.language != search.language)
    if others:
        blocks.append(tr("answer.other_language", search.language, name=", ".join(language_label(code, search.language) for code in others)))
    for n, group in enumerate(groups, start=1):
        passage, positions = group[0].passage, [p.position for p in group]
        cited = [CitedSentence(passage.sentences[i].text, (n,), passage.sentences[i].item) for i in positions]
        quote = " ".join(sentence.text for sentence in passage.sentences[min(positions) : max(positions) + 1])
        citations.append(Citation(n, passage, quote))
        sentences += cited
        blocks.append(_markdown(passage, cited, heading=n > 1))
    related, suggestions = _related(search, skip={group[0].passage.id for group in groups})
    answer = Answer(question, search.language, True, "\n\n".join(blocks), tuple(sentences), tuple(citations), related, suggestions)
    if not check_citations(answer):
        raise AssertionError(f"an extractive answer failed its own citation check: {question!r}")
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
    spoken = ", ".join(language_label(code, language) for code in languages()) if reason is Reason.UNSUPPORTED_LANGUAGE else ""
    text = tr(f"refusals.{reason}", language, reason=reason_text, languages=spoken)
    if related:
        places = [in_language(f"{p.document} › {p.section}", p.language, language) for p in related]
        text += f"\n\n{tr('refusals.nearby', language)}\n" + "\n".join(f"- {place}" for place in places)
    return Answer(question, language, False, text, related=related, suggestions=suggestions, reason=reason)


def _related(search: Search, skip: set[str]) -> tuple[tuple[Passage, ...], tuple[str, ...]]:
    """Passages nearby that the answer does not use, and the questions they answer."""
    nearby = [hit.passage for hit in search.hits if hit.passage.id not in skip][:RELATED]
    asks = [search.asks[p.id] for p in nearby if p.id in search.asks and p.language == search.language]
    return tuple(nearby), tuple(ask for ask in asks if ask != search.question)
