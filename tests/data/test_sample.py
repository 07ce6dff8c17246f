"""The sample data: reproducible, clean, correctly labelled and without shortcuts."""

import itertools
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from conftest import load_script
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
SPLITS = ("train", "dev", "test")
CHECKED_PAIRS = [
    ("做一份宫保鸡丁要多少钱", "做一份宫保鸡丁要多久", "0"),
    ("从广州开车回武汉贵不贵", "从武汉开车回广州贵不贵", "0"),
    ("怎么注册老妈的美团账号", "想注册我妈在美团的号，该找谁", "1"),
    ("预算不多，给华为手机修后盖需要多少钱", "给华为换个新后盖贵不贵", "1"),
    ("想取消明天在杭州的宾馆，该找谁", "想取消星期五在杭州的宾馆，该找谁", "0"),
    ("怎么开通老妈的抖音直播", "这两天要用，能帮我开通孩子在抖音的直播权限吗", "0"),
    ("想取消送给朋友的盖浇饭，该找谁", "朋友的盖浇饭外卖在哪个页面能点", "0"),
    ("一体机恢复照片要多久，求解答", "一体机恢复照片要多久", "1"),
]


@pytest.fixture(scope="module")
def prepare():
    return load_script(SAMPLE / "prepare.py")


@pytest.fixture(scope="module")
def generated(prepare):
    return prepare.generate()


@pytest.fixture(scope="module")
def rows():
    """The rows of the files: split -> list of [text_a, text_b, label]."""
    result = {}
    for split in SPLITS:
        lines = (SAMPLE / f"{split}.tsv").read_text(encoding="utf-8").split("\n")
        assert lines[0] == "text_a\ttext_b\tlabel"
        assert lines[-1] == ""  # the file ends with a newline
        result[split] = [line.split("\t") for line in lines[1:-1]]
    return result


def char_overlap(a, b, n):
    """Dice overlap of the multisets of character n-grams."""
    x = Counter(a[i : i + n] for i in range(len(a) - n + 1))
    y = Counter(b[i : i + n] for i in range(len(b) - n + 1))
    return 2 * sum((x & y).values()) / max(1, sum(x.values()) + sum(y.values()))


def threshold_accuracy(score, train, test):
    """Accuracy on `test` of the threshold and direction that are best on `train`."""
    train_scores = [(score(a, b), label == "1") for a, b, label in train]
    best = (0.0, 0.0, True)
    for threshold in {value for value, _ in train_scores}:
        right = sum((value >= threshold) == label for value, label in train_scores)
        accuracy = right / len(train_scores)
        best = max(best, (accuracy, threshold, True), (1 - accuracy, threshold, False))
    _, threshold, above = best
    right = sum(((score(a, b) >= threshold) == above) == (label == "1") for a, b, label in test)
    return right / len(test)


def test_regenerating_gives_identical_files(tmp_path):
    command = [sys.executable, str(SAMPLE / "prepare.py"), "--output_dir", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{s}.tsv" for s in SPLITS)
    for split in SPLITS:
        assert (tmp_path / f"{split}.tsv").read_bytes() == (SAMPLE / f"{split}.tsv").read_bytes()


def test_counts(rows):
    assert 3800 <= len(rows["train"]) <= 4500
    assert len(rows["dev"]) == 600
    assert len(rows["test"]) == 600


def test_format(rows):
    for a, b, label in itertools.chain(*rows.values()):  # exactly three columns
        assert label in ("0", "1")
        assert a and b and a != b
        for text in (a, b):
            assert text == text.strip()
            assert not set(text) & set("\t\r {}")


@pytest.mark.parametrize("split", SPLITS)
def test_labels_are_balanced(rows, split):
    positive = sum(label == "1" for _, _, label in rows[split])
    assert 0.45 <= positive / len(rows[split]) <= 0.55


def test_no_pair_twice(rows):
    pairs = [frozenset(row[:2]) for row in itertools.chain(*rows.values())]
    assert len(pairs) == len(set(pairs))


def test_no_sentence_in_two_splits(rows):
    texts = {split: {text for row in rows[split] for text in row[:2]} for split in SPLITS}
    for one, other in itertools.combinations(SPLITS, 2):
        assert not texts[one] & texts[other]


def test_no_filled_pattern_in_two_splits(generated):
    filled = {split: {(s.pattern, s.filling) for pair in pairs for s in (pair.a, pair.b)} for split, pairs in generated.items()}
    for one, other in itertools.combinations(SPLITS, 2):
        assert not filled[one] & filled[other]


def test_source_is_rich_enough(prepare):
    themes = prepare.read_themes(SAMPLE / "intents")
    intents = [patterns for theme in themes for patterns in theme.intents.values()]
    assert len({theme.domain for theme in themes}) >= 8
    assert len(intents) >= 80
    assert all(len(set(patterns)) >= 5 for patterns in intents)
    all_patterns = [pattern for patterns in intents for pattern in patterns]
    assert len(all_patterns) == len(set(all_patterns))  # no pattern belongs to two intents


def test_labels_follow_the_meaning(generated):
    """Same meaning = same intent and same slot values; one text has one meaning."""
    meaning = {}
    for pair in itertools.chain(*generated.values()):
        for s in (pair.a, pair.b):
            assert meaning.setdefault(s.text, (s.theme, s.intent, s.filling)) == (s.theme, s.intent, s.filling)
        assert pair.label == (meaning[pair.a.text] == meaning[pair.b.text])


def test_the_files_are_what_the_generator_writes(generated, rows):
    for split in SPLITS:
        assert rows[split] == [[p.a.text, p.b.text, str(p.label)] for p in generated[split]]


@pytest.mark.parametrize("n", (1, 2))
def test_character_overlap_does_not_solve_it(rows, n):
    accuracy = threshold_accuracy(lambda a, b: char_overlap(a, b, n), rows["train"], rows["test"])
    assert accuracy < 0.70


def test_length_does_not_solve_it(rows):
    for score in (lambda a, b: len(a) - len(b), lambda a, b: abs(len(a) - len(b))):
        assert threshold_accuracy(score, rows["train"], rows["test"]) < 0.65


@pytest.mark.parametrize("side", (0, 1))
def test_one_text_alone_does_not_solve_it(rows, side):
    model = make_pipeline(TfidfVectorizer(analyzer="char", ngram_range=(1, 3)), LogisticRegression(max_iter=1000))
    model.fit([row[side] for row in rows["train"]], [row[2] for row in rows["train"]])
    assert model.score([row[side] for row in rows["test"]], [row[2] for row in rows["test"]]) < 0.60


def test_pairs_that_a_human_labelled(rows):
    """The files have the labels that a human gave to these pairs."""
    labels = {frozenset(row[:2]): row[2] for row in itertools.chain(*rows.values())}
    for a, b, label in CHECKED_PAIRS:
        assert labels[frozenset((a, b))] == label


@pytest.mark.parametrize("pattern, reason", [("{city}有什么好玩的", "slots must be"), ("没有槽位的句子", "slots must be")])
def test_wrong_slots_are_reported(prepare, tmp_path, pattern, reason):
    shutil.copytree(SAMPLE / "intents", tmp_path / "intents")
    path = sorted((tmp_path / "intents").glob("banking.txt"))[0]
    path.write_text(path.read_text(encoding="utf-8") + pattern + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=reason):
        prepare.read_themes(tmp_path / "intents")
