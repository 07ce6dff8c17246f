"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "One linear layer with two outputs gives [B, S, 2]; its two columns are the results. In `best_span`, let i run over "
        "the passage, and j from i on; keep the best sum.",
        "一个有两个输出的线性层得到 [B, S, 2]，它的两列就是结果。在 `best_span` 里，让 i 走遍段落，j 从 i 开始，记住最大的和。",
    ),
    Text(
        "`scores = self.classifier(sequence)`, `return scores[:, :, 0], scores[:, :, 1]`. The loss is "
        "`(F.cross_entropy(start, first) + F.cross_entropy(end, last)) / 2`. The loops: `for i in range(left, right + 1)`, "
        "`for j in range(i, min(i + longest, right + 1))`.",
        "`scores = self.classifier(sequence)`，`return scores[:, :, 0], scores[:, :, 1]`。损失是 `(F.cross_entropy(start, "
        "first) + F.cross_entropy(end, last)) / 2`。循环：`for i in range(left, right + 1)`，`for j in range(i, min(i + "
        "longest, right + 1))`。",
    ),
)
REASON = Text(
    "The softmax goes over the S positions of a text, because exactly one of them is the start; it is not a decision between "
    "two classes per token. Start and end are scored independently, so the best start and the best end may not fit together: "
    "the end may come first, or one may be in the question. That is why the sum is maximized over the allowed pairs only. The "
    "largest length keeps the search short, and rules out answers of whole sentences.",
    "softmax 在一个文本的 S 个位置上做，因为起点只有一个；这不是每个词元在两类之间的选择。起点和终点是分别打分的，"
    "所以最好的起点和最好的终点可能不相配：终点可能在起点之前，或者其中一个在问题里。因此只在允许的组合里取和的最大值。"
    "最大长度让搜索变短，也排除了整句话的答案。",
)
PROGRAM = Text(
    "app/text/features.py builds the same input, [CLS] A [SEP] B [SEP] with segment ids, for the matching of pairs",
    "app/text/features.py 为句对匹配构造同样的输入：[CLS] A [SEP] B [SEP] 和片段编号",
)
