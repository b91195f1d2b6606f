"""What a sentence claims, word by word: figures, frequencies, actors, negations, modality and content."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from os.path import commonprefix

from assistant.lexical import fold, stop_words
from assistant.support.lexicon import Cues, load_cues, stem_word

TOKEN = re.compile(r"[a-z0-9ñ_]+(?:[./:\-'][a-z0-9ñ_]+|,\d+)*-?(?:\s?%)?(?:\([a-z0-9]+\))*|[,;:.()]|—")
NAME = re.compile(r"[^\W\d_][\w&]*(?:[./-]\w+)*")
FREQUENCY = re.compile(r"(?:every|cada)_([^\W_]+)_(\w+)")
FACTS = frozenset({"content", "role", "figure", "frequency", "unit"})
ROOT, ROOT_SHARE = 5, 0.75  # letters two forms of a word share; "public" and "publish" share 0.71
SCOPE = 4  # facts that a cue reaches


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is compared: what kinds of cue it is, and what it stands for."""

    form: str
    kinds: frozenset[str]
    value: str  # a stem, a role, "4 hour", "1 year"
    groups: frozenset[int] = frozenset()

    @property
    def is_fact(self) -> bool:
        """Whether the word carries content, an actor, a figure, a unit or a frequency."""
        return bool(self.kinds & FACTS)

    def means(self, other: Word) -> bool:
        """Whether both say the same: the same value of the same kind, synonyms, or one figure with and without its unit."""
        if "figure" in self.kinds & other.kinds and not (" " in self.value and " " in other.value):
            return self.value.partition(" ")[0] == other.value.partition(" ")[0]
        if "content" in self.kinds & other.kinds and (self.groups & other.groups or same_root(self.form, other.form)):
            return True
        return self.value == other.value and bool(self.kinds & other.kinds)

    def among(self, others: Iterable[Word]) -> bool:
        """Whether any of the others says the same."""
        return any(self.means(other) for other in others)


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence, read."""

    text: str
    words: tuple[Word, ...]
    names: frozenset[str]  # proper names and acronyms, folded

    @property
    def facts(self) -> tuple[Word, ...]:
        """Words that carry something to check."""
        return tuple(word for word in self.words if word.is_fact)

    def of(self, kind: str) -> tuple[Word, ...]:
        """Words of one kind, in order."""
        return tuple(word for word in self.words if kind in word.kinds)

    def has(self, *kinds: str) -> bool:
        """Whether any word is a cue of one of these kinds."""
        return any(word.kinds & set(kinds) for word in self.words)

    def scopes(self, *kinds: str) -> list[tuple[Word, ...]]:
        """For each cue of these kinds, the facts it governs: the next ones up to a break, else those just before it."""
        found = [i for i, word in enumerate(self.words) if word.kinds & set(kinds) and not self._is_not_only(i)]
        return [self._scope(i) for i in found]

    def _scope(self, i: int) -> tuple[Word, ...]:
        """What the cue at a place governs; "nobody" is a subject and reaches its verb only."""
        if "nobody" in self.words[i].kinds:
            return _reached(self.words[i + 1 :], 1)
        return _reached(self.words[i + 1 :], SCOPE) or _reached(self.words[:i][::-1], SCOPE)

    def clauses(self, linked: bool = False) -> list[tuple[Word, ...]]:
        """Facts between breaks, in order, empty stretches left out; `linked` keeps "that", "if" and the like within theirs."""
        stretches: list[list[Word]] = [[]]
        for word in self.words:
            if "break" in word.kinds and not (linked and "link" in word.kinds):
                stretches.append([])
            elif word.is_fact:
                stretches[-1].append(word)
        return [tuple(stretch) for stretch in stretches if stretch]

    def _is_not_only(self, i: int) -> bool:
        """Whether the cue is half of "not only", which neither denies nor limits."""
        before, here, after = (self.words[j].kinds if 0 <= j < len(self.words) else frozenset() for j in (i - 1, i, i + 1))
        return ("negation" in here and "only" in after) or ("only" in here and "negation" in before)


def same_root(one: str, other: str) -> bool:
    """Whether two forms are likely the same word inflected: "proponga" and "propone", which the stemmer keeps apart."""
    shared = len(commonprefix([one, other]))
    return shared >= ROOT and shared >= ROOT_SHARE * max(len(one), len(other))


def _reached(words: Sequence[Word], most: int) -> tuple[Word, ...]:
    facts: list[Word] = []
    for word in words:
        if word.kinds & {"break", "negation"} or len(facts) == most:
            break
        if word.is_fact:
            facts.append(word)
    return tuple(facts)


@lru_cache(maxsize=8192)
def read_claim(text: str, language: str) -> Claim:
    """Read one sentence in a language that has cues."""
    cues = load_cues(language)
    folded = fold(unicodedata.normalize("NFC", text).replace("’", "'"))
    for pattern, replacement in cues.rewrites:
        folded = pattern.sub(replacement, folded)
    tokens = TOKEN.findall(folded)
    words = (_word(token, following, language, cues) for token, following in zip(tokens, [*tokens[1:], ""], strict=True))
    return Claim(text, tuple(words), find_names(text, language))


def _word(token: str, following: str, language: str, cues: Cues) -> Word:
    if frequency := FREQUENCY.fullmatch(token):
        number, unit = frequency.groups()
        return Word(token, frozenset({"frequency"}), f"{cues.numbers.get(number, number)} {_unit(unit, cues)}")
    if token in cues.numbers or token[0].isdigit():
        return Word(token, frozenset({"figure"}), _figure(token, following, language, cues))
    if not token[0].isalnum():
        return Word(token, frozenset({"break"}), token)
    marks = cues.marks.get(token, frozenset())
    for kind, value in sorted(marks):
        if kind in ("role", "unit"):
            return Word(token, frozenset({kind}), value)
    stem = stem_word(token, language)
    kinds = frozenset(kind for kind, _ in marks) or frozenset({"stop" if token in stop_words(language) or len(token) == 1 else "content"})
    return Word(token, kinds, stem, cues.groups.get(stem, frozenset()) if "content" in kinds else frozenset())


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
    """Proper names and acronyms, folded: capitalised words behind the first, and words with several capitals anywhere."""
    cues, found = load_cues(language), set[str]()
    for i, word in enumerate(NAME.findall(text)):
        capitals = sum(c.isupper() for c in word)
        if capitals > 1 or (capitals and i) or fold(word) in cues.places:
            found.add(fold(word[:-1] if capitals > 1 and word.endswith("s") else word))
    known = {word for word in found for kind, _ in cues.marks.get(word, frozenset()) if kind in ("role", "light", "hedge")}
    return frozenset(name for name in found - known if len(name) > 1 and name not in stop_words(language))
