"""data/fetch.py: every layout of a source gives the same files; an error is one line, and nothing is written."""

import json
import os
import re

import pytest
from tiny_data_set import HEADER, archive_of, one_error, prepared


@pytest.mark.parametrize(
    "data",
    [
        b"a\tb\t1\nc\td\t0\n",
        b"a\tb\t1\nc\td\t0",
        b"a\tb\t1\r\nc\td\t0\r\n",
        b"text_a\ttext_b\tlabel\na\tb\t1\nc\td\t0\n",
        b"\xef\xbb\xbftext_a\ttext_b\tlabel\r\na\tb\t1\r\nc\td\t0\r\n",
        b"\xef\xbb\xbfa\tb\t1\nc\td\t0\n",
        b"id\tsentence1\tsentence2\tlabel\n7\ta\tb\t1\n9\tc\td\t0\n",
        b"a\tb\t1 \nc\td\t 0\n",
        b'{"sentence1": "a", "sentence2": "b", "label": "1"}\n{"sentence1": "c", "sentence2": "d", "label": 0}\n',
    ],
)
def test_every_layout_gives_the_same_file(prepare, source, tmp_path, data):
    (source / "train.tsv").write_bytes(data)
    code, out, err = prepare("--from", source)
    assert (code, err) == (0, "")
    assert prepared(tmp_path, "train") == HEADER + "a\tb\t1\nc\td\t0\n"


def test_quotes_and_spaces_stay_and_line_breaks_become_spaces(prepare, source, tmp_path):
    (source / "train.tsv").unlink()
    rows = [
        {"sentence1": '"他\t说\n"', "sentence2": "一\u2028二\x85三\r", "label": "1"},
        {"sentence1": " x ", "sentence2": "", "label": "0"},
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (source / "train.json").write_bytes(text.encode("utf-8"))
    code, out, err = prepare("--from", source)
    assert code == 0 and "1 with the text ''" in out
    assert prepared(tmp_path, "train") == HEADER + '"他 说 "\t一 二 三 \t1\n x \t\t0\n'


@pytest.mark.parametrize(
    "name, text",
    [
        ("test.tsv", "g\th\n"),
        ("test.json", '{"id": 0, "sentence1": "g", "sentence2": "h"}\n'),
        ("test.tsv", "text_a\ttext_b\ng\th\n"),
    ],
)
def test_a_test_split_without_labels_has_no_label_column(prepare, source, tmp_path, name, text):
    (source / "test.tsv").unlink()
    (source / name).write_text(text, encoding="utf-8")
    code, out, err = prepare("--from", source)
    assert code == 0 and "test.tsv: 1 pairs, no labels" in out
    assert prepared(tmp_path, "test") == "text_a\ttext_b\ng\th\n"


@pytest.mark.parametrize("file, prefix", [("a.zip", "tiny/"), ("a.zip", ""), ("a.tar.gz", "tiny/"), ("a.tgz", "./")])
def test_archives(prepare, source, tmp_path, file, prefix):
    code, out, err = prepare("--from", archive_of(source, tmp_path / file, prefix))
    assert (code, err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["dev.tsv", "test.tsv", "train.tsv"]
    assert prepared(tmp_path, "dev") == HEADER + "e\tf\t1\n"


def test_a_split_that_is_there_twice_is_read_from_one_file(prepare, source, tmp_path):
    (source / "dev.json").write_text('{"sentence1": "x", "sentence2": "y", "label": "0"}\n', encoding="utf-8")
    (source / "dev.txt").write_text("x\ty\t0\n", encoding="utf-8")
    code, out, err = prepare("--from", source)
    assert code == 0 and f"from {source}/dev.tsv" in out
    assert prepared(tmp_path, "dev") == HEADER + "e\tf\t1\n"


def test_several_folders_without_the_expected_name_are_refused(prepare, source, tmp_path):
    (source / "other").mkdir()
    (source / "other" / "train.tsv").write_text("x\ty\t1\n", encoding="utf-8")
    code, out, err = prepare("--from", source)
    assert code == 2 and "several folders" in one_error(err) and "other" in err
    assert not (tmp_path / "out").exists()


def test_a_missing_split_is_named_and_the_others_are_written(prepare, source, tmp_path):
    (source / "test.tsv").unlink()
    code, out, err = prepare("--from", source)
    assert code == 0 and re.search(r"test\.tsv: not in the source; missing", out)
    assert sorted(os.listdir(tmp_path / "out")) == ["dev.tsv", "train.tsv"]


@pytest.mark.parametrize(
    "name, data, words",
    [
        ("train", "a\tb\t1\n", ["train.tsv", "expected 2 rows", "found 1", "--any_size"]),
        ("dev", "a\tb\n", ["dev.tsv", "no labels"]),
        ("dev", "", ["dev.tsv", "bad row", "line 1"]),
        ("dev", HEADER, ["dev.tsv", "no row"]),
        ("dev", "a\tb\tc\t1\n", ["dev.tsv", "line 1 (4 columns, not 3)"]),
        (
            "train",
            "a\tb\t1\n" + "a\tb\t2\nx\n" * 4,
            ["8 bad row", "line 2 (label '2', not 0 or 1), line 3 (1 columns", "line 6", ", ..."],
        ),
        ("train", HEADER + "a\tb\t1\n\na\tb\t\n", ["2 bad row", "line 3", "line 4 (label ''"]),
        (
            "train",
            '{"sentence1": "a", "sentence2": "b", "label": "1"}\n{"sentence1": "a"\n{"label": "1"}\n'
            '{"sentence1": "a", "sentence2": "b"}\n',
            ["3 bad row", "line 2 (not JSON)", "line 3 (no sentence1", "line 4 (a label is missing"],
        ),
    ],
)
def test_bad_input_is_one_error_line_and_writes_nothing(prepare, source, tmp_path, name, data, words):
    (source / f"{name}.tsv").write_text(data, encoding="utf-8")
    code, out, err = prepare("--from", source)
    line = one_error(err)
    assert code == 2 and all(word in line for word in words), line
    assert "line 7" not in line  # only the first five bad rows
    assert not (tmp_path / "out").exists()


def test_not_utf8_names_the_line(prepare, source):
    (source / "dev.tsv").write_bytes("好\t坏\t1\n".encode() + "好\t坏\t1\n".encode("gbk"))
    code, out, err = prepare("--from", source)
    assert code == 2 and "not UTF-8 at line 2" in one_error(err)


def test_any_size_accepts_an_excerpt_but_no_bad_row(prepare, source, tmp_path):
    (source / "train.tsv").write_text("a\tb\t1\n", encoding="utf-8")
    assert prepare("--from", source, "--any_size")[0] == 0
    (source / "train.tsv").write_text("a\tb\t3\n", encoding="utf-8")
    assert prepare("--from", source, "--any_size")[0] == 2
    assert prepared(tmp_path, "train") == HEADER + "a\tb\t1\n"  # the valid file stays


@pytest.mark.parametrize(
    "file, data, words",
    [
        ("a.rar", b"Rar!\x1a\x07\x00", "unpack it first"),
        ("a.zip", b"Rar!\x1a\x07\x00", "unpack it first"),
        ("a.zip", b"PK\x03\x04 truncated", "neither a folder nor a complete"),
        ("a.tar.gz", b"\x1f\x8b\x08\x00 truncated", "a.tar.gz"),
        ("train.tsv", b"a\tb\t1\n", "neither a folder nor a complete"),
    ],
)
def test_a_file_that_is_no_archive_is_refused(prepare, tmp_path, file, data, words):
    (tmp_path / file).write_bytes(data)
    code, out, err = prepare("--from", tmp_path / file)
    assert code == 2 and words in one_error(err)


@pytest.mark.parametrize("file", ["a.zip", "a.tar.gz"])
def test_a_truncated_archive_is_refused(prepare, source, tmp_path, file):
    (source / "train.tsv").write_bytes(os.urandom(100000))
    path = archive_of(source, tmp_path / file)
    path.write_bytes(path.read_bytes()[:50000])
    code, out, err = prepare("--from", path)
    assert code == 2 and "complete" in one_error(err)


@pytest.mark.parametrize("given", ["nowhere", "empty"])
def test_a_missing_or_empty_source_is_refused(prepare, tmp_path, given):
    (tmp_path / "empty").mkdir()
    code, out, err = prepare("--from", tmp_path / given)
    assert code == 2 and given in one_error(err)


def test_complete_output_is_left_alone_and_needs_no_network(prepare, source, tmp_path):
    assert prepare("--from", source)[0] == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    code, out, err = prepare()
    assert (code, err) == (0, "") and "nothing to do" in out
    code, out, err = prepare("--from", source)
    assert code == 0 and out.count("unchanged") == 3
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize("damage", [HEADER + "a\tb\t1\n", "a\tb\t1\nc\td\t0\n", HEADER + "a\tb\t1\nc\t"])
def test_damaged_output_is_not_accepted_as_complete(prepare, source, tmp_path, damage):
    assert prepare("--from", source)[0] == 0
    (tmp_path / "out" / "train.tsv").write_text(damage, encoding="utf-8")
    code, out, err = prepare()  # has to download, and nothing listens at the address
    assert code == 2 and "cannot download" in one_error(err)
    assert prepare("--from", source)[0] == 0
    assert prepared(tmp_path, "train") == HEADER + "a\tb\t1\nc\td\t0\n"


def test_a_failed_write_leaves_the_old_file(prepare, source, tmp_path, monkeypatch):
    assert prepare("--from", source)[0] == 0
    (source / "train.tsv").write_text("new\tb\t1\nc\td\t0\n", encoding="utf-8")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, out, err = prepare("--from", source)
    assert code == 2 and "No space left" in one_error(err)
    assert prepared(tmp_path, "train") == HEADER + "a\tb\t1\nc\td\t0\n"
    assert sorted(os.listdir(tmp_path / "out")) == ["dev.tsv", "test.tsv", "train.tsv"]


def test_source_and_output_must_be_different_folders(prepare, source):
    before = (source / "train.tsv").read_bytes()
    code, out, err = prepare("--from", source, "--output_dir", source)
    assert code == 2 and "same folder" in one_error(err)
    assert (source / "train.tsv").read_bytes() == before
