"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Point-wise: put all scores into one Tensor, [Q, 1 + K], and make labels of the same shape. Pair-wise: `positive` has to "
        "be [Q, 1], so that each d+ meets the K wrong documents of its own query.",
        "单点式：把所有分数放进一个 [Q, 1 + K] 的 Tensor，再做一个同形状的标签。成对式：`positive` 要变成 [Q, 1]，"
        "这样每个 d+ 才会与自己查询的 K 个错误文档比较。",
    ),
    Text(
        "`positive = paddle.unsqueeze(positive, 1)`; `F.binary_cross_entropy(scores, labels)` is the mean cross-entropy of "
        "scores that are probabilities already; `paddle.mean(F.relu(margin - positive + negative))`.",
        "`positive = paddle.unsqueeze(positive, 1)`；`F.binary_cross_entropy(scores, labels)` 计算平均交叉熵，"
        "它的输入本来就应是概率；`paddle.mean(F.relu(margin - positive + negative))`。",
    ),
)
REASON = Text(
    "The pair-wise loss sees only differences of scores within one query. A pair in the right order with enough distance gives 0 "
    "and no gradient, so training works on the pairs that are still wrong. For the same reason nothing tells the model what a "
    "single score means: all scores of a query may be high or low. Use it to rank; use the point-wise loss where a probability "
    "or one threshold for all queries is needed. PaddleNLP's pair-wise example also applies the sigmoid in the model and then "
    "takes F.margin_ranking_loss, with the margin 0.1.",
    "成对式损失只看同一个查询内部分数的差。顺序正确且差距足够的一对，损失为 0，也没有梯度，训练就集中在仍然错误的那些对上。"
    "也正因为如此，没有任何东西告诉模型单个分数的含义：一个查询的所有分数可能都高，也可能都低。排序时用成对式；"
    "需要概率，或者需要对所有查询用同一个阈值时，用单点式。PaddleNLP 的成对式示例也是先在模型里做 sigmoid，"
    "再用 F.margin_ranking_loss，margin 为 0.1。",
)
PROGRAM = Text(
    "app/match/task.py: `MatchTask.loss` is point-wise, because the program needs probabilities and a threshold",
    "app/match/task.py 里的 `MatchTask.loss`，它是单点式的，因为程序需要概率和阈值",
)
