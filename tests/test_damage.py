"""Every file that the program writes, damaged in every way: one error line names it, or it is made again. Never a different result."""

import json
import shutil

import pytest
from fake_engine import FakeEngine

from app import Matcher
from app.encoder.pretrained import load_pretrained
from app.engine import measurements, select
from app.engine.export import exported
from app.errors import UserError
from app.predict.journal import side_folder
from app.pretrain.corpus import Corpus
from app.pretrain.documents import Source
from app.pretrain.token_shards import build_shards
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.vocabulary import SPECIAL_TOKENS
from app.train.logger import TrainingLogger

CONTENTS = {
    "empty": b"", "garbage": b"\xff\xfe\x00zz{{", "{}": b"{}", "[]": b"[]", "null": b"null", "5": b"5", "text": b'"text"', "lines": b"{}\n5\n[]\n",
    "wrong inside": b'{"engines": {"fp32": 5}, "identity": 3, "summary": [], "format": "x", "labels": {}, "documents": -1, "place": "x"}',
}  # fmt: skip
WAYS = [*CONTENTS, "gone", "half", "folder"]
PAIRS = [("怎么还款", "如何还款"), ("今天天气", "明天")]


def damage(path, way):
    """Damages a file in one of WAYS."""
    content = path.read_bytes()
    path.unlink()
    if way == "folder":
        path.mkdir()
    elif way != "gone":
        path.write_bytes(content[: len(content) // 2] if way == "half" else CONTENTS[way])


def result_or_line(action, *, names):
    """The result of `action`, or None if it fails with one error line that has the text `names`."""
    try:
        return action()
    except UserError as error:
        line = str(error)
        assert "\n" not in line and names in line, line
        return None
    except OSError as error:  # `main` prints it in one line
        assert error.errno and names in str(error.filename), error
        return None


CHECKPOINT = ["config.json", "matcher.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CHECKPOINT)
def test_a_checkpoint(small_matcher, tmp_path, name, way):
    assert sorted(file.name for file in (small_matcher / "best").iterdir()) == CHECKPOINT
    expected = Matcher.load(str(small_matcher / "best"), "cpu", "dygraph").score(PAIRS)
    folder = shutil.copytree(small_matcher / "best", tmp_path / "best")
    damage(folder / name, way)
    scores = result_or_line(lambda: Matcher.load(str(folder), "cpu", "dygraph").score(PAIRS), names=str(folder))
    assert scores is None or scores == expected
    if name in ("config.json", "model.safetensors", "matcher.json"):
        assert scores is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "vocab.txt"])
def test_a_checkpoint_to_start_from(small_matcher, tmp_path, name, way):
    folder = shutil.copytree(small_matcher / "best", tmp_path / "best")
    damage(folder / name, way)
    assert result_or_line(lambda: load_pretrained(str(folder)), names=name if name != "vocab.txt" else "best") is None or name == "vocab.txt"


@pytest.mark.parametrize("way", [way for way in WAYS if way != "gone"])
def test_the_checksums_of_an_export_and_the_measurements_of_engines(small_matcher, tmp_path, way):
    folder = shutil.copytree(small_matcher / "best", tmp_path / "best")
    expected = Matcher.load(str(folder), "cpu", "fp32").score(PAIRS)
    damage(exported(folder) / "model.json.sums", way)
    assert Matcher.load(str(folder), "cpu", "fp32").score(PAIRS) == expected
    record = measurements.record_file(folder, "cpu")
    record.write_text(json.dumps({"engines": {}}))
    damage(record, way)
    assert result_or_line(lambda: measurements.read_record(folder, "cpu"), names=record.name) in ({}, None)
    assert result_or_line(lambda: select.candidates(folder, "cpu", 0.001), names=record.name) in (["fp32", "dygraph"], None)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [".a.scored.tsv.scoring/journal.jsonl", ".b.scored.tsv.scoring/journal.jsonl", ".b.scored.tsv.scoring/rows"])
def test_the_journal_of_a_prediction_that_was_killed(score, engine, tmp_path, monkeypatch, name, way):
    """The first of two files was finished, the second was scored in part."""
    monkeypatch.setattr(FakeEngine, "window_rows", 16)
    for letter in "ab":
        (tmp_path / f"{letter}.tsv").write_text("".join(f"甲{letter}{n}\t乙{n}\n" for n in range(60)), encoding="utf-8")
    sources = tmp_path / "a.tsv", tmp_path / "b.tsv"
    results = tmp_path / "a.scored.tsv", tmp_path / "b.scored.tsv"
    score(*sources)
    expected = [result.read_bytes() for result in results]
    for result in results:
        result.unlink()
    engine.pairs.clear()
    engine.fail_after = 100
    with pytest.raises(RuntimeError):
        score(*sources)
    engine.fail_after = None
    damage(tmp_path / name, way)
    line = result_or_line(lambda: bool(score(*sources)), names="")
    assert line or way in ("folder", "gone") or name.endswith("rows")
    if line is None:
        shutil.rmtree(tmp_path / name)  # the folder that the error line names
        score(*sources)
    assert [result.read_bytes() for result in results] == expected
    assert not any(side_folder(result).exists() for result in results)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """A folder with a tokenizer, a corpus, and its shards."""
    folder = tmp_path_factory.mktemp("corpus")
    documents = [[f"第{i}篇第{j}句" for j in range(1 + i % 5)] for i in range(100)]
    (folder / "a.txt").write_text("\n\n".join("\n".join(document) for document in documents), encoding="utf-8")
    FastWordPieceTokenizer({token: number for number, token in enumerate([*SPECIAL_TOKENS, *"第篇句0123456789"])}).save(folder)
    build_shards(folder / "shards", [Source(folder / "a.txt")], folder, dev_share=0.2)
    return folder


SHARD = ["documents.npy", "header.json", "held_out.npy", "sentences.npy", "tokens.npy", "word_starts.npy"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["complete.json", "settings.json", *(f"00000/{name}" for name in SHARD)])
def test_shards(shards, tmp_path, name, way):
    """Incomplete shards are completed, complete ones are read."""
    assert sorted(file.name for file in (shards / "shards/00000").iterdir()) == SHARD
    folder = shutil.copytree(shards / "shards", tmp_path / "shards")
    damage(folder / name, way)

    def read():
        build_shards(folder, [Source(shards / "a.txt")], shards, dev_share=0.2)
        return Corpus(folder)

    corpus, expected = result_or_line(read, names="shards"), Corpus(shards / "shards")
    for values in ("tokens", "word_starts"):
        if corpus:
            count = int(expected.sentences[-1])
            assert getattr(corpus, values)(0, count).tolist() == getattr(expected, values)(0, count).tolist()
    for values in ("sentences", "documents", "held_out", "weights"):
        assert corpus is None or getattr(corpus, values).tolist() == getattr(expected, values).tolist()


@pytest.mark.parametrize("way", WAYS)
def test_the_journal_of_a_training_run(tmp_path, way):
    (tmp_path / "journal.jsonl").write_text('{"event": "train", "step": 1}\n{"event": "train", "step": 2}\n')
    damage(tmp_path / "journal.jsonl", way)
    journal = TrainingLogger(tmp_path, total_steps=9, start_step=1)
    if result_or_line(lambda: journal.open() or "opened", names="journal.jsonl"):
        journal.close()
        steps = [json.loads(line).get("step", 0) for line in (tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines()]
        assert max(steps, default=0) <= 1
