"""Answers and searches as JSON: the contract of the command line."""

from __future__ import annotations

from typing import Any

from assistant.models import Answer, Citation, Passage
from assistant.retrieval import Search, passage_metadata


def answer_json(answer: Answer, row_id: str | None = None) -> dict[str, Any]:
    """One answer with every field of the contract."""
    return {
        "id": row_id,
        "question": answer.question,
        "language": answer.language,
        "found": answer.found,
        "answer": answer.text,
        "sentences": [{"text": s.text, "citations": list(s.citations)} for s in answer.sentences],
        "citations": [_citation(citation) for citation in answer.citations],
        "related": [_related(passage) for passage in answer.related],
        "reason": answer.reason.value if answer.reason else None,
        "engine": answer.engine,
        "elapsed_ms": answer.elapsed_ms,
    }


def search_json(search: Search, top: int, row_id: str | None = None) -> dict[str, Any]:
    """One search, best passage first."""
    results = [passage_metadata(hit.passage) | {"text": hit.passage.text, "score": round(hit.score, 4)} for hit in search.hits[:top]]
    return {"id": row_id, "question": search.question, "results": results}


def _citation(citation: Citation) -> dict[str, Any]:
    source = citation.passage.source
    return {
        "n": citation.n,
        **passage_metadata(citation.passage),
        "quote": citation.quote,
        "page": citation.passage.page,
        "source": {"title": source.title, "publisher": source.publisher, "year": source.year},
    }


def _related(passage: Passage) -> dict[str, str]:
    return {"passage_id": passage.id, "document": passage.document, "section": passage.section}
