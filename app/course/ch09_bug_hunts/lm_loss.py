# %% [markdown] lang="en"
# **Report.** "My language model predicts the next token. I padded all texts to 16 tokens: the loss fell to 0.44. Then I
# padded the same texts to 64 tokens: the loss fell to 0.14, a perplexity of 1.15. A wonderful result, but it cannot be true:
# in my data, each token is followed by one of two tokens, and a coin decides which. No model can have a perplexity below 2."
#
# The bug is in `lm_loss`; everything else is right. Find it and mend it. The function is meant to return the mean
# cross-entropy of the next token, over the tokens of the batch. `labels` has the next token at each position, and `PAD` (0)
# where the text has ended; `PAD` never is a token of a text.
#
# Perplexity is $e^{\text{loss}}$. The cell before the check compares the program as you found it with yours.
#
# This is a well-known kind of bug: it has been mended in several published training scripts. It makes losses of different
# batch sizes and lengths incomparable, and it also changes the gradient.

# %% [markdown] lang="zh"
# **用户报告。** “我的语言模型预测下一个词元。我把所有文本填充到 16 个词元，损失降到 0.44；再把同样的文本填充到 64 个词元，
# 损失降到 0.14，困惑度只有 1.15。结果好极了，但不可能是真的：在我的数据里，每个词元后面是两个词元之一，由抛硬币决定，
# 任何模型的困惑度都不可能低于 2。”
#
# 错误在 `lm_loss` 里，其他部分都是对的。请找到并改正。这个函数本来应该返回下一个词元的交叉熵在这一批所有词元上的平均。
# `labels` 在每个位置上是下一个词元，文本结束之后是 `PAD`（0）；`PAD` 不会是文本里的词元。
#
# 困惑度是 $e^{\text{loss}}$。检查之前的那个单元把原来的程序与你改正后的程序作比较。
#
# 这是一类很常见的错误，好几个公开发布的训练脚本都改正过它。它使不同批大小、不同长度的损失无法比较，还会改变梯度。

# %%
import matplotlib.pyplot as plt
import numpy as np
import paddle
import paddle.nn as nn
import paddle.nn.functional as F

from app.course import save_picture

PAD, VOCAB = 0, 12


def lm_loss(logits, labels):
    """logits: float32 [B, S, V], labels: int64 [B, S] -> float32 []"""
    ### BEGIN SOLUTION
    each = F.cross_entropy(logits, labels, reduction="none")  # [B, S]
    is_token = (labels != PAD).astype("float32")  # [B, S]
    return (each * is_token).sum() / is_token.sum()
    ### STARTER
    # each = F.cross_entropy(logits, labels, reduction="none")  # [B, S]
    # is_token = (labels != PAD).astype("float32")  # [B, S]
    # return (each * is_token).mean()
    ### END SOLUTION


def make_batch(texts, padded_to, seed):
    """-> input_ids, labels: int64 [texts, padded_to]; a text has 4 to 16 tokens, numbered 1 to 11"""
    rng = np.random.default_rng(seed)
    tokens = np.zeros([texts, padded_to + 1], dtype="int64")
    tokens[:, 0] = rng.integers(1, VOCAB, texts)
    for position in range(16):  # each token is followed by one of two
        choices = np.stack([tokens[:, position] + 1, tokens[:, position] + 4], axis=1)
        tokens[:, position + 1] = choices[np.arange(texts), rng.integers(0, 2, texts)] % (VOCAB - 1) + 1
    tokens[np.arange(padded_to + 1) > rng.integers(4, 17, [texts, 1])] = PAD
    return paddle.to_tensor(tokens[:, :-1]), paddle.to_tensor(tokens[:, 1:])


def train(loss_function, padded_to):
    """-> the loss of each of 60 steps"""
    paddle.seed(4)
    model = nn.Sequential(nn.Embedding(VOCAB, 16), nn.Linear(16, VOCAB))
    optimizer = paddle.optimizer.SGD(3.0, parameters=model.parameters())
    losses = []
    for step in range(60):
        input_ids, labels = make_batch(32, padded_to, seed=step)
        loss = loss_function(model(input_ids), labels)
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        losses.append(float(loss))
    return losses


# %%
def lm_loss_as_found(logits, labels):
    """The function before you changed it."""
    each = F.cross_entropy(logits, labels, reduction="none")  # [B, S]
    is_token = (labels != PAD).astype("float32")  # [B, S]
    return (each * is_token).mean()


figure, axes = plt.subplots(figsize=(7, 3))
for name, loss_function in (("as found", lm_loss_as_found), ("yours", lm_loss)):
    final = {}
    for padded_to in (16, 64):
        losses = train(loss_function, padded_to)
        final[padded_to] = np.mean(losses[-10:])
        print(f"{name:8}  padded to {padded_to}: loss {final[padded_to]:.3f}, perplexity {np.exp(final[padded_to]):.2f}")
        axes.plot(losses, "-" if name == "yours" else "--", label=f"{name}, padded to {padded_to}")
axes.axhline(np.log(2), color="gray", linewidth=1, label="ln 2: the smallest possible")
axes.set(xlabel="step", ylabel="loss", ylim=(0, None))
axes.legend(fontsize=8)
save_picture(figure, "9_4_before_and_after.svg")
