"""The exported graph: made once per model, made again if it is damaged, never made from a folder that changes meanwhile."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from paddlenlp.transformers import AutoModel

from app import Matcher
from app.engine import export, measurements, select
from app.engine.engines import why_not
from app.engine.export import ONNX_FILES, PADDLE_FILES, exported, onnx_graphs, unchanged, writable_file
from app.errors import UserError
from app.match.matcher_config import read_matcher_config


@pytest.fixture
def folder(small_matcher, tmp_path):
    return shutil.copytree(small_matcher / "best", tmp_path / "best")


def damage(file, how):
    """Removes, truncates or empties the file, or changes one byte."""
    content = file.read_bytes()
    if how == "gone":
        file.unlink()
    elif how == "truncated":
        file.write_bytes(content[: len(content) // 2])
    elif how == "one byte":
        file.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    else:
        file.write_bytes(b"")


def test_a_model_is_exported_once_and_a_changed_model_again(folder, tmp_path):
    first = exported(folder)
    written = os.stat(first / "model.json").st_mtime_ns
    assert exported(folder) == first and os.stat(first / "model.json").st_mtime_ns == written
    assert first.parent == tmp_path / "best.exported"
    assert AutoModel.from_pretrained(str(folder)) is not None
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    assert exported(folder) != first


def test_the_export_of_a_read_only_checkpoint_is_in_the_users_cache(folder, tmp_path, monkeypatch):
    (tmp_path / "best.exported").write_text("no folder can be made here")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert exported(folder).is_relative_to(tmp_path / "cache")


def test_files_missing_from_a_read_only_export_are_in_the_users_cache(folder, tmp_path, monkeypatch):
    """Regression: no lock file could be created in the export, and all engines but one failed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pairs = [("甲", f"乙{number}") for number in range(250)]
    graph, real_access = exported(folder), os.access
    graph.chmod(0o555)
    monkeypatch.setattr(os, "access", lambda path, mode: graph not in (Path(path), Path(path).parent) and real_access(path, mode))  # also for root
    monkeypatch.setattr(select, "engines_for", lambda device: ["dygraph", "fp32"])
    try:
        record = select.compare(folder, "cpu", read_matcher_config(folder), pairs, lambda text: None)
        assert measurements.read_record(folder, "cpu") == record and set(os.listdir(graph)) == {"model.json", "model.json.sums", "model.pdiparams"}
        assert writable_file(folder, "fp32.onnx") == tmp_path / "cache/text_matching_exported" / graph.name / "fp32.onnx"
        assert writable_file(folder, "model.json") == graph / "model.json" and exported(folder) == graph
    finally:
        graph.chmod(0o755)


@pytest.mark.parametrize("how", ["gone", "truncated", "one byte", "empty"])
@pytest.mark.parametrize("name", [*PADDLE_FILES, f"{PADDLE_FILES[0]}.sums"])
def test_a_damaged_export_is_made_again(folder, name, how):
    """Regression: without weights every score was nan, with exit code 0."""
    expected = Matcher.load(str(folder), "cpu", "fp32").score([("怎么还款", "如何还款")])
    damage(exported(folder) / name, how)
    assert Matcher.load(str(folder), "cpu", "fp32").score([("怎么还款", "如何还款")]) == expected


def test_an_export_that_a_full_disk_truncates_is_not_kept(folder, tmp_path):
    """Paddle writes half of the weights and raises no error."""
    call = [sys.executable, "predict.py", "--model_name_or_path", str(folder), "--engine", "fp32", "--text_a", "怎么还款", "--text_b", "如何还款"]
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # noqa: E731
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    full = subprocess.run(call, cwd=ROOT, preexec_fn=limit, capture_output=True, text=True, env=environment)
    assert full.returncode == 2 and full.stderr.count("\n") == 1 and "cannot write its exported graph" in full.stderr, full.stderr
    again = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert again.returncode == 0 and "prediction:" in again.stdout


@pytest.mark.skipif(bool(why_not("int8", "cpu")), reason="int8 is not for this machine")
@pytest.mark.parametrize("name", ONNX_FILES)
def test_damaged_graphs_for_onnx_runtime_are_made_again(folder, name):
    sizes = [file.stat().st_size for file in onnx_graphs(folder)]
    damage(exported(folder) / name, "truncated")
    assert [file.stat().st_size for file in onnx_graphs(folder)] == sizes


@pytest.mark.parametrize("name", ["matcher.json", "model.safetensors", "vocab.txt"])
def test_a_folder_that_changes_while_it_is_read_is_refused(folder, name):
    """Regression: exchanging a model gave the scores of a mixture of both models."""
    with pytest.raises(UserError, match="has changed while it was read"):
        with unchanged(folder):
            os.utime(folder / name, ns=(1, 1))
    with pytest.raises(UserError, match="not complete"):
        with unchanged(folder):
            (folder / name).unlink()


def test_a_matcher_is_not_loaded_from_a_folder_that_changed(folder, monkeypatch):
    real = export.model_hash

    def replaced(path):
        os.utime(folder / "matcher.json", ns=(1, 1))
        return real(path)

    monkeypatch.setattr(export, "model_hash", replaced)
    with pytest.raises(UserError, match="has changed while it was read"):
        Matcher.load(str(folder), "cpu", "fp32")
