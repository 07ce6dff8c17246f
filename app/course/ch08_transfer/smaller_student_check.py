"""The check of distilling into a smaller model: which layers are copied, and the loss of the hidden states."""

from __future__ import annotations

from typing import Dict, Iterator, List, Sequence

import paddle
from paddlenlp.transformers import BertConfig, BertModel

from app.course.answers import Student, WrongAnswer, equal, require, same
from app.course.calls import call, tensor
from app.course.texts import Text

MASK = [[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]
EVERY = 3


def tiny_bert(layers: int) -> BertModel:
    """A random encoder. No weight is at the value that new models share, so that a copy can be told from a new layer."""
    config = BertConfig(
        vocab_size=30, hidden_size=8, num_hidden_layers=layers, num_attention_heads=2, intermediate_size=12,
        max_position_embeddings=10, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    model = BertModel(config)
    for parameter in model.parameters():
        parameter.set_value(paddle.randn(parameter.shape))
    return model


def check(student: Student) -> Iterator[Text]:
    """Tests copy_layers on three pairs of models, then hidden_loss."""
    paddle.seed(86)
    for layers, every in ((4, 2), (6, 3), (6, 2)):
        yield check_copy(student, tiny_bert(layers), tiny_bert(layers // every), every)
    yield from check_loss(student)


def values_of(model: paddle.nn.Layer) -> Dict[str, paddle.Tensor]:
    """A copy of all parameters."""
    return {name: value.clone() for name, value in model.state_dict().items()}


def check_copy(student: Student, teacher: BertModel, small: BertModel, every: int) -> Text:
    """The parts of the small model are copies of the right parts of the teacher."""
    count = len(small.encoder.layers)
    before, new = values_of(teacher), [values_of(layer) for layer in small.encoder.layers]
    student.copy_layers(teacher, small, every)
    require(
        same(before, values_of(teacher), 0),
        "copy_layers has changed the teacher. Copy from the teacher to the student.",
        "copy_layers 改变了教师。应从教师复制到学生。",
    )
    require(
        len(small.encoder.layers) == count,
        f"After copy_layers the student has {len(small.encoder.layers)} layers; it had {count}.",
        f"copy_layers 之后，学生有 {len(small.encoder.layers)} 层；原来是 {count} 层。",
    )
    found: List[object] = []
    for index, layer in enumerate(small.encoder.layers):
        values = values_of(layer)
        sources = [number for number, other in enumerate(teacher.encoder.layers) if same(values, values_of(other), 0)]
        found.append(sources[0] if sources else "new" if same(values, new[index], 0) else "?")
    check_sources(found, [every * index for index in range(count)], len(teacher.encoder.layers), every)
    for name in ("embeddings", "pooler"):
        require(
            same(values_of(getattr(small, name)), values_of(getattr(teacher, name)), 0),
            f"student.{name} has other values than teacher.{name}. Copy it too.",
            f"student.{name} 的值与 teacher.{name} 不同。也要复制它。",
        )
    for parameter in small.parameters():
        parameter.set_value(paddle.zeros_like(parameter))
    require(
        same(before, values_of(teacher), 0),
        "Student and teacher share their weights: changing the student changes the teacher. Copy the values with set_state_dict.",
        "学生与教师共用权重：改变学生会改变教师。请用 set_state_dict 复制数值。",
    )
    return Text(
        f"every = {every}: the student's layers are copies of the teacher's layers {found}; embeddings and pooler are copied "
        "too.",
        f"every = {every}：学生的各层是教师第 {found} 层的复制，嵌入和 pooler 也复制了。",
    )


def check_sources(found: Sequence[object], expected: Sequence[int], layers: int, every: int) -> None:
    """Names the mistake if the copied layers are not the expected ones. `found`: a number, "new" (unchanged) or "?"."""
    if list(found) == list(expected):
        return
    count = len(expected)
    k_th = Text("take every k-th, `index * every`.", "应每 k 层取一层：`index * every`。")
    zero = Text("The count has to begin at layer 0: `index * every`.", "应从第 0 层数起：`index * every`。")
    known = [
        (["new"] * count, Text("No layer was copied.", "没有复制任何层。")),
        ([*expected[:2], *["new"] * (count - 2)], Text(
            "The others were not copied: go through all layers of the student.", "其余的层没有复制：要处理学生的所有层。")),
        (list(range(count)), Text(f"These are the first layers; {k_th.en}", f"这是最前面几层；{k_th.zh}")),
        (list(range(layers - count, layers)), Text(f"These are the last layers; {k_th.en}", f"这是最后几层；{k_th.zh}")),
        ([number + every - 1 for number in expected], zero), ([number + 1 for number in expected], zero),
        ([0, layers - 1], Text(f"These are the first and the last layer; {k_th.en}", f"这是第一层和最后一层；{k_th.zh}")),
    ]  # fmt: skip
    reason = next(
        (text for value, text in known if list(found) == value),
        Text("Layer i comes from layer i * every.", "第 i 层来自第 i * every 层。"),
    )
    raise WrongAnswer(
        f"With every = {every}, the student's layers come from the teacher's layers {list(found)}; expected {list(expected)}. "
        f"{reason.en}",
        f"every = {every} 时，学生的各层来自教师的第 {list(found)} 层，应为 {list(expected)}。{reason.zh}",
    )


def loss(small, large, mask: paddle.Tensor, projection, pairs) -> paddle.Tensor:
    """The loss for pairs of (student state, teacher state): float32 []."""
    kept = mask.unsqueeze(-1).astype("float32")
    return sum(
        (((projection(small[one]) - large[other]) ** 2) * kept).sum() / (kept.sum() * large[0].shape[-1]) for one, other in pairs
    )


def check_loss(student: Student) -> Iterator[Text]:
    """The value and the gradients of hidden_loss, with projection and without."""
    small, large = [paddle.randn([2, 5, 3]) for _ in range(3)], [paddle.randn([2, 5, 4]) for _ in range(7)]
    mask, projection = paddle.to_tensor(MASK), paddle.nn.Linear(3, 4)
    projection.bias.set_value(paddle.randn([4]))
    what = f"hidden_loss(student_states, teacher_states, mask, projection, {EVERY})"
    got = tensor(what, call(student.hidden_loss, small, large, mask, projection, EVERY))
    check_value(what, got, small, large, mask, projection)
    for state in (*small, *large):
        state.stop_gradient = False
    got = student.hidden_loss(tuple(small), tuple(large), mask, projection, EVERY)
    yield Text(
        f"hidden_loss is right: {float(got):.4f} for two layers and the embeddings.",
        f"hidden_loss 正确：两层加嵌入得到 {float(got):.4f}。",
    )
    require(not got.stop_gradient, "hidden_loss has no gradient. Only the teacher is detached.",
            "hidden_loss 没有梯度。只有教师需要 detach。")  # fmt: skip
    projection.clear_gradients()
    got.sum().backward()
    require(
        all(one.grad is None or float(one.grad.abs().max()) == 0 for one in large),
        "The teacher's states get gradients: use `.detach()` on them.",
        "教师的状态得到了梯度：请对它们用 `.detach()`。",
    )
    require(
        projection.weight.grad is not None and float(projection.weight.grad.abs().max()) > 0
        and all(one.grad is not None and float(one.grad.abs().max()) > 0 for one in small),
        "The student's states or the projection get no gradient. Only the teacher is detached.",
        "学生的状态或投影没有得到梯度。只有教师需要 detach。",
    )  # fmt: skip
    small, large = [paddle.randn([3, 4, 2]) for _ in range(4)], [paddle.randn([3, 4, 2]) for _ in range(7)]
    mask, identity = paddle.to_tensor([[1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0]]), paddle.nn.Identity()
    what = "hidden_loss(student_states, teacher_states, mask, Identity(), 2)"
    got = tensor(what, call(student.hidden_loss, small, large, mask, identity, 2)).reshape([])
    expected = loss(small, large, mask, identity, [(0, 0), (1, 2), (2, 4), (3, 6)])
    equal(Text(f"{what} of a student with three layers", f"三层学生的 {what}"), got, expected)
    yield Text("The student and the projection get gradients, the teacher does not. The same width and three layers work too.",
               "学生和投影得到梯度，教师没有。宽度相同、三层时也正确。")  # fmt: skip


def check_value(what: str, got: paddle.Tensor, small, large, mask: paddle.Tensor, projection) -> None:
    """The value of hidden_loss, and the values of known mistakes."""
    pairs = [(0, 0), (1, 3), (2, 6)]
    right, tokens = float(loss(small, large, mask, projection, pairs)), int(mask.sum())

    def other(pairs, kept: paddle.Tensor = mask) -> float:
        return float(loss(small, large, kept, projection, pairs))

    counts = mask.astype("float32").sum(axis=1)
    kept = mask.unsqueeze(-1).astype("float32")
    squares = sum((((projection(small[one]) - large[two]) ** 2) * kept).sum(axis=[1, 2]) for one, two in pairs)
    with_padding = Text(
        "The padding counts: multiply by the mask, and divide by the number of tokens.",
        "填充算进去了：要乘以掩码，再除以词元数。",
    )
    known = [
        (other(pairs, paddle.ones_like(mask)), with_padding),
        (right * tokens / 10, Text(
            "The padding is left out of the sum, but the sum is divided by B x S; divide by the number of tokens.",
            "求和时去掉了填充，但除以的是 B × S，应除以词元数。")),
        (right * 4, Text("The sum is divided by the number of tokens only; divide by H too.", "只除以了词元数，还要除以 H。")),
        (right * 4 / 3, Text(
            "The sum is divided by h, the student's width; divide by H, the width of the vectors that are compared.",
                             "除以了学生的宽度 h，应除以 H，即被比较的向量的宽度。")),
        (right * tokens * 4, Text(
            "This is the sum of the squares; divide by the number of tokens and by H.", "这是平方和，还要除以词元数和 H。")),
        (right * tokens, Text(
            "The sum is divided by H only; divide by the number of tokens too.", "只除以了 H，还要除以词元数。")),
        (float(sum(((projection(small[one]) - large[two]).abs() * kept).sum() for one, two in pairs)) / (4 * tokens), Text(
            "These are absolute differences; take their squares.", "这是差的绝对值，应取平方。")),
        (right / 3, Text("The mean over the states is taken; take the sum over them.", "对各个状态取了平均，应求和。")),
        (other([(0, 0), (1, 1), (2, 2)]), Text(
            "The student's state i is compared with the teacher's state i; it has to be i * every.",
            "学生的第 i 个状态与教师的第 i 个比较了，应与第 i * every 个比较。")),
        (other(pairs[1:]), Text("State 0, the output of the embeddings, is left out.", "漏掉了第 0 个状态，即嵌入层的输出。")),
        (other(pairs[:2]), Text("The last state is left out.", "漏掉了最后一个状态。")),
        (other(pairs[2:]), Text(
            "Only the last state is compared; take the sum over all states of the student.",
            "只比较了最后一个状态，应对学生的所有状态求和。")),
        (other([(0, 4), (1, 5), (2, 6)]), Text(
            "The teacher's last states are taken; it has to be i * every.", "取了教师最后几个状态，应为第 i * every 个。")),
        (float((squares / counts / 4).mean()), Text(
            "Each text has the same weight here; each token of the batch has to have it: divide once by all tokens.",
            "这里每段文本的权重相同；应该是批里每个词元的权重相同：最后除以全部词元数。")),
    ]  # fmt: skip
    equal(what, got.reshape([]) if got.size == 1 else got, right, known)
