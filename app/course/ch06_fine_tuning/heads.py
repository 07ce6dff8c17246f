"""What the checks of this chapter share: tests of a head on a small encoder, and a short training on the shipped encoder."""

from __future__ import annotations

from typing import Any, Callable, List, Tuple

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import nn

from app.course import ROOT
from app.course.answers import Mistakes, Student, equal, require
from app.course.calls import call
from app.course.texts import Text

CALL = "model(input_ids, token_type_ids)"
NO_SEGMENTS = Text(
    "token_type_ids are not passed to the encoder, so it takes all tokens for one text.",
    "没有把 token_type_ids 传给编码器，它会把所有词元当成同一个文本。",
)
PROBABILITIES = Text(
    "These are probabilities. forward has to return logits: cross_entropy contains the softmax.",
    "这是概率。forward 应该返回 logits：cross_entropy 自己包含 softmax。",
)
SOFTMAX_TWICE = Text(
    "There is a softmax before cross_entropy, which contains one already. The loss can then hardly fall.",
    "在 cross_entropy 之前又做了一次 softmax，而它自己已经包含了。这样损失很难下降。",
)


class Head:
    """A student's model on a small encoder, in evaluation mode, with random weights in its linear layers.

    `linears`: the linear layers of the head; the last one gives the outputs. `ids`, `types`: int64 [B, S], a batch for it;
    `sequence`, `pooled`: what the encoder returns for that batch; `got`: what the student's model returns.
    """

    def __init__(self, student: Student, name: str, arguments: Tuple[Any, ...], hidden: int, batch: Tuple[int, int],
                 outputs: int, linears: int = 1):  # fmt: skip
        """`name(encoder, *arguments)` makes the model. `hidden`: the encoder's width. `batch`: texts, tokens."""
        self.encoder = small_encoder(hidden)
        self.model = getattr(student, name)(self.encoder, *arguments)
        _require_model(name, self.model, self.encoder)
        self.model.eval()
        self.linears = _linear_layers(self.model, self.encoder, linears, outputs)
        for layer in self.linears:
            layer.weight.set_value(0.6 * paddle.randn(layer.weight.shape))
            layer.bias.set_value(paddle.randn(layer.bias.shape))
        self.ids, self.types = inputs(*batch)
        self.sequence, self.pooled = self.encoder(self.ids, self.types)
        self.got = call(self.model, self.ids, self.types)

    def check_logits(self, head: Callable, read: Callable, mistakes: Mistakes) -> None:
        """The logits are `head(read(sequence, pooled))`. Raises WrongAnswer otherwise; names the mistakes of all heads too."""
        right = head(read(self.sequence, self.pooled))
        equal(CALL, self.got, right, [
            *mistakes, (lambda: head(read(*self.encoder(self.ids))), NO_SEGMENTS), (F.softmax(right), PROBABILITIES),
            (F.log_softmax(right), Text("These are logarithms of probabilities; forward has to return logits.",
                                        "这是概率的对数；forward 应该返回 logits。")),
        ])  # fmt: skip

    def check_dropout(self, *names: Text) -> None:
        """Raises WrongAnswer unless a dropout of 0.1 stands in front of each linear layer, in training only.

        `names`: what the linear layers are called in messages.
        """
        calm = [self.model(self.ids, self.types).numpy() for _ in range(6)]
        require(
            all(np.allclose(calm[0], other) for other in calm),
            "In evaluation mode (model.eval()) the logits change from call to call: the dropout is always on. Use an "
            "`nn.Dropout` layer made in __init__, or F.dropout(..., training=self.training).",
            "在评估模式（model.eval()）下，每次调用的 logits 都不同：dropout 一直开着。请用在 __init__ 里建立的 `nn.Dropout` 层，"
            "或 F.dropout(..., training=self.training)。",
        )
        zeros, outputs = self._zeros_in_training()
        require(
            not (outputs == 0).any(),
            "The dropout stands behind the last linear layer: some logits are exactly 0. It belongs in front of that layer.",
            "dropout 放在了最后一个线性层之后：有的 logits 正好是 0。它应该放在这个线性层之前。",
        )
        for name, rate in zip(names, zeros):
            require(rate > 0, f"There is no dropout in front of {name.en}.", f"{name.zh}前面没有 dropout。")
            require(
                0.06 < rate < 0.14,  # 2,000 numbers or more: 0.1 +- 0.04 is more than five standard deviations
                f"In training, the dropout in front of {name.en} sets {rate:.0%} of the numbers to 0; the rate has to be 0.1.",
                f"训练时，{name.zh}前面的 dropout 把 {rate:.0%} 的数变成了 0；丢弃率应为 0.1。",
            )

    def _zeros_in_training(self) -> Tuple[List[float], np.ndarray]:
        """The share of zeros in what each linear layer gets in training, and the model's outputs, of 100 calls."""
        zeros: List[List[float]] = [[] for _ in self.linears]
        hooks = [
            layer.register_forward_pre_hook(lambda _, given, found=found: found.append(float((given[0] == 0).numpy().mean())))
            for layer, found in zip(self.linears, zeros)
        ]
        self.model.train()
        self.encoder.eval()
        outputs = np.stack([self.model(self.ids, self.types).numpy() for _ in range(100)])
        self.model.eval()
        for hook in hooks:
            hook.remove()
        return [float(np.mean(found)) for found in zeros], outputs

    def check_gradients(self, loss: paddle.Tensor) -> None:
        """Raises WrongAnswer unless the loss gives a gradient to the head and to the encoder."""
        self.model.clear_gradients()
        try:
            loss.backward()
        except RuntimeError:  # the loss depends on nothing that can be trained
            pass
        inside = {id(parameter) for parameter in self.encoder.parameters()}
        for own, en, zh in ((False, "head", "头"), (True, "encoder", "编码器")):
            parameters = [parameter for parameter in self.model.parameters() if (id(parameter) in inside) == own]
            require(
                any(parameter.grad is not None and float(parameter.grad.abs().max()) > 0 for parameter in parameters),
                f"The loss gives the {en} no gradient, so the {en} would not learn. Is there a detach() or no_grad() in the way?",
                f"损失没有给{zh}带来梯度，{zh}学不到东西。是不是用了 detach() 或 no_grad()？",
            )
        self.model.clear_gradients()


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


def train(student: Student, name: str, arguments: Tuple[Any, ...], loss_of: Callable, steps: int, learning_rate: float,
          baseline: float) -> Text:  # fmt: skip
    """Trains the student's model on the shipped checkpoint with one batch. Returns what is right.

    `loss_of(model)`: the loss of that batch. Raises WrongAnswer unless it falls below half of `baseline`, the loss of a uniform
    guess.
    """
    from paddlenlp.transformers import AutoModel

    model = getattr(student, name)(AutoModel.from_pretrained(f"{ROOT}/data/models/bert-mini-zh"), *arguments)
    optimizer = paddle.optimizer.AdamW(learning_rate=learning_rate, parameters=model.parameters())
    model.train()
    for _ in range(steps):
        loss_of(model).backward()
        optimizer.step()
        optimizer.clear_grad()
    model.eval()
    with paddle.no_grad():
        last = float(loss_of(model))
    require(
        last < 0.5 * baseline,
        f"After {steps} steps on one batch the loss is {last:.3f}; a uniform guess has {baseline:.3f}. The model does not learn.",
        f"在同一批数据上训练 {steps} 步后，损失是 {last:.3f}；均匀猜测的损失是 {baseline:.3f}。模型没有学到东西。",
    )
    return Text(
        f"On the shipped checkpoint, {steps} steps on one batch bring the loss to {last:.3f}; a uniform guess has "
        f"{baseline:.3f}.",
        f"用自带的检查点，在同一批数据上训练 {steps} 步后，损失降到 {last:.3f}；均匀猜测的损失是 {baseline:.3f}。",
    )


def _require_model(name: str, model: object, encoder: nn.Layer) -> None:
    """Raises WrongAnswer unless `model` is a layer that holds the encoder, so that the encoder is trained with it."""
    require(isinstance(model, nn.Layer), f"{name} has to be a class derived from nn.Layer.", f"{name} 应该是 nn.Layer 的子类。")
    own = {id(parameter) for parameter in model.parameters()}
    require(
        all(id(parameter) in own for parameter in encoder.parameters()),
        f"The weights of the encoder are not among the parameters of {name}, so an optimizer would not train them. "
        "Keep the layer itself: `self.encoder = encoder`.",
        f"{name} 的参数里没有编码器的权重，优化器就不会训练它们。请保存编码器本身：`self.encoder = encoder`。",
    )


def _linear_layers(model: nn.Layer, encoder: nn.Layer, count: int, outputs: int) -> List[nn.Linear]:
    """The linear layers of the head, the one with this number of outputs last. Raises WrongAnswer unless there are `count`."""
    inside = {id(layer) for layer in encoder.sublayers()}
    layers = [layer for layer in model.sublayers() if isinstance(layer, nn.Linear) and id(layer) not in inside]
    require(
        len(layers) == count,
        f"The head has {len(layers)} linear layers (nn.Linear, made in __init__); expected {count}.",
        f"头里有 {len(layers)} 个线性层（在 __init__ 里建立的 nn.Linear），应为 {count} 个。",
    )
    hidden = encoder.config.hidden_size
    for layer in layers:
        require(
            layer.weight.shape[0] == hidden,
            f"A linear layer of the head takes {layer.weight.shape[0]} numbers, but this encoder gives vectors of {hidden} "
            "(`encoder.config.hidden_size`).",
            f"头里的线性层接收 {layer.weight.shape[0]} 个数，但这个编码器给出的向量长 {hidden}（`encoder.config.hidden_size`）。",
        )
    layers.sort(key=lambda layer: layer.weight.shape[1] == outputs)
    require(
        layers[-1].weight.shape[1] == outputs,
        f"The head has {layers[-1].weight.shape[1]} outputs; expected {outputs}.",
        f"头有 {layers[-1].weight.shape[1]} 个输出，应为 {outputs} 个。",
    )
    return layers
