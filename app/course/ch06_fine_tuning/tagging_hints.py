"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "nn.Linear works on the last axis, so it can take the whole sequence output [B, S, H]. In `decode`, remember the last "
        "entity: an I- tag makes it longer if it has the same type and ends right here.",
        "nn.Linear 作用于最后一维，可以直接接收整个 sequence 输出 [B, S, H]。在 `decode` 里记住最后一个实体：如果类型相同，"
        "并且它正好在这里结束，`I-` 就把它加长。",
    ),
    Text(
        "Labels: `paddle.full(logits.shape[:2], -100, dtype=\"int64\")`, then `labels[row, 1 : len(numbers) + 1] = "
        "paddle.to_tensor(numbers)`; then the cross-entropy with `reduction=\"sum\"`, divided by `sum(map(len, tags))`. "
        "`decode`: skip O; if the tag is I-X, and the last entity is (X, start, position), replace it by (X, start, position "
        "+ 1); otherwise append (X, position, position + 1).",
        "标签：`paddle.full(logits.shape[:2], -100, dtype=\"int64\")`，然后 `labels[row, 1 : len(numbers) + 1] = "
        "paddle.to_tensor(numbers)`；再用 `reduction=\"sum\"` 的交叉熵除以 `sum(map(len, tags))`。`decode`：跳过 O；"
        "如果标签是 I-X，且最后一个实体是 (X, start, position)，就换成 (X, start, position + 1)；否则添加 (X, position, "
        "position + 1)。",
    ),
)  # fmt: skip
REASON = Text(
    "Each token's vector has already seen the whole sentence, so one linear layer per token is enough; nothing is pooled. "
    "[CLS], [SEP] and padding have no tag. With -100 they add nothing to the sum, and only characters are counted for the "
    "mean; with O they would make the loss small without any learning. B- and I- are different so that two names side by side "
    "stay two. Entities are compared as a whole: a name with one wrong character is of no use.",
    "每个词元的向量都已经看过整个句子，所以每个词元用一个线性层就够了，不需要池化。[CLS]、[SEP] 和填充没有标签。标为 -100 时，"
    "它们不进入总和，求平均时也只数字符；标为 O 时，什么都没学到，损失也会变小。区分 B- 和 I-，"
    "是为了让相邻的两个名称仍是两个。评价时按整个实体比较：错一个字的名称没有用处。",
)
PROGRAM = Text(
    "The masked-LM head in app/pretrain/model.py also scores tokens one by one; app/pretrain/task.py counts the masked ones only",
    "app/pretrain/model.py 里的掩码语言模型头也是逐个词元打分；app/pretrain/task.py 只计算被掩码的词元",
)
