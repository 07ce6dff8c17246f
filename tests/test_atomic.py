"""Files and folders are written completely or not at all."""

import os

import pytest

from app.atomic import atomic_file, atomic_folder, recover_folder, write_json


def listing(folder):
    return sorted(os.listdir(folder))


def test_a_failed_file_leaves_the_old_one(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"x": 1})
    with pytest.raises(RuntimeError):
        with atomic_file(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError
    assert '"x": 1' in path.read_text() and listing(tmp_path) == ["a.json"]


def test_a_failed_folder_leaves_the_old_one(tmp_path):
    folder = tmp_path / "best"
    for text in ("old", "new"):
        with atomic_folder(folder) as temporary:
            (temporary / "weights").write_text(text)
    with pytest.raises(OSError):
        with atomic_folder(folder) as temporary:
            (temporary / "weights").write_text("half")
            raise OSError(28, "No space left on device")
    assert (folder / "weights").read_text() == "new" and listing(tmp_path) == ["best"]


@pytest.mark.parametrize("killed_before", [1, 2, 3])
def test_a_folder_is_recovered_after_a_kill_between_the_renames(tmp_path, monkeypatch, killed_before):
    """A kill is simulated by an exception without clean-up: the renames stop, and the folder on disk must be recoverable."""
    folder = tmp_path / "best"
    with atomic_folder(folder) as temporary:
        (temporary / "weights").write_text("old")
    calls = []
    real = os.replace

    def replace(*paths):
        calls.append(paths)
        if len(calls) == killed_before:
            raise SystemExit
        real(*paths)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        patch.setattr("shutil.rmtree", lambda *args, **kwargs: None)
        try:
            with atomic_folder(folder) as temporary:
                (temporary / "weights").write_text("new")
        except SystemExit:
            pass
    recover_folder(folder)
    assert (folder / "weights").read_text() == ("new" if killed_before == 3 else "old")
    assert listing(tmp_path) == ["best"]
