"""Token ids are those of the library that a model is from: compared with both libraries, on all of Unicode and on real text."""

import gzip
import itertools
import json
import shutil
import unicodedata

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paddlenlp.transformers import AutoTokenizer, BertTokenizer, ErnieTokenizer
from paddlenlp.transformers import BasicTokenizer as PaddleNLPBasicTokenizer

from app.errors import UserError
from app.text.basic_tokenizer import HUGGING_FACE, PADDLENLP, BasicTokenizer
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.vocabulary import SPECIAL_TOKENS, read_vocabulary

LETTERS = list("怎么还款，。！abcdefxyz0123456789é가→℃×≥≠²½ŋσς") + [f"##{letter}" for letter in "abcxyz0123℃×→²σς"]
TOKENS = SPECIAL_TOKENS + LETTERS
VOCABULARY = {token: number for number, token in enumerate(TOKENS)}
SHAPES = [(True, None, True), (True, False, True), (False, None, True), (False, True, True), (True, None, False)]
SYMBOLS = ["100℃", "5×3", "a→b", "3≥2", "x²", "½杯", "µm", "Ørsted", "aŋb", "€5", "🥲哈", "a\u00adb"]


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
    file = folder_of(tmp_path / "model") / "vocab.txt"
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


@pytest.mark.parametrize("basic", [BasicTokenizer(HUGGING_FACE), BasicTokenizer(PADDLENLP), BasicTokenizer(HUGGING_FACE, False), BasicTokenizer(PADDLENLP, False)])
def test_plain_paddlenlp_reads_a_saved_folder_the_same_way(tmp_path, basic):
    FastWordPieceTokenizer(VOCABULARY, basic=basic).save(tmp_path)
    ours = FastWordPieceTokenizer.load(tmp_path)
    assert ours.basic == basic
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert", "architectures": ["BertModel"]}))
    theirs = AutoTokenizer.from_pretrained(str(tmp_path))
    for text in [*SYMBOLS, "怎么还款，abc xyz", "Éa 100", "가나"]:
        assert theirs(text)["input_ids"][1:-1] == ours.ids([text])[0], text
    pair = theirs("怎么", "还款℃")
    assert pair["input_ids"] == [ours.cls_id, *ours.ids(["怎么"])[0], ours.sep_id, *ours.ids(["还款℃"])[0], ours.sep_id]


def folder_of(path, config=None, model=None, **files):
    path.mkdir(exist_ok=True)
    (path / "vocab.txt").write_text("".join(f"{token}\n" for token in TOKENS), encoding="utf-8")
    for name, values in (("tokenizer_config.json", config), ("config.json", model)):
        if values is not None:
            (path / name).write_text(json.dumps(values))
    for name, content in files.items():
        (path / name).write_bytes(content)
    return path


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
def test_whose_ids_a_published_folder_has(tmp_path, library, folder):
    assert FastWordPieceTokenizer.load(folder_of(tmp_path / "model", **folder)).basic.library == library


def test_the_shipped_model_and_older_folders_keep_their_ids():
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
def test_settings_are_honoured(tmp_path, config, basic):
    assert FastWordPieceTokenizer.load(folder_of(tmp_path / "model", config=config)).basic == basic


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
def test_what_is_not_done_is_refused_in_one_line(tmp_path, config, words):
    folder = folder_of(tmp_path / "model")
    (folder / "tokenizer_config.json").write_text(config)
    with pytest.raises(UserError, match=words) as stopped:
        FastWordPieceTokenizer.load(folder)
    assert str(folder) in str(stopped.value) and "\n" not in str(stopped.value)


WORDPIECE = {
    "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": VOCABULARY,
}  # fmt: skip
ADDED = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}


@pytest.mark.parametrize(
    "part, value, words",
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
def test_a_tokenizer_json_of_another_kind_is_refused(tmp_path, part, value, words):
    FastWordPieceTokenizer(VOCABULARY).save(tmp_path)
    whole = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    (tmp_path / "tokenizer.json").write_text(json.dumps({**whole, part: value}))
    with pytest.raises(UserError, match=words):
        FastWordPieceTokenizer.load(tmp_path)


def test_the_settings_of_a_tokenizer_json_count_where_the_configuration_is_silent(tmp_path):
    FastWordPieceTokenizer(VOCABULARY, basic=BasicTokenizer(HUGGING_FACE, False, True, False)).save(tmp_path)
    (tmp_path / "tokenizer_config.json").unlink()
    assert FastWordPieceTokenizer.load(tmp_path).basic == BasicTokenizer(HUGGING_FACE, False, True, False)


def test_a_folder_without_vocab_txt_has_its_vocabulary_in_tokenizer_json(tmp_path):
    """As Transformers 5 writes it."""
    FastWordPieceTokenizer(VOCABULARY).save(tmp_path)
    whole = FastWordPieceTokenizer.load(tmp_path)
    (tmp_path / "vocab.txt").unlink()
    alone = FastWordPieceTokenizer.load(tmp_path)
    assert alone.vocabulary == whole.vocabulary == VOCABULARY and alone.basic == whole.basic and alone.hash == whole.hash
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(UserError, match="no vocab.txt or tokenizer.json"):
        FastWordPieceTokenizer.load(tmp_path)


def test_a_vocabulary_with_a_token_twice_is_saved_with_the_same_ids(tmp_path):
    """As ERNIE 3.0's has `$`; [unused9] is there to be mistaken for a gap's."""
    folder = folder_of(tmp_path / "model")
    tokens = [*TOKENS[:9], "$", "[unused9]", *TOKENS[9:], "$"]
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
    tokenizer = FastWordPieceTokenizer.load(folder)
    assert tokenizer.ids(["$"]) == [[len(tokens) - 1]]
    (tmp_path / "saved").mkdir()
    tokenizer.save(tmp_path / "saved")
    again = FastWordPieceTokenizer.load(tmp_path / "saved")
    assert again.size == tokenizer.size and {token: again.vocabulary[token] for token in tokens} == tokenizer.vocabulary
    assert AutoTokenizer.from_pretrained(str(tmp_path / "saved"))("$怎")["input_ids"][1:-1] == again.ids(["$怎"])[0]


def test_the_configuration_counts_before_tokenizer_json_as_in_transformers(tmp_path):
    FastWordPieceTokenizer(VOCABULARY, basic=BasicTokenizer(HUGGING_FACE, False)).save(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    assert FastWordPieceTokenizer.load(tmp_path).basic == BasicTokenizer(HUGGING_FACE, True)


@pytest.mark.parametrize("added", [{}, {"[MASK]": 4}])
@pytest.mark.parametrize("name", ["BertTokenizer", "ElectraTokenizerFast", "RobertaChineseTokenizer", "RobertaTokenizer", None])
def test_what_libraries_write_beside_the_vocabulary_is_read(tmp_path, name, added):
    config = {
        "tokenizer_class": name, "added_tokens_decoder": {"0": {"content": "[PAD]"}}, "never_split": None, "do_basic_tokenize": True,
        "additional_special_tokens": ["[SEP]"], "extra_special_tokens": {}, "model_max_length": 512, "name_or_path": "x",
    }  # fmt: skip
    folder = folder_of(tmp_path / "model", config=config, **{"added_tokens.json": json.dumps(added).encode()})
    (folder / "special_tokens_map.json").write_text(json.dumps({"pad_token": {"content": "[PAD]"}}))
    assert FastWordPieceTokenizer.load(folder).vocabulary == VOCABULARY


def test_a_token_of_added_tokens_json_is_refused(tmp_path):
    folder = folder_of(tmp_path / "model", **{"added_tokens.json": b'{"<e1>": 59}'})
    with pytest.raises(UserError, match="adds the token '<e1>', which is not supported; if your texts do not contain it"):
        FastWordPieceTokenizer.load(folder)


def test_a_roberta_tokenizer_of_hugging_face_is_refused(tmp_path):
    folder = folder_of(tmp_path / "model", config={"tokenizer_class": "RobertaTokenizer"}, **{"merges.txt": b""})
    with pytest.raises(UserError, match="is a RobertaTokenizer"):
        FastWordPieceTokenizer.load(folder)


def test_special_tokens_under_other_names(tmp_path):
    names = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"}
    folder = folder_of(tmp_path / "model", config=names)
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in [*names.values(), *LETTERS]), encoding="utf-8")
    tokenizer = FastWordPieceTokenizer.load(folder)
    assert (tokenizer.pad_id, tokenizer.unk_id, tokenizer.cls_id, tokenizer.sep_id, tokenizer.mask_id) == (0, 1, 2, 3, 4)
    assert tokenizer.ids(["龘"]) == [[1]]
    tokenizer.save(tmp_path / "saved") if (tmp_path / "saved").mkdir() is None else None
    assert FastWordPieceTokenizer.load(tmp_path / "saved").special == tuple(names.values())


@pytest.mark.parametrize(
    "content, words",
    [
        ("".join(f"{token}\t{number}\n" for number, token in enumerate(TOKENS)) + "壹\t①\n", "is not TOKEN<TAB>ID"),
        ("".join(f"{token}\t{number}\n" for number, token in enumerate(TOKENS)) + "壹\t3\n", "ids are not 0 to 59, each once"),
        ("".join(f"{token}\t{number}\n" for number, token in enumerate(TOKENS)) + "壹\t99999999999\n", "ids are not 0 to 59"),
        ("".join(f"{token}\t{number}\n" for number, token in enumerate(TOKENS) if number != 20), "ids are not 0 to 57"),
        ("".join(f"{token}\t²\n" for token in TOKENS), "line 1 is not TOKEN<TAB>ID"),
        ("".join(f"{token}\t{number}\n" if number % 2 else f"{token}\n" for number, token in enumerate(TOKENS)), "line 1 is no"),
        ("".join(f"{token}\n" for token in TOKENS) + "壹\t59\n", "line 1 is not TOKEN<TAB>ID"),
        ("".join(f"{token}\n" for token in [*TOKENS, "[CLS]"]), "twice"),
        ("".join(f"{token} \n" for token in TOKENS), "line 1 is '.PAD. '"),
        ("".join(f"{token}\n" for token in [*TOKENS[:9], "", *TOKENS[9:]]), "line 10 is ''"),
        ("", "is empty"),
        ("<!DOCTYPE html>\n<html></html>\n", "no \\[PAD\\]"),
    ],
)
def test_a_damaged_vocabulary_is_one_line(tmp_path, content, words):
    (tmp_path / "vocab.txt").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read_vocabulary(tmp_path / "vocab.txt")


@pytest.mark.parametrize("kind, name", [(ErnieTokenizer, "ernie_3.0_base_zh_vocab.txt"), (BertTokenizer, "bert_base_chinese_vocab.txt")])
def test_on_real_text(real_data, tmp_path, kind, name):
    """Technical Chinese with English and symbols, two thousand sentences, ids of published vocabularies."""
    shutil.copy(real_data / "vocab" / name, tmp_path / "vocab.txt")
    ours = FastWordPieceTokenizer.load(tmp_path)
    lines = (tmp_path / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    plain = "".join(line.partition("\t")[0] + "\n" for line in lines)  # as the hub serves ERNIE's: with one token twice
    (tmp_path / "plain.txt").write_text(plain, encoding="utf-8")
    theirs = kind(str(tmp_path / "plain.txt"))
    with gzip.open(real_data / "corpus" / "lctt.txt.gz", "rt", encoding="utf-8") as lines:
        sentences = [line.strip() for line in itertools.islice(lines, 200_000) if not line.isascii()]
    symbols = [line for line in sentences if any(unicodedata.category(letter)[0] == "S" and not letter.isascii() for letter in line)]
    chosen = [*sentences[:1500], *symbols[:500]]
    found = ours.ids(chosen)
    for sentence, ids in zip(chosen, found):
        if not any(token in sentence for token in SPECIAL_TOKENS):  # typed ones are ordinary text here
            assert theirs(sentence)["input_ids"][1:-1] == ids, sentence
    assert len(symbols) > 10 and np.mean([len(ids) for ids in found]) > 5
