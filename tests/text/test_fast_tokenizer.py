"""The faster tokenizer gives the ids and words of the library, for any text."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.text.basic_tokenizer import BasicTokenizer
from app.text.character_table import CharacterTable
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.vocabulary import SPECIAL_TOKENS, count_words

TOKENS = SPECIAL_TOKENS + list("怎么还款，。！abcde0123é가") + ["##a", "##b", "##1", "##2", "paddle", "##paddle"]
TOKENIZERS = [FastWordPieceTokenizer({token: number for number, token in enumerate(TOKENS)}, lowercase) for lowercase in (True, False)]
texts = st.lists(
    st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("怎么 aB\t\u200b\u0301é가ß豈½İ")), max_size=30),
    max_size=6,
)


@settings(max_examples=400, deadline=None)
@given(texts)
@example(["", "a\u0000b", "ａｂｃ", "ǅ", "e\u0301", "가나", "\ufffd", "paddlepaddle怎paddle", "a\nb", "豈更", "x" * 300])
def test_the_ids_are_those_of_the_library(drawn):
    for tokenizer in TOKENIZERS:
        expected = [encoding.ids for encoding in tokenizer._tokenizer.encode_batch(drawn, add_special_tokens=False)]
        assert tokenizer.ids(drawn) == expected
        tokens, lengths = tokenizer.flat_ids(drawn)
        assert len(lengths) == len(drawn) and lengths.sum() == len(tokens)


@settings(max_examples=200, deadline=None)
@given(texts)
def test_the_words_are_those_of_the_library(drawn):
    cleaner, splitter = BasicTokenizer().normalizer(), BasicTokenizer().pre_tokenizer()
    expected = {}
    for text in drawn:
        for word, _ in splitter.pre_tokenize_str(cleaner.normalize_str(text)):
            expected[word] = expected.get(word, 0) + 1
    assert dict(count_words(drawn)) == expected


def test_every_character_of_unicode():
    tokenizer = TOKENIZERS[0]
    all_characters = [f"a{chr(code)}b" for code in range(0x30000) if not 0xD800 <= code < 0xE000]
    tokens, _ = tokenizer.flat_ids(all_characters)
    expected = tokenizer._tokenizer.encode_batch_fast(all_characters, add_special_tokens=False)
    assert np.array_equal(tokens, [number for encoding in expected for number in encoding.ids])


def test_the_number_of_cached_words_is_bounded(monkeypatch):
    monkeypatch.setattr("app.text.fast_tokenizer.MAX_WORDS", 10)
    tokenizer = FastWordPieceTokenizer(TOKENIZERS[0].vocabulary)
    for number in range(20):
        sentences = [f"a{number} b{number} c{number}", f"a{number} paddle"]
        assert tokenizer.ids(sentences) == TOKENIZERS[0].ids(sentences) and len(tokenizer._word_ids) <= 10


def test_a_character_table_without_a_vocabulary():
    split = CharacterTable(BasicTokenizer().split_function()).split(["怎么pay，Now", "x"])
    assert split.words == ["pay", "Now", "x"] and len(split.alone) == 3 and split.bounds.tolist() == [0, 10, 12]
