"""The exported graph: made once for each model, made again where it is damaged, never from a folder that changes meanwhile."""

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
    content = file.read_bytes()
    if how == "gone":
        file.unlink()
    elif how == "truncated":
        file.write_bytes(content[: len(content) // 2])
    elif how == "one byte":
        file.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    else:
        file.write_bytes(b"")


def test_a_model_is_exported_once_and_other_weights_again(folder, tmp_path):
    copy = tmp_path / "best"
    shutil.copytree(folder, copy)
    first = exported(copy)
    written = os.stat(first / "model.json").st_mtime_ns
    assert exported(copy) == first and os.stat(first / "model.json").st_mtime_ns == written
    assert first.parent == tmp_path / "best.exported"
    assert AutoModel.from_pretrained(str(copy)) is not None
    (copy / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    assert exported(copy) != first


def test_where_the_checkpoint_is_read_only_the_export_goes_into_the_users_cache(folder, tmp_path, monkeypatch):
    shutil.copytree(folder, tmp_path / "best")
    (tmp_path / "best.exported").write_text("no folder can be made here")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert exported(tmp_path / "best").is_relative_to(tmp_path / "cache")


def test_what_a_read_only_export_lacks_is_kept_in_the_users_cache(folder, tmp_path, monkeypatch):
    """A lock beside the graph was refused, and with it all engines but one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    model, pairs = shutil.copytree(folder, tmp_path / "best"), [("甲", f"乙{number}") for number in range(250)]
    graph, allowed = exported(model), os.access
    graph.chmod(0o555)
    monkeypatch.setattr(os, "access", lambda path, mode: graph not in (Path(path), Path(path).parent) and allowed(path, mode))  # root's too
    monkeypatch.setattr(select, "engines_for", lambda device: ["dygraph", "fp32"])
    try:
        record = select.compare(model, "cpu", read_matcher_config(model), pairs, lambda text: None)
        assert measurements.read_record(model, "cpu") == record and set(os.listdir(graph)) == {"model.json", "model.json.sums", "model.pdiparams"}
        assert writable_file(model, "fp32.onnx") == tmp_path / "cache/text_matching_exported" / graph.name / "fp32.onnx"
        assert writable_file(model, "model.json") == graph / "model.json" and exported(model) == graph
    finally:
        graph.chmod(0o755)


@pytest.mark.parametrize("how", ["gone", "truncated", "one byte", "empty"])
@pytest.mark.parametrize("name", [*PADDLE_FILES, f"{PADDLE_FILES[0]}.sums"])
def test_a_damaged_export_is_made_anew(folder, name, how):
    """Without weights every row was nan, exit code 0."""
    expected = Matcher.load(str(folder), "cpu", "fp32").score([("怎么还款", "如何还款")])
    damage(exported(folder) / name, how)
    assert Matcher.load(str(folder), "cpu", "fp32").score([("怎么还款", "如何还款")]) == expected


def test_an_export_that_a_full_disk_cuts_short_is_not_kept(folder, tmp_path):
    """Paddle writes half of the weights, and says nothing."""
    call = [sys.executable, "predict.py", "--model_name_or_path", str(folder), "--engine", "fp32", "--text_a", "怎么还款", "--text_b", "如何还款"]
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # noqa: E731
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    full = subprocess.run(call, cwd=ROOT, preexec_fn=limit, capture_output=True, text=True, env=environment)
    assert full.returncode == 2 and full.stderr.count("\n") == 1 and "cannot write its exported graph" in full.stderr, full.stderr
    again = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert again.returncode == 0 and "prediction:" in again.stdout


@pytest.mark.skipif(bool(why_not("int8", "cpu")), reason="int8 is not for this machine")
@pytest.mark.parametrize("name", ONNX_FILES)
def test_damaged_graphs_for_onnx_runtime_are_made_anew(folder, name):
    whole = [file.stat().st_size for file in onnx_graphs(folder)]
    damage(exported(folder) / name, "truncated")
    assert [file.stat().st_size for file in onnx_graphs(folder)] == whole


@pytest.mark.parametrize("name", ["matcher.json", "model.safetensors", "vocab.txt"])
def test_a_folder_that_changes_while_it_is_read_is_refused(folder, name):
    """Three distinct answers were seen of two models."""
    with pytest.raises(UserError, match="has changed while it was read"):
        with unchanged(folder):
            os.utime(folder / name, ns=(1, 1))
    with pytest.raises(UserError, match="not whole"):
        with unchanged(folder):
            (folder / name).unlink()


def test_a_matcher_and_a_run_look_whether_the_folder_changed(folder, monkeypatch):
    real = export.model_hash

    def replaced(place):
        os.utime(folder / "matcher.json", ns=(1, 1))
        return real(place)

    monkeypatch.setattr(export, "model_hash", replaced)
    with pytest.raises(UserError, match="has changed while it was read"):
        Matcher.load(str(folder), "cpu", "fp32")
