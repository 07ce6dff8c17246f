"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Position i may look at position j if j is at most i: compare a column of positions with a row of positions. In the "
        "layer, ask of each attention: who asks (query), and who is looked at (key and value)?",
        "当 j 不大于 i 时，位置 i 可以看位置 j：把一列位置与一行位置作比较。在层里，对每个注意力问：谁在提问（query）"
        "？谁被看（key 和 value）？",
    ),
    Text(
        "`paddle.arange(length).unsqueeze(0) <= paddle.arange(length).unsqueeze(1)`. Then "
        "`x = self.norm1(x + self.self_attn(x, x, x, attn_mask=causal_mask(x.shape[1])))`, "
        "`x = self.norm2(x + self.cross_attn(x, memory, memory, attn_mask=memory_mask))`, and the feed-forward network with "
        "norm3.",
        "`paddle.arange(length).unsqueeze(0) <= paddle.arange(length).unsqueeze(1)`。然后是 "
        "`x = self.norm1(x + self.self_attn(x, x, x, attn_mask=causal_mask(x.shape[1])))`、"
        "`x = self.norm2(x + self.cross_attn(x, memory, memory, attn_mask=memory_mask))`，最后是前馈网络和 norm3。",
    ),
)
REASON = Text(
    "The output at position i predicts the token at i + 1. Position i may see itself, because its own token is already written; "
    "if it saw position i + 1, it would see the answer. With the mask, one pass trains all positions at once. Cross attention "
    "returns one vector per query, so T and S may differ, and it needs no causal mask: the text that is read is complete. "
    "BERT has neither of the two: it is an encoder, every token sees both sides.",
    "位置 i 的输出用来预测第 i + 1 个词元。位置 i 可以看自己，因为它的词元已经写出来了；如果能看到位置 i + 1，就看到了答案。"
    "有了掩码，一遍计算就能训练所有位置。交叉注意力为每个 query 返回一个向量，所以 T 和 S 可以不同；"
    "它不需要因果掩码，因为被读的文本是完整的。这两样 BERT 都没有：它是编码器，每个词元都能看到两边。",
)
PROGRAM = Text(
    "paddle.nn.TransformerDecoderLayer; the program itself has encoders only (app/encoder/from_scratch.py), because a matcher "
    "reads texts and writes none",
    "paddle.nn.TransformerDecoderLayer；本项目只有编码器（app/encoder/from_scratch.py），因为匹配只读文本，不写文本",
)
