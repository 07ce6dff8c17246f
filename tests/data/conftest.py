"""Fixtures for data/fetch.py: a folder with a small data set, and `fetch.main` run in this process."""

import pytest
from tiny_data_set import fetch, tiny


@pytest.fixture
def prepare(tmp_path, capsys):
    """Runs `fetch.main` on the small data set; returns (exit code, standard output, standard error)."""

    def call(*args, dataset=None):
        code = fetch.main(dataset or tiny(), tmp_path / "out", list(map(str, args)))
        return (code, *capsys.readouterr())

    return call


@pytest.fixture
def source(tmp_path):
    """A folder with valid train, dev and test files; each test changes the files it needs."""
    folder = tmp_path / "source"
    folder.mkdir()
    for name, text in {"train": "a\tb\t1\nc\td\t0\n", "dev": "e\tf\t1\n", "test": "g\th\t0\n"}.items():
        (folder / f"{name}.tsv").write_text(text, encoding="utf-8")
    return folder
