"""The guide as the pages show it: topics in the visitor's language where the guide has it, and questions to begin with."""

from __future__ import annotations

import random
from pathlib import Path

import streamlit as st

from assistant.guide import CATEGORIES, guide_languages, load_guide
from assistant.i18n import by_preference, list_order
from assistant.index import read_pointer
from assistant.models import Topic
from assistant.ui.session import language, settings, words

EXAMPLES = 4
EXAMPLE_CHARS = 90  # longest example: two lines of a pill at 390 px


def topics() -> dict[str, Topic]:
    """Topics by id, in the visitor's language where the guide has them, else in another; ordered by title."""
    corpus, mine = settings().corpus, language()
    edition = read_pointer(settings().home / "index")
    found: dict[str, Topic] = {}
    for code in reversed(by_preference(guide_languages(corpus), mine)):
        found |= _load(corpus, code, edition)
    return dict(sorted(found.items(), key=lambda pair: list_order(pair[1].title)))


def by_category() -> dict[str, list[Topic]]:
    """Topics under each of their categories, in the guide's order of categories; empty ones are left out."""
    every = list(topics().values())
    grouped = {category: [topic for topic in every if category in topic.topics] for category in CATEGORIES}
    return {category: group for category, group in grouped.items() if group}


def category_name(category: str) -> str:
    """A category in the visitor's words."""
    return words(f"categories.{category}")


def example_questions() -> list[str]:
    """Questions that the guide answers, each of another category; the same all through a session."""
    key = f"examples-{language()}"
    if key not in st.session_state:
        st.session_state[key] = pick_examples(by_category(), random.Random())
    examples: list[str] = st.session_state[key]
    return examples


def pick_examples(grouped: dict[str, list[Topic]], chance: random.Random) -> list[str]:
    """One short question from each of a few categories drawn by chance."""
    picked: list[str] = []
    for category in chance.sample(list(grouped), len(grouped)):
        asks = [ask for topic in grouped[category] for group in topic.asks.values() for ask in group[:1]]
        short = [ask for ask in asks if ask.endswith("?") and len(ask) <= EXAMPLE_CHARS and ask not in picked]
        picked += chance.sample(short, min(1, len(short)))
    return picked[:EXAMPLES]


@st.cache_resource(show_spinner=False, max_entries=8)
def _load(corpus: Path, code: str, edition: str | None) -> dict[str, Topic]:
    """Topics of one language; read again when the index has a new edition."""
    return {topic.id: topic for topic in load_guide(corpus, code)}
