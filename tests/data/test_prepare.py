"""The four data/*/prepare.py as scripts, on small files and on the real ones."""

import os
import subprocess
import sys
import tarfile

import pytest
from conftest import ROOT
from tiny_data_set import HEADER, one_error, prepared

NAMES = ("lcqmc", "afqmc", "bq", "pawsx")


def run(name, *args, cwd=None):
    """Runs data/NAME/prepare.py as a user does."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "data" / name / "prepare.py"), *map(str, args)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert "Traceback" not in done.stderr
    return done


def test_the_original_pawsx_archive_gives_the_chinese_pairs(tmp_path):
    for language in ("de", "en", "zh"):
        folder = tmp_path / "x-final" / language
        folder.mkdir(parents=True)
        train = "train.tsv" if language == "en" else "translated_train.tsv"
        for name in (train, "dev_2k.tsv", "test_2k.tsv"):
            (folder / name).write_text(f"id\tsentence1\tsentence2\tlabel\n1\t{language}\tNS\t0\n", encoding="utf-8")
    with tarfile.open(tmp_path / "x-final.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "x-final", "x-final")
    for given in ("x-final", "x-final.tar.gz"):
        done = run("pawsx", "--from", tmp_path / given, "--output_dir", tmp_path / "out", "--any_size")
        assert done.returncode == 0 and "1 with the text 'NS'" in done.stdout, done.stderr
        assert {prepared(tmp_path, split) for split in ("train", "dev", "test")} == {HEADER + "zh\tNS\t0\n"}


@pytest.mark.parametrize("name", NAMES)
def test_scripts_run_from_any_folder(name, tmp_path):
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.tsv").write_text("好\t坏\t0\n", encoding="utf-8")
    done = run(name, "--from", tmp_path, "--output_dir", "new/folder", cwd=tmp_path)
    assert done.returncode == 2 and "rows, found 1" in one_error(done.stderr)
    done = run(name, "--from", tmp_path, "--output_dir", "new/folder", "--any_size", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new" / "folder" / "dev.tsv").read_text(encoding="utf-8") == HEADER + "好\t坏\t0\n"
    assert "--from" in run(name, "--help").stdout


@pytest.mark.parametrize(
    "name, folder, rows, ones",
    [
        ("lcqmc", "lcqmc", {"train": 238766, "dev": 8802}, {"train": 138574, "dev": 4402}),
        ("afqmc", "afqmc", {"train": 34334, "dev": 4316}, {"train": 10573, "dev": 1338}),
        ("pawsx", "pawsx-zh", {"dev": 2000}, {"dev": 853}),
    ],
)
def test_real_files(real_data, name, folder, rows, ones, tmp_path):
    path = real_data / folder
    if not path.is_dir():
        pytest.skip(f"no real data in {path} (set MATCH_DATA)")
    done = run(name, "--from", path, "--output_dir", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    for split, count in rows.items():
        lines = prepared(tmp_path, split).split("\n")
        assert lines[0] + "\n" == HEADER and len(lines) == count + 2 and lines[-1] == ""
        assert sum(line.endswith("\t1") for line in lines) == ones[split]
    assert f"{tmp_path / 'out' / 'test.tsv'}: not in the source" in done.stdout
    if name == "lcqmc":  # already in the layout of this project: the bytes stay the same
        assert done.stdout.count("MD5 as published") == 2
        for split in rows:
            assert (tmp_path / "out" / f"{split}.tsv").read_bytes() == (path / f"{split}.tsv").read_bytes()
