"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Both functions start with `tokenizer(...)[\"input_ids\"]`. The first uses the ids as row numbers of `table`. The "
        "second gives them to `model` and cuts the word's places out of `output[0]`. Print the ids and count the places by hand.",
        "两个函数都从 `tokenizer(...)[\"input_ids\"]` 开始。第一个把 id 当作 `table` 的行号；第二个把 id 输入 `model`，"
        "再从 `output[0]` 里取出词所在的位置。请打印 id，亲手数一数位置。",
    ),
    Text(
        "`table[paddle.to_tensor(ids[1:-1])].mean(axis=0)` is the static vector. For the other one: `vectors = "
        "model(paddle.to_tensor([ids]))[0][0]`, then `vectors[start : start + len(word)].mean(axis=0)`, where `start` is "
        "`sentence.index(word)` plus one for `[CLS]`.",
        "静态词向量是 `table[paddle.to_tensor(ids[1:-1])].mean(axis=0)`。另一个：`vectors = "
        "model(paddle.to_tensor([ids]))[0][0]`，再取 `vectors[start : start + len(word)].mean(axis=0)`，其中 `start` 是 "
        "`sentence.index(word)` 再加一（`[CLS]`）。",
    ),
)
REASON = Text(
    "A table has one row per word, whatever the sentence is, so all senses of a word share one vector. In BERT the row is "
    "only the start: each layer mixes a token's vector with those of all other tokens, in front of it and behind it. In "
    "他在苹果公司工作 the word that tells the sense, 公司, stands behind 苹果. A model that reads only from left to right has "
    "not seen it yet when it computes the vector of 苹果.",
    "表里每个词只有一行，与句子无关，所以一个词的各种意思共用一个向量。在 BERT 里，这一行只是起点：每一层都把词元的向量与其他"
    "所有词元的向量混合，既包括前面的，也包括后面的。在“他在苹果公司工作”里，说明词义的“公司”在“苹果”后面；"
    "只从左往右读的模型，在计算“苹果”的向量时还没有看到它。",
)
PROGRAM = Text(
    "app/encoder/pretrained.py loads such a model; app/match/model.py takes BERT's output, never a row of the table alone",
    "app/encoder/pretrained.py 加载这样的模型；app/match/model.py 用的是 BERT 的输出，而不只是表里的一行",
)
