"""The answer that a language model writes from the passages found: each sentence is shown once it has been checked, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from assistant.chat_model import ChatModel, prompt, speaks
from assistant.claims import comparable
from assistant.embeddings import TextEmbeddings
from assistant.errors import AssistantError
from assistant.guide import NOT_PLAIN, split_sentences
from assistant.language import detect_language
from assistant.model_tasks import passage_block
from assistant.models import Answer, Citation, CitedSentence, Doubt, Dropped, Passage
from assistant.retrieval import Search
from assistant.support import SupportCheck

PASSAGES = 4
LONGEST = 600  # characters without a mark: sentences of a model that does not cite are dropped as it writes
GIVE_UP = 6  # sentences dropped and none held: what is still to come will be no better
ENGINE = "llm"
CITED = re.compile(r"\s*(?P<text>.*?)\s*(?P<marks>(?:\[\d+(?:\s*[,;]\s*\d+)*\]\s*)+)(?P<stop>[.!?…]*)", re.S)
FOLLOWED = re.compile(r"\s*[^\s\[.!?…]")  # until something else follows, marks may still grow: [1], [1][2], [1].
BULLET = re.compile(r"^\s*(?:[-*•+]|\d{1,2}[.)])\s+")
EMPHASIS = re.compile(r"(\*\*|__|(?<!\w)[*_`](?=\w)|(?<=[\w.])[*_`](?!\w)|^#+\s+)")


@dataclass(frozen=True, slots=True)
class Written:
    """One sentence as the model wrote it, with the numbers it cites."""

    text: str
    marks: tuple[int, ...]
    item: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A sentence that its passages support: for each passage, by its place among those given, the run of sentences that says it."""

    written: Written
    runs: dict[int, tuple[int, int]]


def can_write(search: Search) -> bool:
    """Whether a model may answer: its sentences can be checked only against passages in the question's own language."""
    return speaks(search.language) and comparable(search.language) and all(hit.passage.language == search.language for hit in search.hits[:PASSAGES])


def write_answer(model: ChatModel, embeddings: TextEmbeddings, search: Search, extractive: Answer, max_words: int) -> Iterator[Answer]:
    """The answer as it grows by checked sentences; the last one is final.

    The extractive answer comes last where the model fails, is too slow, or none of its sentences holds; its notice says which.
    """
    passages = passages_to_give(search, extractive)
    check = SupportCheck(embeddings)
    held: list[Held] = []
    dropped: list[Dropped] = []
    try:
        question = f"{passage_block(passages)}\n<question>{' '.join(search.query.split())}</question>"
        for written in read_sentences(model.stream(prompt("answer", search.language), question), search.language):
            checked = check_sentence(written, passages, search.language, check)
            if isinstance(checked, Dropped):
                dropped.append(checked)
            elif not repeats(checked, held):
                held.append(checked)
                yield compose_written(extractive, passages, held, dropped)
            if _enough(held, dropped, max_words):
                break
    except AssistantError as error:
        yield replace(extractive, notice=error.key, dropped=tuple(dropped))
        return
    if held:
        yield compose_written(extractive, passages, held, dropped)
    else:
        yield replace(extractive, notice="chat_model_unsupported", dropped=tuple(dropped))


def _enough(held: list[Held], dropped: list[Dropped], max_words: int) -> bool:
    """Whether the model may stop: the answer is long enough, or there is no hope of one."""
    return sum(len(sentence.written.text.split()) for sentence in held) > max_words or (not held and len(dropped) >= GIVE_UP)


def passages_to_give(search: Search, extractive: Answer) -> tuple[Passage, ...]:
    """What the extractive answer cites, then what else was found."""
    cited = [citation.passage for citation in extractive.citations]
    known = {passage.id for passage in cited}
    return (*cited, *(hit.passage for hit in search.hits if hit.passage.id not in known))[:PASSAGES]


def read_sentences(pieces: Iterable[str], language: str) -> Iterator[Written]:
    """Sentences as they become whole in a stream of text: each ends with its marks; what comes before it uncited has none."""
    text = ""
    for piece in pieces:
        text += piece
        while (match := CITED.match(text)) and FOLLOWED.match(text, match.end()):
            yield from _written(match, language)
            text = text[match.end() :]
        if len(text) > LONGEST and len(uncited := _plain_sentences(text, language)) > 1:
            yield from (Written(plain, ()) for plain in uncited[:-1])
            text = uncited[-1]
    while match := CITED.match(text):
        yield from _written(match, language)
        text = text[match.end() :]
    yield from (Written(plain, ()) for plain in _plain_sentences(text, language))


def check_sentence(written: Written, passages: tuple[Passage, ...], language: str, check: SupportCheck) -> Held | Dropped:
    """A sentence with the runs that support it, or the doubt for which it is dropped."""
    doubt = _doubt(written, len(passages), language)
    runs: dict[int, tuple[int, int]] = {}
    if doubt is None:
        for n in written.marks:
            if 1 <= n <= len(passages):
                support = check.find(written.text, passages[n - 1])
                if support.doubt is None:
                    runs[n - 1] = (support.start, support.end)
                doubt = doubt or support.doubt
    return Held(written, runs) if runs else Dropped(written.text, doubt or Doubt.UNKNOWN_CITATION)


def repeats(sentence: Held, held: Iterable[Held]) -> bool:
    """Whether the same words were shown before."""
    return any(other.written.text.casefold() == sentence.written.text.casefold() for other in held)


def compose_written(extractive: Answer, passages: tuple[Passage, ...], held: list[Held], dropped: list[Dropped]) -> Answer:
    """The answer of the sentences that hold, their passages numbered as they are first cited."""
    order = list(dict.fromkeys(place for sentence in held for place in sentence.runs))
    spans = {place: [sentence.runs[place] for sentence in held if place in sentence.runs] for place in order}
    citations = tuple(
        Citation(n, passages[place], _quote(passages[place], min(s for s, _ in spans[place]), max(e for _, e in spans[place])))
        for n, place in enumerate(order, start=1)
    )
    sentences = tuple(CitedSentence(h.written.text, tuple(order.index(place) + 1 for place in h.runs), h.written.item) for h in held)
    used = {passages[place].id for place in order}
    related = tuple(passage for passage in extractive.related if passage.id not in used)
    return replace(
        extractive, text=_markdown(sentences), sentences=sentences, citations=citations, related=related, engine=ENGINE, dropped=tuple(dropped)
    )


def _written(match: re.Match[str], language: str) -> Iterator[Written]:
    """The sentence that the marks stand behind, after those before it that have none."""
    sentences = _plain_sentences(f"{match['text']}{match['stop'][:1]}", language)
    yield from (Written(text, ()) for text in sentences[:-1])
    if sentences:
        marks = tuple(dict.fromkeys(int(n) for n in re.findall(r"\d+", match["marks"])))
        line = match["text"].rsplit("\n", 1)[-1]
        yield Written(sentences[-1], marks, BULLET.match(line) is not None)


def _plain_sentences(text: str, language: str) -> list[str]:
    """Sentences without the marks of Markdown."""
    lines = [EMPHASIS.sub("", BULLET.sub("", line)).strip() for line in text.splitlines()]
    return [sentence for line in lines if line for sentence in split_sentences(line, language) if re.search(r"\w", sentence)]


def _doubt(written: Written, given: int, language: str) -> Doubt | None:
    """What can be said against a sentence before its passages are looked at."""
    if not written.marks:
        return Doubt.NO_CITATION
    if not any(1 <= n <= given for n in written.marks):
        return Doubt.UNKNOWN_CITATION
    if NOT_PLAIN.search(written.text):
        return Doubt.MARKUP
    return Doubt.LANGUAGE if detect_language(written.text, default=language) != language else None


def _quote(passage: Passage, start: int, end: int) -> str:
    return " ".join(sentence.text for sentence in passage.sentences[start:end])


def _markdown(sentences: Iterable[CitedSentence]) -> str:
    """Running sentences in one paragraph, items as a list, every sentence with its marks."""
    text = ""
    previous_item = False
    for sentence in sentences:
        marks = "".join(f"[{n}]" for n in sentence.citations)
        break_before = "\n- " if sentence.item and previous_item else "\n\n- " if sentence.item else "\n\n" if previous_item else " "
        text += f"{break_before}{sentence.text} {marks}"
        previous_item = sentence.item
    return text.strip()
