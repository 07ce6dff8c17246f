# %% [markdown] lang="en"
# A matcher reads `[CLS] A [SEP] B [SEP]`. In each of its 4 layers, each of the 4 heads has its own attention weights: row i of
# a head says how much token i takes from each token, and sums to 1. Here you look at the pretrained model that this project
# ships, and search for the head that compares the two texts.
#
# 1. Write `pair_attention`. `tokenizer(text_a, text_b)` gives the lists `input_ids` and `token_type_ids`;
#    `tokenizer.convert_ids_to_tokens` gives the tokens. The model takes batches, so make tensors of the shape [1, S]. Call it
#    with `output_attentions=True, return_dict=True` and without gradients; `.attentions` of what it returns is a tuple with one
#    tensor [1, heads, S, S] for each layer. Return the tokens and all attentions as one NumPy array [layers, heads, S, S].
# 2. Write `head_shares`, for any such array. It returns three arrays [layers, heads]:
#    * `to_b`: how much attention goes from a token of A to all tokens of B together, as a mean over the tokens of A;
#    * `to_sep`: the same for both `[SEP]` together;
#    * `to_same`: how much goes from a token of A to the equal tokens of B together, as a mean over those tokens of A that occur
#      in B.
#
#    `[CLS]` and `[SEP]` belong neither to A nor to B. At least one token of A occurs in B.

# %% [markdown] lang="zh"
# 匹配模型读入 `[CLS] A [SEP] B [SEP]`。它有 4 层，每层 4 个头，每个头有自己的注意力权重：第 i 行表示词元 i 从每个词元取多少，
# 这一行的和是 1。这里观察本项目自带的预训练模型，找出比较两个文本的那个头。
#
# 1. 写出 `pair_attention`。`tokenizer(text_a, text_b)` 给出列表 `input_ids` 和 `token_type_ids`；
#    `tokenizer.convert_ids_to_tokens` 给出词元。模型按批计算，所以张量的形状应是 [1, S]。调用时加上
#    `output_attentions=True, return_dict=True`，不计算梯度；返回值的 `.attentions` 是元组，每层一个张量 [1, heads, S, S]。
#    返回词元，以及由全部注意力组成的一个 NumPy 数组 [layers, heads, S, S]。
# 2. 写出 `head_shares`，适用于任何这样的数组。它返回三个数组 [layers, heads]：
#    * `to_b`：A 的一个词元有多少注意力给了 B 的全部词元，对 A 的词元取平均；
#    * `to_sep`：同样，给了两个 `[SEP]` 的有多少；
#    * `to_same`：A 的一个词元有多少注意力给了 B 中与它相同的词元，对 A 中那些在 B 里也出现的词元取平均。
#
#    `[CLS]` 和 `[SEP]` 既不属于 A，也不属于 B。A 中至少有一个词元在 B 里出现。

# %%
import matplotlib.pyplot as plt
import numpy as np
import paddle
from paddlenlp.transformers import AutoModel, AutoTokenizer

from app.course import ROOT, save_picture

model = AutoModel.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
tokenizer = AutoTokenizer.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
model.eval()


def pair_attention(text_a, text_b):
    """text_a, text_b: strings -> tokens: list of S strings, attention: float32 [layers, heads, S, S]"""
    ### BEGIN SOLUTION
    encoded = tokenizer(text_a, text_b)
    input_ids = paddle.to_tensor([encoded["input_ids"]])
    token_type_ids = paddle.to_tensor([encoded["token_type_ids"]])
    with paddle.no_grad():
        output = model(input_ids, token_type_ids=token_type_ids, output_attentions=True, return_dict=True)
    return tokenizer.convert_ids_to_tokens(encoded["input_ids"]), paddle.concat(output.attentions).numpy()
    ### END SOLUTION


def head_shares(tokens, attention):
    """tokens: list of S strings; attention: float32 [layers, heads, S, S] -> to_b, to_sep, to_same: float32 [layers, heads]"""
    ### BEGIN SOLUTION
    first_sep, last = tokens.index("[SEP]"), len(tokens) - 1
    from_a = attention[:, :, 1:first_sep]
    a_to_b = from_a[..., first_sep + 1 : last]  # [layers, heads, tokens of A, tokens of B]
    same = np.array([[token == other for other in tokens[first_sep + 1 : last]] for token in tokens[1:first_sep]])
    to_sep = from_a[..., first_sep] + from_a[..., last]
    to_same = (a_to_b * same).sum(-1)[..., same.any(1)]
    return a_to_b.sum(-1).mean(-1), to_sep.mean(-1), to_same.mean(-1)
    ### END SOLUTION


# %%
tokens, attention = pair_attention("苹果手机怎么换电池", "换电池的苹果手机多少钱")
to_b, to_sep, to_same = head_shares(tokens, attention)
even = head_shares(tokens, np.full([1, 1, len(tokens), len(tokens)], 1 / len(tokens)))
for name, shares, share in zip(("B", "[SEP]", "the same token of B"), (to_b, to_sep, to_same), even):
    print(f"to {name}, by layer (rows) and head; even attention would give {share.item():.3f}:\n{shares.round(3)}")
layer, head = np.unravel_index(to_same.argmax(), to_same.shape)
print(f"layer {layer + 1}, head {head + 1} looks most at the same tokens")
first_sep = tokens.index("[SEP]")
for position in range(1, first_sep):
    weights = attention[layer, head, position, first_sep + 1 : -1]
    print(f"  {tokens[position]} -> {tokens[first_sep + 1 + weights.argmax()]} {weights.max():.2f}")

# %%
figure, axes = plt.subplots(4, 4, figsize=(14, 14))
for (layer, head), panel in np.ndenumerate(axes):
    panel.imshow(attention[layer, head], cmap="Blues", vmin=0, vmax=0.5)
    panel.set_title(f"layer {layer + 1}, head {head + 1}: same {to_same[layer, head]:.2f}", fontsize=9)
    panel.set(xticks=[], yticks=[])
for panel in axes[:, 0]:
    panel.set_yticks(range(len(tokens)), tokens, fontsize=6)
for panel in axes[-1]:
    panel.set_xticks(range(len(tokens)), tokens, fontsize=6, rotation=90)
axes[-1, 0].set(xlabel="token that is looked at", ylabel="token that looks")
save_picture(figure, "10_1_attention.svg")
