"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Every pair has the same text; only the question changes. For the decision, compare the three pairs of one example "
        "with each other, not the two columns of one pair.",
        "三个句对的文本相同，只有问题不同。做决定时，比较的是同一个例子的三个句对，而不是一个句对的两列。",
    ),
    Text(
        "`int(candidate == polarity)` is the label. `F.softmax(logits, axis=-1)[:, 1].reshape([-1, 3]).argmax(axis=-1)` gives "
        "the number of the best pair of each example.",
        "标签是 `int(candidate == polarity)`。`F.softmax(logits, axis=-1)[:, 1].reshape([-1, 3]).argmax(axis=-1)` "
        "给出每个例子最好的句对的编号。",
    ),
)
REASON = Text(
    "The pair form tells the model in words what is asked. One head with two outputs serves all aspects and polarities, and "
    "the text of an aspect is read by the encoder like any other text. Each example gives three training pairs. The price: "
    "three passes through the encoder for a prediction, and two of three labels are 0. That is why the three probabilities "
    "are compared with each other, and not each with 0.5: all three may be below 0.5, and exactly one polarity is right.",
    "句对的形式用文字告诉模型要问什么。一个只有两个输出的头就能处理所有的方面和极性，方面的名称也像其他文字一样由编码器来读。"
    "每个例子给出三个训练句对。代价是：一次预测要经过编码器三次，而且三个标签里有两个是 0。所以要把三个概率互相比较，"
    "而不是各自与 0.5 比较：三个概率可能都小于 0.5，而正确的极性只有一个。",
)
PROGRAM = Text(
    "app/match/decision.py turns the logits of a pair into the probability of a match; app/match/labels.py finds which class "
    "means a match",
    "app/match/decision.py 把句对的 logits 变成相符的概率；app/match/labels.py 确定哪一类表示相符",
)
