"""Documents -> shards: complete, the same with any number of processes, and a killed build can be resumed."""

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
from app.pretrain import token_shards
from app.pretrain.documents import Source
from app.pretrain.token_shards import build_shards, read_header
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.vocabulary import count_words, learn_vocabulary

DOCUMENTS = [[f"第{i}篇第{j}句，讲的是paddlepaddle。" for j in range(1 + i % 5)] for i in range(400)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A folder with a corpus file and a tokenizer."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "a.txt").write_text("\n\n".join("\n".join(document) for document in DOCUMENTS), encoding="utf-8")
    counts = count_words([sentence for document in DOCUMENTS for sentence in document])
    vocabulary = {token: number for number, token in enumerate(learn_vocabulary(counts, 60))}
    FastWordPieceTokenizer(vocabulary).save(folder)
    return folder


def read_back(folder):
    """Of all shards: sentences as lists of ids, the number of sentences per document, word starts, held out."""
    sentences, documents, starts, held_out = [], [], [], []
    for shard in sorted(path for path in folder.iterdir() if path.is_dir()):
        tokens, bounds = np.load(shard / "tokens.npy"), np.load(shard / "sentences.npy")
        sentences += [tokens[begin:end].tolist() for begin, end in zip(bounds, bounds[1:])]
        documents += np.diff(np.load(shard / "documents.npy")).tolist()
        starts += np.unpackbits(np.load(shard / "word_starts.npy"), count=len(tokens)).tolist()
        held_out += np.load(shard / "held_out.npy").tolist()
    return sentences, documents, starts, held_out


def test_all_documents_are_stored_in_order(corpus, tmp_path):
    build_shards(tmp_path / "s", [Source(corpus / "a.txt")], corpus, dev_share=0.2)
    sentences, documents, starts, held_out = read_back(tmp_path / "s")
    tokenizer = FastWordPieceTokenizer.load(corpus)
    assert documents == [len(document) for document in DOCUMENTS]
    assert sentences == tokenizer.ids([sentence for document in DOCUMENTS for sentence in document])
    pieces = {number for token, number in tokenizer.vocabulary.items() if token.startswith("##")}
    assert starts == [number not in pieces for sentence in sentences for number in sentence] and pieces
    assert 0.1 < np.mean(held_out) < 0.3
    assert json.loads((tmp_path / "s/complete.json").read_text())["shards"] == 1


def test_shards_do_not_depend_on_processes_and_shard_size(corpus, tmp_path, monkeypatch):
    build_shards(tmp_path / "one", [Source(corpus / "a.txt"), Source(corpus / "a.txt")], corpus)
    monkeypatch.setattr(token_shards, "SHARD_TOKENS", 3000)
    monkeypatch.setattr(token_shards, "BATCH_CHARACTERS", 700)
    build_shards(tmp_path / "two", [Source(corpus / "a.txt"), Source(corpus / "a.txt")], corpus, workers=2)
    assert read_back(tmp_path / "one") == read_back(tmp_path / "two")
    assert len(list((tmp_path / "two").glob("0*"))) > 4 and len(list((tmp_path / "one").glob("0*"))) == 2


def test_word_starts_of_jieba_change_no_token(corpus, tmp_path):
    (tmp_path / "a.txt").write_text("我想申请信用卡paddlepaddle\n中国人民银行", encoding="utf-8")
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"我想申请信用卡中国人民银行", "paddle", "##paddle"]
    FastWordPieceTokenizer({token: number for number, token in enumerate(tokens)}).save(tmp_path)
    for whole_words in (False, True):
        build_shards(tmp_path / str(whole_words), [Source(tmp_path / "a.txt")], tmp_path, whole_words=whole_words)
    plain, segmented = read_back(tmp_path / "False"), read_back(tmp_path / "True")
    assert plain[:2] == segmented[:2] and plain[2] == [1] * 8 + [0] + [1] * 6
    assert segmented[2] == [1, 1, 1, 0, 1, 0, 0, 1, 0] + [1, 0, 0, 0, 0, 0]


def test_a_killed_build_is_resumed(corpus, tmp_path):
    """The shards of a build that was killed twice are those of an uninterrupted build."""
    program = f"""
import sys, time
from pathlib import Path
from app.pretrain import token_shards
from app.pretrain.documents import Source
token_shards.SHARD_TOKENS, token_shards.BATCH_CHARACTERS = 1500, 400
if __name__ == "__main__":
    token_shards.build_shards(Path(sys.argv[1]), [Source(Path({str(corpus / "a.txt")!r}))], Path({str(corpus)!r}), workers=2,
                              report_bytes=lambda size: time.sleep(0.02))
"""
    script = tmp_path / "build.py"
    script.write_text(program)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    folder = tmp_path / "killed"
    for num_shards in (1, 3):
        process = subprocess.Popen([sys.executable, str(script), str(folder)], env=environment)
        while process.poll() is None and not shard_exists(folder, num_shards - 1):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (folder / "complete.json").exists()
    subprocess.run([sys.executable, str(script), str(folder)], env=environment, check=True)
    build_shards(tmp_path / "uninterrupted", [Source(corpus / "a.txt")], corpus)
    assert read_back(folder) == read_back(tmp_path / "uninterrupted")
    assert not list(folder.glob(".*"))


def shard_exists(folder, number):
    return folder.is_dir() and (folder / f"{number:05}" / "header.json").exists()


def test_shards_of_other_files_are_refused(corpus, tmp_path):
    build_shards(tmp_path / "s", [Source(corpus / "a.txt")], corpus)
    with pytest.raises(UserError, match="other dev share"):
        build_shards(tmp_path / "s", [Source(corpus / "a.txt")], corpus, dev_share=0.5)
    assert read_header(tmp_path / "s" / "00000")["documents"] == 400
