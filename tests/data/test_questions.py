"""The everyday questions: the same files every time, families in their format, labelled pairs without a leak."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import load_script

QUESTIONS = Path(__file__).resolve().parents[2] / "data" / "questions"


@pytest.fixture(scope="module")
def prepare():
    return load_script(QUESTIONS / "prepare.py")


def made(folder: Path) -> dict:
    """The rows of each file that prepare.py writes."""
    done = subprocess.run([sys.executable, QUESTIONS / "prepare.py", "--output_dir", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {path.name: [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()] for path in folder.iterdir()}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return made(tmp_path_factory.mktemp("questions"))


def test_the_files_are_the_same_every_time(files, tmp_path):
    assert made(tmp_path) == files


def test_dev_families_are_not_in_the_texts_to_learn_from(files):
    learned = {text for row in files["questions.tsv"] for text in row}
    pairs = {name: {frozenset(row[:2]) for row in files[name][1:]} for name in ("train.tsv", "dev.tsv")}
    assert not pairs["train.tsv"] & pairs["dev.tsv"]
    # A question can be in two families by chance; whole pairs must not.
    held_out = {text for pair in pairs["dev.tsv"] for text in pair}
    assert len(held_out & learned) < 0.03 * len(held_out)
    assert all(pair <= learned for pair in pairs["train.tsv"])
    for name in pairs:
        labels = [row[2] for row in files[name][1:]]
        assert 0.4 < labels.count("1") / len(labels) < 0.6


def test_every_family_is_in_the_format(prepare):
    for path in sorted((QUESTIONS / "families").glob("*.txt")):
        slots, families = prepare.read_families(path)
        assert len(families) > 300
        assert all(len(values) == len(set(values)) >= 8 for values in slots.values()), path
        for family in families:
            assert all(2 <= len(question) <= 60 for question in family.same + family.other), family


@pytest.mark.parametrize("line", ["甲 | 乙", "甲 | 乙 || {无}", "甲 | 甲 || 乙", "甲 | 乙 || 丙 || 丁"])
def test_a_family_in_another_format_is_refused(prepare, tmp_path, line):
    (tmp_path / "x.txt").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 1"):
        prepare.read_families(tmp_path / "x.txt")


def test_the_slots_of_a_family_have_the_same_values_in_all_its_questions(prepare):
    family = prepare.Family(["{a}到{b}", "从{a}去{b}"], ["{b}到{a}"])
    filled = list(prepare.fill(family, {"a": list("12345"), "b": list("67890")}, 4))
    assert len({tuple(each.same) for each in filled}) == 4
    for each in filled:
        (a, b) = each.same[0].split("到")
        assert each == prepare.Family([f"{a}到{b}", f"从{a}去{b}"], [f"{b}到{a}"])
