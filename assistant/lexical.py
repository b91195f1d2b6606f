"""Words of a text as the lexical leg compares them: folded, stemmed, codes kept whole."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

from assistant.i18n import languages, tr_list

# Letters and digits, with inner marks that belong to a code or a figure: 27001:2022, 24/7, 99,95, lock-in, 28.3.h
TOKEN = re.compile(r"[^\W_]+(?:[./:,\-][^\W_]+)*")
PLURAL_ACRONYM = re.compile(r"\b([A-Z]{2,})s\b")


def fold(text: str) -> str:
    """Lower case without accents; ñ stays a letter of its own."""
    apart = unicodedata.normalize("NFKD", text).lower().replace("n\u0303", "ñ")
    return "".join(c for c in apart if not unicodedata.combining(c))


def analyse(text: str, language: str) -> list[str]:
    """Terms of a text: stems of words without stop words, codes whole ("ISO 22301" also as one term, "Art. 28" as art_28)."""
    folded = _article().sub("art_", fold(PLURAL_ACRONYM.sub(r"\1", text)))
    terms: list[str] = []
    previous = ""
    for match in re.finditer(r"art_\d+(?:[.:]\w+)*|" + TOKEN.pattern, folded):
        token = match.group()
        if token.startswith("art_"):
            terms += [token, token.removeprefix("art_")]
        elif any(c.isdigit() for c in token):
            codes = {token, token.partition(":")[0]}  # the year of an edition may be left out
            terms += sorted(codes) + [f"{previous}_{code}" for code in sorted(codes) if previous]
        else:
            terms += _words(token, language)
        previous = token if token.isalpha() and len(token) > 1 else ""
    return terms


def _words(token: str, language: str) -> list[str]:
    parts = re.split(r"[./:,\-]", token)
    stems = _stems([part for part in parts if part not in stop_words(language) and len(part) > 1], language)
    return stems + ([token] if len(parts) > 1 else [])


@cache
def stop_words(language: str) -> frozenset[str]:
    """Function words of a language, folded; none where bm25s does not know it."""
    from bm25s.tokenization import Tokenizer

    for name in (f"{language}_plus", language):  # English has a second, longer list
        try:
            return frozenset(fold(word) for word in Tokenizer(stopwords=name).stopwords)
        except ValueError:
            continue
    return frozenset()


def _stems(words: list[str], language: str) -> list[str]:
    """Snowball's stems; the words themselves where it does not know the language."""
    stemmer = _stemmer(language)
    return list(stemmer.stemWords(words)) if stemmer else words


@cache
def _stemmer(language: str) -> Any:
    import Stemmer

    try:
        return Stemmer.Stemmer(language)
    except KeyError:
        return None


@cache
def _article() -> re.Pattern[str]:
    """What stands before the number of an article, in any of our languages."""
    words = {fold(word) for language in languages() for word in tr_list("grammar.numbered", language)}
    return re.compile(rf"\b(?:arts?\.?|{'|'.join(map(re.escape, sorted(words)))})\s+(?=\d)")
