"""The language a question is written in, also when it is one word or a mixture."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from assistant.i18n import FIRST, languages, tr_list
from assistant.lexical import fold, stop_words

# Terms of the trade that are used as they are in other languages: no sign of English.
LOANWORDS = frozenset((Path(__file__).parent / "loanwords.txt").read_text(encoding="utf-8").split())
NEIGHBOURS = ("pt", "fr", "it", "de", "nl")  # of the languages in our script, those that people try besides ours; other scripts are all told apart
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
QUOTED = re.compile(r"«[^»]*»|“[^”]*”|\"[^\"]*\"")
OPENING, SENTENCE_END = " \t¿¡(", ("", *".?!:…\n")  # what may stand before a sentence, and what ends the one before
# Measured on the 1785 own questions in Spanish or English, of which none that the guide answers is read as a third language.
SURE = 0.6  # lingua's confidence from which a third language is believed
CLEARLY = 3  # times as likely as ours: "Garantíceme por escrito ..." is 2.2 times likelier Portuguese, real Portuguese 4.1 and more
LIKELIER = 1.9  # times as likely as the next of ours; of the guide's 8000 words that only one language has, 90 % are right and 1 % wrong
TITLED = 30  # the same where every word begins with a capital: "Business Continuity Plan" reaches 73, "Pluralsight Udemy Coursera" 19
SHOUTED = 3  # words all in capitals from which they are a shouted sentence rather than acronyms


def detect_language(question: str, history: Sequence[str] = (), default: str = FIRST) -> str:
    """ISO code of the question's language, also one that we do not speak; undecided questions take the history's, then `default`."""
    own = _decide(question)
    before = (_decide(text) for text in reversed(history)) if own is None else ()
    return own or next((language for language in before if language in languages()), default)


def _decide(text: str) -> str | None:
    outside = QUOTED.sub(" ", text)
    text = outside if WORD.search(outside) else text
    words, doubt = _telling_words(text)
    signed = _by_signs(text, words)
    if signed:
        return signed
    folded = [fold(word) for word in words]
    owners = _count_own_words(folded, (*languages(), *NEIGHBOURS))
    ours = _count_own_words(folded, languages())
    best = [language for language, count in ours.items() if count == max(ours.values())]
    if len(best) == 1 and owners.keys() == set(best):
        return best[0]
    foreign = _third_language(text, words, owners)
    return foreign or (best[0] if len(best) == 1 else _likelier(" ".join(words), doubt))


def _telling_words(text: str) -> tuple[list[str], float]:
    """The words that tell a language: no acronyms, codes, loanwords or names; and how many times likelier one must be by them."""
    found = list(WORD.finditer(text))
    if text.isupper() and len(found) >= SHOUTED:
        return [match[0].lower() for match in found], math.inf
    titled = len(found) > 1 and all(match[0][0].isupper() for match in found)
    words = [match[0] for match in found if titled or not match[0][0].isupper() or text[: match.start()].rstrip(OPENING)[-1:] in SENTENCE_END]
    plain = [word for word in words if word[1:].islower() or len(word) == 1 or not word.isascii()]
    return [word for word in plain if fold(word) not in LOANWORDS], TITLED if titled else LIKELIER


def _by_signs(text: str, words: Iterable[str]) -> str | None:
    """The language that alone writes a mark of the text, or a letter of its telling words."""
    if not WORD.search(text):
        return None
    marks, letters = set(text), set("".join(words).lower())
    return next((own for own in languages() if any(sign in (letters if sign.isalpha() else marks) for sign in tr_list("grammar.signs", own))), None)


def _count_own_words(folded: Sequence[str], among: Sequence[str]) -> dict[str, int]:
    """How many function words each language has in the text that no other has; those with none are left out."""
    counts = {language: sum(word in _own_stop_words(language, among) for word in folded) for language in among}
    return {language: count for language, count in counts.items() if count}


@cache
def _own_stop_words(language: str, among: Sequence[str]) -> frozenset[str]:
    """Function words that only this language has; single letters are as often abbreviations."""
    others = frozenset[str]().union(*(stop_words(other) for other in among if other != language))
    return frozenset(word for word in stop_words(language) - others if len(word) > 1)


def _third_language(text: str, words: Sequence[str], owners: Mapping[str, int]) -> str | None:
    """A language that is not ours: one whose function words alone are there needs less to be believed, and makes one or two words enough."""
    hinted = bool(owners) and not owners.keys() & set(languages())
    plain = " ".join(words)
    if not plain or not hinted and len(words) < 3 and plain.isascii():
        return None
    values = _confidences(text if hinted else plain, True)
    best = max(values, key=lambda language: values[language])
    ours = max(values[language] for language in languages())
    least = LIKELIER * ours if hinted and best in owners else max(SURE, CLEARLY * ours)
    return best if best not in languages() and values[best] >= least else None


def _likelier(plain: str, times: float) -> str | None:
    values = _confidences(plain, False) if plain else {}
    ranked = sorted(values, key=lambda language: -values[language])
    return ranked[0] if len(ranked) > 1 and values[ranked[0]] > times * values[ranked[1]] else None


def _confidences(text: str, beyond: bool) -> dict[str, float]:
    found = _detector(beyond).compute_language_confidence_values(text)
    return {str(value.language.iso_code_639_1.name).lower(): float(value.value) for value in found}


@cache
def _detector(beyond: bool) -> Any:
    """Lingua among our languages, or also `beyond` them; models are read when a text needs them and shared."""
    from lingua import IsoCode639_1, Language, LanguageDetectorBuilder

    codes = (*languages(), *NEIGHBOURS) if beyond else languages()
    known = {Language.from_iso_code_639_1(IsoCode639_1.from_str(code.upper())) for code in codes}
    return LanguageDetectorBuilder.from_languages(*known, *(Language.all() - Language.all_with_latin_script() if beyond else ())).build()
