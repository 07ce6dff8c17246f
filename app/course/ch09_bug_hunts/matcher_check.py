"""The check of the layer that does not learn."""

from __future__ import annotations

from typing import Dict, Iterator, List

import numpy as np
import paddle
import paddle.nn.functional as F

from app.course.answers import Student, equal, require
from app.course.texts import Text

SIZE, HIDDEN = 5, 7
COUNT = SIZE * HIDDEN + HIDDEN + HIDDEN * 2 + 2


def check(student: Student) -> Iterator[Text]:
    """Calls a model twice, counts its parameters, looks at their gradients, and compares with the formula."""
    paddle.seed(92)
    model = student.Matcher(SIZE, HIDDEN)
    model.eval()
    before = _count(model)
    x = paddle.randn([4, SIZE])
    logits = model(x)
    shape = list(logits.shape) if hasattr(logits, "shape") else f"a {type(logits).__name__}"
    require(
        isinstance(logits, paddle.Tensor) and list(logits.shape) == [4, 2],
        f"For x of the shape [4, {SIZE}], `Matcher({SIZE}, {HIDDEN})` has to return logits of the shape [4, 2]; it returns "
        f"{shape}.",
        f"x 的形状是 [4, {SIZE}] 时，`Matcher({SIZE}, {HIDDEN})` 应返回形状为 [4, 2] 的 logits；现在返回 {shape}。",
    )
    again = float(model(x)[0, 0])
    require(
        abs(float(logits[0, 0]) - again) < 1e-6,
        f"Two calls with the same x give the logits[0, 0] {float(logits[0, 0]):.4f} and {again:.4f}, and no step was made in "
        f"between. (In your run the accuracies of the two evaluations are {100 * student.first:.1f} and "
        f"{100 * student.second:.1f} %.) Something in the model is new at each call.",
        f"用同样的 x 调用两次，logits[0, 0] 是 {float(logits[0, 0]):.4f} 和 {again:.4f}，中间没有更新参数。（在你的运行里，"
        f"两次评估的准确率是 {100 * student.first:.1f}% 和 {100 * student.second:.1f}%。）模型里有什么东西每次调用都是新的。",
    )
    yield Text(
        f"Two calls with the same x give the same logits ({again:.4f}).",
        f"用同样的 x 调用两次，logits 相同（{again:.4f}）。",
    )
    _check_parameters(model, before, x)
    yield Text(
        f"`Matcher({SIZE}, {HIDDEN})` has {COUNT} trained numbers from the start: {SIZE} × {HIDDEN} + {HIDDEN} + {HIDDEN} × 2 "
        "+ 2.",
        f"`Matcher({SIZE}, {HIDDEN})` 一创建就有 {COUNT} 个可训练的数：{SIZE} × {HIDDEN} + {HIDDEN} + {HIDDEN} × 2 + 2。",
    )
    _check_gradients(model, x)
    _check_formula(model, x, logits)
    yield Text("The logits are those of the formula, and all weights get a gradient.", "logits 与公式一致，所有权重都有梯度。")
    accuracy = 100 * float(student.second)
    require(
        accuracy > 90,
        f"The class is right, but your training run ends with an accuracy of {accuracy:.1f} %. Is the rest of the file changed?",
        f"类是对的，但你的训练结束时准确率是 {accuracy:.1f}%。文件的其他部分是不是改过？",
    )
    yield Text(
        f"In your run the accuracy is {accuracy:.1f} %, each time.",
        f"在你的运行里，每次评估的准确率都是 {accuracy:.1f}%。",
    )


def _count(model: paddle.nn.Layer) -> int:
    return sum(int(np.prod(parameter.shape)) for parameter in model.parameters())


def _check_parameters(model: paddle.nn.Layer, before: int, x: paddle.Tensor) -> None:
    """All numbers of the formula are parameters of the model, before it is called first."""
    after = _count(model)
    numbers = f"{before} of the {COUNT} numbers", f"{COUNT} 个数中只有 {before} 个在 `model.parameters()` 里"
    require(
        before == after,
        f"A new model has {numbers[0]} in `model.parameters()`, and {after} after its first call. The optimizer is built "
        "before that, so the layer that is created late is never trained.",
        f"新建的模型，{numbers[1]}，第一次调用之后有 {after} 个。优化器在那之前就建好了，所以后创建的层永远不会被训练。",
    )
    require(
        before != SIZE * 2 + 2,
        f"The model has {before} parameters: one linear layer from {SIZE} to 2. The hidden layer is gone, and without it the "
        "task cannot be learned.",
        f"模型有 {before} 个参数，也就是从 {SIZE} 到 2 的一个线性层。隐藏层没有了，而没有它就学不会这个任务。",
    )
    paddle.seed(5)
    expected = float(paddle.rand([1]))
    paddle.seed(5)
    model(x)
    require(
        float(paddle.rand([1])) == expected or before >= COUNT,
        f"`model.parameters()` has {numbers[0]}. `forward` still makes a new layer at each call; with a fixed seed it has the "
        "same random weights each time, but the optimizer still does not know them.",
        f"{numbers[1]}。`forward` 仍然每次创建新的层；固定随机种子后每次的随机权重相同，但优化器仍然不知道它们。",
    )
    require(
        before not in (COUNT - HIDDEN, COUNT - 2, COUNT - HIDDEN - 2),
        f"`model.parameters()` has {numbers[0]}: a bias of the formula is missing.",
        f"{numbers[1]}：缺少公式里的偏置。",
    )
    require(
        before >= COUNT,
        f"`model.parameters()` has {numbers[0]}, so the optimizer never changes the others. Paddle finds a layer that is an "
        "attribute of the model or is in an `nn.LayerList`; it does not look into Python lists, tuples, dicts or global "
        "names.",
        f"{numbers[1]}，所以优化器从不更新其余的数。Paddle 能找到作为模型属性的层和 `nn.LayerList` 里的层，"
        "不会去看 Python 列表、元组、字典或全局变量。",
    )
    require(
        before == COUNT,
        f"The model has {before} parameters; the formula has {COUNT}. Which layer is too many, or has the wrong size?",
        f"模型有 {before} 个参数，公式里是 {COUNT} 个。哪一层是多余的，或者大小不对？",
    )
    frozen = sum(parameter.size for parameter in model.parameters() if parameter.stop_gradient)
    require(
        not frozen,
        f"{frozen} of the {COUNT} parameters have `stop_gradient = True`: they are frozen, so the hidden layer stays random.",
        f"{COUNT} 个参数里有 {frozen} 个的 `stop_gradient` 是 True：它们被冻结了，所以隐藏层一直是随机的。",
    )


def _check_gradients(model: paddle.nn.Layer, x: paddle.Tensor) -> None:
    F.cross_entropy(model(x), paddle.to_tensor([0, 1, 1, 0])).backward()
    without = [list(p.shape) for p in model.parameters() if p.grad is None or not float(p.grad.abs().sum())]
    model.clear_gradients()
    require(
        not without,
        f"The parameters with the shapes {without} get no gradient. Is something detached, or computed under no_grad? Or is a "
        "layer not used in `forward`?",
        f"形状为 {without} 的参数没有梯度。是不是用了 detach 或 no_grad？或者有一层在 `forward` 里没有用到？",
    )


def _check_formula(model: paddle.nn.Layer, x: paddle.Tensor, logits: paddle.Tensor) -> None:
    """Compares with the formula. The four weights are found by their sizes, which all differ."""
    weights = _weights(model)
    dense = paddle.matmul(x, weights[0]) + weights[1]

    def out(hidden):
        return paddle.matmul(hidden, weights[2]) + weights[3]

    equal(
        "model(x)", logits, out(paddle.tanh(dense)),
        [
            (out(dense), Text("The tanh is gone: without it, two linear layers are one linear layer.",
                              "tanh 没有了：没有它，两个线性层就等于一个线性层。")),
            (out(F.relu(dense)), Text("The activation is relu; the formula has tanh.", "激活函数用了 relu；公式里是 tanh。")),
            (out(F.sigmoid(dense)), Text(
                "The activation is sigmoid; the formula has tanh.", "激活函数用了 sigmoid；公式里是 tanh。")),
            (paddle.tanh(out(paddle.tanh(dense))), Text(
                "There is a second tanh after the classifier.",
                "分类器后面多了一个 tanh。")),
            (F.softmax(out(paddle.tanh(dense))), Text(
                "These are probabilities; the loss needs logits.",
                "这是概率；损失需要 logits。")),
        ],
    )  # fmt: skip
    model.train()
    again = model(x)
    model.eval()
    require(
        bool(np.allclose(again.numpy(), logits.numpy(), atol=1e-5)),
        "In training, the model gives other logits than in evaluation. The formula has no dropout.",
        "训练模式和评估模式下的 logits 不同。公式里没有 dropout。",
    )


def _weights(model: paddle.nn.Layer) -> List[paddle.Tensor]:
    """W1, b1, W2, b2. They may be stored transposed, and a bias as a row."""
    by_size: Dict[int, paddle.Tensor] = {parameter.size: parameter for parameter in model.parameters()}
    shapes = ([SIZE, HIDDEN], [HIDDEN], [HIDDEN, 2], [2])
    found = [by_size.get(int(np.prod(shape))) for shape in shapes]
    sizes = [list(parameter.shape) for parameter in model.parameters()]
    require(
        all(one is not None for one in found),
        f"The parameters have the shapes {sizes}; the formula has {list(shapes)}.",
        f"参数的形状是 {sizes}，公式里是 {list(shapes)}。",
    )
    return [
        one.t() if len(shape) == 2 and list(one.shape) == shape[::-1] else one.reshape(shape) for one, shape in zip(found, shapes)
    ]
