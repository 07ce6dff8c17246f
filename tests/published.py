"""Small models as they are published: with the names and layout of PyTorch or PaddleNLP, in every file format. And BERT in NumPy."""

import collections
import io
import json
import pickle
import struct
import sys
import types
import zipfile

import numpy as np
import safetensors.numpy
from scipy.special import erf, softmax

from app.text.fast_tokenizer import FastWordPieceTokenizer
from app.text.vocabulary import SPECIAL_TOKENS

HIDDEN, LAYERS, HEADS, INTERMEDIATE, VOCABULARY, POSITIONS = 16, 2, 2, 32, 15, 24
TOKENIZER = FastWordPieceTokenizer({token: number for number, token in enumerate(SPECIAL_TOKENS + list("abcdefghij"))})
CONFIG = dict(
    vocab_size=VOCABULARY, hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=INTERMEDIATE,
    max_position_embeddings=POSITIONS, type_vocab_size=2, pad_token_id=0, hidden_act="gelu", layer_norm_eps=1e-12,
)  # fmt: skip
LINEAR_LAYERS = {
    "attention.self.query": (HIDDEN, HIDDEN), "attention.self.key": (HIDDEN, HIDDEN), "attention.self.value": (HIDDEN, HIDDEN),
    "attention.output.dense": (HIDDEN, HIDDEN), "intermediate.dense": (INTERMEDIATE, HIDDEN), "output.dense": (HIDDEN, INTERMEDIATE),
}  # fmt: skip
PADDLE_NAMES = {
    "attention.self.query": "self_attn.q_proj", "attention.self.key": "self_attn.k_proj", "attention.self.value": "self_attn.v_proj",
    "attention.output.dense": "self_attn.out_proj", "intermediate.dense": "linear1", "output.dense": "linear2",
    "attention.output.LayerNorm": "norm1", "output.LayerNorm": "norm2",
}  # fmt: skip


def bert_of_pytorch(prefix="bert.", norms=("weight", "bias"), segments=2, pooler=True):
    """A random BERT: float32 arrays by PyTorch's names. Weights of linear layers are [out, in]."""
    random = np.random.default_rng(5)

    def linear(name, shape):
        return {f"{name}.weight": random.normal(0, 0.3, shape), f"{name}.bias": random.normal(0, 0.3, shape[0])}

    def norm(name):
        return {f"{name}.{norms[0]}": random.normal(1, 0.3, HIDDEN), f"{name}.{norms[1]}": random.normal(0, 0.3, HIDDEN)}

    arrays = {}
    for name, rows in (("word", VOCABULARY), ("position", POSITIONS), ("token_type", segments)):
        arrays[f"embeddings.{name}_embeddings.weight"] = random.normal(0, 0.5, (rows, HIDDEN))
    arrays.update(norm("embeddings.LayerNorm"))
    for layer in range(LAYERS):
        for name, shape in LINEAR_LAYERS.items():
            arrays.update(linear(f"encoder.layer.{layer}.{name}", shape))
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            arrays.update(norm(f"encoder.layer.{layer}.{name}"))
    if pooler:
        arrays.update(linear("pooler.dense", (HIDDEN, HIDDEN)))
    return {prefix + name: array.astype(np.float32) for name, array in arrays.items()}


BERT = bert_of_pytorch()


def as_paddle(arrays, prefix=""):
    """The same BERT by PaddleNLP's names. Weights of linear layers are [in, out]."""
    found = {}
    for name, array in arrays.items():
        name = name[len("bert.") :] if name.startswith("bert.") else name
        levels = name.split(".")
        if levels[0] == "encoder":
            module = PADDLE_NAMES[".".join(levels[3:-1])]
            name = f"encoder.layers.{levels[2]}.{module}.{levels[-1]}"
        is_linear = array.ndim == 2 and not name.startswith("embeddings")
        name = name.replace("embeddings.LayerNorm", "embeddings.layer_norm")
        found[prefix + name] = np.ascontiguousarray(array.T if is_linear else array)
    return found


def hidden_states(arrays, ids, segments, prefix="bert.", pad=0, epsilon=1e-12):
    """BERT (Devlin et al. 2019) in NumPy: the hidden states of the last layer, float32 [B, S, H]."""

    def get(name):
        return arrays[prefix + name].astype(np.float64)

    def norm(x, name):
        centered = x - x.mean(-1, keepdims=True)
        return centered / np.sqrt((centered**2).mean(-1, keepdims=True) + epsilon) * get(f"{name}.weight") + get(f"{name}.bias")

    def linear(x, name):
        return x @ get(f"{name}.weight").T + get(f"{name}.bias")

    def heads(x):
        return x.reshape(*x.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)  # [B, S, H] -> [B, heads, S, H / heads]

    words, positions, segment_types = (get(f"embeddings.{name}_embeddings.weight") for name in ("word", "position", "token_type"))
    x = norm(words[ids] + positions[: ids.shape[1]] + segment_types[segments], "embeddings.LayerNorm")
    for layer in range(LAYERS):
        start = f"encoder.layer.{layer}."
        q, k, v = (heads(linear(x, f"{start}attention.self.{name}")) for name in ("query", "key", "value"))
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(HIDDEN / HEADS) + np.where(ids == pad, -1e9, 0)[:, None, None]
        context = (softmax(scores, -1) @ v).transpose(0, 2, 1, 3).reshape(x.shape)
        x = norm(x + linear(context, f"{start}attention.output.dense"), f"{start}attention.output.LayerNorm")
        inner = linear(x, f"{start}intermediate.dense")
        inner = inner * (1 + erf(inner / np.sqrt(2))) / 2  # GELU
        x = norm(x + linear(inner, f"{start}output.dense"), f"{start}output.LayerNorm")
    return x.astype(np.float32)


# -- files -------------------------------------------------------------------------------------------------------------


def folder_of(folder, config=None, config_name="config.json"):
    """Writes a folder with a configuration and a vocabulary, without weights."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {"model_type": "bert", "architectures": ["BertModel"], **CONFIG} if config is None else config
    (folder / config_name).write_text(json.dumps(values))
    TOKENIZER.save(folder)
    return folder


def write_safetensors(path, arrays, metadata=None):
    """Writes arrays in PyTorch's or PaddleNLP's layout as one safetensors file."""
    path.write_bytes(safetensors.numpy.save(arrays, metadata=metadata))


def write_bfloat16(path, arrays):
    """Writes safetensors in bfloat16. NumPy has no such type; its bits are the upper half of float32."""
    header, data = {}, b""
    for name, array in arrays.items():
        raw = (np.ascontiguousarray(array).view(np.uint32) >> 16).astype("<u2").tobytes()
        header[name] = {"dtype": "BF16", "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class _TorchPickler(pickle.Pickler):
    """Writes tensors as PyTorch does, without PyTorch."""

    def __init__(self, file, storages):
        super().__init__(file, protocol=2)
        self.storages = storages

    def persistent_id(self, value):
        if isinstance(value, _Storage):
            key = str(len(self.storages))
            self.storages[key] = value.raw
            return ("storage", value.torch_type, key, "cpu", value.count)


class _Storage:
    def __init__(self, array):
        self.raw, self.count = array.tobytes(), array.size
        self.torch_type = _torch("torch", {"f": "FloatStorage"}.get(array.dtype.char, "HalfStorage"))


class _Tensor:
    def __init__(self, array):
        self.array = array

    def __reduce__(self):
        strides = tuple(stride // self.array.itemsize for stride in self.array.strides)
        arguments = (_Storage(self.array), 0, self.array.shape, strides, False, collections.OrderedDict())
        return _torch("torch._utils", "_rebuild_tensor_v2"), arguments


def _torch(module, name):
    """A class that pickles under the name of PyTorch's."""
    stand_in = sys.modules.setdefault(module, types.ModuleType(module))
    if not hasattr(stand_in, name):
        setattr(stand_in, name, type(name, (), {"__module__": module, "__qualname__": name}))
    return getattr(stand_in, name)


def write_torch(path, arrays, legacy=False):
    """Writes a pytorch_model.bin. `legacy`: the format before PyTorch 1.6. Tests need the fixture `no_torch` of tests/encoder."""
    storages, body = {}, io.BytesIO()
    _TorchPickler(body, storages).dump({name: _Tensor(np.ascontiguousarray(array)) for name, array in arrays.items()})
    if legacy:
        header = [pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})]
        counts = {key: struct.pack("<q", len(raw) // 4) for key, raw in storages.items()}
        keys = pickle.dumps(list(storages), 2)
        path.write_bytes(b"".join([*header, body.getvalue(), keys, *(counts[key] + raw for key, raw in storages.items())]))
        return
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", body.getvalue())
        for key, raw in storages.items():
            archive.writestr(f"archive/data/{key}", raw)


def write_shards(folder, arrays, write, name):
    """Writes two shards and their index. `name`: the file name that the weights would have in one file."""
    stem, _, ending = name.rpartition(".")
    weight_map, names = {}, list(arrays)
    for number, half in enumerate((names[::2], names[1::2]), 1):
        shard = f"{stem}-{number:05}-of-00002.{ending}"
        write(folder / shard, {key: arrays[key] for key in half})
        weight_map.update((key, shard) for key in half)
    (folder / f"{name}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
