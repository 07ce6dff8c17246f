"""Ranked results: rows grouped by their first text, the most probable match first."""

import gzip
import json

import numpy as np
from fake_engine import FakeEngine

from app.predict import scoring_run


def test_ranking_uses_all_digits(score, tmp_path, monkeypatch):
    """The probabilities are equal to six decimals."""

    class Certain(FakeEngine):
        def run(self, input_ids, token_type_ids):
            """Large logits that grow with the last letter."""
            return np.stack([np.zeros(len(input_ids)), 20 + input_ids[:, 3] / 100], axis=1).astype(np.float32)

    monkeypatch.setattr(scoring_run, "EngineProcessPool", lambda *_: Certain())
    letters = sorted("abcdefghij")
    (tmp_path / "in.tsv").write_text("".join(f"甲\t{letter}\n" for letter in letters), encoding="utf-8")
    score(tmp_path / "in.tsv", result=tmp_path / "out.tsv", sort_by_probability=True)
    rows = [line.split("\t") for line in (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()]
    assert [row[1] for row in rows] == letters[::-1] and len({row[2] for row in rows}) == 10


def test_ranking_puts_the_most_probable_match_first(score, tmp_path):
    lines = ["甲\t子\tx", "乙\t丑\ty", "甲\t寅\tz", "只有一列", "甲\t\tw", "乙\t卯\tv", "甲\t辰\tu"]
    (tmp_path / "in.tsv").write_text("text_a\ttext_b\tnote\n" + "\n".join(lines), encoding="utf-8")
    score(tmp_path / "in.tsv", result=tmp_path / "sorted.tsv", sort_by_probability=True)
    written = [line.split("\t") for line in (tmp_path / "sorted.tsv").read_text(encoding="utf-8").splitlines()]
    assert written[0] == ["text_a", "text_b", "note", "probability", "prediction", "error"]
    assert [row[0] for row in written[1:]] == ["甲"] * 4 + ["乙"] * 2 + ["只有一列"]
    assert written[4][2] == "w" and written[4][-1]  # rows without a score are last in their group
    for group in (written[1:4], written[5:7]):
        assert [float(row[3]) for row in group] == sorted((float(row[3]) for row in group), reverse=True)
    score(tmp_path / "in.tsv", result=tmp_path / "top.tsv", top_k=1)
    top = (tmp_path / "top.tsv").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[0] for line in top[1:]] == ["甲", "甲", "乙", "只有一列"]  # rows with an error are kept


def test_ranking_without_a_header_and_in_compressed_json(score, tmp_path):
    (tmp_path / "in.tsv").write_text("甲\t子\n甲\t丑\n甲\t寅\n", encoding="utf-8")
    (tmp_path / "in.jsonl.gz").write_bytes(
        gzip.compress("".join(json.dumps({"query": "甲", "title": b}) + "\n" for b in "子丑寅").encode())
    )
    score(tmp_path / "in.tsv", tmp_path / "in.jsonl.gz", top_k=2)
    rows = [line.split("\t") for line in (tmp_path / "in.scored.tsv").read_text(encoding="utf-8").splitlines()]
    objects = [json.loads(line) for line in gzip.open(tmp_path / "in.scored.jsonl.gz", "rt", encoding="utf-8")]
    assert [row[1] for row in rows] == [each["title"] for each in objects] and len(rows) == 2
    assert [float(row[2]) for row in rows] == [each["probability"] for each in objects]
