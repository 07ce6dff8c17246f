"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "GPT: two slices. XLNet: for each position you need its place in the order, which is the inverse of `order`. T5: "
        "remember where the last span ended. ELECTRA: compare the inputs with the original at every position.",
        "GPT：两个切片。XLNet：需要知道每个位置在顺序中排第几，也就是 `order` 的逆排列。T5：记住上一个片段在哪里结束。"
        "ELECTRA：在每个位置上把输入与原文比较。",
    ),
    Text(
        "`tokens[:-1], tokens[1:]`. `rank = np.argsort(order)`, then `rank[None, :] < rank[:, None]`. In the loop over "
        "`enumerate(spans)`, add `tokens[position:begin]` and a sentinel to the inputs, the sentinel and `tokens[begin:end]` to "
        "the targets. `int(token != original)` for each token.",
        "`tokens[:-1], tokens[1:]`。`rank = np.argsort(order)`，然后 `rank[None, :] < rank[:, None]`。在 `enumerate(spans)` 的"
        "循环里，"
        "输入加上 `tokens[position:begin]` 和一个哨兵，目标加上这个哨兵和 `tokens[begin:end]`。每个词元的标签是 "
        "`int(token != original)`。",
    ),
)
REASON = Text(
    "All families turn plain text into a question and an answer; they differ in what the model may see. GPT and XLNet predict "
    "every token (XLNet in practice the last ones of the order), from what came before in some order; the order 0, 1, 2 ... "
    "makes XLNet's mask that of GPT. BERT and T5 see both sides, but learn from 15 % of the tokens only. ELECTRA sees both "
    "sides and gets a label for every token, so it learns more from each sentence; a correct guess has to count as original, "
    "because nothing in the text shows that it was a guess.",
    "各个家族都把普通文本变成问题和答案，区别在于模型能看到什么。GPT 和 XLNet 按某个顺序，根据前面的内容预测每个词元"
    "（XLNet 实际只预测顺序中靠后的部分）；顺序为 0、1、2……时，XLNet 的掩码就是 GPT 的掩码。"
    "BERT 和 T5 能看到左右两边，但只从 15% 的词元学习。ELECTRA 能看到两边，而且每个词元都有标签，所以从每个句子学到的更多；"
    "猜对的词元必须算作原词元，因为从文本中看不出它是猜的。",
)
PROGRAM = Text(
    "app/pretrain/masking.py prepares BERT's task, the one that this project trains; app/encoder/pretrained.py also loads "
    "ELECTRA",
    "app/pretrain/masking.py 准备本项目训练的 BERT 任务；app/encoder/pretrained.py 也能加载 ELECTRA",
)
