"""Texts are cut as XLM-RoBERTa's own tokenizer cuts them; the tokenizers library is the oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.embeddings.bundled import PIECES, weights_path
from assistant.embeddings.packed import read_packed
from assistant.embeddings.unigram import UnigramTokenizer, normalise
from assistant.models import Topic

SAMPLES = "El plan de continuidad (BCP) se prueba al menos 1 vez al año; 99,95 % ISO/IEC 27001:2022 órganos señal lock-in ¿cuánto? naïve"


@pytest.fixture(scope="module")
def library() -> Any:
    """The same pieces in Hugging Face's tokenizers library."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    model = read_packed(weights_path())
    tokenizer = Tokenizer(models.Unigram(model.pieces, unk_id=model.specials.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    special = [(model.pieces[i][0], i) for i in (model.specials.begin, model.specials.end)]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=special)
    tokenizer.enable_truncation(model.shape.positions)
    return tokenizer


@pytest.fixture(scope="module")
def tokenizer(engine_folder: Path) -> UnigramTokenizer:
    (made,) = engine_folder.glob(f"*/{PIECES}")
    model = read_packed(weights_path(), with_pieces=False)
    return UnigramTokenizer(made, model.specials, model.shape.positions)


LETTERS = st.sampled_from("aeinorst ñáéÑ 0123 .,-/()«»¿? \n\t\u200b\u00ad\u2581🙂名前ßﬁ½₂ЖщА\u0301한글")


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(LETTERS, max_size=80), st.lists(st.sampled_from(SAMPLES.split()), max_size=25).map(" ".join)))
def test_texts_are_cut_as_the_tokenizers_library_cuts_them(tokenizer: UnigramTokenizer, library: Any, text: str) -> None:
    ours, theirs = tokenizer.encode(f"query: {text}"), library.encode(normalise(f"query: {text}"))
    assert ours.ids == theirs.ids
    assert ours.offsets == [tuple(offset) for offset in theirs.offsets]


def test_the_guide_is_cut_as_the_tokenizers_library_cuts_it(tokenizer: UnigramTokenizer, library: Any, guide: dict[str, list[Topic]]) -> None:
    texts = [passage.text for topics in guide.values() for topic in topics[::3] for passage in topic.passages]
    assert [tokenizer.encode(text).ids for text in texts] == [encoding.ids for encoding in library.encode_batch(texts)]


def test_a_text_longer_than_the_model_reads_is_cut_at_its_limit(tokenizer: UnigramTokenizer) -> None:
    encoded = tokenizer.encode("continuidad " * 2000)
    assert len(encoded.ids) == len(encoded.offsets) == 512 and encoded.ids[-1] == tokenizer.encode("").ids[-1]
