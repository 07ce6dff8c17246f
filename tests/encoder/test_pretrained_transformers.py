"""Models that Transformers itself saves: the hidden states are those that PyTorch computes.

PyTorch needs its own environment, because it requires other versions than PaddleNLP: PEER_PYTHON=/path/to/its/python
"""

import os
import subprocess

import numpy as np
import paddle
import pytest
from published import CONFIG, TOKENIZER

from app.encoder.pretrained import load_pretrained

WRITE = """
import sys, json, numpy as np, torch, transformers as T
target, config = sys.argv[1], json.loads(sys.argv[2])
ids = torch.tensor([[2, 6, 7, 3, 8, 3, 0, 0], [2, 6, 3, 8, 9, 10, 11, 3]])
segments = torch.tensor([[0, 0, 0, 0, 1, 1, 0, 0], [0, 0, 0, 1, 1, 1, 1, 1]])
torch.manual_seed(0)
MODELS = {"bert": (T.BertModel, T.BertConfig, {}), "ernie": (T.ErnieModel, T.ErnieConfig, {"use_task_id": True, "task_type_vocab_size": 3}),
          "roberta": (T.RobertaModel, T.RobertaConfig, {}), "electra": (T.ElectraModel, T.ElectraConfig, {"embedding_size": 8})}
for name, (Model, Config, settings) in MODELS.items():
    for file_format in ("safetensors", "bin", "legacy", "half", "bfloat16", "shards"):
        model = Model(Config(**config, **settings)).eval()
        for parameter in model.parameters():
            parameter.data = torch.randn_like(parameter) * 0.3
        model = {"half": model.half, "bfloat16": model.bfloat16}.get(file_format, model.float)()
        folder = f"{target}/{name}-{file_format}"
        model.save_pretrained(folder, **({"max_shard_size": "4KB"} if file_format == "shards" else {}))
        if file_format in ("bin", "legacy"):
            import os
            os.remove(f"{folder}/model.safetensors")
            torch.save(model.state_dict(), f"{folder}/pytorch_model.bin", _use_new_zipfile_serialization=file_format == "bin")
        with torch.no_grad():
            output = model.float()(input_ids=ids, token_type_ids=segments, attention_mask=(ids != 0).long())
        np.savez(f"{folder}/expected.npz", ids=ids, segments=segments, states=output.last_hidden_state)
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Folders written by the Python that has PyTorch."""
    import json

    peer = os.environ.get("PEER_PYTHON")
    if not peer:
        pytest.skip("set PEER_PYTHON to a Python with torch and transformers (tests/bench/requirements.txt)")
    target = tmp_path_factory.mktemp("transformers")
    done = subprocess.run([peer, "-c", WRITE, str(target), json.dumps(CONFIG)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


@pytest.mark.parametrize("file_format", ["safetensors", "bin", "legacy", "half", "bfloat16", "shards"])
@pytest.mark.parametrize("name", ["bert", "ernie", "roberta", "electra"])
def test_hidden_states_are_pytorchs(folders, name, file_format):
    folder = folders / f"{name}-{file_format}"
    by_number = sorted(TOKENIZER.vocabulary, key=TOKENIZER.vocabulary.get)
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in by_number), encoding="utf-8")
    encoder, tokenizer = load_pretrained(str(folder), dropout=0)
    encoder.eval()
    expected = np.load(folder / "expected.npz")
    output = encoder(paddle.to_tensor(expected["ids"]), token_type_ids=paddle.to_tensor(expected["segments"]))
    states = (output[0] if isinstance(output, (tuple, list)) else output).numpy()
    is_token = expected["ids"] != 0
    difference = np.abs(states - expected["states"])[is_token].max()
    print(f"{name} {file_format}: states differ by {difference:.1e} at most")
    # float32, two layers, sums of 16 and 32 products of about 1: a few units in the last place, 2^-24 each.
    assert difference < 1e-5 and tokenizer.basic.library == "huggingface"
