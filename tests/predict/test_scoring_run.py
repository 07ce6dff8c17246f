"""A scoring run: three labels, logits that are not finite, an input that changes, a result that is a link."""

import json

import numpy as np
import pytest
from conftest import pairs_file
from fake_engine import FakeEngine

from app.engine import select
from app.errors import UserError
from app.match.decision import Decision
from app.match.matcher_config import MatcherConfig
from app.predict import scoring_run


def test_three_labels(score, checkpoint, tmp_path, monkeypatch):
    matcher_config = MatcherConfig(["far", "near", "same"], Decision(), 32, "longest_first")
    monkeypatch.setattr(select, "read_matcher_config", lambda folder: matcher_config)
    run = scoring_run.EngineProcessPool("fp32", checkpoint, "cpu")
    two_logits = type(run).run
    monkeypatch.setattr(type(run), "run", lambda self, *batch: np.pad(two_logits(self, *batch), ((0, 0), (0, 1))))
    score(pairs_file(tmp_path / "in.tsv", 20), result=tmp_path / "out.tsv", symmetric=True)
    cells = [line.split("\t") for line in (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    assert all(cell[3] in matcher_config.labels and float(cell[2]) >= 1 / 3 for cell in cells)


class NotFinite(FakeEngine):
    """Gives logits that are not finite for some pairs."""

    def run(self, input_ids, token_type_ids):
        """nan where the sum of the token ids is a multiple of 5."""
        logits = super().run(input_ids, token_type_ids)
        logits[input_ids.sum(axis=1) % 5 == 0] = [np.nan, np.inf]
        return logits


@pytest.mark.parametrize("ending", ["tsv", "jsonl"])
@pytest.mark.parametrize("symmetric", [False, True])
def test_logits_that_are_not_finite_are_errors_of_their_rows(score, tmp_path, monkeypatch, ending, symmetric):
    fake = NotFinite()
    monkeypatch.setattr(scoring_run, "EngineProcessPool", lambda *_: fake)
    pairs = [(f"甲{n}", f"乙{n}") for n in range(40)]
    lines = [f"{a}\t{b}" if ending == "tsv" else json.dumps({"text_a": a, "text_b": b}) for a, b in pairs]
    (tmp_path / f"in.{ending}").write_text("\n".join(lines) + "\n", encoding="utf-8")
    summary = score(tmp_path / f"in.{ending}", result=tmp_path / f"out.{ending}", symmetric=symmetric)
    written = (tmp_path / f"out.{ending}").read_text(encoding="utf-8")
    assert 0 < summary.errors < 40 and written.count("not finite") == summary.errors and "nan," not in written.lower()
    assert "NaN" not in written and "\tnan" not in written


def test_an_input_that_changes_while_it_is_scored_is_refused(score, engine, tmp_path, monkeypatch):
    source = pairs_file(tmp_path / "in.tsv", 30)
    run = type(engine).run

    def write_and_run(self, *batch):
        with open(source, "a", encoding="utf-8") as file:
            file.write("多\t一行\n")
        return run(self, *batch)

    monkeypatch.setattr(type(engine), "run", write_and_run)
    with pytest.raises(UserError, match="changed while"):
        score(source, result=tmp_path / "out.tsv")
    assert not (tmp_path / "out.tsv").exists()


def test_a_link_stays_a_link(score, tmp_path):
    (tmp_path / "real.tsv").write_text("old")
    (tmp_path / "link.tsv").symlink_to(tmp_path / "real.tsv")
    score(pairs_file(tmp_path / "in.tsv", 3), result=tmp_path / "link.tsv")
    assert (tmp_path / "link.tsv").is_symlink() and "probability" in (tmp_path / "real.tsv").read_text(encoding="utf-8")
