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
from paddlenlp.transformers import AutoTokenizer, BasicTokenizer, BertTokenizer, ErnieTokenizer

from app.errors import UserError
from app.text.basic import HUGGING_FACE, PADDLENLP, Basic
from app.text.tokenizer import PairTokenizer
from app.text.vocab import SPECIAL_TOKENS, read_vocabulary

LETTERS = list("怎么还款，。！abcdefxyz0123456789é가→℃×≥≠²½ŋσς") + [f"##{letter}" for letter in "abcxyz0123℃×→²σς"]
TOKENS = SPECIAL_TOKENS + LETTERS
VOCABULARY = {token: number for number, token in enumerate(TOKENS)}
SHAPES = [(True, None, True), (True, False, True), (False, None, True), (False, True, True), (True, None, False)]
SYMBOLS = ["100℃", "5×3", "a→b", "3≥2", "x²", "½杯", "µm", "Ørsted", "aŋb", "€5", "🥲哈", "a\u00adb"]


def of_paddlenlp(lowercase=True, strip_accents=None, chinese=True):
    return PairTokenizer(VOCABULARY, basic=Basic(PADDLENLP, lowercase, strip_accents, chinese))


@pytest.mark.parametrize("shape", SHAPES)
def test_paddlenlps_pieces_of_every_character_there_is(shape):
    """Between letters, digits, Chinese and alone. What Python's own Unicode says counts, as it does for PaddleNLP."""
    theirs = BasicTokenizer(shape[0], tokenize_chinese_chars=shape[2], strip_accents=shape[1])
    ours = Basic(PADDLENLP, *shape).pieces()
    for code in itertools.chain(range(0xD800), range(0xE000, 0x33480), range(0xE0000, 0xE0200)):
        letter = chr(code)
        text = f"a{letter}A {letter} 1{letter}中{letter}"
        assert ours(text) == theirs.tokenize(text), hex(code)


texts = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("怎么 aBΣσς'\u00ad\t\u200b\u0301é가ß豈½İ℃×→²")), max_size=30)


@pytest.mark.parametrize("shape", SHAPES)
def test_paddlenlps_ids(shape):
    from paddlenlp.transformers import WordpieceTokenizer

    theirs = BasicTokenizer(shape[0], tokenize_chinese_chars=shape[2], strip_accents=shape[1])
    pieces, ours = WordpieceTokenizer(VOCABULARY, "[UNK]"), of_paddlenlp(*shape)

    @settings(max_examples=150, deadline=None)
    @given(st.lists(texts, max_size=4))
    @example(["ΑΣ'Β ΑΣ", "aΣ中α", "x" * 101, "x" * 100, "", "\u2028a", "豈更", *SYMBOLS])
    def check(made):
        expected = [[VOCABULARY[piece] for word in theirs.tokenize(text) for piece in pieces.tokenize(word)] for text in made]
        assert ours.ids(made) == expected
        assert len(ours.word_starts(made)) == sum(map(len, expected))

    check()


def test_symbols_part_words_in_paddlenlp_only():
    named = {number: token for token, number in VOCABULARY.items()}
    both = [[named[number] for number in tokenizer.ids(["a→b"])[0]] for tokenizer in (of_paddlenlp(), PairTokenizer(VOCABULARY))]
    assert both == [["a", "→", "b"], ["a", "##→", "##b"]]


@pytest.mark.parametrize("basic", [Basic(HUGGING_FACE), Basic(PADDLENLP), Basic(HUGGING_FACE, False), Basic(PADDLENLP, False)])
def test_plain_paddlenlp_reads_a_saved_folder_the_same_way(tmp_path, basic):
    PairTokenizer(VOCABULARY, basic=basic).save(tmp_path)
    ours = PairTokenizer.load(tmp_path)
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
    assert PairTokenizer.load(folder_of(tmp_path / "model", **folder)).basic.library == library


def test_the_shipped_model_and_older_folders_keep_their_ids():
    tokenizer = PairTokenizer.load(ROOT / "data/models/bert-mini-zh")
    assert tokenizer.basic == Basic(HUGGING_FACE)


@pytest.mark.parametrize(
    "config, basic",
    [
        ({"do_lower_case": False}, Basic(PADDLENLP, False)),
        ({"do_lower_case": True, "strip_accents": False}, Basic(PADDLENLP, True, False)),
        ({"do_lower_case": False, "strip_accents": True}, Basic(PADDLENLP, False, True)),
        ({"tokenize_chinese_chars": False}, Basic(PADDLENLP, chinese_characters=False)),
        ({"do_lower_case": None, "strip_accents": None}, Basic(PADDLENLP)),
        ({"unk_token": {"content": "[UNK]", "lstrip": False}}, Basic(PADDLENLP)),
    ],
)
def test_settings_are_honoured(tmp_path, config, basic):
    assert PairTokenizer.load(folder_of(tmp_path / "model", config=config)).basic == basic


@pytest.mark.parametrize(
    "config, words",
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"do_lower_case": "true"}', "do_lower_case is 'true'"),
        ('{"strip_accents": 1}', "strip_accents is 1"),
        ('{"do_basic_tokenize": false}', "are not done here"),
        ('{"never_split": ["[X]"]}', "are not done here"),
        ('{"cls_token": 3}', "cls_token is 3"),
        ('{"cls_token": "<s>"}', "no <s>"),
    ],
)
def test_what_is_not_done_is_refused_in_one_line(tmp_path, config, words):
    folder = folder_of(tmp_path / "model")
    (folder / "tokenizer_config.json").write_text(config)
    with pytest.raises(UserError, match=words) as stopped:
        PairTokenizer.load(folder)
    assert str(folder) in str(stopped.value) and "\n" not in str(stopped.value)


@pytest.mark.parametrize(
    "part, value, words",
    [
        ("model", {"type": "BPE", "vocab": {}}, "model BPE"),
        ("model", {"type": "Unigram", "vocab": []}, "model Unigram"),
        ("normalizer", {"type": "Lowercase"}, "normalizer Lowercase"),
        ("normalizer", None, "normalizer None"),
        ("pre_tokenizer", {"type": "Whitespace"}, "pre_tokenizer"),
    ],
)
def test_a_tokenizer_json_of_another_kind_is_refused(tmp_path, part, value, words):
    PairTokenizer(VOCABULARY).save(tmp_path)
    whole = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    (tmp_path / "tokenizer.json").write_text(json.dumps({**whole, part: value}))
    with pytest.raises(UserError, match=words):
        PairTokenizer.load(tmp_path)


def test_the_settings_of_a_tokenizer_json_count_where_the_configuration_is_silent(tmp_path):
    PairTokenizer(VOCABULARY, basic=Basic(HUGGING_FACE, False, True, False)).save(tmp_path)
    (tmp_path / "tokenizer_config.json").unlink()
    assert PairTokenizer.load(tmp_path).basic == Basic(HUGGING_FACE, False, True, False)


def test_special_tokens_under_other_names(tmp_path):
    names = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"}
    folder = folder_of(tmp_path / "model", config=names)
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in [*names.values(), *LETTERS]), encoding="utf-8")
    tokenizer = PairTokenizer.load(folder)
    assert (tokenizer.pad_id, tokenizer.unk_id, tokenizer.cls_id, tokenizer.sep_id, tokenizer.mask_id) == (0, 1, 2, 3, 4)
    assert tokenizer.ids(["龘"]) == [[1]]
    tokenizer.save(tmp_path / "saved") if (tmp_path / "saved").mkdir() is None else None
    assert PairTokenizer.load(tmp_path / "saved").special == tuple(names.values())


@pytest.mark.parametrize(
    "content, words",
    [
        ("".join(f"{token}\t{number}\n" for number, token in enumerate(TOKENS)) + "壹\t①\n", "is no TOKEN<TAB>ID"),
        ("".join(f"{token}\t{number}\n" for number, token in enumerate(TOKENS)) + "壹\t3\n", "a number stands there twice"),
        ("".join(f"{token}\n" for token in [*TOKENS, "[CLS]"]), "twice"),
        ("", "no \\[PAD\\]"),
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
    ours = PairTokenizer.load(tmp_path)
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
