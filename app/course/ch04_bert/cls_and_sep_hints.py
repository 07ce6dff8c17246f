"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Build the part `[CLS] A [SEP]` with its zeros first. If there is a second text, append `B [SEP]` with its ones. "
        "`[CLS]` is token 0 of text 0 in the batch.",
        "先构建 `[CLS] A [SEP]` 和对应的 0。如果有第二个文本，再接上 `B [SEP]` 和对应的 1。`[CLS]` 是批里第 0 个文本的第 0 "
        "个词元。",
    ),
    Text(
        '`tokens = ["[CLS]", *tokens_a, "[SEP]"]`, `token_type_ids = [0] * len(tokens)`; for B add `[*tokens_b, "[SEP]"]` and '
        "`[1] * (len(tokens_b) + 1)`. In cls_vector, put each list into one more list: `paddle.to_tensor([...])` is [1, S]; "
        "return `vectors[0, 0]`.",
        '`tokens = ["[CLS]", *tokens_a, "[SEP]"]`，`token_type_ids = [0] * len(tokens)`；有 B 时加上 `[*tokens_b, "[SEP]"]` 和 '
        "`[1] * (len(tokens_b) + 1)`。在 cls_vector 里，每个列表外面再套一层列表：`paddle.to_tensor([...])` 的形状是 [1, S]；"
        "返回 `vectors[0, 0]`。",
    ),
)
REASON = Text(
    "Every other token's vector is about its own word as well. `[CLS]` has no word of its own, so its vector can be trained "
    "to describe the whole input; in pretraining, the next-sentence head reads it. For a task on single tokens (tagging, "
    "spans of answers), the vectors of the tokens are used instead. `[SEP]` belongs to the text that it ends, so the first "
    "one has segment 0 and the last one segment 1.",
    "其他词元的向量还要表示自己的词。`[CLS]` 没有自己的词，所以它的向量可以训练成对整个输入的描述；预训练时，"
    "下一句预测头读的就是它。"
    "如果任务针对单个词元（序列标注、答案片段），就用各个词元的向量。`[SEP]` 属于它所结束的文本，"
    "所以第一个 `[SEP]` 的片段是 0，最后一个是 1。",
)
PROGRAM = Text(
    "`encode_pairs` in app/text/features.py builds this list; app/match/model.py classifies the pooled vector of `[CLS]`",
    "app/text/features.py 里的 `encode_pairs` 构建这个列表；app/match/model.py 对 `[CLS]` 的 pooled 向量做分类",
)
