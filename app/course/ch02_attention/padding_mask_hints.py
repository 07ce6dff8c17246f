"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "`input_ids == pad_id` says where padding is. As float32, times a very negative number, it is the mask; it only needs "
        "two more axes. In the attention, the mask is added between the division and the softmax.",
        "`input_ids == pad_id` 表示哪里是填充。转成 float32，再乘以一个绝对值很大的负数，就是掩码，只差两维。"
        "在注意力里，掩码加在除法和 softmax 之间。",
    ),
    Text(
        "`((input_ids == pad_id).astype(\"float32\") * -1e4).unsqueeze([1, 2])`. Then `F.softmax(scores / math.sqrt(D) + "
        "mask, axis=-1)`; "
        "the mask [B, 1, 1, S] is broadcast to [B, heads, S, S].",
        "`((input_ids == pad_id).astype(\"float32\") * -1e4).unsqueeze([1, 2])`。然后 `F.softmax(scores / math.sqrt(D) + "
        "mask, axis=-1)`；"
        "掩码 [B, 1, 1, S] 会广播成 [B, heads, S, S]。",
    ),
)
REASON = Text(
    "The mask is added before the softmax, so the weights of the real tokens still sum to 1. If the weights were set to 0 "
    "after the softmax, their sum would be smaller, and the more padding, the smaller. The mask stands on the last axis, that "
    "of the keys: padding may not be looked at. The rows of padding as a query get some result too, but nobody uses it.",
    "掩码加在 softmax 之前，所以真实词元的权重之和仍是 1。如果在 softmax 之后才把权重置零，它们的和就会变小，填充越多越小。"
    "掩码在最后一维，也就是 key 的那一维：填充不能被看到。填充作为 query 时也会得到结果，但没有人用它。",
)
PROGRAM = Text(
    "app/text/features.py pads a batch (pad_batch); PaddleNLP's BertModel then makes this mask from input_ids by itself",
    "app/text/features.py 填充一批数据（pad_batch）；PaddleNLP 的 BertModel 再由 input_ids 自己生成这个掩码",
)
