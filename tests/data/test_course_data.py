"""The data sets of the course: reproducible, clean, with right offsets, and without anything of the test part in the train part."""

import itertools
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from conftest import load_script

COURSE = Path(__file__).resolve().parents[2] / "data" / "course"
NAMES = ("intents", "entities", "answers", "aspects")
# Two punctuation marks side by side, or a doubled particle: neither occurs in correct text.
SLIPS = re.compile(r"[，。？！：；、][，。？！：；、]|了了|的的|着着|吗吗|呢呢|[{}|]")


@pytest.fixture(scope="module")
def prepare():
    return load_script(COURSE / "prepare.py")


@pytest.fixture(scope="module")
def data(prepare):
    """name -> split -> rows without the split."""
    result = {}
    for name in NAMES:
        lines = (COURSE / f"{name}.tsv").read_text(encoding="utf-8").split("\n")
        assert lines[0].split("\t") == list(prepare.HEADERS[name])
        assert lines[-1] == ""  # the file ends with a newline
        rows = [line.split("\t") for line in lines[1:-1]]
        assert all(len(row) == len(prepare.HEADERS[name]) for row in rows)
        result[name] = {split: [row[1:] for row in rows if row[0] == split] for split in prepare.SPLITS}
        assert sum(map(len, result[name].values())) == len(rows)
    return result


def spans(row):
    """(type, start, end, name) of the entities of a row."""
    for entity in row[1].split():
        kind, start, end = entity.split(":")
        yield kind, int(start), int(end), row[0][int(start) : int(end)]


def test_regenerating_gives_identical_files(tmp_path):
    command = [sys.executable, str(COURSE / "prepare.py"), "--output_dir", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{name}.tsv" for name in NAMES)
    for name in NAMES:
        assert (tmp_path / f"{name}.tsv").read_bytes() == (COURSE / f"{name}.tsv").read_bytes()


def test_the_files_are_small(prepare, data):
    assert sum((COURSE / f"{name}.tsv").stat().st_size for name in NAMES) < 200_000
    for name in NAMES:
        assert tuple(len(data[name][split]) for split in prepare.SPLITS) == prepare.ROWS[name]


@pytest.mark.parametrize("name", NAMES)
def test_texts_are_clean(data, name):
    for row in itertools.chain(*data[name].values()):
        texts = row[:2] if name == "answers" else row[:1]
        for text in texts:
            assert text and text == text.strip() and " " not in text
            assert not SLIPS.search(text), text


@pytest.mark.parametrize("name", NAMES)
def test_no_row_twice_and_no_text_in_both_splits(data, name):
    rows = [tuple(row) for row in itertools.chain(*data[name].values())]
    assert len(rows) == len(set(rows))
    column = 1 if name == "answers" else 0  # the passage, or the text
    train, test = ({row[column] for row in data[name][split]} for split in ("train", "test"))
    assert not train & test


def test_intents_are_balanced(data):
    for rows in data["intents"].values():
        counts = Counter(intent for _, intent in rows)
        assert len(counts) == 6 and len(set(counts.values())) == 1


def test_aspects_are_balanced_and_the_text_alone_does_not_decide(prepare, data):
    for rows in data["aspects"].values():
        counts = Counter((aspect, polarity) for _, aspect, polarity in rows)
        assert len(counts) == len(prepare.ASPECTS) * len(prepare.POLARITIES) and len(set(counts.values())) == 1
        by_text = defaultdict(list)
        for text, aspect, polarity in rows:
            by_text[text].append((aspect, polarity))
        for labels in by_text.values():  # two rows each, with different aspects and polarities
            assert len({aspect for aspect, _ in labels}) == len({polarity for _, polarity in labels}) == 2


def test_polarities_are_those_of_the_clauses(prepare, data):
    """A review has a clause of the aspect with this polarity; none of the aspect where it is 没提到."""
    groups = prepare.read_groups("aspects.txt")
    clauses = {tuple(name.split()): [line.lstrip("* ") for line in lines] for name, lines in groups.items()}
    for text, aspect, polarity in itertools.chain(*data["aspects"].values()):
        found = [p for p in ("正面", "负面") if any(part in text for part in clauses[aspect, p])]
        assert found == ([] if polarity == "没提到" else [polarity]), (text, aspect)


def test_entities_are_at_their_places(data):
    kinds = Counter()
    for row in itertools.chain(*data["entities"].values()):
        end_before = 0
        for kind, start, end, name in spans(row):
            assert end_before <= start < end <= len(row[0])
            assert not set(name) & set("，。：“”？、的在")
            end_before = end
            kinds[kind] += 1
    assert set(kinds) == {"PER", "LOC", "TIME"} and min(kinds.values()) > 200
    texts = {row[0]: row for row in itertools.chain(*data["entities"].values())}
    assert any(not row[1] for row in texts.values())  # sentences without entities
    assert any(one[2] == two[1] and one[0] == two[0] for row in texts.values() for one, two in zip([*spans(row)], [*spans(row)][1:]))


def test_names_of_the_test_part_are_new(data):
    train, test = ({(kind, name) for row in data["entities"][split] for kind, _, _, name in spans(row)} for split in ("train", "test"))
    assert len(train) > 400 and len(test) > 120
    assert not train & test


def test_answers_are_at_their_places(data):
    for question, passage, answer, start in itertools.chain(*data["answers"].values()):
        assert passage[int(start) : int(start) + len(answer)] == answer
        assert passage.count(answer) == 1
        assert answer not in question
        assert question.endswith("？")
        assert len(question) + len(passage) + 3 <= 64


def test_answers_of_the_test_part_are_new(data):
    train, test = ({row[2] for row in data["answers"][split]} for split in ("train", "test"))
    assert not train & test


def test_answers_do_not_stand_at_one_place(data):
    """No position of the answer, counted in characters or as first or last part, is right for most questions."""
    for rows in data["answers"].values():
        assert Counter(start for *_, start in rows).most_common(1)[0][1] < 0.4 * len(rows)


def test_the_source_is_rich_enough(prepare):
    intents = prepare.read_groups("intents.txt")
    assert all(len(set(lines)) >= 20 for lines in intents.values())
    assert len(prepare.of_split(prepare.read_lines("entities.txt"), "train")) >= 60
    for name in ("intents", "aspects"):
        lines = [line.lstrip("* ") for lines in prepare.read_groups(f"{name}.txt").values() for line in lines]
        assert len(lines) == len(set(lines))


@pytest.mark.parametrize("name, classes", (("intents", 6), ("aspects", 3)))
def test_a_majority_baseline_is_weak(data, name, classes):
    for rows in data[name].values():
        assert max(Counter(row[-1] for row in rows).values()) == len(rows) / classes


def test_the_card_shows_real_rows(data):
    card = (COURSE / "README.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| `(\w+)\.tsv` \| [^|]*for test[^|]*\| (.+) \|$", card, re.MULTILINE))
    assert set(shown) == set(NAMES)
    for name, example in shown.items():
        assert example.split(" · ") in data[name]["train"]
