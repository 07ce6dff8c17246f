"""Published models: from every layout, all weights are those of the file, and the hidden states are those of BERT."""

import json
import pickle
from pathlib import Path

import numpy as np
import paddle
import pytest
from published import (
    BERT,
    CONFIG,
    HIDDEN,
    TOKENIZER,
    as_paddle,
    bert_of_pytorch,
    folder_of,
    hidden_states,
    write_bfloat16,
    write_safetensors,
    write_shards,
    write_torch,
)
from published_checks import check_refused, check_tensors

from app.encoder.pretrained import load_pretrained
from app.engine.inference_model import InferenceModel
from app.match.model import PairClassifier

IDS = np.array([[2, 6, 7, 3, 8, 3, 0, 0], [2, 6, 3, 8, 9, 10, 11, 3]])
SEGMENTS = np.array([[0, 0, 0, 0, 1, 1, 0, 0], [0, 0, 0, 1, 1, 1, 1, 1]])
HEADS = {
    "cls.predictions.bias": np.zeros(15, "float32"),
    "cls.predictions.transform.dense.weight": np.zeros((16, 16), "float32"),
    "classifier.weight": np.zeros((3, 16), "float32"),
    "qa_outputs.bias": np.zeros(2, "float32"),
    "bert.embeddings.position_ids": np.arange(24)[None],
}


def save(write, arrays, name="model.safetensors", **config):
    """A layout: a function that writes these arrays into a folder by `write(path, arrays)`."""
    return lambda folder: write(folder_of(folder, **config) / name, arrays)


def paddlenlp_2_0(arrays):
    """The layout of PaddleNLP 2.0: a nested model_config.json, and .pdparams."""

    def write(folder):
        inner = {**CONFIG, "init_class": "BertModel"}
        folder_of(folder, {"init_args": [inner], "init_class": "BertForSequenceClassification"}, "model_config.json")
        (folder / "model_state.pdparams").write_bytes(pickle.dumps({**arrays, "StructuredToParameterName@@": {}}, 2))

    return write


def config_of(**values):
    return {"config": {**CONFIG, **values}}


BARE = bert_of_pytorch(prefix="")
GAMMA = bert_of_pytorch(norms=("gamma", "beta"))
LAYOUTS = {
    "with the prefix": save(write_safetensors, {**BERT, **HEADS}),
    "without it": save(write_safetensors, BARE),
    "without it, architectures of another task": save(write_safetensors, BARE, **config_of(model_type="bert", architectures=["BertForMaskedLM"])),
    "with it, architectures of the bare model": save(write_safetensors, BERT, **config_of(model_type="bert", architectures=["BertModel"])),
    "no architectures": save(write_safetensors, BERT, **config_of(model_type="bert")),
    "architectures null": save(write_safetensors, BERT, **config_of(model_type="bert", architectures=None)),
    "no model_type": save(write_safetensors, BERT, **config_of(architectures=["BertForPreTraining"])),
    "a training wrapper's prefix": save(write_safetensors, {f"module.model.{name}": array for name, array in BERT.items()}),
    "gamma and beta": save(write_safetensors, GAMMA),
    "says pt": save(lambda path, arrays: write_safetensors(path, arrays, {"format": "pt"}), BERT),
    "says np, and is PyTorch's": save(lambda path, arrays: write_safetensors(path, arrays, {"format": "np"}), BERT),
    "bin": save(write_torch, {**BERT, "cls.predictions.bias": HEADS["cls.predictions.bias"]}, "pytorch_model.bin"),
    "bin before PyTorch 1.6": save(lambda path, arrays: write_torch(path, arrays, legacy=True), BERT, "pytorch_model.bin"),
    "shards": lambda folder: write_shards(folder_of(folder), BERT, write_safetensors, "model.safetensors"),
    "shards of bin": lambda folder: write_shards(folder_of(folder), BERT, write_torch, "pytorch_model.bin"),
    "PaddleNLP": save(write_safetensors, as_paddle(BERT)),
    "PaddleNLP with the prefix": save(write_safetensors, {**as_paddle(BERT, "bert."), "classifier.weight": HEADS["classifier.weight"]}),
    "PaddleNLP says pt": save(lambda path, arrays: write_safetensors(path, arrays, {"format": "pt"}), as_paddle(BERT)),
    "pdparams": save(lambda path, arrays: path.write_bytes(pickle.dumps(arrays, 4)), as_paddle(BERT, "bert."), "model_state.pdparams"),
    "pdparams by another name": save(lambda path, arrays: path.write_bytes(pickle.dumps(arrays, 4)), as_paddle(BERT), "ernie.pdparams"),
    "pdparams with Paddle's own names": save(
        lambda path, arrays: path.write_bytes(pickle.dumps({name: (f"w_{name}", array) for name, array in arrays.items()}, 4)),
        as_paddle(BERT), "model_state.pdparams",
    ),
    "PaddleNLP 2.0": paddlenlp_2_0(as_paddle(BERT, "bert.")),
    "float64": save(write_safetensors, {name: array.astype("float64") for name, array in BERT.items()}),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_weights_are_those_of_the_file_and_hidden_states_are_berts(tmp_path, layout):
    LAYOUTS[layout](tmp_path / "published")
    encoder, _ = load_pretrained(str(tmp_path / "published"))
    check_tensors(encoder, BERT)
    encoder.eval()
    found = encoder(paddle.to_tensor(IDS), token_type_ids=paddle.to_tensor(SEGMENTS))[0].numpy()
    expected = hidden_states(BERT, IDS, SEGMENTS)
    # float32: about 2^-24 per term in sums of 32 terms, through two layers, for values of about 1.
    np.testing.assert_allclose(found[IDS != 0], expected[IDS != 0], atol=2e-5)
    assert all(tensor.dtype == paddle.float32 for tensor in encoder.state_dict().values())


@pytest.mark.parametrize("file_format", ["float16", "bfloat16", "float16 pickled"])
def test_half_precision_becomes_float32(tmp_path, file_format):
    folder = folder_of(tmp_path / "half", {"model_type": "bert", "torch_dtype": "float16", "dtype": "bfloat16", **CONFIG})
    half = {name: array.astype("float16") for name, array in BERT.items()}
    if file_format == "bfloat16":
        write_bfloat16(folder / "model.safetensors", BERT)
    elif file_format == "float16":
        write_safetensors(folder / "model.safetensors", half)
    else:
        write_torch(folder / "pytorch_model.bin", half)
    encoder, _ = load_pretrained(str(folder))
    check_tensors(encoder, BERT, atol=4 * 2.0 ** (-9 if file_format == "bfloat16" else -12))  # half a unit in the last place, for values below 4
    assert encoder.pooler.dense.weight.dtype == paddle.float32


def test_an_ernie_in_pytorchs_layout(tmp_path):
    tasks = np.random.default_rng(1).normal(size=(3, HIDDEN)).astype("float32")
    arrays = {**{name.replace("bert.", "ernie."): array for name, array in BERT.items()}, "ernie.embeddings.task_type_embeddings.weight": tasks}
    folder = folder_of(tmp_path / "ernie", {"model_type": "ernie", **CONFIG, "task_type_vocab_size": 3, "use_task_id": True})
    write_safetensors(folder / "model.safetensors", arrays)
    encoder, _ = load_pretrained(str(folder))
    assert type(encoder).__name__ == "ErnieModel"
    np.testing.assert_array_equal(encoder.embeddings.task_type_embeddings.weight.numpy(), tasks)
    np.testing.assert_array_equal(encoder.encoder.layers[1].linear2.weight.numpy(), BERT["bert.encoder.layer.1.output.dense.weight"].T)


def test_only_a_pooler_may_be_missing_and_a_message_says_so(tmp_path, capsys):
    write_safetensors(folder_of(tmp_path / "bert") / "model.safetensors", bert_of_pytorch(pooler=False))
    load_pretrained(str(tmp_path / "bert"))
    assert "has no pooler" in capsys.readouterr().out


@pytest.mark.parametrize("warned, settings", [(True, {}), (False, {"transformers_version": "4.40"}), (False, {"paddlenlp_version": None})])
def test_a_message_says_that_the_library_of_the_tokens_is_unknown(tmp_path, capsys, warned, settings):
    folder = folder_of(tmp_path / "bert", {"model_type": "bert", **CONFIG, **settings})
    write_safetensors(folder / "model.safetensors", BERT)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    load_pretrained(str(folder))
    assert ("does not say which library it is from" in capsys.readouterr().out) == warned


def test_a_model_with_one_segment_type(tmp_path, capsys):
    folder = folder_of(tmp_path / "one", {"model_type": "bert", **CONFIG, "type_vocab_size": 1})
    write_safetensors(folder / "model.safetensors", bert_of_pytorch(segments=1))
    model = PairClassifier(load_pretrained(str(folder))[0], 2)
    model.eval()
    ids = paddle.to_tensor(IDS)
    one, other = (model(ids, paddle.to_tensor(segments)).numpy() for segments in (SEGMENTS, SEGMENTS * 0))
    np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(InferenceModel(model)(ids, paddle.to_tensor(SEGMENTS)).numpy(), one, atol=1e-5)
    assert "segment id 0" in capsys.readouterr().out


@pytest.mark.parametrize("architecture", ["bert", "ernie", "roberta", "electra"])
def test_the_epsilon_of_layer_norm_is_the_one_of_the_configuration(tmp_path, architecture):
    """PaddleNLP's ERNIE always uses 1e-12; published models in PyTorch's layout have 1e-5 in their config.json."""
    epsilon = 1e-3
    folder = folder_of(tmp_path / "published", {"model_type": architecture, **CONFIG, "layer_norm_eps": epsilon})
    values = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**values, "use_task_id": False, "embedding_size": HIDDEN}))
    small = {name: array * 0.05 if "embeddings." in name and "Norm" not in name else array for name, array in BERT.items()}
    write_safetensors(folder / "model.safetensors", small)
    encoder, _ = load_pretrained(str(folder))
    encoder.eval()
    ids, segments = paddle.to_tensor(IDS), paddle.to_tensor(SEGMENTS)
    positions = paddle.arange(IDS.shape[1]).unsqueeze(0).expand(IDS.shape)  # RoBERTa's own positions do not begin at 0
    output = encoder(ids, token_type_ids=segments, position_ids=positions)
    found = (output if isinstance(output, paddle.Tensor) else output[0]).numpy()
    expected = hidden_states(small, IDS, SEGMENTS, epsilon=epsilon)
    np.testing.assert_allclose(found[IDS != 0], expected[IDS != 0], atol=2e-5)


@pytest.mark.parametrize(
    "config, words",
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        (json.dumps({**CONFIG, "model_type": "gpt2"}), "is for gpt2; supported are bert, ernie, roberta, electra"),
        (json.dumps({**CONFIG, "model_type": "nezha"}), "is for nezha"),
        (json.dumps({**CONFIG, "model_type": "albert"}), "is for albert"),
        (json.dumps({**CONFIG, "model_type": "xlm-roberta", "architectures": ["XLMRobertaModel"]}), "is for xlm-roberta"),
        (json.dumps({**CONFIG, "model_type": "mobilebert"}), "is for mobilebert"),
        (json.dumps({**CONFIG, "model_type": "deberta-v2"}), "is for deberta-v2"),
        (json.dumps({**CONFIG, "architectures": ["DebertaV2Model"]}), "is for DebertaV2Model"),
        (json.dumps(CONFIG), "names no architecture"),
        (json.dumps({**CONFIG, "model_type": "bert", "hidden_size": "wide"}), "no BertModel can be built"),
        (json.dumps({**CONFIG, "model_type": "bert", "num_attention_heads": 3}), "no BertModel can be built"),
        (json.dumps({**CONFIG, "model_type": "bert", "hidden_act": "magic"}), "hidden_act is 'magic'; only .gelu. or"),
        (json.dumps({**CONFIG, "model_type": "bert", "hidden_act": "gelu_new"}), "hidden_act is 'gelu_new'"),
        (json.dumps({**CONFIG, "model_type": "bert", "position_embedding_type": "relative_key"}), 'only "absolute" is supported'),
        (json.dumps({**CONFIG, "model_type": "bert", "is_decoder": True}), "is_decoder is True; only false is supported"),
        (json.dumps({**CONFIG, "model_type": "roberta", "add_cross_attention": True}), "add_cross_attention is True"),
        (json.dumps({**CONFIG, "model_type": "bert", "layer_norm_eps": 0.1}), "layer_norm_eps is 0.1"),
        (json.dumps({**CONFIG, "model_type": "ernie", "layer_norm_eps": "small"}), "no ErnieModel can be built"),
    ],
)
def test_an_invalid_or_unsupported_configuration_is_one_error_line(tmp_path, config, words):
    folder = folder_of(tmp_path / "wrong")
    write_safetensors(folder / "model.safetensors", BERT)
    (folder / "config.json").write_text(config)
    check_refused(folder, words)


def test_loading_does_not_change_the_folder(tmp_path):
    folder = folder_of(tmp_path / "bert")
    write_safetensors(folder / "model.safetensors", BERT)
    before = {file.name: file.stat().st_mtime_ns for file in Path(folder).iterdir()}
    load_pretrained(str(folder))
    assert {file.name: file.stat().st_mtime_ns for file in Path(folder).iterdir()} == before
    assert TOKENIZER.size == 15
