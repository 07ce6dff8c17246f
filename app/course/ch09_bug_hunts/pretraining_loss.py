# %% [markdown] lang="en"
# **Report.** "I pretrain a small BERT with two losses: masked LM, and NSP (label 0: B follows A; label 1: B is from another
# document). The NSP loss falls below 0.01 within 60 steps and never goes up again, with any learning rate and with any data.
# I thought that NSP was solved. But the NSP accuracy is that of a coin, 50 %."
#
# The bug is in `pretraining_loss`; everything else is right. Find it and mend it. The function is meant to return two
# numbers:
#
# * the masked-LM loss: the mean cross-entropy over the predicted positions. A position that is not predicted has the label 0
#   (`PAD`).
# * the NSP loss: the mean cross-entropy over the B pairs.
#
# Look at what the loss and the accuracy say about the same batch: what must be true of the pairs if both numbers are right?
# The check tests what your program does, not how you write it. The cell before the check compares the program as you found
# it with yours.
#
# This is a real bug. It was in a published pretraining script, whose users saw just this: a very small NSP loss and an
# accuracy near 50 %.

# %% [markdown] lang="zh"
# **用户报告。** “我用两个损失预训练一个小的 BERT：掩码语言模型和 NSP（标签 0：B 是 A 的下文；标签 1：B 来自别的文档）。
# NSP 损失在 60 步之内就降到 0.01 以下，之后再也不上升，换学习率、换数据都一样。我以为 NSP 已经学会了，
# 可是 NSP 的准确率只有 50%，和抛硬币一样。”
#
# 错误在 `pretraining_loss` 里，其他部分都是对的。请找到并改正。这个函数本来应该返回两个数：
#
# * 掩码语言模型损失：在被预测的位置上取交叉熵的平均。不预测的位置标签为 0（`PAD`）。
# * NSP 损失：在 B 个句对上取交叉熵的平均。
#
# 请看损失和准确率对同一批数据说了什么：如果两个数都对，这些句对必须满足什么？检查只看程序的行为，不看写法。
# 检查之前的那个单元把原来的程序与你改正后的程序作比较。
#
# 这是真实发生过的错误，出现在一个公开发布的预训练脚本里。它的用户看到的正是这种现象：NSP 损失很小，准确率却在 50% 左右。

# %%
import matplotlib.pyplot as plt
import numpy as np
import paddle
import paddle.nn as nn
import paddle.nn.functional as F

from app.course import save_picture

PAD, MASK, TOPICS, WORDS = 0, 1, 4, 6  # a text is about one of 4 topics, each of which has 6 words of its own
VOCAB = 2 + TOPICS * WORDS


def make_pairs(count, seed):
    """-> input_ids: int64 [N, 8] (A: 4 words, B: 4 words), lm_labels: int64 [N, 8], nsp_labels: int64 [N]"""
    rng = np.random.default_rng(seed)
    nsp_labels = rng.integers(0, 2, count)
    topic_a = rng.integers(0, TOPICS, count)
    topic_b = (topic_a + nsp_labels * rng.integers(1, TOPICS, count)) % TOPICS  # label 0: the same topic
    topics = np.stack([topic_a, topic_b], axis=1).repeat(4, axis=1)  # [N, 8]
    words = 2 + topics * WORDS + rng.integers(0, WORDS, topics.shape)
    masked = rng.random(words.shape) < 0.15
    arrays = np.where(masked, MASK, words), np.where(masked, words, PAD), nsp_labels
    return [paddle.to_tensor(array, dtype="int64") for array in arrays]


class PretrainingModel(nn.Layer):
    """input_ids: int64 [B, 8] -> masked-LM logits: float32 [B, 8, VOCAB], NSP logits: float32 [B, 2]"""

    def __init__(self):
        super().__init__()
        self.embeddings = nn.Embedding(VOCAB, 16)
        self.lm_head, self.nsp_head = nn.Linear(16, VOCAB), nn.Linear(16, 2)

    def forward(self, input_ids):
        vectors = self.embeddings(input_ids)  # [B, 8, 16]
        a, b = vectors[:, :4].mean(axis=1), vectors[:, 4:].mean(axis=1)  # [B, 16] each
        context = paddle.stack([a] * 4 + [b] * 4, axis=1)  # [B, 8, 16]
        return self.lm_head(context), self.nsp_head(a * b)


# %%
def pretraining_loss(lm_logits, lm_labels, nsp_logits, nsp_labels):
    """lm_logits: float32 [B, S, V], lm_labels: int64 [B, S], nsp_logits: float32 [B, 2], nsp_labels: int64 [B]
    -> masked-LM loss: float32 [], NSP loss: float32 []"""
    ### BEGIN SOLUTION
    lm_loss = F.cross_entropy(lm_logits, lm_labels, ignore_index=PAD)
    nsp_loss = F.cross_entropy(nsp_logits, nsp_labels)
    return lm_loss, nsp_loss
    ### STARTER
    # criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    # lm_loss = criterion(lm_logits, lm_labels)
    # nsp_loss = criterion(nsp_logits, nsp_labels)
    # return lm_loss, nsp_loss
    ### END SOLUTION


def train(loss_function):
    """-> NSP loss and NSP accuracy of each of 80 steps: two lists"""
    paddle.seed(1)
    model = PretrainingModel()
    optimizer = paddle.optimizer.Adam(0.03, parameters=model.parameters())
    nsp_losses, accuracies = [], []
    for step in range(80):
        input_ids, lm_labels, nsp_labels = make_pairs(64, seed=step)
        lm_logits, nsp_logits = model(input_ids)
        lm_loss, nsp_loss = loss_function(lm_logits, lm_labels, nsp_logits, nsp_labels)
        (lm_loss + nsp_loss).backward()
        optimizer.step()
        optimizer.clear_grad()
        nsp_losses.append(float(nsp_loss))
        accuracies.append(float((nsp_logits.argmax(axis=-1) == nsp_labels).astype("float32").mean()))
    return nsp_losses, accuracies


# %%
def pretraining_loss_as_found(lm_logits, lm_labels, nsp_logits, nsp_labels):
    """The function before you changed it."""
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    lm_loss = criterion(lm_logits, lm_labels)
    nsp_loss = criterion(nsp_logits, nsp_labels)
    return lm_loss, nsp_loss


figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3))
for name, loss_function in (("as found", pretraining_loss_as_found), ("yours", pretraining_loss)):
    nsp_losses, accuracies = train(loss_function)
    final_loss, final_accuracy = np.mean(nsp_losses[-20:]), np.mean(accuracies[-20:])
    print(f"{name:8}  last 20 steps: NSP loss {final_loss:.4f}, NSP accuracy {100 * final_accuracy:.1f} %")
    left.plot(nsp_losses, label=name)
    right.plot(accuracies, label=name)
left.set(xlabel="step", ylabel="NSP loss")
right.set(xlabel="step", ylabel="NSP accuracy", ylim=(0, 1.05))
right.legend()
save_picture(figure, "9_1_before_and_after.svg")
