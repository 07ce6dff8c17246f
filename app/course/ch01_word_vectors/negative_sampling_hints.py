"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "-log of a quotient is a difference: L_full = log(sum of exp(scores)) - scores[target]. For negative sampling, first "
        "pick the rows that you need from `outputs`, then multiply.",
        "商的 -log 是差：L_full = log(exp(scores) 之和) - scores[target]。负采样要先从 `outputs` 里取出需要的行，再做乘法。",
    ),
    Text(
        "`largest = scores.max()`; log of the sum is `largest + np.log(np.exp(scores - largest).sum())`. The scores of the "
        "negatives are `outputs[negatives] @ vector`, and `log_sigmoid` gets them with a minus.",
        "`largest = scores.max()`，和的对数是 `largest + np.log(np.exp(scores - largest).sum())`。负样本的分数是 "
        "`outputs[negatives] @ vector`，传给 `log_sigmoid` 时要加负号。",
    ),
)
REASON = Text(
    "The denominator of the softmax has one term for each word of the vocabulary, and it changes with every update, so it "
    "cannot be kept. Negative sampling has no denominator: each word gets its own yes-or-no question, so K + 1 scores are "
    "enough. The price is that σ(u·v) is not the probability of a neighbour. For word vectors this does not matter, because "
    "only the vectors are used afterwards. BERT's masked LM keeps the full softmax: it predicts few positions, and the "
    "probabilities are wanted.",
    "softmax 的分母对词表里的每个词都有一项，而且每次更新后都会变，无法保存。负采样没有分母：每个词各有一个是非题，只需 K + 1 "
    "个分数。代价是 σ(u·v) 不再是邻近词的概率。对词向量来说没有关系，因为之后只用向量本身。BERT 的掩码语言模型仍用完整的 "
    "softmax：它只预测少数位置，而且需要概率。",
)
PROGRAM = Text(
    "app/pretrain/model.py, class MaskedLMHead: a full softmax over the vocabulary, but only at the masked positions, because "
    "it is expensive",
    "app/pretrain/model.py 的 MaskedLMHead：在整个词表上做 softmax，但只在被掩盖的位置上做，因为代价很大",
)
