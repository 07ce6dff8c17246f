"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "One step has two matrix products, one for the token and one for the state. In the loop, the state that a step "
        "returns is the state that the next step gets.",
        "一步有两次矩阵乘法，一次对词元，一次对状态。在循环里，一步返回的状态就是下一步的输入状态。",
    ),
    Text(
        "`paddle.tanh(x @ W + state @ U + b)` is the step. Start with `state = paddle.zeros([B, H])`; for each `t`: `state = "
        "rnn_step(inputs[:, t], state, W, U, b)`, and append it to a list. At the end `paddle.stack(states, axis=1)`.",
        "一步是 `paddle.tanh(x @ W + state @ U + b)`。开始时 `state = paddle.zeros([B, H])`；对每个 `t`："
        "`state = rnn_step(inputs[:, t], state, W, U, b)`，并加入列表。最后 `paddle.stack(states, axis=1)`。",
    ),
)
REASON = Text(
    "The weights are the same at each step, so the network can read sentences of any length. All that it knows of the past is "
    "in one state, which is overwritten at each step. This has two costs: the steps must be done one after the other, and "
    "what was read long ago fades. Processors that do many things at once gain little, and this is one reason why "
    "Transformers took over.",
    "每一步的权重都相同，所以能读任意长度的句子。网络对过去的全部了解都在一个状态里，而状态每一步都被改写。"
    "这有两个代价：各步必须一个接一个地做；很久以前读到的内容会淡忘。擅长并行的处理器帮不上多少忙，这也是 Transformer "
    "取而代之的原因之一。",
)
PROGRAM = Text(
    "app/encoder/from_scratch.py makes a Transformer in place of a recurrent network, so all positions are computed at the "
    "same time",
    "app/encoder/from_scratch.py 建立的是 Transformer，而不是循环神经网络，所以所有位置可以同时计算",
)
