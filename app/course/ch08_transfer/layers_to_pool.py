# %% [markdown] lang="en"
# To compare two texts by the cosine of two vectors, each text needs **one** vector, but the encoder gives one vector for each
# token and each layer. With `output_hidden_states=True` the model returns all of them: `hidden_states` has `L + 1` tensors
# [B, S, H] for `L` layers. `hidden_states[0]` is the output of the embeddings, `hidden_states[1]` that of the first layer,
# `hidden_states[-1]` that of the last.
#
# Write `pool(hidden_states, mask, way, weights)`. It returns one vector for each text, [B, H]:
#
# | way | vector |
# |---|---|
# | `"cls"` | the vector of [CLS] (the first token) in the last layer |
# | `"last"` | the mean over the tokens, last layer |
# | `"last_two"` | the same after averaging the last two layers |
# | `"first_last"` | the same after averaging the first layer, `hidden_states[1]`, and the last |
# | `"weighted"` | the same after a weighted mean of all `L + 1` tensors; `weights` has `L + 1` numbers, which need not sum to 1 |
#
# Padding must not count. `mask` [B, S] is 1 for tokens ([CLS] and [SEP] are tokens too) and 0 for padding. A sum over the
# tokens has to leave out the padding, and the sum is divided by the number of tokens of this text:
#
# $$\text{mean}_b = \frac{\sum_s m_{bs} \, h_{bs}}{\sum_s m_{bs}}$$

# %% [markdown] lang="zh"
# 用两个向量的余弦比较两段文本时，每段文本需要**一个**向量，而编码器在每一层给每个词元一个向量。设 `output_hidden_states=True`，
# 模型就返回全部向量：模型有 `L` 层时，`hidden_states` 有 `L + 1` 个 [B, S, H] 张量。`hidden_states[0]` 是嵌入层的输出，
# `hidden_states[1]` 是第一层的输出，`hidden_states[-1]` 是最后一层的输出。
#
# 请写出 `pool(hidden_states, mask, way, weights)`，它为每段文本返回一个向量，形状为 [B, H]：
#
# | 方式 | 向量 |
# |---|---|
# | `"cls"` | 最后一层里 [CLS]（第一个词元）的向量 |
# | `"last"` | 最后一层，对词元求平均 |
# | `"last_two"` | 先平均最后两层，再对词元求平均 |
# | `"first_last"` | 先平均第一层 `hidden_states[1]` 和最后一层，再对词元求平均 |
# | `"weighted"` | 先对全部 `L + 1` 个张量加权平均，再对词元求平均；`weights` 有 `L + 1` 个数，它们的和不一定是 1 |
#
# 填充不能算进去。`mask` [B, S] 在词元处为 1（[CLS] 和 [SEP] 也是词元），在填充处为 0。对词元求和时要去掉填充，
# 再除以这段文本自己的词元数：
#
# $$\text{mean}_b = \frac{\sum_s m_{bs} \, h_{bs}}{\sum_s m_{bs}}$$

# %%
import numpy as np
import paddle
import paddle.nn.functional as F
from paddlenlp.transformers import AutoModel, AutoTokenizer

from app.course import ROOT


def pool(hidden_states, mask, way, weights=None):
    """hidden_states: L+1 tensors float32 [B, S, H]; mask: int64 [B, S]; weights: L+1 numbers -> float32 [B, H]"""
    ### BEGIN SOLUTION
    if way == "cls":
        return hidden_states[-1][:, 0]
    if way == "weighted":
        mixed = sum(weight * states for weight, states in zip(weights, hidden_states)) / sum(weights)
    else:
        layers = {"last": [-1], "last_two": [-2, -1], "first_last": [1, -1]}[way]
        mixed = sum(hidden_states[layer] for layer in layers) / len(layers)
    kept = mask.unsqueeze(-1).astype("float32")  # [B, S] -> [B, S, 1]
    return (mixed * kept).sum(axis=1) / kept.sum(axis=1)  # [B, S, H] -> [B, H]
    ### END SOLUTION


# %% [markdown] lang="en"
# The demo first compares the vector of a short text alone with its vector in a batch with a longer text: padding must not
# change anything. Then it takes 200 pairs of the dev set and compares the cosine of text_a and text_b, for each way, with the
# model as it was pretrained. AUC is the probability that a matching pair has a larger cosine than a pair that does not match:
# 0.5 is chance, 1 is perfect.
#
# * `hard`: against the pairs with label 0 of the same 200. On average they share nearly as many characters as the matching
#   pairs.
# * `easy`: against text_a with the text_b of another row.
#
# What to look for: a mean separates the easy pairs better than [CLS], because no pretraining task asked for a [CLS] vector
# whose cosine means something. Among the means, the differences are small. No way separates the hard pairs much better than
# chance, so the model has to be fine-tuned for them. The last column is the mean cosine of the easy negatives: it is far above
# 0, so a cosine of 0.6 alone does not say that two texts are similar.

# %% [markdown] lang="zh"
# 演示先比较一段短文本单独的向量与它和较长文本同批时的向量：填充不应改变任何东西。然后取开发集的 200 对，
# 用未经微调的预训练模型，按每种方式比较 text_a 与 text_b 的余弦。AUC 是匹配的一对比不匹配的一对余弦更大的概率：0.5 等于瞎猜，
# 1 是完美。
#
# * `hard`：与这 200 对里标签为 0 的比较。平均来说，它们两句相同的字几乎与匹配的对一样多。
# * `easy`：与“text_a 配上另一行的 text_b”比较。
#
# 请注意看：对容易的负例，求平均比 [CLS] 区分得更好，因为没有哪个预训练任务要求 [CLS] 向量的余弦有意义。各种平均之间差别很小。
# 对困难的负例，没有一种方式明显好于瞎猜，所以必须微调。最后一列是容易负例的平均余弦：它远大于 0，
# 所以单凭余弦等于 0.6 不能说明两段文本相似。

# %%
FOLDER = f"{ROOT}/data/models/bert-mini-zh"
model, tokenizer = AutoModel.from_pretrained(FOLDER), AutoTokenizer.from_pretrained(FOLDER)
model.eval()


@paddle.no_grad()
def encode(texts):
    """-> hidden_states: L+1 tensors float32 [B, S, H], mask: int64 [B, S]"""
    ids = tokenizer(texts, padding=True, return_tensors="pd")["input_ids"]
    return model(ids, output_hidden_states=True, return_dict=True).hidden_states, (ids != 0).astype("int64")


def auc(positive, negative):
    """The share of (positive, negative) in which the positive is larger; half of the equal ones count."""
    difference = positive[:, None] - negative[None, :]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


alone, padded = encode(["如何还款"]), encode(["如何还款", "你好，我想问一下信用卡可以在哪里还款"])
difference = pool(*alone, "last")[0] - pool(*padded, "last")[0]
print(f"largest change of a vector when its text gets padding: {float(difference.abs().max()):.6f}")

with open(f"{ROOT}/data/sample/dev.tsv", encoding="utf-8") as file:
    text_a, text_b, labels = zip(*(line.rstrip("\n").split("\t") for line in file.readlines()[1:201]))
match = np.array(labels) == "1"
encoded_a, encoded_b = encode(list(text_a)), encode(list(text_b))
print(f"{'way':12} {'hard':>6} {'easy':>6} {'cosine, easy negatives':>24}")
for way in ("cls", "last", "last_two", "first_last", "weighted"):
    vector_a, vector_b = (pool(*encoded, way, [0, 1, 1, 2, 2]) for encoded in (encoded_a, encoded_b))
    cosine = F.cosine_similarity(vector_a, vector_b).numpy()
    other = F.cosine_similarity(vector_a, paddle.roll(vector_b, 1, axis=0)).numpy()  # text_b of another row
    print(f"{way:12} {auc(cosine[match], cosine[~match]):6.3f} {auc(cosine[match], other):6.3f} {other.mean():24.3f}")
