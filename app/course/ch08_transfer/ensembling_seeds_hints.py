"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Axis 0 is the models, axis -1 the labels. The mean goes over the models, the softmax and the argmax over the labels. "
        "Only the order of mean and softmax differs between the first two ways.",
        "axis 0 是模型，axis -1 是标签。平均在模型上做，softmax 和 argmax 在标签上做。前两种方式只是平均与 softmax 的先后不同。",
    ),
    Text(
        "`F.softmax(logits, axis=-1).mean(axis=0)`, `F.softmax(logits.mean(axis=0), axis=-1)`, and for the vote "
        "`F.one_hot(logits.argmax(axis=-1), C).mean(axis=0)`.",
        "`F.softmax(logits, axis=-1).mean(axis=0)`、`F.softmax(logits.mean(axis=0), axis=-1)`；投票用 "
        "`F.one_hot(logits.argmax(axis=-1), C).mean(axis=0)`。",
    ),
)
REASON = Text(
    "The mean of probabilities is the usual choice: its result is a probability, and no model has more than its share of the "
    "influence. The mean of logits is a geometric mean of the probabilities (up to a factor), so a very sure model weighs "
    "more. A vote needs the labels only, so it works with models whose outputs cannot be compared, but it loses how sure they "
    "were. Ensembles reduce the part of the error that depends on the seed, not the part that all models share.",
    "常用的是概率平均：结果仍是概率，每个模型的影响都不会超过自己的份额。logits 平均相当于概率的几何平均（差一个系数），"
    "所以非常确信的模型影响更大。投票只需要标签，所以输出无法相互比较的模型也能用，但丢掉了确信程度。"
    "集成减小的是随种子变化的那部分误差，所有模型共有的误差不会减小。",
)
PROGRAM = Text(
    "app/match/decision.py, which turns the logits of one model into probabilities; a run has one seed (--seed), and several "
    "runs can be combined in this way",
    "app/match/decision.py：把一个模型的 logits 变成概率；一次训练只有一个种子（--seed），多次训练的结果可以这样合并",
)
