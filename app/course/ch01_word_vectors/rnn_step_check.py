"""The check of one step of a plain recurrent network and of its loop."""

from __future__ import annotations

from typing import Iterator

import numpy as np
import paddle
import paddle.nn.functional as F

from app.course.answers import Student, equal
from app.course.calls import call, tensor
from app.course.texts import Text


def _rnn(inputs, state, W, U, b):
    """The states of a plain RNN that starts with `state`."""
    states = []
    for t in range(inputs.shape[1]):
        state = paddle.tanh(inputs[:, t] @ W + state @ U + b)
        states.append(state)
    return paddle.stack(states, axis=1)


def check(student: Student) -> Iterator[Text]:
    """Compares one step and a loop with our own, on inputs with different B, S, D and H."""
    paddle.seed(13)
    W, U, b = 0.3 * paddle.randn([5, 3]), 0.5 * paddle.randn([3, 3]), 0.3 * paddle.randn([3])
    x, state = paddle.randn([2, 5]), paddle.randn([2, 3])
    total = x @ W + state @ U + b
    equal(
        "rnn_step(...)", tensor("rnn_step(...)", call(student.rnn_step, x, state, W, U, b)), paddle.tanh(total),
        [
            (total, Text("The tanh is missing.", "缺少 tanh。")),
            (F.sigmoid(total), Text("This is a sigmoid; the formula has tanh.", "这里用了 sigmoid；公式里是 tanh。")),
            (F.relu(total), Text("This is a ReLU; the formula has tanh.", "这里用了 ReLU；公式里是 tanh。")),
            (paddle.tanh(total - b), Text("The bias b is missing.", "缺少偏置 b。")),
            (paddle.tanh(x @ W + b), Text("The state is not used: h_{t-1} U is missing.", "没有用到状态：缺少 h_{t-1} U。")),
            (paddle.tanh(state @ U + b), Text("The token is not used: x_t W is missing.", "没有用到词元：缺少 x_t W。")),
            (paddle.tanh(x @ W + state @ U.t() + b), Text(
                "U is transposed. The state is a row, so it stands in front of U.",
                "U 被转置了。状态是行向量，应写在 U 的前面。")),
            (paddle.tanh(x @ W + state + b), Text("The state is not multiplied by U.", "状态没有乘以 U。")),
            (paddle.tanh(x @ W + state * U.diagonal() + b), Text(
                "The state has to be multiplied by U as a matrix product.", "状态与 U 之间应该是矩阵乘法。")),
            (paddle.tanh(x @ W) + state @ U + b, Text(
                "Only x_t W is in the tanh; it goes around the whole sum.", "tanh 里只有 x_t W；tanh 应作用于整个和。")),
            (paddle.tanh(x @ W + state @ U) + b, Text(
                "The bias is outside the tanh; it goes around the whole sum.", "偏置在 tanh 外面；tanh 应作用于整个和。")),
        ],
    )  # fmt: skip
    yield Text("`rnn_step` is right.", "`rnn_step` 正确。")

    inputs = paddle.randn([2, 4, 5])
    zero = paddle.zeros([2, 3])
    expected = _rnn(inputs, zero, W, U, b)
    got = tensor("rnn(...)", call(student.rnn, inputs, W, U, b))
    backwards = _rnn(inputs.flip(1), zero, W, U, b)
    equal(
        "rnn(...)", got, expected,
        [
            (paddle.tanh(inputs @ W + b), Text(
                "The state is not handed on: each step starts from zero. Keep the result of one step for the next.",
                "状态没有传下去：每一步都从零开始。要把这一步的结果留给下一步。")),
            (_rnn(inputs, paddle.ones([2, 3]), W, U, b), Text(
                "The first state is one; it has to be zero.", "初始状态是一；应该是零。")),
            (_rnn(inputs, b.expand([2, 3]), W, U, b), Text(
                "The first state is b; it has to be zero.", "初始状态是 b；应该是零。")),
            (expected.transpose([1, 0, 2]), Text(
                "The shape is [S, B, H]: the states are stacked along axis 0. Use axis=1.",
                "形状是 [S, B, H]：状态是沿 axis 0 堆叠的。请用 axis=1。")),
            (paddle.concat(list(expected.unbind(1)), axis=0), Text(
                "The states are joined along the batch. `paddle.stack(states, axis=1)` makes a new axis.",
                "状态沿批的维度拼在了一起。`paddle.stack(states, axis=1)` 会建立新的一维。")),
            (paddle.concat(list(expected.unbind(1)), axis=-1), Text(
                "The states are joined along the last axis. `paddle.stack(states, axis=1)` makes a new axis.",
                "状态沿最后一维拼在了一起。`paddle.stack(states, axis=1)` 会建立新的一维。")),
            (expected[:, -1], Text(
                "This is the last state only; return the states of all steps.", "这只是最后的状态；要返回每一步的状态。")),
            (paddle.concat([zero[:, None], expected], axis=1), Text(
                "The zero state before the first token is in the result; return the states after the tokens only.",
                "结果里包含了读第一个词元之前的零状态；只返回读完各个词元后的状态。")),
            (paddle.concat([zero[:, None], expected[:, :-1]], axis=1), Text(
                "The states are one step late: append the new state, not the state before the step.",
                "状态晚了一步：应加入新的状态，而不是这一步之前的状态。")),
            (expected[:, :-1], Text("The last token is not read.", "没有读最后一个词元。")),
            (expected[:, -1:].expand([2, 4, 3]), Text(
                "All states are the last one.", "所有的状态都是最后一个状态。")),
            (backwards, Text("The tokens are read from the end to the beginning.", "词元是从后往前读的。")),
            (backwards.flip(1), Text("The tokens are read from the end to the beginning.", "词元是从后往前读的。")),
            (_rnn(inputs[:, :1].expand([2, 4, 5]), zero, W, U, b), Text(
                "Each step reads the first token; step t reads `inputs[:, t]`.",
                "每一步读的都是第一个词元；第 t 步应读 `inputs[:, t]`。")),
        ],
    )  # fmt: skip
    equal("rnn(one token)", call(student.rnn, inputs[:, 1:2], W, U, b), _rnn(inputs[:, 1:2], zero, W, U, b))
    changed = inputs.clone()
    changed[:, 0] += 1.0
    moved = np.abs(np.asarray(call(student.rnn, changed, W, U, b)) - expected.numpy()).max(axis=-1)[0]
    yield Text(
        f"`rnn` is right: 1 more in the first token changes the state of token 0 by {float(moved[0]):.3f} and that of token 3 by "
        f"{float(moved[3]):.3f}.",
        f"`rnn` 正确：第一个词元加 1，词元 0 的状态改变 {float(moved[0]):.3f}，词元 3 的状态改变 {float(moved[3]):.3f}。",
    )
