"""Text for the page: whatever comes from questions and passages is shown as the characters it is, never as markup.

Answers are Markdown of our own making; of it only paragraphs, lists and emphasis are read, so no text becomes a link or an image.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from html import escape
from itertools import groupby

from markdown_it import MarkdownIt

from assistant.models import Passage, Sentence

MARK = re.compile(r"\[(\d+)\]")
PIECE = re.compile(r"\*\*[^\n]*\*\*\s*|\S+\s*")
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
BIDI_CONTROLS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """Text without control characters and without marks that turn the reading direction of what follows."""
    return "".join(c for c in text if c not in BIDI_CONTROLS and (c in "\n\t" or unicodedata.category(c) != "Cc"))


def label(text: str) -> str:
    """A text as the label of a widget, where Streamlit reads Markdown."""
    return PUNCTUATION.sub(r"\\\1", " ".join(clean(text).split()))


def html_text(text: str) -> str:
    """A text as HTML."""
    return escape(clean(text))


def question_html(text: str, anchor: str) -> str:
    """A question as it was typed, line breaks and reading direction included."""
    return f'<p class="question" id="{anchor}" dir="auto">{html_text(text)}</p>'


def answer_html(text: str, language: str, mark: Callable[[int], str]) -> str:
    """An answer's Markdown as HTML; `mark` gives what stands for a citation's number."""
    markdown = MarkdownIt("zero").enable(["list", "emphasis", "escape"])
    body = MARK.sub(lambda match: mark(int(match.group(1))), markdown.render(clean(text)))
    return f'<div class="answer" lang="{language}" dir="auto">{body}</div>'


def passage_html(passage: Passage, used: Collection[str] = ()) -> str:
    """A whole passage, the sentences in `used` highlighted."""
    blocks = []
    for item, group in groupby(passage.sentences, key=lambda sentence: sentence.item):
        parts = [_sentence_html(sentence, sentence.text in used) for sentence in group]
        blocks.append("<ul>" + "".join(f"<li>{part}</li>" for part in parts) + "</ul>" if item else f"<p>{' '.join(parts)}</p>")
    return f'<div class="passage" lang="{passage.language}" dir="auto">{"".join(blocks)}</div>'


def plain_text(markdown: str) -> str:
    """An answer's Markdown as text to paste elsewhere."""
    return markdown.replace("**", "")


def growing(text: str, words_a_step: int) -> Iterator[str]:
    """The text as it grows, a few words a step, headings in one piece."""
    ends = [match.end() for match in PIECE.finditer(text)]
    yield from (text[:end] for end in ends[words_a_step - 1 : -1 : words_a_step])
    yield text


def _sentence_html(sentence: Sentence, highlighted: bool) -> str:
    return f"<mark>{html_text(sentence.text)}</mark>" if highlighted else html_text(sentence.text)
