"""Words and ids are PaddleNLP's: compared with the library, on all of Unicode and on random text."""

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

SHAPES = [(True, None, True), (True, False, True), (False, None, True), (False, True, True), (True, None, False)]


def of_paddlenlp(lowercase=True, strip_accents=None, chinese=True):
    return FastWordPieceTokenizer(VOCABULARY, basic=BasicTokenizer(PADDLENLP, lowercase, strip_accents, chinese))


@pytest.mark.parametrize("shape", SHAPES)
def test_paddlenlps_pieces_of_every_character_there_is(shape):
    """Between letters, digits, Chinese and alone. What Python's own Unicode says counts, as it does for PaddleNLP."""
    theirs = PaddleNLPBasicTokenizer(shape[0], tokenize_chinese_chars=shape[2], strip_accents=shape[1])
    ours = BasicTokenizer(PADDLENLP, *shape).split_function()
    for code in itertools.chain(range(0xD800), range(0xE000, 0x33480), range(0xE0000, 0xE0200)):
        letter = chr(code)
        text = f"a{letter}A {letter} 1{letter}中{letter}"
        assert ours(text) == theirs.tokenize(text), hex(code)


texts = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("怎么 aBΣΣσς'\u00ad\t\u200b\0\ufffd\ue000\u0301é가ß豈½İ℃×→²")), max_size=30)


@pytest.mark.parametrize("shape", SHAPES)
def test_paddlenlps_ids(shape, tmp_path):
    """Of the whole tokenizer: it makes a text small letter by letter, before its BasicTokenizer looks at words."""
    file = tokenizer_folder(tmp_path / "model") / "vocab.txt"
    theirs = BertTokenizer(str(file), do_lower_case=shape[0], strip_accents=shape[1], tokenize_chinese_chars=shape[2])
    ours = of_paddlenlp(*shape)

    @settings(max_examples=150, deadline=None)
    @given(st.lists(texts, max_size=4))
    @example(["aΣ\0b", "bΣ\ufffdα Σ", "a\ue000Σİ", "İΑΣ Σ", "ΑΣ'Β ΑΣ", "aΣ中α", "x" * 101, "x" * 100, "", "\u2028a", "豈更", *SYMBOLS])
    def check(made):
        made = [text for text in made if not any(token in text for token in SPECIAL_TOKENS)]  # ordinary text here
        expected = [theirs.convert_tokens_to_ids(theirs.tokenize(text)) for text in made]
        assert ours.ids(made) == expected
        assert len(ours.word_starts(made)) == sum(map(len, expected))

    check()


def test_symbols_part_words_in_paddlenlp_only():
    named = {number: token for token, number in VOCABULARY.items()}
    both = [[named[number] for number in tokenizer.ids(["a→b"])[0]] for tokenizer in (of_paddlenlp(), FastWordPieceTokenizer(VOCABULARY))]
    assert both == [["a", "→", "b"], ["a", "##→", "##b"]]
