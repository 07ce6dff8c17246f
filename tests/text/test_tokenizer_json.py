"""tokenizer.json: read if it is BERT's WordPiece, refused if it is another tokenizer."""

import json

import pytest
from tokenizer_folders import VOCABULARY

from app.errors import UserError
from app.text.basic_tokenizer import HUGGING_FACE, BasicTokenizer
from app.text.fast_tokenizer import FastWordPieceTokenizer

WORDPIECE = {
    "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": VOCABULARY,
}  # fmt: skip
ADDED = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("model", {"type": "BPE", "vocab": {}, "merges": []}, "model BPE"),
        ("model", {"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": 0}, "model Unigram"),
        ("model", 3, "damaged"),
        ("model", {**WORDPIECE, "unk_token": "[PAD]"}, "unk_token is .UNK. in tokenizer_config.json and .PAD. in"),
        ("model", {**WORDPIECE, "continuing_subword_prefix": "@@"}, "continuing_subword_prefix"),
        ("model", {**WORDPIECE, "max_input_chars_per_word": 200}, "max_input_chars_per_word"),
        ("model", {**WORDPIECE, "vocab": {**VOCABULARY, "怎": 6, "么": 5}}, "'怎' is 5 in vocab.txt and 6 in tokenizer.json"),
        ("model", {**WORDPIECE, "vocab": {**VOCABULARY, "贷": len(VOCABULARY)}}, "'贷' is missing in vocab.txt"),
        ("added_tokens", [{**ADDED, "content": "<e1>", "id": len(VOCABULARY)}], "adds the token '<e1>'"),
        ("post_processor", {"type": "RobertaProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2], "trim_offsets": True,
                            "add_prefix_space": False}, "post_processor"),
        ("post_processor", {"type": "BertProcessing", "sep": ["[CLS]", 2], "cls": ["[SEP]", 3]}, "post_processor"),
        ("normalizer", "lower", "damaged"),
        ("normalizer", {"type": "BertNormalizer", "clean_text": False, "handle_chinese_chars": True, "strip_accents": None,
                        "lowercase": True}, "without clean_text"),
        ("pre_tokenizer", "split", "damaged"),
        ("normalizer", {"type": "Lowercase"}, "normalizer Lowercase"),
        ("normalizer", None, "normalizer None"),
        ("pre_tokenizer", {"type": "Whitespace"}, "pre_tokenizer"),
        ("pre_tokenizer", None, "pre_tokenizer"),
    ],
)  # fmt: skip
def test_a_tokenizer_json_of_another_tokenizer_is_refused(tmp_path, name, value, words):
    FastWordPieceTokenizer(VOCABULARY).save(tmp_path)
    values = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    (tmp_path / "tokenizer.json").write_text(json.dumps({**values, name: value}))
    with pytest.raises(UserError, match=words):
        FastWordPieceTokenizer.load(tmp_path)


def test_tokenizer_json_gives_the_settings_that_the_configuration_does_not_have(tmp_path):
    FastWordPieceTokenizer(VOCABULARY, basic=BasicTokenizer(HUGGING_FACE, False, True, False)).save(tmp_path)
    (tmp_path / "tokenizer_config.json").unlink()
    assert FastWordPieceTokenizer.load(tmp_path).basic == BasicTokenizer(HUGGING_FACE, False, True, False)


def test_the_configuration_overrides_tokenizer_json_as_in_transformers(tmp_path):
    FastWordPieceTokenizer(VOCABULARY, basic=BasicTokenizer(HUGGING_FACE, False)).save(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    assert FastWordPieceTokenizer.load(tmp_path).basic == BasicTokenizer(HUGGING_FACE, True)


def test_the_vocabulary_is_read_from_tokenizer_json_if_there_is_no_vocab_txt(tmp_path):
    """Transformers 5 writes such folders."""
    FastWordPieceTokenizer(VOCABULARY).save(tmp_path)
    expected = FastWordPieceTokenizer.load(tmp_path)
    (tmp_path / "vocab.txt").unlink()
    found = FastWordPieceTokenizer.load(tmp_path)
    assert found.vocabulary == expected.vocabulary == VOCABULARY and found.basic == expected.basic and found.hash == expected.hash
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(UserError, match="no vocab.txt or tokenizer.json"):
        FastWordPieceTokenizer.load(tmp_path)
