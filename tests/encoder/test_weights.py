"""Weight files that are empty, truncated or something else, and indexes of shards that are wrong."""

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
        (b"PK\x03\x04 cut", "cannot be read"),
        (b"\x10\0\0\0\0\0\0\0{}", "cannot be read"),
    ],
)
@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "model_state.pdparams"])
def test_what_is_no_file_of_weights_is_one_line(tmp_path, content, words, name):
    (folder_of(tmp_path / "wrong") / name).write_bytes(content)
    check_refused(tmp_path / "wrong", words)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors", "model_state.pdparams"])
def test_cut_files_are_one_line(tmp_path, name, legacy):
    folder = folder_of(tmp_path / "cut")
    if name.endswith("bin"):
        write_torch(folder / name, BERT, legacy)
    elif name.endswith("safetensors"):
        write_safetensors(folder / name, BERT)
    else:
        (folder / name).write_bytes(pickle.dumps(as_paddle(BERT), 2 if legacy else 4))
    whole = (folder / name).read_bytes()
    for size in (len(whole) // 3, len(whole) - 40):
        (folder / name).write_bytes(whole[:size])
        check_refused(folder, "cannot be read|lacks|end of its storage")


def test_an_index_that_names_what_is_not_there_is_one_line(tmp_path):
    folder = folder_of(tmp_path / "shards")
    write_shards(folder, BERT, write_safetensors, "model.safetensors")
    (folder / "model-00002-of-00002.safetensors").unlink()
    check_refused(folder, "lacks model-00002-of-00002.safetensors")
    for damaged in ("{", "[]", '{"weight_map": []}', '{"weight_map": {"a": 3}}'):
        (folder / "model.safetensors.index.json").write_text(damaged)
        check_refused(folder, "damaged|names 3")
