"""Weight files that are empty, truncated or not weights at all, and wrong indexes of shards, are one error line."""

import pickle

import pytest
from published import (
    BERT,
    as_paddle,
    folder_of,
    write_safetensors,
    write_shards,
    write_torch,
)
from published_checks import check_refused


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\n", "Git LFS"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"PK\x03\x04 truncated", "cannot be read"),
        (b"\x10\0\0\0\0\0\0\0{}", "cannot be read"),
    ],
)
@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "model_state.pdparams"])
def test_a_file_without_weights_is_one_error_line(tmp_path, content, words, name):
    (folder_of(tmp_path / "wrong") / name).write_bytes(content)
    check_refused(tmp_path / "wrong", words)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors", "model_state.pdparams"])
def test_a_truncated_file_is_one_error_line(tmp_path, name, legacy):
    folder = folder_of(tmp_path / "truncated")
    if name.endswith("bin"):
        write_torch(folder / name, BERT, legacy)
    elif name.endswith("safetensors"):
        write_safetensors(folder / name, BERT)
    else:
        (folder / name).write_bytes(pickle.dumps(as_paddle(BERT), 2 if legacy else 4))
    complete = (folder / name).read_bytes()
    for size in (len(complete) // 3, len(complete) - 40):
        (folder / name).write_bytes(complete[:size])
        check_refused(folder, "cannot be read|lacks|end of its storage")


def test_an_index_that_names_missing_files_is_one_error_line(tmp_path):
    folder = folder_of(tmp_path / "shards")
    write_shards(folder, BERT, write_safetensors, "model.safetensors")
    (folder / "model-00002-of-00002.safetensors").unlink()
    check_refused(folder, "lacks model-00002-of-00002.safetensors")
    for damaged in ("{", "[]", '{"weight_map": []}', '{"weight_map": {"a": 3}}'):
        (folder / "model.safetensors.index.json").write_text(damaged)
        check_refused(folder, "damaged|names 3")
