"""Models by name, from a local server that replaces PaddleNLP's hub: downloads, the cache, damaged and missing files."""

import functools
import http.server
import json
import pickle
import threading
import urllib.parse

import numpy as np
import pytest
from paddlenlp.transformers import ErnieModel, ErnieTokenizer
from published import CONFIG, TOKENIZER, as_paddle, bert_of_pytorch, folder_of, write_safetensors, write_shards

from app.encoder import download
from app.encoder.hub import cached, find_folder
from app.encoder.pretrained import load_pretrained
from app.errors import UserError

NAME = "ernie-3.0-medium-zh"
WEIGHTS = as_paddle(bert_of_pytorch())


class Hub(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and records the requests.

    truncate: files with this text in their path end too early; page: files with this ending are answered by a web page.
    """

    requests, truncate, page = [], "", ""

    def log_message(self, *_):
        pass

    def do_GET(self):
        """Sends a file, a web page, or 404."""
        name = urllib.parse.unquote(self.path).rpartition("/")[2]
        self.requests.append(name)
        if self.page and name.endswith(self.page):  # as proxies and hotel networks answer
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><html>Please log in</html>")
        else:
            super().do_GET()

    def copyfile(self, source, outputfile):
        """Sends the file, or its first half."""
        content = source.read()
        outputfile.write(content[: len(content) // 2] if self.truncate and self.truncate in self.path else content)


@pytest.fixture
def address(tmp_path, monkeypatch):
    """The folder of the server. It has the files of PaddleNLP's hub for the model of the README, with tiny weights: no config.json."""
    files = tmp_path / "hub"
    files.mkdir()
    (files / "ernie_3.0_medium_zh.pdparams").write_bytes(pickle.dumps(WEIGHTS, 4))
    by_number = sorted(TOKENIZER.vocabulary, key=TOKENIZER.vocabulary.get)
    (files / "ernie_3.0_medium_zh_vocab.txt").write_text("".join(f"{token}\n" for token in by_number))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Hub, directory=str(files)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setitem(ErnieModel.pretrained_resource_files_map["model_state"], NAME, f"{base}/ernie_3.0_medium_zh.pdparams")
    monkeypatch.setitem(ErnieTokenizer.pretrained_resource_files_map["vocab_file"], NAME, f"{base}/ernie_3.0_medium_zh_vocab.txt")
    monkeypatch.setitem(ErnieModel.pretrained_init_configuration, NAME, CONFIG)
    monkeypatch.setattr(download, "COMMUNITY", f"{base}/community")
    monkeypatch.setenv("PPNLP_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(Hub, "requests", [])
    monkeypatch.setattr(Hub, "truncate", "")
    monkeypatch.setattr(Hub, "page", "")
    yield files
    server.shutdown()
    server.server_close()


def test_the_model_of_the_readme_is_fetched_once_and_then_used_without_network(address, monkeypatch, capsys):
    encoder, tokenizer = load_pretrained(NAME)
    assert type(encoder).__name__ == "ErnieModel" and tokenizer.vocabulary == TOKENIZER.vocabulary
    for name, tensor in encoder.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), WEIGHTS[name])
    assert sorted(Hub.requests) == ["ernie_3.0_medium_zh.pdparams", "ernie_3.0_medium_zh_vocab.txt"]
    assert f"fetching it into {cached(NAME)}" in capsys.readouterr().out
    monkeypatch.setattr("urllib.request.urlopen", None)
    again, _ = load_pretrained(NAME)
    assert all((a.numpy() == b.numpy()).all() for a, b in zip(encoder.state_dict().values(), again.state_dict().values()))


def test_one_of_several_threads_fetches(address):
    """The processes of a parallel run ask for the same model at once."""
    threads = [threading.Thread(target=find_folder, args=(NAME,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Hub.requests) == ["ernie_3.0_medium_zh.pdparams", "ernie_3.0_medium_zh_vocab.txt"]


def test_a_cased_model_of_the_hub_stays_cased(address, monkeypatch):
    """Built-in models have no tokenizer_config.json on the hub: PaddleNLP itself holds their settings."""
    monkeypatch.setitem(ErnieTokenizer.pretrained_init_configuration, NAME, {"do_lower_case": False})
    assert load_pretrained(NAME)[1].basic.lowercase is False
    monkeypatch.setitem(ErnieTokenizer.pretrained_init_configuration, NAME, {"do_lower_case": True})
    assert load_pretrained(NAME)[1].basic.lowercase is False  # the cached files stay


@pytest.mark.parametrize("name", ["hfl/chinese-roberta-wwm-ext", "my-bert"])
@pytest.mark.parametrize("old", [False, True])
def test_community_models_have_a_folder_on_the_hub(address, name, old):
    folder = folder_of(address / "community" / name, {"model_type": "bert", **CONFIG}, "model_config.json" if old else "config.json")
    (folder / "model_state.pdparams").write_bytes(pickle.dumps(WEIGHTS, 4))
    if not old:
        write_safetensors(folder / "model.safetensors", WEIGHTS)
    encoder, _ = load_pretrained(name)
    assert cached(name).is_dir() and type(encoder).__name__ == "BertModel"
    requests = len(Hub.requests)
    load_pretrained(name)
    assert len(Hub.requests) == requests


@pytest.mark.parametrize("name", [".pdparams", "vocab.txt"])
def test_a_download_that_ends_too_early_is_one_error_line_and_can_be_repeated(address, name, monkeypatch):
    monkeypatch.setattr(Hub, "truncate", name)
    with pytest.raises(UserError, match="cannot be fetched .*bytes.*put config.json"):
        load_pretrained(NAME)
    assert not cached(NAME).exists()
    monkeypatch.setattr(Hub, "truncate", "")
    load_pretrained(NAME)


def check_refused_and_not_cached(name, words):
    with pytest.raises(UserError, match=words) as error:
        load_pretrained(name)
    text = str(error.value)
    assert "cannot be fetched" in text and "\n" not in text and ".tmp" not in text and not cached(name).exists()


@pytest.mark.parametrize("page", [".pdparams", "vocab.txt"])
def test_a_web_page_instead_of_a_file_is_not_cached(address, page, monkeypatch):
    monkeypatch.setattr(Hub, "page", page)
    check_refused_and_not_cached(NAME, "web page" if page == ".pdparams" else "vocab.txt")
    monkeypatch.setattr(Hub, "page", "")
    load_pretrained(NAME)


@pytest.mark.parametrize("page", ["config.json", "vocab.txt", "tokenizer.json", "special_tokens_map.json", ".safetensors", "index.json"])
def test_a_web_page_instead_of_a_file_of_a_community_model_is_not_cached(address, page, monkeypatch):
    """Optional files too: without them the settings of the model are unknown."""
    folder = folder_of(address / "community" / "nobody" / "bert", {"model_type": "bert", **CONFIG})
    if page == "index.json":
        write_shards(folder, WEIGHTS, write_safetensors, "model.safetensors")
    else:
        write_safetensors(folder / "model.safetensors", WEIGHTS)
    monkeypatch.setattr(Hub, "page", page)
    check_refused_and_not_cached("nobody/bert", "downloaded files/.*(web page|damaged|vocab.txt)")
    monkeypatch.setattr(Hub, "page", "")
    load_pretrained("nobody/bert")


def test_shards_are_fetched_by_their_index(address):
    folder = folder_of(address / "community" / "nobody" / "bert", {"model_type": "bert", **CONFIG})
    write_shards(folder, WEIGHTS, write_safetensors, "model.safetensors")
    encoder, _ = load_pretrained("nobody/bert")
    for name, tensor in encoder.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), WEIGHTS[name])


@pytest.mark.parametrize("named", ["../../escaped.safetensors", "/tmp/escaped.safetensors", "weights.bin", 3])
def test_an_index_of_the_hub_names_files_of_its_own_folder_only(address, named):
    folder = folder_of(address / "community" / "nobody" / "bert", {"model_type": "bert", **CONFIG})
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": named}}))
    check_refused_and_not_cached("nobody/bert", "no .safetensors file of this folder")


def test_the_weights_of_an_unsupported_model_are_not_fetched(address):
    folder = folder_of(address / "community" / "nobody" / "gpt", {"model_type": "gpt2", **CONFIG})
    write_safetensors(folder / "model.safetensors", WEIGHTS)
    check_refused_and_not_cached("nobody/gpt", "is for gpt2")
    assert Hub.requests == ["config.json"]


def test_a_cached_folder_without_configuration_is_completed(address):
    """PaddleNLP itself leaves such folders."""
    cached(NAME).mkdir(parents=True)
    (cached(NAME) / "vocab.txt").write_text("[PAD]\n")
    encoder, _ = load_pretrained(NAME)
    assert json.loads((cached(NAME) / "config.json").read_text())["model_type"] == "ernie" and encoder is not None


@pytest.mark.parametrize("name", ["no-such-model", "nobody/no-such-model"])
def test_the_error_for_an_unknown_name_says_where_to_put_the_files(address, name):
    with pytest.raises(UserError, match="cannot be fetched") as error:
        load_pretrained(name)
    text = str(error.value)
    assert str(cached(name)) in text and "vocab.txt" in text and "\n" not in text
    assert not cached(name).exists()


@pytest.mark.parametrize("path", ["./x", "/nowhere/x", "~/x", "output/match/bset", "data/models/bert-mini-hz"])
def test_a_path_is_never_fetched(address, path):
    with pytest.raises(UserError, match="no model in"):
        find_folder(path)
    assert Hub.requests == []


def test_a_cache_that_cannot_be_written_is_one_error_line(address, monkeypatch):
    monkeypatch.setenv("PPNLP_HOME", "/proc/none")
    with pytest.raises(UserError, match="cannot be fetched"):
        load_pretrained(NAME)
