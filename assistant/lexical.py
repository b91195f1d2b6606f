"""Words of a text as the lexical leg compares them: folded, stemmed, codes kept whole."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

STEMMERS = {"es": "spanish", "en": "english"}
# Letters and digits, with inner marks that belong to a code or a figure: 27001:2022, 24/7, 99,95, lock-in, 28.3.h
TOKEN = re.compile(r"[a-z0-9ñ]+(?:[./:,\-][a-z0-9ñ]+)*")
ARTICLE = re.compile(r"\b(?:art(?:iculos?|icles?|s)?\.?|clausulas?|clauses?|seccion|section)\s+(?=\d)")
PLURAL_ACRONYM = re.compile(r"\b([A-Z]{2,})s\b")


def fold(text: str) -> str:
    """Lower case without accents; ñ stays a letter of its own."""
    apart = unicodedata.normalize("NFKD", text).lower().replace("n\u0303", "ñ")
    return "".join(c for c in apart if not unicodedata.combining(c))


def analyse(text: str, language: str) -> list[str]:
    """Terms of a text: stems of words without stop words, codes whole ("ISO 22301" also as one term, "Art. 28" as art_28)."""
    folded = ARTICLE.sub("art_", fold(PLURAL_ACRONYM.sub(r"\1", text)))
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
    stems = [_stemmer(language).stemWord(part) for part in parts if part not in stop_words(language) and len(part) > 1]
    return stems + ([token] if len(parts) > 1 else [])


@cache
def stop_words(language: str) -> frozenset[str]:
    """Function words of a language, folded."""
    from bm25s.stopwords import STOPWORDS_EN_PLUS, STOPWORDS_SPANISH

    return frozenset(fold(word) for word in (STOPWORDS_SPANISH if language == "es" else STOPWORDS_EN_PLUS))


@cache
def _stemmer(language: str) -> Any:
    import Stemmer

    return Stemmer.Stemmer(STEMMERS.get(language, "porter"))
