"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Two loops: over the documents with their number, and over the sentences of one document with their next sentence. So "
        "no pair crosses the border of a document. For label 1, draw a document that is not this one, then one of its sentences.",
        "两层循环：外层是带编号的文档，内层是一篇文档里的句子和它的下一句。这样句对不会跨越文档边界。"
        "标签为 1 时，先抽一篇别的文档，再从中抽一个句子。",
    ),
    Text(
        "`zip(document, document[1:])` gives the neighbours. `(number + rng.integers(1, len(documents))) % len(documents)` is "
        "the number of another document; `other[rng.integers(len(other))]` is one of its sentences.",
        "`zip(document, document[1:])` 给出相邻的句子。`(number + rng.integers(1, len(documents))) % len(documents)` 是另一篇文"
        "档的编号；"
        "`other[rng.integers(len(other))]` 是其中的一个句子。",
    ),
)
REASON = Text(
    "The random sentence comes from another document, because a sentence of the same document may continue A quite well: its "
    "label 1 would often be wrong. This has a price: the two documents usually have different topics, so the model can answer "
    "by topic, without looking at the order. The demo shows it: pairs with label 0 share more characters. Exercise 5.3 measures "
    "how far that goes.",
    "随机句子取自另一篇文档，因为同一篇文档里的句子也可能很自然地接在 A 后面，标签 1 就常常是错的。"
    "代价是：两篇文档的话题通常不同，模型只看话题、不看顺序就能回答。演示中可以看到：标签为 0 的句对有更多共同的字。"
    "练习 5.3 会测量这样能答对多少。",
)
PROGRAM = Text(
    "app/pretrain/segment_pairs.py, make_segment_pairs (with --sentence_task nsp)",
    "app/pretrain/segment_pairs.py 的 make_segment_pairs（--sentence_task nsp）",
)
