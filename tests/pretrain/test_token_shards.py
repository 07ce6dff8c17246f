"""Documents -> shards: nothing lost, the same for any number of processes, a killed build goes on."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from conftest import ROOT

from app.errors import UserError
from app.pretrain import token_shards as shards_module
from app.pretrain.documents import Source
from app.pretrain.token_shards import build_shards, read_header
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.vocabulary import count_words, learn_vocabulary

DOCUMENTS = [[f"第{i}篇第{j}句，讲的是paddlepaddle。" for j in range(1 + i % 5)] for i in range(400)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A corpus file and a tokenizer's folder."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "a.txt").write_text("\n\n".join("\n".join(document) for document in DOCUMENTS), encoding="utf-8")
    counts = count_words([sentence for document in DOCUMENTS for sentence in document])
    vocabulary = {token: number for number, token in enumerate(learn_vocabulary(counts, 60))}
    FastWordPieceTokenizer(vocabulary).save(folder)
    return folder


def read_back(folder):
    """(sentences as lists of ids, documents as numbers of sentences, word starts, held out) over all shards."""
    sentences, documents, starts, held_out = [], [], [], []
    for shard in sorted(path for path in folder.iterdir() if path.is_dir()):
        tokens, bounds = np.load(shard / "tokens.npy"), np.load(shard / "sentences.npy")
        sentences += [tokens[begin:end].tolist() for begin, end in zip(bounds, bounds[1:])]
        documents += np.diff(np.load(shard / "documents.npy")).tolist()
        starts += np.unpackbits(np.load(shard / "word_starts.npy"), count=len(tokens)).tolist()
        held_out += np.load(shard / "held_out.npy").tolist()
    return sentences, documents, starts, held_out


def test_every_document_is_there_in_order(made, tmp_path):
    build_shards(tmp_path / "s", [Source(made / "a.txt")], made, dev_share=0.2)
    sentences, documents, starts, held_out = read_back(tmp_path / "s")
    tokenizer = FastWordPieceTokenizer.load(made)
    assert documents == [len(document) for document in DOCUMENTS]
    assert sentences == tokenizer.ids([sentence for document in DOCUMENTS for sentence in document])
    pieces = {number for token, number in tokenizer.vocabulary.items() if token.startswith("##")}
    assert starts == [number not in pieces for sentence in sentences for number in sentence] and pieces
    assert 0.1 < np.mean(held_out) < 0.3
    assert json.loads((tmp_path / "s/complete.json").read_text())["shards"] == 1


def test_any_number_of_processes_and_any_shard_size_give_the_same(made, tmp_path, monkeypatch):
    build_shards(tmp_path / "one", [Source(made / "a.txt"), Source(made / "a.txt")], made)
    monkeypatch.setattr(shards_module, "SHARD_TOKENS", 3000)
    monkeypatch.setattr(shards_module, "PART_CHARACTERS", 700)
    build_shards(tmp_path / "two", [Source(made / "a.txt"), Source(made / "a.txt")], made, workers=2)
    assert read_back(tmp_path / "one") == read_back(tmp_path / "two")
    assert len(list((tmp_path / "two").glob("0*"))) > 4 and len(list((tmp_path / "one").glob("0*"))) == 2


def test_words_of_jieba_are_marked_and_the_tokens_stay_the_same(made, tmp_path):
    (tmp_path / "a.txt").write_text("我想申请信用卡paddlepaddle\n中国人民银行", encoding="utf-8")
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"我想申请信用卡中国人民银行", "paddle", "##paddle"]
    FastWordPieceTokenizer({token: number for number, token in enumerate(tokens)}).save(tmp_path)
    for words in (False, True):
        build_shards(tmp_path / str(words), [Source(tmp_path / "a.txt")], tmp_path, words=words)
    plain, segmented = read_back(tmp_path / "False"), read_back(tmp_path / "True")
    assert plain[:2] == segmented[:2] and plain[2] == [1] * 8 + [0] + [1] * 6
    assert segmented[2] == [1, 1, 1, 0, 1, 0, 0, 1, 0] + [1, 0, 0, 0, 0, 0]


def test_a_killed_build_goes_on(made, tmp_path):
    """Killed again and again, each time after a shard more, the build ends with what an undisturbed one makes."""
    program = f"""
import sys, time
from pathlib import Path
from app.pretrain import token_shards
from app.pretrain.documents import Source
token_shards.SHARD_TOKENS, token_shards.PART_CHARACTERS = 1500, 400
if __name__ == "__main__":
    token_shards.build_shards(Path(sys.argv[1]), [Source(Path({str(made / "a.txt")!r}))], Path({str(made)!r}), workers=2,
                        progress=lambda size: time.sleep(0.02))
"""
    script = tmp_path / "build.py"
    script.write_text(program)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    folder = tmp_path / "killed"
    for wanted in (1, 3):
        process = subprocess.Popen([sys.executable, str(script), str(folder)], env=environment)
        while process.poll() is None and not read_header_quietly(folder, wanted - 1):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (folder / "complete.json").exists()
    subprocess.run([sys.executable, str(script), str(folder)], env=environment, check=True)
    build_shards(tmp_path / "whole", [Source(made / "a.txt")], made)
    assert read_back(folder) == read_back(tmp_path / "whole")
    assert not list(folder.glob(".*"))


def read_header_quietly(folder, number):
    return folder.is_dir() and (folder / f"{number:05}" / "header.json").exists()


def test_shards_of_other_files_are_refused(made, tmp_path):
    build_shards(tmp_path / "s", [Source(made / "a.txt")], made)
    with pytest.raises(UserError, match="other dev share"):
        build_shards(tmp_path / "s", [Source(made / "a.txt")], made, dev_share=0.5)
    assert read_header(tmp_path / "s" / "00000")["documents"] == 400
