"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "The sequence output is [B, S, H]: batch, token, vector. [CLS] is token 0 of every text. In `predict` the softmax "
        "goes over the classes, the last axis.",
        "sequence 输出是 [B, S, H]：批、词元、向量。[CLS] 是每个文本的第 0 个词元。在 `predict` 里，softmax 在类别（最后一维）"
        "上做。",
    ),
    Text(
        "`sequence, _ = self.encoder(input_ids, token_type_ids)`, then `paddle.tanh(self.dense(self.dropout(sequence[:, "
        "0])))`, then `self.classifier(self.dropout(...))`. In `predict`: `model.eval()`, `with paddle.no_grad():`, "
        "`F.softmax(logits, axis=-1)`, `argmax(axis=-1)`, and `names[k]` for each row.",
        "`sequence, _ = self.encoder(input_ids, token_type_ids)`，然后 `paddle.tanh(self.dense(self.dropout(sequence[:, "
        "0])))`，再 `self.classifier(self.dropout(...))`。在 `predict` 里：`model.eval()`、`with paddle.no_grad():`、"
        "`F.softmax(logits, axis=-1)`、`argmax(axis=-1)`，每一行取 `names[k]`。",
    ),
)
REASON = Text(
    "In BERT, [CLS] is a token without a meaning of its own. During fine-tuning it learns to collect what the task needs, "
    "because the loss sees only its vector. The first linear layer and tanh are a pooler, as in BERT itself; here it starts "
    "from random weights. eval() and no_grad() do different things: the first switches the dropout off, the second saves the "
    "memory and time of the gradients. A prediction needs both.",
    "在 BERT 里，[CLS] 是一个本身没有含义的词元。微调时，损失只看得到它的向量，所以它学会了汇总任务所需的信息。第一个线性层加 "
    "tanh 就是 BERT 里的池化层，这里从随机权重开始。eval() 与 no_grad() 的作用不同：前者关掉 dropout，"
    "后者省去梯度的内存和时间。预测时两者都需要。",
)
PROGRAM = Text(
    "app/match/model.py takes [CLS] from the sequence output too if an encoder has no pooler; app/match/predictions.py turns "
    "logits into labels with probabilities",
    "编码器没有池化层时，app/match/model.py 也从 sequence 输出里取 [CLS]；app/match/predictions.py 把 logits 变成标签和概率",
)
