"""Soft labels: targets, loss, label names, audit, baselines, and runs whose weights must be those of other runs."""

import contextlib
import json
from pathlib import Path

import numpy as np
import paddle
import pytest
from conftest import sample_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from app import runtime
from app.errors import Interrupted, UserError
from app.match.build import build, check_data_unchanged
from app.match.soft_audit import audit_soft_labels
from app.match.soft_targets import more_probable_labels, soft_targets
from app.match.splits import encode_split, with_soft_targets
from app.match.task import MatchTask
from app.options import MatchOptions
from app.tensors import read_arrays
from app.text.data_audit import audit_split, drop_shared
from app.text.dataset import LabelledPairs
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.features import encode_pairs
from app.text.soft_labels import SoftLabels, parse_soft_columns
from app.text.vocabulary import SPECIAL_TOKENS
from app.train import trainer
from app.train.run_folder import claim_folder

NAN = float("nan")
TOKENIZER = FastWordPieceTokenizer({token: number for number, token in enumerate(SPECIAL_TOKENS + list("甲乙丙丁"))})


def pairs_of(labels, values, flag="p", texts=None):
    """Pairs with these labels ("" for none) and soft labels (nan for none)."""
    texts = texts or [("甲" * (n + 1), "乙") for n in range(len(labels))]
    soft = SoftLabels(parse_soft_columns(flag), np.array(values, dtype=float).reshape(len(labels), -1))
    return LabelledPairs("x.tsv", [a for a, _ in texts], [b for _, b in texts], list(labels), list(range(1, len(labels) + 1)), soft=soft)


def test_targets_of_rows_with_a_label_with_a_soft_label_and_with_both():
    pairs = pairs_of(["1", "0", "", "", "1", "0"], [NAN, NAN, 0.25, 1e-7, 0.25, 0.25])
    expected = [[0, 1], [1, 0], [0.75, 0.25], [1 - 1e-7, 1e-7], [0.6 * 0.75, 0.6 * 0.25 + 0.4], [0.6 * 0.75 + 0.4, 0.6 * 0.25]]
    targets = soft_targets(pairs, ["0", "1"], 1, 0.6)
    assert targets.dtype == np.float32 and np.array_equal(targets, np.array(expected, dtype=np.float32))
    other = soft_targets(pairs, ["0", "1"], 0, 0.6)  # the column is about the other label
    assert np.array_equal(other[2], targets[2][::-1]) and np.array_equal(other[0], targets[0])
    several = pairs_of(["", "b"], [[0.1, 0.2, 0.7], [0.1, 0.2, 0.7]], "c=1,a=2,b=3")
    assert np.allclose(soft_targets(several, ["a", "b", "c"], 2, 0.5), [[0.2, 0.7, 0.1], [0.1, 0.85, 0.05]])


PROBABILITY = st.one_of(st.just(NAN), st.floats(0, 1))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["0", "1"]), PROBABILITY, st.booleans()), min_size=1), st.floats(0, 1), st.sampled_from([0, 1]))
def test_targets_are_distributions_between_label_and_soft_label(rows, weight, positive):
    labels = [label if labelled or np.isnan(value) else "" for label, value, labelled in rows]
    targets = soft_targets(pairs_of(labels, [value for _, value, _ in rows]), ["0", "1"], positive, weight)
    assert np.allclose(targets.sum(axis=1), 1) and (targets >= 0).all()
    for target, label, (_, value, _) in zip(targets[:, positive], labels, rows):
        ends = [end for end in ((float(int(label) == positive) if label else NAN), value) if not np.isnan(end)]
        assert min(ends) - 1e-6 <= target <= max(ends) + 1e-6
        assert len(ends) == 2 or target == np.float32(ends[0])


def test_the_more_probable_label():
    targets = np.array([[0.4, 0.6], [0.5, 0.5], [0.9, 0.1]], dtype=np.float32)
    assert more_probable_labels(targets, 1).tolist() == [1, 1, 0] and more_probable_labels(targets, 0).tolist() == [1, 0, 0]
    assert more_probable_labels(np.array([[0.2, 0.5, 0.3]]), 2).tolist() == [1]


def test_the_loss_is_the_cross_entropy_of_the_soft_label():
    logits = np.random.default_rng(0).normal(size=(5, 3)).astype("float32") * 3
    targets = np.random.default_rng(1).dirichlet(np.ones(3), size=5).astype("float32")
    batch = {"input_ids": np.zeros((5, 2), "int64"), "token_type_ids": np.zeros((5, 2), "int64"), "labels": targets.argmax(axis=1), "weight": 0.25}
    loss, sums = MatchTask.loss(None, lambda *_: paddle.to_tensor(logits), {**batch, "targets": targets})
    log_softmax = logits - np.log(np.exp(logits.astype(float)).sum(axis=1, keepdims=True))
    by_hand = -(targets * log_softmax).sum()
    assert float(loss) == pytest.approx(by_hand * 0.25, rel=1e-6) and float(sums["loss"]) == pytest.approx(by_hand, rel=1e-6)
    assert float(sums["accuracy"]) == (logits.argmax(axis=1) == targets.argmax(axis=1)).sum() and sums["rows"] == 5


def test_the_audit_of_soft_labels():
    texts = [("甲", "乙")] * 5 + [("丙", "丁"), ("丙", "甲")]
    pairs = pairs_of(["1", "", "", "0", "", "1", "0"], [NAN, 0.9, 0.75, NAN, 0.895, 0.59, 0.7], texts=texts)
    audit = audit_soft_labels(pairs, ["0", "1"], 1)
    assert (audit.hard_rows, audit.soft_rows, audit.both_rows, audit.agreeing_rows, audit.unsure_share) == (2, 3, 2, 1, 1 / 5)
    assert audit.mean_probability == pytest.approx({"0": 0.233, "1": 0.767})
    assert "3 rows have only a soft label, 2 only a label, 2 both" in audit.lines()[0] and "agree in 50.0%" in audit.lines()[1]
    assert "is it the probability of the positive label" in audit_soft_labels(pairs_of(["0"], [0.8]), ["0", "1"], 1).lines()[1]
    found = audit_split("train", pairs, encode_pairs(TOKENIZER, pairs.text_a, pairs.text_b, 16))
    assert (found.labels, found.conflicts, found.soft_conflicts, found.duplicates) == ({"1": 2, "0": 2}, 1, 0, 3)
    pairs = pairs_of(["", "", ""], [0.9, 0.79, 0.81], texts=[("甲", "乙")] * 3)
    found = audit_split("train", pairs, encode_pairs(TOKENIZER, pairs.text_a, pairs.text_b, 16))
    assert (found.soft_conflicts, found.duplicates) == (1, 1) and "labels none" in found.lines()[0]
    assert any("a soft label that differs by more than 0.1" in line for line in found.lines())


def test_the_probability_of_the_other_label_is_refused():
    """Regression: it was a note in the middle of the audit, and a student of the wrong labels with exit code 0."""

    def check(agreeing, rows, names=("0", "1"), flag="p"):
        soft = [[0.9, 0.1] if number < agreeing else [0.1, 0.9] for number in range(rows)]
        pairs = pairs_of([names[0]] * rows, soft if "," in flag else [row[1] for row in soft], flag)
        audit_soft_labels(pairs, list(names), 1).check(pairs, names[1])

    for flag in ("p", "0=q,1=p"):
        with pytest.raises(UserError, match=f"--soft_label_column {flag}: soft label and label agree in only 15.0% of the 20 rows with both in x.tsv"):
            check(3, 20, flag=flag)
    check(4, 20)
    check(0, 19)


@pytest.mark.parametrize(
    "predictions, flags, reason",
    [
        (["0", "0", "1", "1"], {}, ""),
        (["0", "0", "1", "1"], {"positive_label": "0"}, "has the probability of '1'; .*'0' \\(--positive_label\\)"),
        (["1", "1", "0", "0"], {}, "has the probability of '0'"),
        (["0", "0", "0", "0"], {"positive_label": "0"}, ""),  # nothing tells whose probability it is
        (["no", "no", "yes", "yes"], {"positive_label": "0"}, ""),
        (["a", "b", "c", "c"], {}, "have 3 predictions, and each the probability of its own"),
        (["1", "1", "0", "0"], {"soft_label_column": "4"}, ""),  # another column may have another teacher
    ],
)
def test_a_scored_file_tells_whose_probability_it_has(files, predictions, flags, reason):
    """Regression: pairs without labels from a teacher with another positive label, or with three labels, were learned."""
    values = ["0.1", "0.4", "0.7", "0.9"]
    folder = files("probability\tq\tprediction", lambda number, label: [values[number % 4]] * 2 + [predictions[number % 4]])
    options = options_of(folder, **{"soft_label_column": "probability", **flags})
    splits, _, _, matcher_config = build(options)
    positive = matcher_config.decision.positive
    audit = audit_soft_labels(splits["train"], matcher_config.labels, positive)
    with pytest.raises(UserError, match=reason) if reason else contextlib.nullcontext():
        audit.check(splits["train"], matcher_config.labels[positive])


def test_dropping_leaks_keeps_the_soft_labels_of_the_other_rows():
    pairs = pairs_of(["1", "", "0"], [NAN, 0.3, 0.6])
    kept = drop_shared(pairs, [LabelledPairs("dev.tsv", ["甲"], ["乙"], ["1"], [1])])
    assert kept.labels == ["", "0"] and kept.soft.values.tolist() == [[0.3], [0.6]]
    with pytest.raises(UserError, match="leaves no row of x.tsv"):
        drop_shared(pairs, [pairs])


# -- files and runs ----------------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path):
    """Writes files of the sample's first rows: dev.tsv, and train.tsv with the columns that a function of (number, label) gives."""

    def write(header, cells, rows=64, extra=""):
        lines = [line.split("\t") for line in sample_lines("train", rows).splitlines()[1:]]
        body = ["\t".join([a, b, *cells(number, int(label))]) for number, (a, b, label) in enumerate(lines)]
        (tmp_path / "train.tsv").write_text("\n".join(["text_a\ttext_b\t" + header, *body]) + "\n" + extra, encoding="utf-8")
        (tmp_path / "dev.tsv").write_text(sample_lines("dev", 40), encoding="utf-8")
        return tmp_path

    return write


def options_of(folder, name="run", **changed):
    defaults = {"model_name_or_path": "scratch:nano", "dropout": 0.1, "batch_size": 16, "learning_rate": 1e-3, "device": "cpu", "vocab_size": 300}
    return MatchOptions(train_set=str(folder / "train.tsv"), dev_set=str(folder / "dev.tsv"), output_dir=str(folder / name), **{**defaults, **changed})


def train(options, stops=(), steps=6):
    """Trains as `run_match.sh` does, and returns the weights. It is interrupted, as by Ctrl-C, after a step of `stops`."""
    with contextlib.closing(open(claim_folder(options))), pytest.MonkeyPatch.context() as patch:
        runtime.set_seed(options.seed)
        splits, model, tokenizer, matcher_config = build(options)
        names, positive = matcher_config.labels, matcher_config.decision.positive
        encoded = {name: encode_split(pairs, names, tokenizer, 64, "longest_first") for name, pairs in splits.items()}
        encoded["train"] = with_soft_targets(encoded["train"], names, positive, options.soft_label_weight)
        matcher_config.data = check_data_unchanged(options, encoded)
        task = MatchTask(model, tokenizer, encoded, matcher_config, options)
        patch.setattr(trainer.InterruptFlag, "on_any_process", lambda self, step: step in stops)
        trainer.Trainer(task, options, steps).run()
    return read_arrays(Path(options.output_dir) / "last/model.safetensors")


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def test_soft_labels_of_0_and_1_train_the_weights_of_the_same_labels(files):
    hard = train(options_of(files("label", lambda number, label: [str(label)])))

    def mixed(number, label):  # a label only, a soft label only, both
        return [str(label) if number % 3 != 1 else "", f"{label:.6f}" if number % 3 else ""]

    for name, header, cells, flags in (
        ("mixed", "label\tp", mixed, {"soft_label_column": "p", "soft_label_weight": 0.3}),
        ("several", "p0\tp1", lambda number, label: [str(1 - label), str(label)], {"soft_label_column": "1=p1,0=p0"}),
    ):
        assert same(hard, train(options_of(files(header, cells), name, **flags))), name
    other = train(options_of(files("probability", lambda number, label: ["0.7"]), "other", soft_label_column="probability"))
    assert not same(hard, other)


def test_micro_batches_of_soft_labels_add_up_to_the_whole_batch(files):
    folder, flags = files("p", lambda number, label: [f"{number / 64:.6f}"]), {"soft_label_column": "p", "dropout": 0.0}
    whole = train(options_of(folder, "whole", **flags))
    micro = train(options_of(folder, "micro", batch_size=4, gradient_accumulation_steps=4, **flags))
    for name in whole.keys() - {name for name in whole if name.endswith("k_proj.bias")}:  # softmax cancels them: rounding errors
        assert np.abs(whole[name] - micro[name]).mean() < 1e-5, name  # the learning rates add up to 4e-3


def test_a_run_with_soft_labels_that_is_stopped_and_resumed_has_the_same_weights_and_notices_changed_values(files):
    def cells(number, label):
        return [[str(label), ""], ["", f"{number / 64:.6f}"], [str(label), f"{number / 64:.6f}"]][number % 3]

    flags = {"soft_label_column": "p", "save_steps": 2, "eval_steps": 4}
    whole = train(options_of(files("label\tp", cells), "whole", **flags))
    folder = files("label\tp", cells)
    for stop in (3, 5):
        with pytest.raises(Interrupted):
            train(options_of(folder, "stopped", resume=True, **flags), {stop})
    assert same(whole, train(options_of(folder, "stopped", resume=True, **flags)))
    written = json.loads((folder / "stopped/last/matcher.json").read_text())
    assert written["data"]["train"]["soft_labels"] == {"column": "p", "weight": 0.9} and written["data"]["train"]["rows"] == 64
    with pytest.raises(UserError, match="--soft_label_weight 0.5: the run in"):
        train(options_of(folder, "stopped", resume=True, soft_label_weight=0.5, **flags))
    with pytest.raises(UserError, match=r"--soft_label_column \(empty\): the run in .* has p; --resume keeps its options"):
        train(options_of(folder, "stopped", resume=True, **{**flags, "soft_label_column": ""}))
    files("label\tp", lambda number, label: [cell.replace("0.015625", "0.015626") for cell in cells(number, label)])
    with pytest.raises(UserError, match="--train_set: train.tsv has changed since the run"):
        train(options_of(folder, "stopped", resume=True, **flags))


@pytest.mark.parametrize(
    "header, cells, flags, reason",
    [
        ("label\tp", ["1", ""], {}, "--soft_label_column p: no usable row of .* has a soft label"),
        ("p", ["0.5"], {"soft_label_weight": 0.5}, "--soft_label_weight 0.5: is for rows with a label and a soft label; .*train.tsv has none"),
        ("label\tp", ["x", "0.5"], {}, "train.tsv: its only label is 'x'; the labels in .*dev.tsv are 0, 1"),
        ("p", ["1.5"], {}, "64 bad row"),
        ("p\tq", ["0.5", "0.5"], {"soft_label_column": "0=p,2=q"}, "dev.tsv: .* label '1' is none of 0, 2"),
        ("p", ["0.5"], {"drop_leaked": True, "dev_set": "train.tsv"}, "no label column"),
    ],
)
def test_what_cannot_be_trained_is_one_error_line(files, header, cells, flags, reason):
    folder = files(header, lambda number, label: cells)
    flags = {name: str(folder / value) if name == "dev_set" else value for name, value in flags.items()}
    with pytest.raises(UserError, match=reason) as error:
        build(MatchOptions(**{**vars(options_of(folder)), "soft_label_column": "p", **flags}))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("hard", [[], ["1"]])
def test_without_two_labels_of_its_own_the_training_set_has_those_of_the_dev_set(files, hard):
    folder = files("label\tp", lambda number, label: ([*hard, "0.5"] if hard and number == 3 else ["", "0.5"]))
    splits, _, _, matcher_config = build(options_of(folder, soft_label_column="p", positive_label="0"))
    assert matcher_config.labels == ["0", "1"] and matcher_config.decision.positive == 0 and splits["dev"].soft is None


def test_rows_that_the_teacher_could_not_score_are_bad_rows(files, capsys):
    folder = files("probability\tprediction\terror", lambda number, label: ["0.5", "1", ""], extra="甲\t乙\t\t\tlogits are not finite\n")
    with pytest.raises(UserError, match=r"1 bad row\(s\): line 66: neither a label nor a soft label \(error: logits are not finite\)"):
        build(options_of(folder, soft_label_column="probability"))
    splits = build(options_of(folder, soft_label_column="probability", bad_rows="skip"))[0]
    assert len(splits["train"]) == 64 and "1 bad rows left out" in capsys.readouterr().out
    with pytest.raises(UserError, match="--soft_label_weight 0.5: must be left out without --soft_label_column"):
        options_of(folder, soft_label_weight=0.5)
    with pytest.raises(UserError, match="--soft_label_weight 1.5: must be from 0 to 1"):
        options_of(folder, soft_label_weight=1.5, soft_label_column="p")
