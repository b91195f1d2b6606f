"""What a sentence claims, word by word: figures, frequencies, actors, negations, modality and content."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.cues import Cues, load_cues, stem_word
from assistant.lexical import fold, stop_words

TOKEN = re.compile(r"[a-z0-9ñ_]+(?:[./:\-'][a-z0-9ñ_]+|,\d+)*(?:\s?%)?(?:\([a-z0-9]+\))*|[,;:.()]|—")
NAME = re.compile(r"[^\W\d_][\w&]*(?:[./-]\w+)*")
FREQUENCY = re.compile(r"(?:every|cada)_(\w+?)_(\w+)")
SCOPE = 4  # words that a negation reaches
FACTS = ("content", "role", "figure", "frequency")


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is compared: what kinds of cue it is, and what it stands for."""

    form: str
    kinds: frozenset[str]
    value: str  # stem, role, "4 hour", "1 year"
    groups: frozenset[int] = frozenset()

    def means(self, other: Word) -> bool:
        """Whether both say the same: the same value of the same kind, or synonyms."""
        return (self.value == other.value and bool(self.kinds & other.kinds)) or bool(self.groups & other.groups)

    @property
    def is_fact(self) -> bool:
        """Whether the word carries content, an actor, a figure or a frequency."""
        return any(kind in self.kinds for kind in FACTS)


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence, read."""

    text: str
    words: tuple[Word, ...]
    names: frozenset[str]

    @property
    def facts(self) -> tuple[Word, ...]:
        """Words that carry something to check."""
        return tuple(word for word in self.words if word.is_fact)

    def has(self, *kinds: str) -> bool:
        """Whether any word is a cue of one of these kinds."""
        return any(kind in word.kinds for word in self.words for kind in kinds)

    def of(self, kind: str) -> tuple[Word, ...]:
        """Words of one kind, in order."""
        return tuple(word for word in self.words if kind in word.kinds)

    def scopes(self, kind: str) -> list[tuple[Word, ...]]:
        """For each cue of a kind, the facts it governs: the next ones up to a break, else those just before."""
        return [self._scope(i) for i, word in enumerate(self.words) if kind in word.kinds and not self._softened(i)]

    def _softened(self, i: int) -> bool:
        """Whether the cue is part of "not only"."""
        return i + 1 < len(self.words) and "only" in self.words[i + 1].kinds

    def _scope(self, i: int) -> tuple[Word, ...]:
        following = _until_break(self.words[i + 1 :])
        return following or _until_break(self.words[:i][::-1])


def _until_break(words: Sequence[Word]) -> tuple[Word, ...]:
    reached: list[Word] = []
    for word in words:
        if len(reached) == SCOPE or (reached and "break" in word.kinds):
            break
        if word.is_fact:
            reached.append(word)
    return tuple(reached)


@lru_cache(maxsize=4096)
def read_claim(text: str, language: str) -> Claim:
    """Read one sentence in a language that assistant/cues knows."""
    cues = load_cues(language)
    folded = fold(unicodedata.normalize("NFC", text))
    for pattern, replacement in cues.rewrites:
        folded = pattern.sub(replacement, folded)
    tokens = TOKEN.findall(folded)
    return Claim(text, tuple(_words(tokens, language, cues)), find_names(text, language))


def _words(tokens: Sequence[str], language: str, cues: Cues) -> Iterator[Word]:
    for i, token in enumerate(tokens):
        following = tokens[i + 1] if i + 1 < len(tokens) else ""
        yield _word(token, following, language, cues)


def _word(token: str, following: str, language: str, cues: Cues) -> Word:
    marks = cues.marks.get(token, frozenset())
    if frequency := FREQUENCY.fullmatch(token):
        return Word(token, frozenset({"frequency"}), _frequency(frequency, cues))
    if token in cues.numbers or token[0].isdigit():
        return Word(token, frozenset({"figure"}), _figure(token, following, language, cues))
    if not token[0].isalnum():
        return Word(token, frozenset({"break"}), token)
    for kind, value in sorted(marks):
        if kind in ("role", "unit"):
            return Word(token, frozenset({kind}), value)
    if marks:
        return Word(token, frozenset(kind for kind, _ in marks), token)
    stem = stem_word(token, language)
    kind = "light" if token in stop_words(language) or len(token) == 1 else "content"
    return Word(token, frozenset({kind}), stem, cues.groups.get(stem, frozenset()) if kind == "content" else frozenset())


def _frequency(match: re.Match[str], cues: Cues) -> str:
    number, unit = match.groups()
    return f"{cues.numbers.get(number, number)} {_unit(unit, cues)}"


def _figure(token: str, following: str, language: str, cues: Cues) -> str:
    number = token.rstrip("% ")
    value = cues.numbers.get(number) or plain_number(number, language)
    return f"{value} {_unit('%' if token.endswith('%') else following, cues)}".strip()


def _unit(word: str, cues: Cues) -> str:
    return next((value for kind, value in cues.marks.get(word, frozenset()) if kind == "unit"), "")


def plain_number(text: str, language: str) -> str:
    """A figure with a point for decimals and nothing for thousands; codes such as 28.3.h stay as they are."""
    thousands, decimals = (".", ",") if language == "es" else (",", ".")
    if re.fullmatch(rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+", text):
        return text.replace(thousands, "")
    return text.replace(decimals, ".") if re.fullmatch(rf"\d+{re.escape(decimals)}\d+", text) else text


def find_names(text: str, language: str) -> frozenset[str]:
    """Proper names and acronyms, folded: capitalised words behind the first, and words in capitals anywhere."""
    marks, found = load_cues(language).marks, set[str]()
    for i, word in enumerate(NAME.findall(text)):
        capitals = sum(c.isupper() for c in word)
        if capitals > 1 or (capitals and i):
            found.add(fold(word[:-1] if capitals > 1 and word.endswith("s") else word))
    known = {word for word in found for kind, _ in marks.get(word, frozenset()) if kind in ("role", "light", "hedge")}
    return frozenset(name for name in found - known if len(name) > 1 and name not in stop_words(language))
