"""Settings, special tokens and library of a tokenizer, from the files of its folder. Unsupported ones are one error line."""

import json

import pytest
from conftest import ROOT
from tokenizer_folders import LETTERS, VOCABULARY, tokenizer_folder

from app.errors import UserError
from app.text.basic_tokenizer import HUGGING_FACE, PADDLENLP, BasicTokenizer
from app.text.fast_tokenizer import FastWordPieceTokenizer


@pytest.mark.parametrize(
    "library, folder",
    [
        (PADDLENLP, dict()),
        (PADDLENLP, dict(config={"do_lower_case": True}, model={"model_type": "ernie", "paddlenlp_version": None})),
        (PADDLENLP, dict(**{"model_state.pdparams": b"x"})),
        (HUGGING_FACE, dict(model={"transformers_version": "4.40.0"})),
        (HUGGING_FACE, dict(config={"tokenizer_class": "BertTokenizerFast"})),
        (HUGGING_FACE, dict(**{"pytorch_model.bin": b"x"})),
        (HUGGING_FACE, dict(**{"model.safetensors": b"\x25\0\0\0\0\0\0\0" + b'{"__metadata__": {"format": "pt"}}   '})),
    ],
)
def test_the_library_of_a_published_folder(tmp_path, library, folder):
    assert FastWordPieceTokenizer.load(tokenizer_folder(tmp_path / "model", **folder)).basic.library == library


def test_the_shipped_model_has_the_ids_of_hugging_face():
    tokenizer = FastWordPieceTokenizer.load(ROOT / "data/models/bert-mini-zh")
    assert tokenizer.basic == BasicTokenizer(HUGGING_FACE)


@pytest.mark.parametrize(
    "config, basic",
    [
        ({"do_lower_case": False}, BasicTokenizer(PADDLENLP, False)),
        ({"do_lower_case": True, "strip_accents": False}, BasicTokenizer(PADDLENLP, True, False)),
        ({"do_lower_case": False, "strip_accents": True}, BasicTokenizer(PADDLENLP, False, True)),
        ({"tokenize_chinese_chars": False}, BasicTokenizer(PADDLENLP, chinese_characters=False)),
        ({"do_lower_case": None, "strip_accents": None}, BasicTokenizer(PADDLENLP)),
        ({"unk_token": {"content": "[UNK]", "lstrip": False}}, BasicTokenizer(PADDLENLP)),
    ],
)
def test_settings_are_read(tmp_path, config, basic):
    assert FastWordPieceTokenizer.load(tokenizer_folder(tmp_path / "model", config=config)).basic == basic


@pytest.mark.parametrize(
    "config, words",
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"do_lower_case": "true"}', "do_lower_case is 'true'"),
        ('{"strip_accents": 1}', "strip_accents is 1"),
        ('{"do_basic_tokenize": false}', "do_basic_tokenize is False, which is not supported"),
        ('{"do_basic_tokenize": null}', "do_basic_tokenize is None"),
        ('{"never_split": ["[X]"]}', "never_split is ..\\[X"),
        ('{"clean_text": false}', "clean_text is False"),
        ('{"wordpieces_prefix": "▁"}', "wordpieces_prefix is"),
        ('{"cls_token": 3}', "cls_token is 3"),
        ('{"cls_token": "<s>"}', "no <s>"),
        ('{"cls_token": "[SEP]"}', "two are the same"),
        ('{"tokenizer_class": "BertJapaneseTokenizer"}', "is a BertJapaneseTokenizer; only BERT's"),
        ('{"init_class": "ErnieMTokenizer"}', "is a ErnieMTokenizer"),
        ('{"tokenizer_class": "PreTrainedTokenizerFast"}', "is a PreTrainedTokenizerFast"),
        ('{"tokenizer_class": ["BertTokenizer"]}', "is a \\['BertTokenizer'"),
        ('{"additional_special_tokens": ["<e1>"]}', "adds the token '<e1>'"),
        ('{"extra_special_tokens": {"entity": {"content": "<e1>"}}}', "adds the token '<e1>'"),
        ('{"added_tokens_decoder": {"99": {"content": "怎么"}}}', "adds the token '怎么'"),
        ('{"added_tokens_decoder": {"3": {"content": "[CLS]"}}}', "'.CLS.' is 2 in the vocabulary and 3 among the added"),
        ('{"added_tokens_decoder": 3}', "added_tokens_decoder is 3"),
    ],
)
def test_unsupported_settings_are_one_error_line(tmp_path, config, words):
    folder = tokenizer_folder(tmp_path / "model")
    (folder / "tokenizer_config.json").write_text(config)
    with pytest.raises(UserError, match=words) as error:
        FastWordPieceTokenizer.load(folder)
    assert str(folder) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("added", [{}, {"[MASK]": 4}])
@pytest.mark.parametrize("name", ["BertTokenizer", "ElectraTokenizerFast", "RobertaChineseTokenizer", "RobertaTokenizer", None])
def test_files_that_libraries_add_to_the_vocabulary_are_read(tmp_path, name, added):
    config = {
        "tokenizer_class": name, "added_tokens_decoder": {"0": {"content": "[PAD]"}}, "never_split": None, "do_basic_tokenize": True,
        "additional_special_tokens": ["[SEP]"], "extra_special_tokens": {}, "model_max_length": 512, "name_or_path": "x",
    }  # fmt: skip
    folder = tokenizer_folder(tmp_path / "model", config=config, **{"added_tokens.json": json.dumps(added).encode()})
    (folder / "special_tokens_map.json").write_text(json.dumps({"pad_token": {"content": "[PAD]"}}))
    assert FastWordPieceTokenizer.load(folder).vocabulary == VOCABULARY


def test_a_token_of_added_tokens_json_is_refused(tmp_path):
    folder = tokenizer_folder(tmp_path / "model", **{"added_tokens.json": b'{"<e1>": 59}'})
    with pytest.raises(UserError, match="adds the token '<e1>', which is not supported; if your texts do not contain it"):
        FastWordPieceTokenizer.load(folder)


def test_a_roberta_tokenizer_of_hugging_face_is_refused(tmp_path):
    folder = tokenizer_folder(tmp_path / "model", config={"tokenizer_class": "RobertaTokenizer"}, **{"merges.txt": b""})
    with pytest.raises(UserError, match="is a RobertaTokenizer"):
        FastWordPieceTokenizer.load(folder)


def test_special_tokens_under_other_names(tmp_path):
    names = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"}
    folder = tokenizer_folder(tmp_path / "model", config=names)
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in [*names.values(), *LETTERS]), encoding="utf-8")
    tokenizer = FastWordPieceTokenizer.load(folder)
    assert (tokenizer.pad_id, tokenizer.unk_id, tokenizer.cls_id, tokenizer.sep_id, tokenizer.mask_id) == (0, 1, 2, 3, 4)
    assert tokenizer.ids(["龘"]) == [[1]]
    (tmp_path / "saved").mkdir()
    tokenizer.save(tmp_path / "saved")
    assert FastWordPieceTokenizer.load(tmp_path / "saved").special == tuple(names.values())
