"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Make an empty dict, go through the names of one state, and decide for each tensor by its type. Build the sum in a new "
        "tensor.",
        "新建一个空字典，遍历其中一个状态的名字，按张量的类型分别处理。求和时用新的张量。",
    ),
    Text(
        "`sum(state[name] for state in states) / len(states)` if `paddle.is_floating_point(tensor)`, else `states[-1][name]`.",
        "如果 `paddle.is_floating_point(tensor)`，用 `sum(state[name] for state in states) / len(states)`，否则用 "
        "`states[-1][name]`。",
    ),
)
REASON = Text(
    "The checkpoints of one run lie in the same valley of the loss, so the point between them is low too. Two runs with "
    "different seeds lie in different valleys: their hidden units have another order and another sign, and between the valleys "
    "the loss is high. This holds for a classifier that starts from random weights. Fine-tuned models that start from the same "
    "pretrained encoder are nearer to each other, but their heads are still random. Integers are counters, ids and positions: "
    "the newest value belongs to the averaged model.",
    "同一次训练的检查点在损失的同一个谷里，它们中间的点损失也低。不同种子的两次训练在不同的谷里：隐藏单元的顺序和符号都不同，"
    "两个谷之间的损失很高。从随机权重开始的分类器就是这样。从同一个预训练编码器开始微调的模型彼此更近，"
    "但它们的分类头仍是随机的。整数是计数器、编号和位置：平均后的模型应取最新的值。",
)
PROGRAM = Text(
    "app/train/trainer.py, which keeps the newest checkpoints with --save_total_limit; it uses the best one, not their average",
    "app/train/trainer.py：用 --save_total_limit 保留最新的几个检查点；它用最好的一个，而不是平均",
)
