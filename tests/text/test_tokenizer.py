"""Token ids: a saved folder gives the same ids in PaddleNLP; published vocabularies give the ids of their library."""

import gzip
import itertools
import json
import shutil
import unicodedata

import numpy as np
import pytest
from paddlenlp.transformers import AutoTokenizer, BertTokenizer, ErnieTokenizer
from tokenizer_folders import SYMBOLS, VOCABULARY

from app.text.basic_tokenizer import HUGGING_FACE, PADDLENLP, BasicTokenizer
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.vocabulary import SPECIAL_TOKENS


@pytest.mark.parametrize("basic", [BasicTokenizer(HUGGING_FACE), BasicTokenizer(PADDLENLP), BasicTokenizer(HUGGING_FACE, False), BasicTokenizer(PADDLENLP, False)])
def test_paddlenlp_gives_the_same_ids_for_a_saved_folder(tmp_path, basic):
    FastWordPieceTokenizer(VOCABULARY, basic=basic).save(tmp_path)
    ours = FastWordPieceTokenizer.load(tmp_path)
    assert ours.basic == basic
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert", "architectures": ["BertModel"]}))
    theirs = AutoTokenizer.from_pretrained(str(tmp_path))
    for text in [*SYMBOLS, "怎么还款，abc xyz", "Éa 100", "가나"]:
        assert theirs(text)["input_ids"][1:-1] == ours.ids([text])[0], text
    pair = theirs("怎么", "还款℃")
    assert pair["input_ids"] == [ours.cls_id, *ours.ids(["怎么"])[0], ours.sep_id, *ours.ids(["还款℃"])[0], ours.sep_id]


@pytest.mark.parametrize("library_class, name", [(ErnieTokenizer, "ernie_3.0_base_zh_vocab.txt"), (BertTokenizer, "bert_base_chinese_vocab.txt")])
def test_the_ids_of_real_text_are_those_of_the_library(real_data, tmp_path, library_class, name):
    """2,000 sentences of technical Chinese with English words and symbols, with published vocabularies."""
    shutil.copy(real_data / "vocab" / name, tmp_path / "vocab.txt")
    ours = FastWordPieceTokenizer.load(tmp_path)
    lines = (tmp_path / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    plain = "".join(line.partition("\t")[0] + "\n" for line in lines)  # the file that the hub serves for ERNIE, with one token twice
    (tmp_path / "plain.txt").write_text(plain, encoding="utf-8")
    theirs = library_class(str(tmp_path / "plain.txt"))
    with gzip.open(real_data / "corpus" / "lctt.txt.gz", "rt", encoding="utf-8") as lines:
        sentences = [line.strip() for line in itertools.islice(lines, 200_000) if not line.isascii()]
    symbols = [line for line in sentences if any(unicodedata.category(letter)[0] == "S" and not letter.isascii() for letter in line)]
    chosen = [*sentences[:1500], *symbols[:500]]
    found = ours.ids(chosen)
    for sentence, ids in zip(chosen, found):
        if not any(token in sentence for token in SPECIAL_TOKENS):  # typed special tokens are ordinary text in this project
            assert theirs(sentence)["input_ids"][1:-1] == ids, sentence
    assert len(symbols) > 10 and np.mean([len(ids) for ids in found]) > 5
