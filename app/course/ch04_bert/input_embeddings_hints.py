"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Look up three tables and add the rows. The token and segment ids are given; the position ids are 0, 1, 2, ... for "
        "every text.",
        "查三个表，把查到的行相加。词元编号和片段编号已经给出；每个文本的位置编号都是 0、1、2……",
    ),
    Text(
        "`F.embedding(input_ids, words) + F.embedding(paddle.arange(input_ids.shape[1]), positions) + "
        "F.embedding(token_type_ids, segments)`, then `layer_norm(...)` of the sum.",
        "`F.embedding(input_ids, words) + F.embedding(paddle.arange(input_ids.shape[1]), positions) + "
        "F.embedding(token_type_ids, segments)`，然后对和调用 `layer_norm(...)`。",
    ),
)
REASON = Text(
    "A sum costs no width: a concatenation would make every vector three times as long. The rows of positions [S, H] are "
    "broadcast over the batch, because every text starts at position 0; positions go on through B and do not start again. The "
    "sum is normalized once, so the scale of the sum does not matter for the next layer. Without segments, only [SEP] "
    "marks the border.",
    "相加不增加宽度：拼接会让每个向量变成三倍长。位置的行 [S, H] 在批上广播，因为每个文本都从位置 0 开始；"
    "位置编号在 B 中继续往下数，不会重新开始。只对和做一次归一化，所以和的尺度不影响下一层。没有片段嵌入，就只有 [SEP] "
    "标出分界。",
)
PROGRAM = Text(
    "`BertEmbeddings` of PaddleNLP, in every encoder that app/encoder/pretrained.py loads",
    "PaddleNLP 的 `BertEmbeddings`，app/encoder/pretrained.py 加载的每个编码器里都有它",
)
