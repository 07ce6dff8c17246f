"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Everything comes from three counts: how many pairs are predicted 1, how many are 1, and how many are both (TP). For the "
        "threshold: which thresholds give different predictions on dev?",
        "一切都来自三个计数：预测为 1 的有多少，实际为 1 的有多少，两者都是的有多少（TP）。"
        "关于阈值：哪些阈值会在验证集上给出不同的预测？",
    ),
    Text(
        "`predicted = probabilities >= threshold`; `tp = np.sum(predicted & (labels == 1))`; divide by `max(1, ...)`, so that "
        "0 / 0 becomes 0. Then loop over `np.unique(dev_probabilities)`, keep the threshold with the largest `evaluate(...)[3]` "
        "on dev, and call `evaluate` once on test.",
        "`predicted = probabilities >= threshold`；`tp = np.sum(predicted & (labels == 1))`；除以 `max(1, ...)`，"
        "这样 0 / 0 就是 0。然后对 `np.unique(dev_probabilities)` 循环，记住在验证集上 `evaluate(...)[3]` 最大的阈值，"
        "最后只在测试集上调用一次 `evaluate`。",
    ),
)
REASON = Text(
    "F1 is the harmonic mean, so it is small if precision or recall is small. If 10 % of the pairs match, a matcher that calls "
    "everything a match has precision 0.1 and recall 1; the plain mean would give it 0.55, F1 gives 0.18. The predictions on dev "
    "change only where the threshold passes a dev probability, so these are all the candidates, and a fixed grid can miss the "
    "best one. The threshold is a parameter that is learned: chosen on test, it would fit the noise of test, and the F1 would "
    "promise more than new data can keep.",
    "F1 是调和平均，只要精确率或召回率很小，它就很小。如果 10% 的句对匹配，把所有句对都判为匹配的模型精确率为 0.1、召回率为 1；"
    "普通平均会给它 0.55，而 F1 是 0.18。阈值只有越过某个验证集概率时，验证集上的预测才会改变，所以候选值就是这些概率，"
    "而固定的网格可能错过最好的一个。阈值也是学来的参数：如果在测试集上选，它就会拟合测试集的噪声，得到的 F1 在新数据上达不到。",
)
PROGRAM = Text(
    "app/match/metrics.py: `compute_metrics`; app/match/decision.py: `fit_decision` with `_best_threshold`",
    "app/match/metrics.py 里的 `compute_metrics`；app/match/decision.py 里的 `fit_decision` 与 `_best_threshold`",
)
