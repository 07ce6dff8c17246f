"""Small models as they are published: in PyTorch's names and layout or in PaddleNLP's, in every kind of file. And a BERT in NumPy."""

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

HIDDEN, LAYERS, HEADS, WIDE, VOCABULARY, POSITIONS = 16, 2, 2, 32, 15, 24
TOKENIZER = FastWordPieceTokenizer({token: number for number, token in enumerate(SPECIAL_TOKENS + list("abcdefghij"))})
CONFIG = dict(
    vocab_size=VOCABULARY, hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=WIDE,
    max_position_embeddings=POSITIONS, type_vocab_size=2, pad_token_id=0, hidden_act="gelu", layer_norm_eps=1e-12,
)  # fmt: skip
OF_LAYER = {
    "attention.self.query": (HIDDEN, HIDDEN), "attention.self.key": (HIDDEN, HIDDEN), "attention.self.value": (HIDDEN, HIDDEN),
    "attention.output.dense": (HIDDEN, HIDDEN), "intermediate.dense": (WIDE, HIDDEN), "output.dense": (HIDDEN, WIDE),
}  # fmt: skip
PADDLE_NAMES = {
    "attention.self.query": "self_attn.q_proj", "attention.self.key": "self_attn.k_proj", "attention.self.value": "self_attn.v_proj",
    "attention.output.dense": "self_attn.out_proj", "intermediate.dense": "linear1", "output.dense": "linear2",
    "attention.output.LayerNorm": "norm1", "output.LayerNorm": "norm2",
}  # fmt: skip


def bert_of_pytorch(prefix="bert.", norms=("weight", "bias"), segments=2, pooler=True):
    """A random BERT: float32 arrays under the names of PyTorch's, weights of linear layers [out, in]."""
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
        for name, shape in OF_LAYER.items():
            arrays.update(linear(f"encoder.layer.{layer}.{name}", shape))
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            arrays.update(norm(f"encoder.layer.{layer}.{name}"))
    if pooler:
        arrays.update(linear("pooler.dense", (HIDDEN, HIDDEN)))
    return {prefix + name: array.astype(np.float32) for name, array in arrays.items()}


BERT = bert_of_pytorch()


def as_paddle(arrays, prefix=""):
    """The same BERT under PaddleNLP's names, weights of linear layers [in, out]."""
    found = {}
    for name, array in arrays.items():
        name = name[len("bert.") :] if name.startswith("bert.") else name
        parts = name.split(".")
        if parts[0] == "encoder":
            middle = PADDLE_NAMES[".".join(parts[3:-1])]
            name = f"encoder.layers.{parts[2]}.{middle}.{parts[-1]}"
        turned = array.ndim == 2 and not name.startswith("embeddings")
        found[prefix + name.replace("embeddings.LayerNorm", "embeddings.layer_norm")] = np.ascontiguousarray(array.T if turned else array)
    return found


def hidden_states(arrays, ids, segments, prefix="bert.", pad=0, epsilon=1e-12):
    """Devlin et al. 2019 in NumPy: float32 [B, S, H] of the last layer."""

    def get(name):
        return arrays[prefix + name].astype(np.float64)

    def norm(x, name):
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon) * get(f"{name}.weight") + get(f"{name}.bias")

    def linear(x, name):
        return x @ get(f"{name}.weight").T + get(f"{name}.bias")

    def heads(x):
        return x.reshape(*x.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)  # [B, S, H] -> [B, heads, S, H / heads]

    words, places, kinds = (get(f"embeddings.{name}_embeddings.weight") for name in ("word", "position", "token_type"))
    x = norm(words[ids] + places[: ids.shape[1]] + kinds[segments], "embeddings.LayerNorm")
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}."
        q, k, v = (heads(linear(x, f"{at}attention.self.{name}")) for name in ("query", "key", "value"))
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(HIDDEN / HEADS) + np.where(ids == pad, -1e9, 0)[:, None, None]
        mixed = (softmax(scores, -1) @ v).transpose(0, 2, 1, 3).reshape(x.shape)
        x = norm(x + linear(mixed, f"{at}attention.output.dense"), f"{at}attention.output.LayerNorm")
        wide = linear(x, f"{at}intermediate.dense")
        wide = wide * (1 + erf(wide / np.sqrt(2))) / 2
        x = norm(x + linear(wide, f"{at}output.dense"), f"{at}output.LayerNorm")
    return x.astype(np.float32)


# -- files -------------------------------------------------------------------------------------------------------------


def folder_of(folder, config=None, config_name="config.json"):
    """A folder with a configuration and a vocabulary, and no weights yet."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {"model_type": "bert", "architectures": ["BertModel"], **CONFIG} if config is None else config
    (folder / config_name).write_text(json.dumps(values))
    TOKENIZER.save(folder)
    return folder


def write_safetensors(path, arrays, metadata=None):
    path.write_bytes(safetensors.numpy.save(arrays, metadata=metadata))


def write_bfloat16(path, arrays):
    """safetensors in bfloat16, which NumPy does not have: the upper halves of float32."""
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
            return ("storage", value.kind, key, "cpu", value.count)


class _Storage:
    def __init__(self, array):
        self.raw, self.count = array.tobytes(), array.size
        self.kind = _torch("torch", {"f": "FloatStorage"}.get(array.dtype.char, "HalfStorage"))


class _Tensor:
    def __init__(self, array):
        self.array = array

    def __reduce__(self):
        strides = tuple(stride // self.array.itemsize for stride in self.array.strides)
        arguments = (_Storage(self.array), 0, self.array.shape, strides, False, collections.OrderedDict())
        return _torch("torch._utils", "_rebuild_tensor_v2"), arguments


def _torch(module, name):
    made = sys.modules.setdefault(module, types.ModuleType(module))
    if not hasattr(made, name):
        setattr(made, name, type(name, (), {"__module__": module, "__qualname__": name}))
    return getattr(made, name)


def write_torch(path, arrays, legacy=False):
    """A pytorch_model.bin; `legacy` as before PyTorch 1.6. Needs `no_torch` around it where PyTorch is not installed."""
    storages, body = {}, io.BytesIO()
    _TorchPickler(body, storages).dump({name: _Tensor(np.ascontiguousarray(array)) for name, array in arrays.items()})
    if legacy:
        parts = [pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})]
        counts = {key: struct.pack("<q", len(raw) // 4) for key, raw in storages.items()}
        keys = pickle.dumps(list(storages), 2)
        path.write_bytes(b"".join([*parts, body.getvalue(), keys, *(counts[key] + raw for key, raw in storages.items())]))
        return
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", body.getvalue())
        for key, raw in storages.items():
            archive.writestr(f"archive/data/{key}", raw)


def write_shards(folder, arrays, write, name):
    """Two files and their index, `name` being that of the whole."""
    stem, _, ending = name.rpartition(".")
    weight_map, halves = {}, list(arrays)
    for number, part in enumerate((halves[::2], halves[1::2]), 1):
        shard = f"{stem}-{number:05}-of-00002.{ending}"
        write(folder / shard, {key: arrays[key] for key in part})
        weight_map.update((key, shard) for key in part)
    (folder / f"{name}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
