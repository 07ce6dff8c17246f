"""Wrong flags: one line names the flag, the value and the allowed values, before any model is loaded."""

import dataclasses
import math
import time

import pytest
from conftest import run_app

from app.commands import predict
from app.commands.evaluate import EvaluateOptions
from app.errors import UserError
from app.flags import parse
from app.options import MatchOptions, PredictOptions, PretrainOptions


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--epochs", "x"], ["--epochs", "'x'"]),
        (["--epoch", "3"], ["--epoch", "did you mean --epochs"]),
        (["--batch_size", "0"], ["--batch_size 0", "1 or more"]),
        (["--truncation", "middle"], ["--truncation", "middle", "longest_first"]),
        (["--train_set", "nowhere.tsv"], ["--train_set nowhere.tsv", "existing file"]),
        (["--model_name_or_path", "scratch:huge"], ["scratch:huge", "nano, tiny, mini"]),
        (["--device", "tpu"], ["--device tpu", "gpu:N"]),
        (["--amp", "O1", "--device", "cpu"], ["--amp O1", "GPU"]),
        (["--warmup_proportion", "1"], ["--warmup_proportion 1", "below 1"]),
        (["--threshold", "high"], ["--threshold high", "accuracy or f1"]),
        (["--resume", "false"], ["false"]),
    ],
)
def test_a_wrong_flag_is_one_error_line(flags, words):
    with pytest.raises(UserError) as error:
        parse(MatchOptions, "run_match.sh", flags)
    message = str(error.value)
    assert "\n" not in message and all(word in message for word in words)


def test_a_switch_without_a_value_means_yes():
    """In a reference script --use_amp without a value meant no, and `--continue_training false` meant yes."""
    assert parse(MatchOptions, "x", ["--resume"]).resume and not parse(MatchOptions, "x", []).resume
    assert not parse(MatchOptions, "x", ["--no_resume"]).resume


def test_predict_needs_a_file_or_a_pair():
    for flags in ([], ["--text_a", "x"], ["--text_a", "x", "--text_b", "y", "--input_file", "data/sample/test.tsv"]):
        with pytest.raises(UserError):
            parse(PredictOptions, "predict.py", flags)


@pytest.mark.parametrize("command", ["match", "predict", "evaluate", "doctor"])
def test_help_names_every_flag_with_its_meaning(command):
    shown = run_app(command, "--help")
    assert shown.returncode == 0 and "default" in shown.stdout


def test_a_misspelled_flag_ends_at_once_with_exit_code_2(tmp_path):
    start = time.perf_counter()
    done = run_app("match", "--learning_rat", "1e-4", "--output_dir", str(tmp_path / "run"))
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "--learning_rate" in done.stderr
    assert time.perf_counter() - start < 20 and not (tmp_path / "run").exists()


def test_unknown_command():
    done = run_app("mach")
    assert done.returncode == 2 and "match" in done.stderr


NUMBERS = [
    (options, field.name)
    for options in (MatchOptions, PretrainOptions, PredictOptions, EvaluateOptions)
    for field in dataclasses.fields(options)
    if field.type in ("int", "float")
]


@pytest.mark.parametrize("options, name", NUMBERS, ids=lambda value: getattr(value, "__name__", value))
def test_every_number_has_bounds(options, name):
    """Regression: --save_total_limit accepted a negative number."""
    given = {"input_file": ("x.tsv",)} if options is PredictOptions else {}
    is_integer = {field.name: field.type for field in dataclasses.fields(options)}[name] == "int"
    for wrong in [-2] if is_integer else [-2.0, math.nan, math.inf]:
        with pytest.raises(UserError, match=f"--{name} {wrong}: must be"):
            options(**given, **{name: wrong})


@pytest.mark.parametrize("flags", [["--num_workers", "2"], ["--num_workers=2"], ["--num-workers", "2"], ["--shard", "0/2"]])
def test_the_error_for_a_removed_flag_names_its_replacement(flags):
    with pytest.raises(UserError, match=f"{flags[0]}: not for prediction any more; --ray scores files on several GPUs and machines"):
        predict.main(["--input_file", "pairs.tsv", *flags])


def test_the_error_for_a_launched_prediction_names_the_replacement(monkeypatch):
    monkeypatch.setenv("PADDLE_TRAINER_ENDPOINTS", "127.0.0.1:1,127.0.0.1:2")
    monkeypatch.setenv("PADDLE_TRAINERS_NUM", "2")
    with pytest.raises(UserError, match="paddle.distributed.launch: not for prediction any more"):
        predict.main(["--input_file", "pairs.tsv"])
