"""What the checks of this chapter share: a BERT of a few numbers, the layers of a student's head, and typical tests of a head."""

from __future__ import annotations

from typing import Iterator, List, Tuple

import numpy as np
import paddle
from paddle import nn

from app.course import ROOT
from app.course.answers import require
from app.course.texts import Text

CHECKPOINT = f"{ROOT}/data/models/bert-mini-zh"


def small_encoder(hidden: int) -> nn.Layer:
    """A BERT of one layer and 40 tokens without dropout. Its random weights are large, so that different inputs differ."""
    from paddlenlp.transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=40, hidden_size=hidden, num_hidden_layers=1, num_attention_heads=2, intermediate_size=2 * hidden,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, max_position_embeddings=32,
    )  # fmt: skip
    encoder = BertModel(config)
    for parameter in encoder.parameters():
        parameter.set_value(parameter + 0.3 * paddle.randn(parameter.shape))
    return encoder


def inputs(rows: int, tokens: int, padding: bool = True) -> Tuple[paddle.Tensor, paddle.Tensor]:
    """input_ids, token_type_ids: int64 [rows, tokens]. [CLS] is 2, [SEP] is 3; `padding`: all but the first row end in 0."""
    ids = paddle.randint(5, 40, [rows, tokens]).numpy()
    ids[:, 0], ids[:, tokens // 2], ids[:, -1] = 2, 3, 3
    if padding:
        ids[1:, -1] = 0
        ids[1:, -2] = 3
    types = np.repeat([np.arange(tokens) > tokens // 2], rows, axis=0).astype("int64")
    return paddle.to_tensor(ids), paddle.to_tensor(types * (ids > 0))


def head_layers(model: nn.Layer, encoder: nn.Layer, kind: type) -> List[nn.Layer]:
    """The layers of this kind that are in the model, but not in its encoder."""
    inside = {id(layer) for layer in encoder.sublayers(include_self=True)}
    return [layer for layer in model.sublayers() if isinstance(layer, kind) and id(layer) not in inside]


def require_model(name: str, model: object, encoder: nn.Layer) -> None:
    """Raises WrongAnswer unless `model` is a layer that holds the encoder, so that the encoder is trained with it."""
    require(isinstance(model, nn.Layer), f"{name} has to be a class derived from nn.Layer.", f"{name} 应该是 nn.Layer 的子类。")
    own = {id(parameter) for parameter in model.parameters()}
    require(
        all(id(parameter) in own for parameter in encoder.parameters()),
        f"The weights of the encoder are not among the parameters of {name}, so an optimizer would not train them. "
        "Keep the layer itself: `self.encoder = encoder`.",
        f"{name} 的参数里没有编码器的权重，优化器就不会训练它们。请保存编码器本身：`self.encoder = encoder`。",
    )


def require_linear(model: nn.Layer, encoder: nn.Layer, count: int, outputs: int) -> List[nn.Linear]:
    """The linear layers of the head. Raises WrongAnswer unless there are `count`, the last one with this number of outputs."""
    hidden = encoder.config.hidden_size
    layers = head_layers(model, encoder, nn.Linear)
    require(
        len(layers) == count,
        f"The head has {len(layers)} linear layers (nn.Linear, made in __init__); expected {count}.",
        f"头里有 {len(layers)} 个线性层（在 __init__ 里建立的 nn.Linear），应为 {count} 个。",
    )
    for layer in layers:
        require(
            layer.weight.shape[0] == hidden,
            f"A linear layer of the head takes {layer.weight.shape[0]} numbers, but this encoder gives vectors of {hidden} "
            "(`encoder.config.hidden_size`).",
            f"头里的线性层接收 {layer.weight.shape[0]} 个数，但这个编码器给出的向量长 {hidden}（`encoder.config.hidden_size`）。",
        )
    found = [layer for layer in layers if layer.weight.shape[1] == outputs]
    require(
        bool(found),
        f"The head has {layers[-1].weight.shape[1]} outputs; expected {outputs}.",
        f"头有 {layers[-1].weight.shape[1]} 个输出，应为 {outputs} 个。",
    )
    return layers


def require_dropout(model: nn.Layer, encoder: nn.Layer, ids: paddle.Tensor, types: paddle.Tensor) -> None:
    """Raises WrongAnswer unless the head has dropout before its last linear layer, in training only."""
    model.eval()
    calm = [model(ids, types).numpy() for _ in range(6)]
    require(
        all(np.allclose(calm[0], other) for other in calm),
        "In evaluation mode (model.eval()) the logits change from call to call: the dropout is always on. Use an "
        "`nn.Dropout` layer "
        "made in __init__, or F.dropout(..., training=self.training).",
        "在评估模式（model.eval()）下，每次调用的 logits 都不同：dropout 一直开着。请用在 __init__ 里建立的 `nn.Dropout` 层，"
        "或 F.dropout(..., training=self.training)。",
    )
    model.train()
    encoder.eval()
    noisy = np.stack([model(ids, types).numpy() for _ in range(20)])
    model.eval()
    require(
        not np.allclose(noisy, noisy[:1]),
        "There is no dropout in the head: in training mode the logits are always the same.",
        "头里没有 dropout：在训练模式下 logits 也总是一样。",
    )
    require(
        not (noisy == 0).any(),
        "The dropout stands behind the last linear layer: some logits are exactly 0. It belongs in front of that layer.",
        "dropout 放在了最后一个线性层之后：有的 logits 正好是 0。它应该放在这个线性层之前。",
    )


def require_gradients(model: nn.Layer, encoder: nn.Layer, loss: paddle.Tensor) -> None:
    """Raises WrongAnswer unless the loss gives a gradient to the head and to the encoder."""
    model.clear_gradients()
    try:
        loss.backward()
    except RuntimeError:  # the loss depends on nothing that can be trained
        pass
    inside = {id(parameter) for parameter in encoder.parameters()}
    for own, en, zh in ((False, "head", "头"), (True, "encoder", "编码器")):
        parameters = [parameter for parameter in model.parameters() if (id(parameter) in inside) == own]
        require(
            any(parameter.grad is not None and float(parameter.grad.abs().max()) > 0 for parameter in parameters),
            f"The loss gives the {en} no gradient, so the {en} would not learn. Is there a detach() or no_grad() in the way?",
            f"损失没有给{zh}带来梯度，{zh}学不到东西。是不是用了 detach() 或 no_grad()？",
        )
    model.clear_gradients()


def trains(model: nn.Layer, loss_of, steps: int, learning_rate: float, baseline: float) -> Iterator[Text]:
    """Trains on one fixed batch. Raises WrongAnswer unless the loss falls below half of `baseline`, the loss of a uniform guess.

    `loss_of`: () -> loss of that batch.
    """
    optimizer = paddle.optimizer.AdamW(learning_rate=learning_rate, parameters=model.parameters())
    model.train()
    for _ in range(steps):
        loss = loss_of()
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
    model.eval()
    with paddle.no_grad():
        last = float(loss_of())
    require(
        last < 0.5 * baseline,
        f"After {steps} steps on one batch the loss is {last:.3f}; a uniform guess has {baseline:.3f}. The model does not learn.",
        f"在同一批数据上训练 {steps} 步后，损失是 {last:.3f}；均匀猜测的损失是 {baseline:.3f}。模型没有学到东西。",
    )
    yield Text(
        f"On the shipped checkpoint, {steps} steps on one batch bring the loss to {last:.3f}; a uniform guess has "
        f"{baseline:.3f}.",
        f"用自带的检查点，在同一批数据上训练 {steps} 步后，损失降到 {last:.3f}；均匀猜测的损失是 {baseline:.3f}。",
    )
