"""The classifier, its checkpoint folder, and pretrained weights of others."""

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import paddle
import pytest
from paddlenlp.transformers import (
    AutoModel,
    BertConfig,
    BertModel,
    ElectraConfig,
    ElectraModel,
    ErnieConfig,
    ErnieModel,
    RobertaConfig,
    RobertaModel,
)

from app import runtime
from app.encoder.from_scratch import encoder_from_scratch
from app.encoder.pretrained import ARCHITECTURES, load_pretrained
from app.engine.inference_model import InferenceModel
from app.errors import UserError
from app.match.checkpoint import load_matcher, save_matcher
from app.match.decision import Decision
from app.match.matcher_config import MatcherConfig
from app.match.model import PairClassifier
from app.options import SIZES
from app.tensors import model_arrays, read_arrays, write_arrays
from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.vocabulary import SPECIAL_TOKENS

TOKENIZER = FastWordPieceTokenizer({token: number for number, token in enumerate(SPECIAL_TOKENS + list("abcdefghij"))})
SHAPE = dict(vocab_size=15, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, pad_token_id=0)
IDS = paddle.to_tensor(np.array([[2, 6, 7, 3, 8, 3, 0, 0], [2, 6, 3, 8, 9, 10, 11, 3]]))
SEGMENTS = paddle.to_tensor(np.array([[0, 0, 0, 0, 1, 1, 0, 0], [0, 0, 0, 1, 1, 1, 1, 1]]))
ENCODERS = {
    "bert": lambda: encoder_from_scratch("tiny", 15),
    "ernie": lambda: ErnieModel(ErnieConfig(**SHAPE)),
    "roberta": lambda: RobertaModel(RobertaConfig(**SHAPE)),
    "electra, which has no pooler": lambda: ElectraModel(ElectraConfig(embedding_size=32, **SHAPE)),
}


def classifier(encoder, labels=2):
    runtime.set_seed(1)
    model = PairClassifier(encoder, labels)
    model.eval()
    return model


def matcher_config(labels=("0", "1")):
    return MatcherConfig(list(labels), Decision(), 64, "longest_first")


@pytest.mark.parametrize("architecture", ENCODERS)
def test_a_saved_folder_gives_the_same_logits_here_and_the_same_encoder_to_automodel(tmp_path, architecture):
    model = classifier(ENCODERS[architecture](), labels=3)
    save_matcher(tmp_path / "best", model, TOKENIZER, matcher_config("abc"))
    again, tokenizer, read = load_matcher(tmp_path / "best")
    again.eval()
    np.testing.assert_array_equal(model(IDS, SEGMENTS).numpy(), again(IDS, SEGMENTS).numpy())
    assert read == matcher_config("abc") and tokenizer.vocabulary == TOKENIZER.vocabulary
    theirs = AutoModel.from_pretrained(str(tmp_path / "best"))
    for name, tensor in model.encoder.state_dict().items():
        np.testing.assert_array_equal(theirs.state_dict()[name].numpy(), tensor.numpy())


@pytest.mark.parametrize("pad", [0, 5])
@pytest.mark.parametrize("architecture", ENCODERS)
def test_padding_does_not_change_a_score(architecture, pad):
    """In every supported architecture, in the model for training and in the one for inference."""
    if architecture == "bert":
        encoder = BertModel(BertConfig(**{**SHAPE, "pad_token_id": pad}))
    else:
        encoder = type(ENCODERS[architecture]())(type(ENCODERS[architecture]().config)(**{**SHAPE, "pad_token_id": pad}))
    model = classifier(encoder)
    for parameter in model.parameters():  # weights so large that attention to padding would change the score
        parameter.set_value(paddle.normal(0.0, 0.3, parameter.shape))
    ids = paddle.where(IDS == 0, paddle.full_like(IDS, pad), IDS)
    for network in (model, InferenceModel(model)):
        alone = network(ids[:1, :6], SEGMENTS[:1, :6]).numpy()
        np.testing.assert_allclose(network(ids, SEGMENTS).numpy()[:1], alone, atol=1e-5)
    np.testing.assert_allclose(InferenceModel(model)(ids, SEGMENTS).numpy(), model(ids, SEGMENTS).numpy(), atol=1e-5)


def test_every_supported_architecture_is_tested():
    assert {name.partition(",")[0] for name in ENCODERS} == set(ARCHITECTURES)


def test_segment_ids_matter():
    model = classifier(encoder_from_scratch("tiny", 15))
    assert np.abs(model(IDS, SEGMENTS).numpy() - model(IDS, paddle.zeros_like(SEGMENTS)).numpy()).max() > 1e-4


@pytest.mark.parametrize("size, millions", [("tiny", 4.4), ("mini", 11.2), ("small", 28.8), ("medium", 41.4)])
def test_the_published_miniature_sizes(size, millions):
    """Parameter counts of google-research/bert's table of miniatures, with its vocabulary of 30,522."""
    count = sum(parameter.size for parameter in encoder_from_scratch(size, 30522).parameters())
    assert count / 1e6 == pytest.approx(millions, abs=0.06) and set(SIZES) >= {size, "base", "large"}


@pytest.mark.parametrize("damage, words", [("missing", "lacks"), ("unexpected", "unexpected"), ("shape", "another shape")])
def test_loading_is_strict(tmp_path, damage, words):
    """The reference prediction script loads with a lenient set_dict and predicts with a random head."""
    save_matcher(tmp_path / "best", classifier(encoder_from_scratch("tiny", 15)), TOKENIZER, matcher_config())
    weights = tmp_path / "best" / "model.safetensors"
    arrays = read_arrays(weights)
    if damage == "missing":
        del arrays["classifier.weight"]
    elif damage == "unexpected":
        arrays["bert.extra"] = np.zeros(3, "float32")
    else:
        arrays["classifier.weight"] = np.zeros((128, 5), "float32")
    write_arrays(weights, arrays)
    with pytest.raises(UserError, match=words):
        load_matcher(tmp_path / "best")


def test_a_damaged_or_wrong_folder_is_one_error_line(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        load_matcher(tmp_path / "bset")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="matcher.json"):
        load_matcher(tmp_path / "empty")
    save_matcher(tmp_path / "best", classifier(encoder_from_scratch("tiny", 15)), TOKENIZER, matcher_config())
    weights = tmp_path / "best" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(UserError, match="safetensors"):
        load_matcher(tmp_path / "best")


def test_the_folder_has_no_pickle_and_no_path_of_this_machine(tmp_path):
    save_matcher(tmp_path / "best", classifier(encoder_from_scratch("tiny", 15)), TOKENIZER, matcher_config())
    assert sorted(file.name for file in (tmp_path / "best").iterdir()) == [
        "config.json", "matcher.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt",
    ]  # fmt: skip
    for name in ("config.json", "matcher.json", "tokenizer_config.json"):
        assert str(tmp_path) not in (tmp_path / "best" / name).read_text(encoding="utf-8")


# -- other people's folders --------------------------------------------------------------------------------------------


@pytest.fixture
def paddlenlp_folder(tmp_path):
    """A pretrained BERT as PaddleNLP saves it."""
    encoder = encoder_from_scratch("tiny", 15)
    folder = tmp_path / "pretrained"
    encoder.save_pretrained(str(folder), safe_serialization=True)
    TOKENIZER.save(folder)
    return folder, encoder


@pytest.mark.parametrize(
    "name, words", [("model.safetensors", "cannot be read as safetensors"), ("config.json", "damaged")]
)
def test_a_truncated_download_is_one_error_line(paddlenlp_folder, name, words):
    folder, _ = paddlenlp_folder
    file = folder / name
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(UserError, match=words):
        load_pretrained(str(folder))


def test_a_folder_saved_by_paddlenlp(paddlenlp_folder):
    folder, encoder = paddlenlp_folder
    loaded, _ = load_pretrained(str(folder), dropout=0.3)
    for name, tensor in encoder.state_dict().items():
        np.testing.assert_array_equal(loaded.state_dict()[name].numpy(), tensor.numpy())
    assert loaded.config.hidden_dropout_prob == loaded.config.attention_probs_dropout_prob == 0.3


def test_a_checkpoint_without_the_encoders_weights_is_refused(paddlenlp_folder):
    folder, encoder = paddlenlp_folder
    arrays = model_arrays(encoder)
    write_arrays(folder / "model.safetensors", {name: value for name, value in arrays.items() if "layers.1" not in name})
    with pytest.raises(UserError, match="lacks"):
        load_pretrained(str(folder))


def test_a_message_says_that_the_pooler_is_missing(paddlenlp_folder, capsys):
    folder, encoder = paddlenlp_folder
    arrays = model_arrays(encoder)
    write_arrays(folder / "model.safetensors", {name: value for name, value in arrays.items() if "pooler" not in name})
    load_pretrained(str(folder))
    assert "no pooler" in capsys.readouterr().out


def test_published_pdparams_are_loaded_and_crafted_ones_are_refused(paddlenlp_folder, tmp_path):
    """A .pdparams is a pickle: loading a crafted one runs its author's commands."""
    folder, encoder = paddlenlp_folder
    (folder / "model.safetensors").unlink()
    paddle.save(encoder.state_dict(), str(folder / "model_state.pdparams"))
    loaded, _ = load_pretrained(str(folder))
    np.testing.assert_array_equal(loaded.pooler.dense.weight.numpy(), encoder.pooler.dense.weight.numpy())

    class Crafted:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    (folder / "model_state.pdparams").write_bytes(pickle.dumps({"x": Crafted()}))
    with pytest.raises(UserError, match="it calls pathlib"):
        load_pretrained(str(folder))
    assert not (tmp_path / "ran").exists()


def test_a_path_is_never_fetched_and_an_unknown_name_is_reported_with_its_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PPNLP_HOME", str(tmp_path))
    with pytest.raises(UserError, match="no such folder"):
        load_pretrained("./ernie-3.0-typo")
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: (_ for _ in ()).throw(ConnectionError("no network")))
    with pytest.raises(UserError) as error:
        load_pretrained("ernie-3.0-medium-zh")
    assert "vocab.txt" in str(error.value) and str(tmp_path / "models" / "ernie-3.0-medium-zh") in str(error.value)


def test_a_name_in_paddlenlps_cache_needs_no_network(paddlenlp_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("PPNLP_HOME", str(tmp_path))
    shutil.move(str(paddlenlp_folder[0]), str(tmp_path / "models" / "my-bert"))
    encoder, tokenizer = load_pretrained("my-bert")
    assert tokenizer.size == encoder.config.vocab_size == 15


def test_vocabulary_and_model_must_have_the_same_size(paddlenlp_folder):
    folder, _ = paddlenlp_folder
    (folder / "vocab.txt").write_text("\n".join(SPECIAL_TOKENS + list("abcdefghijklmnop")) + "\n")
    (folder / "tokenizer.json").unlink(missing_ok=True)
    with pytest.raises(UserError, match="the wrong one"):
        load_pretrained(str(folder))


TORCH_HIDDEN_STATES = """
import sys, numpy, torch, transformers
folder, inputs, outputs = sys.argv[1:]
ids, segments = (torch.tensor(array) for array in numpy.load(inputs))
with torch.no_grad():
    model = transformers.BertModel.from_pretrained(folder).eval()
    numpy.save(outputs, model(input_ids=ids, token_type_ids=segments).last_hidden_state.numpy())
"""


def test_hugging_face_weights_give_the_hidden_states_of_pytorch(minilm, tmp_path):
    """Needs PyTorch in this environment or in that of $PEER_PYTHON: it requires other versions than PaddleNLP."""
    before = sorted(file.name for file in minilm.iterdir())
    encoder, tokenizer = load_pretrained(str(minilm))
    assert sorted(file.name for file in minilm.iterdir()) == before  # PaddleNLP would write its conversion there
    encoder.eval()
    ids = np.array([[101, *tokenizer.ids(["how do i pay my bill"])[0], 102, *tokenizer.ids(["paying a bill"])[0], 102]])
    segments = (np.arange(ids.shape[1]) > list(ids[0]).index(102)).astype("int64")[None]
    found = encoder(paddle.to_tensor(ids), token_type_ids=paddle.to_tensor(segments))[0].numpy()
    np.save(tmp_path / "inputs.npy", np.stack([ids, segments]))
    peer = os.environ.get("PEER_PYTHON", sys.executable)
    files = [str(minilm), str(tmp_path / "inputs.npy"), str(tmp_path / "outputs.npy")]
    theirs = subprocess.run([peer, "-c", TORCH_HIDDEN_STATES, *files], capture_output=True, text=True)
    if "ModuleNotFoundError" in theirs.stderr:
        pytest.skip("set PEER_PYTHON to a Python with torch and transformers (tests/bench/requirements.txt)")
    assert theirs.returncode == 0, theirs.stderr
    assert np.abs(found - np.load(tmp_path / "outputs.npy")).max() < 1e-4


def test_matcher_json_describes_the_model(tmp_path):
    save_matcher(tmp_path / "best", classifier(encoder_from_scratch("tiny", 15)), TOKENIZER, matcher_config())
    values = json.loads((tmp_path / "best" / "matcher.json").read_text())
    assert {"labels", "decision", "max_seq_length", "truncation", "data", "dev", "versions"} <= set(values)
    assert {"positive", "threshold", "temperature"} == set(values["decision"])
