# %% [markdown] lang="en"
# Devlin et al. (2019) give 110 million parameters for BERT base and 340 million for BERT large. Where are they? Count them
# from the configuration.
#
# Write `count_parameters(config)`. It returns a dictionary with three numbers:
#
# * `"embeddings"`: the tables of tokens (`vocab_size`), positions (`max_position_embeddings`) and segments (`type_vocab_size`),
#   and one layer normalization.
# * `"layers"`: all encoder layers together (`num_hidden_layers`). A layer has the self-attention with four linear layers H x H
#   (query, key, value, output), the feed-forward network with two linear layers (H -> `intermediate_size` -> H), and two layer
#   normalizations.
# * `"pooler"`: one linear layer H x H, which works on the vector of [CLS].
#
# H is `hidden_size`. A linear layer from `n` to `m` has `n * m` weights and `m` biases. A layer normalization has a weight and
# a bias for each of the H values. An embedding table has no bias. The heads of pretraining are not counted.

# %% [markdown] lang="zh"
# Devlin et al. (2019) 给出的参数量是：BERT base 1.1 亿，BERT large 3.4 亿。这些参数在哪里？请根据配置把它们数出来。
#
# 请写出 `count_parameters(config)`，返回一个字典，里面有三个数：
#
# * `"embeddings"`：词元（`vocab_size`）、位置（`max_position_embeddings`）、片段（`type_vocab_size`）三个嵌入表，
#   加上一个层归一化。
# * `"layers"`：所有编码器层（`num_hidden_layers`）的总和。一层里有：自注意力的四个线性层 H x H（query、key、value、输出），
#   前馈网络的两个线性层（H -> `intermediate_size` -> H），以及两个层归一化。
# * `"pooler"`：一个线性层 H x H，作用在 [CLS] 的向量上。
#
# H 是 `hidden_size`。从 `n` 到 `m` 的线性层有 `n * m` 个权重和 `m` 个偏置。层归一化对 H 个值各有一个权重和一个偏置。
# 嵌入表没有偏置。预训练用的输出头不算在内。

# %%
import json

from paddlenlp.transformers import AutoModel

from app.course import ROOT

BASE = {
    "vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2,
    "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
}  # fmt: skip
LARGE = {**BASE, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
CHINESE = {**BASE, "vocab_size": 21128}


def count_parameters(config):
    """config: dict -> dict with "embeddings": int, "layers": int, "pooler": int"""
    ### BEGIN SOLUTION
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    rows = config["vocab_size"] + config["max_position_embeddings"] + config["type_vocab_size"]
    norm = 2 * hidden
    attention = 4 * (hidden * hidden + hidden)
    feed_forward = (hidden * inner + inner) + (inner * hidden + hidden)
    layer = attention + norm + feed_forward + norm
    embeddings, layers = rows * hidden + norm, config["num_hidden_layers"] * layer
    return {"embeddings": embeddings, "layers": layers, "pooler": hidden * hidden + hidden}
    ### END SOLUTION


# %% [markdown] lang="en"
# The shipped model is built by PaddleNLP, so its parameters can be counted directly. In a small model the vocabulary takes a
# larger share.

# %% [markdown] lang="zh"
# 项目自带的模型由 PaddleNLP 构建，可以直接数出它的参数。模型越小，词表占的比例越大。

# %%
SHIPPED = json.loads((ROOT / "data/models/bert-mini-zh/config.json").read_text())
for name, config in (("base", BASE), ("large", LARGE), ("base, Chinese", CHINESE), ("shipped", SHIPPED)):
    parts = count_parameters(config)
    total = sum(parts.values())
    shares = ", ".join(f"{part} {number / total:.1%}" for part, number in parts.items())
    print(f"{name:14}{total:12,} parameters: {shares}")

model = AutoModel.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
print("counted in the shipped model:", f"{sum(int(parameter.size) for parameter in model.parameters()):,}")

# %% [markdown] lang="en"
# More heads do not mean more parameters: the heads share the width (exercise 2.3). A wider model does: the layers grow with the
# square of the width.

# %% [markdown] lang="zh"
# 头数增加，参数不会变多：各个头平分向量的宽度（练习 2.3）。宽度增加，参数就会变多：各层的参数量与宽度的平方成正比。

# %%
for change in ({"num_attention_heads": 24}, {"num_hidden_layers": 24}, {"hidden_size": 1536, "intermediate_size": 6144}):
    print(f"base with {change}: {sum(count_parameters({**BASE, **change}).values()):,}")
