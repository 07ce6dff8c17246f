"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "The encoder returns (sequence, pooled). One vector per pair is wanted, so take the second. `train_step` has five "
        "parts: logits, loss, backward, step, clear.",
        "编码器返回（sequence, pooled）。每个句对只要一个向量，所以取第二个。`train_step` 有五部分：logits、损失、backward、"
        "step、清除梯度。",
    ),
    Text(
        "In `__init__`: `super().__init__()`, `self.encoder = encoder`, `self.dropout = nn.Dropout(0.1)`, `self.classifier = "
        "nn.Linear(encoder.config.hidden_size, classes)`. In `forward`: `_, pooled = self.encoder(input_ids, "
        "token_type_ids)`, then `self.classifier(self.dropout(pooled))`. The loss is `F.cross_entropy(logits, labels)`.",
        "在 `__init__` 里：`super().__init__()`、`self.encoder = encoder`、`self.dropout = nn.Dropout(0.1)`、`self.classifier "
        "= nn.Linear(encoder.config.hidden_size, classes)`。在 `forward` 里：`_, pooled = self.encoder(input_ids, "
        "token_type_ids)`，然后 `self.classifier(self.dropout(pooled))`。损失是 `F.cross_entropy(logits, labels)`。",
    ),
)
REASON = Text(
    "Both sentences go through the encoder together, so every token of A can attend to every token of B; the vector of [CLS] "
    "collects the result. The head has H x classes new numbers only: nearly all knowledge is in the encoder, which is why the "
    "encoder is trained too, with a small learning rate. cross_entropy takes logits, because it contains the softmax.",
    "两个句子一起进入编码器，A 的每个词元都能关注 B 的每个词元，[CLS] 的向量汇总了结果。头里只有 H×类别数个新参数："
    "几乎所有知识都在编码器里，所以编码器也要训练，学习率要小。cross_entropy 接收的是 logits，因为它自己包含 softmax。",
)
PROGRAM = Text(
    "PairClassifier in app/match/model.py; its loss is in app/match/task.py, its training loop in app/train/trainer.py",
    "app/match/model.py 里的 PairClassifier；损失在 app/match/task.py，训练循环在 app/train/trainer.py",
)
