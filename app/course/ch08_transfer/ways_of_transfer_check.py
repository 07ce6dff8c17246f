"""The check of the five ways of transfer: which parameters are trained, and that adapters change nothing at the start."""

from __future__ import annotations

from typing import Dict, Iterator, List, Tuple

import paddle
import paddle.nn.functional as F
from paddlenlp.transformers import BertConfig, BertModel

from app.course.answers import Student, WrongAnswer, check_not_none, equal, require
from app.course.calls import call, tensor
from app.course.texts import Text
from app.match.model import PairClassifier

LAYERS = 3


def tiny_model() -> PairClassifier:
    """A random classifier with 3 layers, without dropout."""
    config = BertConfig(
        vocab_size=40, hidden_size=16, num_hidden_layers=LAYERS, num_attention_heads=2, intermediate_size=24,
        max_position_embeddings=12, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, classifier_dropout=0.0,
    )  # fmt: skip
    return PairClassifier(BertModel(config), 2)


def check(student: Student) -> Iterator[Text]:
    """Tests the adapter, then the trained parameters of each way, then one step."""
    paddle.seed(81)
    yield from check_adapter(student)
    model = tiny_model()
    for way in ("frozen", "full", "top", "scratch"):
        yield check_way(student, model, way, 2 if way == "top" else 1)
    check_way(student, model, "top", 1)
    ids, segments = paddle.randint(1, 40, [5, 7]), paddle.zeros([5, 7], dtype="int64")
    model.eval()
    before = model(ids, segments)
    student.add_adapters(model, 4)
    equal(Text("the logits of a model with new adapters", "刚加上适配器的模型的 logits"), model(ids, segments), before)
    yield check_way(student, model, "adapters", 1)
    yield check_step(student, ids, segments)


def adapter_parameters(adapter: paddle.nn.Layer, hidden: int, size: int) -> List[paddle.Tensor]:
    """Weight and bias of the down-projection, weight and bias of the up-projection. They are found by their shapes."""
    shapes = [list(parameter.shape) for parameter in adapter.parameters()]
    wanted = [[hidden, size], [size], [size, hidden], [hidden]]
    require(
        sorted(shapes) == sorted(wanted),
        f"The parameters of Adapter({hidden}, {size}) have the shapes {shapes}; expected are {wanted}: two linear layers, each "
        "with a bias.",
        f"Adapter({hidden}, {size}) 的参数形状是 {shapes}，应为 {wanted}：两个线性层，各带偏置。",
    )
    return [adapter.parameters()[shapes.index(shape)] for shape in wanted]


def check_adapter(student: Student) -> Iterator[Text]:
    """The adapter starts as the identity, computes the formula, and can learn."""
    hidden, size = 3, 2
    x = paddle.randn([1, 2, hidden])
    adapter = student.Adapter(hidden, size)
    require(
        isinstance(adapter, paddle.nn.Layer),
        "Adapter has to be a class derived from paddle.nn.Layer.", "Adapter 应该是 paddle.nn.Layer 的子类。",
    )  # fmt: skip
    down, down_bias, up, up_bias = adapter_parameters(adapter, hidden, size)
    equal(
        Text("a new Adapter(3, 2)(x)", "新的 Adapter(3, 2)(x)"), tensor("Adapter(3, 2)(x)", call(adapter, x)), x,
        [
            (paddle.zeros_like(x), Text(
                "The residual `x + ...` is missing: a new adapter has to return x.",
                "缺少残差 `x + ...`：新的适配器应原样返回 x。")),
            (lambda: x + F.gelu(x @ down + down_bias) @ up + up_bias, Text(
                "The up-projection does not start at 0, so a new adapter changes the pretrained model.",
                "升维层不是从 0 开始的，新的适配器会改变预训练模型。")),
            (lambda: F.gelu(x @ down + down_bias) @ up + up_bias, Text(
                "The residual `x + ...` is missing, and the up-projection does not start at 0.",
                "缺少残差 `x + ...`，而且升维层不是从 0 开始的。")),
        ],
    )  # fmt: skip
    for parameter in (down, down_bias, up, up_bias):
        parameter.set_value(paddle.randn(parameter.shape))
    inner = x @ down + down_bias
    equal(
        Text("Adapter(3, 2)(x) with random weights", "权重随机的 Adapter(3, 2)(x)"), call(adapter, x),
        x + F.gelu(inner) @ up + up_bias,
        [
            (x + F.relu(inner) @ up + up_bias, Text(
                "The activation is ReLU; it has to be GELU.", "激活函数用了 ReLU，应该用 GELU。")),
            (x + F.tanh(inner) @ up + up_bias, Text(
                "The activation is tanh; it has to be GELU.", "激活函数用了 tanh，应该用 GELU。")),
            (x + inner @ up + up_bias, Text(
                "There is no activation between the two projections, so both together are only one linear layer.",
                "两个投影之间没有激活函数，合起来只相当于一个线性层。")),
            (x + F.gelu(inner @ up + up_bias), Text(
                "GELU comes after the up-projection; it belongs between the two projections.",
                "GELU 放在了升维之后，应该放在两个投影之间。")),
            (x + F.gelu(F.gelu(inner) @ up + up_bias), Text(
                "A second GELU comes after the up-projection.", "升维之后多了一个 GELU。")),
            (F.gelu(inner) @ up + up_bias, Text("The residual `x + ...` is missing.", "缺少残差 `x + ...`。")),
        ],
        tolerance=5e-3,  # the approximation of GELU by tanh is right too
    )  # fmt: skip
    fresh = student.Adapter(hidden, size)
    _, _, up, _ = adapter_parameters(fresh, hidden, size)
    (fresh(x) * paddle.randn(x.shape)).sum().backward()
    require(
        up.grad is not None and float(up.grad.abs().max()) > 0,
        "In a new adapter the up-projection gets no gradient, so its weight can never learn. Does the down-projection start at "
        "0 too?",
        "在新的适配器里，升维层没有梯度，它的权重永远学不会。降维层是不是也从 0 开始了？",
    )
    count = sum(parameter.size for parameter in adapter.parameters())
    yield Text(
        f"A new adapter returns its input unchanged. Adapter(3, 2) has {count} parameters.",
        f"新的适配器原样返回输入。Adapter(3, 2) 有 {count} 个参数。",
    )


def expected_names(student: Student, model: PairClassifier, way: str, top: int) -> List[str]:
    """The names of the parameters that are trained."""
    adapters = set()
    for layer in model.sublayers():
        if isinstance(layer, (student.Adapter, paddle.nn.LayerNorm)):
            adapters |= {id(parameter) for parameter in layer.parameters()}
    last = tuple(f"bert.encoder.layers.{LAYERS - index}." for index in range(1, top + 1))
    return [
        name for name, parameter in model.named_parameters()
        if name.startswith("classifier.") or way in ("full", "scratch")
        or (way == "top" and name.startswith((*last, "bert.pooler."))) or (way == "adapters" and id(parameter) in adapters)
    ]  # fmt: skip


def check_way(student: Student, model: PairClassifier, way: str, top: int) -> Text:
    """The flags of all parameters and the returned list. Returns what is right."""
    what = f'set_trainable(model, "{way}", {top})'
    returned = student.set_trainable(model, way, top)
    check_not_none(what, returned)
    kind = type(returned).__name__
    require(
        isinstance(returned, (list, tuple)),
        f"{what} has to be a list of parameters, for the optimizer; it is a {kind}.",
        f"{what} 应该是参数的列表，交给优化器；现在是 {kind}。",
    )
    every = dict(model.named_parameters())
    expected = expected_names(student, model, way, top)
    check_flags(what, way, every, expected)
    ids = {id(parameter): name for name, parameter in every.items()}
    names = [ids.get(id(parameter), "?") for parameter in returned]
    require(
        "?" not in names,
        f"{what} returns something that is no parameter of the model.",
        f"{what} 返回的东西里，有的不是模型的参数。",
    )
    require(
        sorted(names) == sorted(expected),
        f"{what} sets stop_gradient correctly, but the returned list has {len(names)} parameters; {len(expected)} are trained.",
        f"{what} 的 stop_gradient 设置正确，但返回的列表有 {len(names)} 个参数，而要训练的是 {len(expected)} 个。",
    )
    count = sum(every[name].size for name in expected)
    total = sum(parameter.size for parameter in every.values())
    return Text(
        f"{what}: {len(expected)} of {len(every)} tensors are trained, {count:,} of {total:,} parameters.",
        f"{what}：训练 {len(every)} 个张量中的 {len(expected)} 个，{total:,} 个参数中的 {count:,} 个。",
    )


def check_flags(what: str, way: str, every: Dict[str, paddle.Tensor], expected: List[str]) -> None:
    """Raises WrongAnswer, with the name of a wrong parameter, unless exactly the expected ones have stop_gradient=False."""
    trained = [name for name, parameter in every.items() if not parameter.stop_gradient]
    if trained == expected:
        return
    missing, extra = [name for name in expected if name not in trained], [name for name in trained if name not in expected]
    require(
        len(missing) + len(extra) < len(every),
        f"{what}: all flags are inverted. stop_gradient=True freezes a parameter; False trains it.",
        f"{what}：所有标志都反了。stop_gradient=True 是冻结，False 是训练。",
    )
    for condition, text in reasons(way, missing, extra):
        require(not condition, f"{what}: {text.en}", f"{what}：{text.zh}")
    name = (missing + extra)[0]
    if missing:
        raise WrongAnswer(f"{what}: {name} is frozen; it has to be trained.", f"{what}：{name} 被冻结了，但它应该训练。")
    raise WrongAnswer(f"{what}: {name} is trained; it has to be frozen.", f"{what}：{name} 在训练，但它应该冻结。")


def reasons(way: str, missing: List[str], extra: List[str]) -> Iterator[Tuple[bool, Text]]:
    """Whether the parameters with wrong flags are those of a known mistake."""
    yield (
        any(name.startswith("classifier.") for name in missing),
        Text(
            "the classifier is frozen. It is new and random, so every way has to train it.",
            "分类器被冻结了。它是新的、随机的，每种方式都要训练它。",
        ),
    )
    yield (
        bool(missing) and way in ("full", "scratch"),
        Text(
            "some parameters are still frozen by the way that was called before. Set stop_gradient for "
            "every parameter, to True or False.",
            "有些参数仍被之前调用的方式冻结着。请给每个参数都设置 stop_gradient，True 或 False。",
        ),
    )
    layers = [name for name in missing if ".layers." in name], [name for name in extra if ".layers." in name]
    yield (
        way == "top" and bool(layers[0]) and bool(layers[1]),
        Text(
            "the wrong layers are trained. The last layers are `layers[-top:]`; `layers[:top]` are the first.",
            "训练的层不对。最后几层是 `layers[-top:]`，而 `layers[:top]` 是最前面几层。",
        ),
    )
    yield (
        way == "top" and bool(layers[0]) and not layers[1],
        Text("too few layers are trained. `top` says how many.", "训练的层太少。`top` 表示训练几层。"),
    )
    yield (
        way == "top" and bool(missing) and all(".pooler." in name for name in missing),
        Text(
            "the pooler is frozen. It lies above the last layer, so it is trained too.",
            "pooler 被冻结了。它在最后一层之上，也要训练。",
        ),
    )
    yield (
        way == "frozen" and bool(extra) and all(".pooler." in name for name in extra),
        Text("the pooler is trained. It belongs to the encoder, which is frozen.", "pooler 在训练。它属于编码器，应该冻结。"),
    )
    norms = [name for name in missing if "norm" in name]
    yield (
        way == "adapters" and bool(norms) and norms == missing and not extra,
        Text(
            "layer norms are frozen. Adapters train all of them: those of the layers and the one of the embeddings.",
            "有层归一化被冻结了。适配器方式要训练所有层归一化：各层里的，以及嵌入层里的那一个。",
        ),
    )
    yield (
        way == "adapters" and bool(missing) and not norms,
        Text("the adapters are frozen; they have to be trained.", "适配器被冻结了，它们应该训练。"),
    )
    yield (
        len(extra) > 4 and not missing,
        Text(
            "parameters of the encoder are trained that have to be frozen. stop_gradient has to be True for them.",
            "编码器里应该冻结的参数在训练。它们的 stop_gradient 应为 True。",
        ),
    )


def check_step(student: Student, ids: paddle.Tensor, segments: paddle.Tensor) -> Text:
    """One step with frozen features changes the classifier only."""
    model = tiny_model()
    trained = student.set_trainable(model, "frozen", 1)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    F.cross_entropy(model(ids, segments), paddle.to_tensor([0, 1, 1, 0, 1])).backward()
    paddle.optimizer.SGD(0.5, parameters=trained).step()
    changed = [name for name, tensor in model.state_dict().items() if float((tensor - before[name]).abs().max()) > 0]
    require(
        bool(changed) and all(name.startswith("classifier.") for name in changed),
        f'After one step of the way "frozen", these have changed: {changed}; expected is the classifier only.',
        f'"frozen" 方式训练一步之后，变化的有：{changed}；应该只有分类器变化。',
    )
    return Text(
        f"After one frozen step, {len(changed)} tensors of the classifier have changed, and none of the encoder's "
        f"{len(before) - len(changed)}.",
        f"冻结方式训练一步之后，分类器的 {len(changed)} 个张量变了，编码器的 {len(before) - len(changed)} 个张量都没有变。",
    )
