"""AdamW and LAMB: weight decay, clipping, and the state that is saved and restored."""

import numpy as np
import paddle
import pytest

from app.encoder.from_scratch import encoder_from_scratch
from app.match.model import PairClassifier
from app.options import TrainOptions
from app.pretrain.model import PretrainingModel
from app.train.optimizer import build_optimizer, decays, optimizer_arrays, restore_optimizer


@pytest.mark.parametrize("architecture", ["bert", "ernie"])
@pytest.mark.parametrize("build", [PairClassifier, PretrainingModel])
def test_no_decay_on_biases_and_norms(architecture, build):
    """The LM head's `decoder_bias` was decayed: its name does not end in `.bias`."""
    model = build(encoder_from_scratch("tiny", 50, architecture=architecture), 2)
    decayed = {name for name, parameter in model.named_parameters() if decays(parameter)}
    spared = {name for name, _ in model.named_parameters()} - decayed
    assert spared and all(name.endswith("bias") or "norm" in name.lower() for name in spared)
    assert not [name for name in decayed if "bias" in name or "norm" in name.lower()]
    assert f"{architecture}.embeddings.word_embeddings.weight" in decayed and any(name.startswith("c") for name in decayed)


def test_decay_reaches_the_weights_and_no_bias():
    """With zero gradients, AdamW changes a parameter by its decay only."""
    layer = paddle.nn.Linear(3, 3)
    layer.bias.set_value(paddle.ones([3]))
    before = layer.weight.numpy().copy()
    optimizer = build_optimizer(layer, TrainOptions(learning_rate=0.1, weight_decay=0.5))
    (layer(paddle.zeros([2, 3])).sum() * 0).backward()
    optimizer.step()
    np.testing.assert_allclose(layer.weight.numpy(), before * (1 - 0.1 * 0.5), rtol=1e-5)
    np.testing.assert_array_equal(layer.bias.numpy(), np.ones(3, "float32"))


def test_lamb_decays_weights_only():
    """The same step from the same weights, with and without decay: only the weight matrix differs."""
    ends = []
    for decay in (0.0, 0.5):
        paddle.seed(1)
        layer = paddle.nn.Linear(3, 3)
        layer.bias.set_value(paddle.ones([3]))
        optimizer = build_optimizer(layer, TrainOptions(learning_rate=0.1, weight_decay=decay, optimizer="lamb"))
        layer(paddle.ones([2, 3])).square().sum().backward()
        optimizer.step()
        ends.append((layer.weight.numpy(), layer.bias.numpy()))
    assert np.abs(ends[0][0] - ends[1][0]).max() > 1e-3
    np.testing.assert_array_equal(ends[0][1], ends[1][1])


def test_gradients_are_clipped_by_their_global_norm():
    """A reference script parsed max_grad_norm and never used it. The clipped gradients must have that norm."""
    layer = paddle.nn.Linear(4, 4)
    clip = build_optimizer(layer, TrainOptions(learning_rate=0.1, max_grad_norm=0.5))._grad_clip
    (layer(paddle.ones([8, 4]) * 100).square().sum()).backward()
    clipped = clip([(parameter, parameter.grad) for parameter in layer.parameters()])
    norm = np.sqrt(sum(float((gradient**2).sum()) for _, gradient in clipped))
    assert abs(norm - 0.5) < 1e-4
    assert build_optimizer(layer, TrainOptions(learning_rate=0.1, max_grad_norm=0))._grad_clip is None


@pytest.mark.parametrize("optimizer", ["adamw", "lamb"])
def test_state_survives_a_process_with_other_parameter_names(optimizer):
    """Paddle numbers parameters in the order of their creation; a resumed process may number them differently."""

    def train(layer, optimizer, steps):
        for _ in range(steps):
            layer(paddle.ones([2, 3])).square().sum().backward()
            optimizer.step()
            optimizer.clear_grad()

    first, second = paddle.nn.Linear(3, 2), paddle.nn.Linear(3, 2)
    options = TrainOptions(learning_rate=0.05, optimizer=optimizer)
    optimizer = build_optimizer(first, options)
    train(first, optimizer, 3)
    arrays = optimizer_arrays(first, optimizer)
    assert any(key.startswith("weight|moment1") for key in arrays) and any("beta1_pow" in key for key in arrays)
    for name, value in first.state_dict().items():
        second.state_dict()[name].set_value(value)
    again = build_optimizer(second, options)
    restore_optimizer(second, again, arrays)
    train(first, optimizer, 2)
    train(second, again, 2)
    np.testing.assert_array_equal(first.weight.numpy(), second.weight.numpy())
