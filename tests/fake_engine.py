"""A checkpoint folder and an engine without Paddle. The logits of a pair depend on its tokens only, as those of a model do."""

from pathlib import Path

import numpy as np
import pytest

from app.atomic import write_json
from app.engine.base import Engine
from app.options import PredictOptions
from app.predict import scoring_run
from app.predict.input_files import plan
from app.predict.journal import clear
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.vocabulary import SPECIAL_TOKENS


class FakeEngine(Engine):
    """Records the pairs that it computes.

    fail_after: it fails after this number of different pairs; None: never.
    """

    threads, batch_tokens = 2, 256

    def __init__(self):
        self.pairs, self.fail_after = [], None

    def run(self, input_ids, token_type_ids):
        """Logits: two hashes, of the tokens of each segment. They change when the texts are swapped."""
        for ids, segments in zip(input_ids.tolist(), token_type_ids.tolist()):
            self.pairs.append((tuple(ids), tuple(segments)))
        if self.fail_after is not None and len(set(self.pairs)) > self.fail_after:
            raise RuntimeError("the engine fails on purpose")
        positions = np.arange(1, input_ids.shape[1] + 1)
        first = (input_ids * positions * (token_type_ids == 0)).sum(axis=1) % 101
        second = (input_ids * positions * 7 * token_type_ids).sum(axis=1) % 103
        return np.stack([first, second], axis=1).astype(np.float32) / 25


@pytest.fixture
def engine(monkeypatch):
    """The engine of all scoring runs of a test."""
    fake = FakeEngine()
    monkeypatch.setattr(scoring_run, "EngineProcessPool", lambda name, folder, device: fake)
    return fake


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """A folder with the files of a fine-tuned checkpoint, but no weights."""
    folder = tmp_path_factory.mktemp("checkpoint") / "best"
    folder.mkdir()
    sample = (Path(__file__).parents[1] / "data/sample/train.tsv").read_text(encoding="utf-8")
    letters = sorted(set("".join(sample.split())) | set("abcdefghij0123456789子丑寅卯辰甲乙问答"))
    letters += [f"##{digit}" for digit in range(10)]
    FastWordPieceTokenizer({token: number for number, token in enumerate([*SPECIAL_TOKENS, *letters])}).save(folder)
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_text("{}")
    decision = {"positive": 1, "threshold": 0.5, "temperature": 1.0}
    matcher_config = {"labels": ["0", "1"], "decision": decision, "max_seq_length": 32, "truncation": "longest_first"}
    write_json(folder / "matcher.json", {"format": 1, "versions": {}, **matcher_config})
    return folder


@pytest.fixture
def score(checkpoint, engine):
    """`score(source, result=..., **options)` does in this process what `predict.py` does with files; returns the summary."""

    def run(*sources, result="", engine="fp32", **options):
        names = tuple(str(source) for source in sources)
        predict_options = PredictOptions(str(checkpoint), names, str(result), engine=engine, **options)
        jobs = plan(predict_options)
        summaries, _ = scoring_run.score_files(jobs, predict_options, [engine], lambda rows: None)
        clear([job.result for job in jobs])
        return summaries if len(sources) > 1 else summaries[0]

    return run
