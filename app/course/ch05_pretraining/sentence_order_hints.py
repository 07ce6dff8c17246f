"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "`sop_pairs` is `nsp_pairs` of exercise 5.2 without another document: the two sentences are always neighbours, and only "
        "their order changes. For `topic_accuracy`, compute all overlaps first, then predict all labels for one threshold.",
        "`sop_pairs` 就是练习 5.2 的 `nsp_pairs` 去掉“别的文档”：两个句子总是相邻的，只有顺序会变。"
        "写 `topic_accuracy` 时，先算出所有重合度，再对一个阈值预测所有标签。",
    ),
    Text(
        "`pairs.append((first, second, 0) if rng.random() < 0.5 else (second, first, 1))`. For each `threshold` in "
        "`np.unique(overlaps)`: `predicted = np.where(overlaps >= threshold, 0, 1)`, accuracy `np.mean(predicted == labels)`.",
        "`pairs.append((first, second, 0) if rng.random() < 0.5 else (second, first, 1))`。对 `np.unique(overlaps)` 中的每个 "
        "`threshold`："
        "`predicted = np.where(overlaps >= threshold, 0, 1)`，准确率是 `np.mean(predicted == labels)`。",
    ),
)
REASON = Text(
    "The overlap of A and B does not depend on their order, so it says nothing about SOP: the rule is hardly better than a "
    "coin. On NSP it is clearly better, although it counts characters only. A model that learns NSP may learn mostly this. SOP "
    "forces it to learn how sentences continue each other. Lan et al. (2020) measured it: a model trained with SOP is right in "
    "78.9 % of NSP, and a model trained with NSP is right in 52.0 % of SOP, which is hardly better than a coin.",
    "A 与 B 的重合度和顺序无关，所以对 SOP 毫无帮助：规则几乎不比抛硬币好。在 NSP 上它明显更好，虽然只数了共同的字。"
    "学习 NSP 的模型可能主要学到了这一点。SOP 迫使模型学习句子之间如何承接。"
    "Lan et al.（2020）测量过：用 SOP 训练的模型在 NSP 上答对 78.9%，而用 NSP 训练的模型在 SOP 上只答对 52.0%，几乎和抛硬币一"
    "样。",
)
PROGRAM = Text(
    "app/pretrain/segment_pairs.py, make_segment_pairs (with --sentence_task sop); the overlap is in app/match/baselines.py",
    "app/pretrain/segment_pairs.py 的 make_segment_pairs（--sentence_task sop）；重合度在 app/match/baselines.py",
)
