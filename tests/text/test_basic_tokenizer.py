"""Words and ids are those of PaddleNLP, for every character of Unicode and for random texts."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paddlenlp.transformers import BasicTokenizer as PaddleNLPBasicTokenizer
from paddlenlp.transformers import BertTokenizer
from tokenizer_folders import SYMBOLS, VOCABULARY, tokenizer_folder

from app.text.basic_tokenizer import PADDLENLP, BasicTokenizer
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.vocabulary import SPECIAL_TOKENS

SETTINGS = [(True, None, True), (True, False, True), (False, None, True), (False, True, True), (True, None, False)]


def paddlenlp_tokenizer(lowercase=True, strip_accents=None, chinese=True):
    """Our tokenizer, with the cleaning and splitting of PaddleNLP."""
    return FastWordPieceTokenizer(VOCABULARY, basic=BasicTokenizer(PADDLENLP, lowercase, strip_accents, chinese))


@pytest.mark.parametrize("basic_settings", [SETTINGS[0], *(pytest.param(one, marks=pytest.mark.slow) for one in SETTINGS[1:])])
def test_every_character_is_split_as_paddlenlp_splits_it(basic_settings):
    """Between letters, digits and Chinese characters, and alone. The classes of characters are those of Python, as for PaddleNLP."""
    theirs = PaddleNLPBasicTokenizer(basic_settings[0], tokenize_chinese_chars=basic_settings[2], strip_accents=basic_settings[1])
    ours = BasicTokenizer(PADDLENLP, *basic_settings).split_function()
    for code in itertools.chain(range(0xD800), range(0xE000, 0x33480), range(0xE0000, 0xE0200)):
        letter = chr(code)
        text = f"a{letter}A {letter} 1{letter}中{letter}"
        assert ours(text) == theirs.tokenize(text), hex(code)


texts = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("怎么 aBΣΣσς'\u00ad\t\u200b\0\ufffd\ue000\u0301é가ß豈½İ℃×→²")), max_size=30)


@pytest.mark.parametrize("basic_settings", SETTINGS)
def test_the_ids_are_those_of_paddlenlp(basic_settings, tmp_path):
    """Compares complete tokenizers: PaddleNLP's converts to lower case letter by letter, before its BasicTokenizer splits words."""
    file = tokenizer_folder(tmp_path / "model") / "vocab.txt"
    theirs = BertTokenizer(str(file), do_lower_case=basic_settings[0], strip_accents=basic_settings[1], tokenize_chinese_chars=basic_settings[2])
    ours = paddlenlp_tokenizer(*basic_settings)

    @settings(max_examples=150, deadline=None)
    @given(st.lists(texts, max_size=4))
    @example(["aΣ\0b", "bΣ\ufffdα Σ", "a\ue000Σİ", "İΑΣ Σ", "ΑΣ'Β ΑΣ", "aΣ中α", "x" * 101, "x" * 100, "", "\u2028a", "豈更", *SYMBOLS])
    def check(drawn):
        drawn = [text for text in drawn if not any(token in text for token in SPECIAL_TOKENS)]  # they are ordinary text in this project
        expected = [theirs.convert_tokens_to_ids(theirs.tokenize(text)) for text in drawn]
        assert ours.ids(drawn) == expected
        assert len(ours.word_starts(drawn)) == sum(map(len, expected))

    check()


def test_symbols_separate_words_in_paddlenlp_only():
    token_of = {number: token for token, number in VOCABULARY.items()}
    both = [[token_of[number] for number in tokenizer.ids(["a→b"])[0]] for tokenizer in (paddlenlp_tokenizer(), FastWordPieceTokenizer(VOCABULARY))]
    assert both == [["a", "→", "b"], ["a", "##→", "##b"]]
