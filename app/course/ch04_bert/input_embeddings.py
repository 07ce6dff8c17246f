# %% [markdown] lang="en"
# BERT's input is the sum of three embeddings per token, followed by a layer normalization:
#
# * token: which token is it? One row per token of the vocabulary.
# * position: where is it? One row per position, from 0 on (learned, exercise 3.3).
# * segment: does it belong to text A (0) or to text B (1)? Two rows. PaddleNLP calls the numbers `token_type_ids`.
#
# Write `input_embeddings`. `B` is the batch size, `S` the number of tokens, `H` the length of a vector, `V` the size of the
# vocabulary, `P` the number of positions. `words`, `positions` and `segments` are the three tables. `F.embedding(ids, table)`
# looks up the rows. `layer_norm` is a layer: call it. Dropout is left out.

# %% [markdown] lang="zh"
# BERT 的输入是每个词元的三种嵌入之和，再做层归一化：
#
# * 词元嵌入：它是哪个词元？词表里每个词元一行。
# * 位置嵌入：它在哪里？每个位置一行，从 0 开始（可学习，见练习 3.3）。
# * 片段嵌入：它属于文本 A（0）还是文本 B（1）？共两行。PaddleNLP 把这些编号叫作 `token_type_ids`。
#
# 请写出 `input_embeddings`。`B` 是批大小，`S` 是词元数，`H` 是向量长度，`V` 是词表大小，`P` 是位置数。
# `words`、`positions`、`segments` 是三个表。`F.embedding(ids, table)` 用来查表。`layer_norm` 是一个层，直接调用它。
# 这里省略 dropout。

# %%
import paddle
import paddle.nn.functional as F
from paddlenlp.transformers import AutoModelForPretraining, AutoTokenizer

from app.course import ROOT


def input_embeddings(input_ids, token_type_ids, words, positions, segments, layer_norm):
    """input_ids, token_type_ids: int64 [B, S], words: float32 [V, H], positions: [P, H], segments: [2, H] -> float32 [B, S, H]"""
    ### BEGIN SOLUTION
    position_ids = paddle.arange(input_ids.shape[1])  # [S]
    total = F.embedding(input_ids, words)  # [B, S, H]
    total = total + F.embedding(position_ids, positions)  # [S, H], the same for every text
    total = total + F.embedding(token_type_ids, segments)  # [B, S, H]
    return layer_norm(total)
    ### END SOLUTION


# %% [markdown] lang="en"
# Here are the tables of the shipped model, which was pretrained with next-sentence prediction. Your vectors have to equal the
# model's own.

# %% [markdown] lang="zh"
# 下面用的是项目自带模型的表，它用下一句预测预训练过。你的向量应该与模型自己的相同。

# %%
tokenizer = AutoTokenizer.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
model = AutoModelForPretraining.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
model.eval()
embeddings = model.bert.embeddings
WORDS, POSITIONS = embeddings.word_embeddings.weight, embeddings.position_embeddings.weight
SEGMENTS, NORM = embeddings.token_type_embeddings.weight, embeddings.layer_norm
print("tables:", list(WORDS.shape), list(POSITIONS.shape), list(SEGMENTS.shape))


def encode(text_a, text_b=None):
    """-> input_ids, token_type_ids: int64 [1, S]"""
    encoded = tokenizer(text_a, text_b)
    return paddle.to_tensor([encoded["input_ids"]]), paddle.to_tensor([encoded["token_type_ids"]])


ids, types = encode("他病了，没有去上班。", "他去了医院。")
print("token_type_ids:", types[0].numpy())
with paddle.no_grad():
    vectors = input_embeddings(ids, types, WORDS, POSITIONS, SEGMENTS, NORM)
    print("largest difference from the model:", float((vectors - embeddings(ids, types)).abs().max()))

# %% [markdown] lang="en"
# Why positions? "The cat chases the mouse" and "the mouse chases the cat" have the same tokens. Without positions, their [CLS]
# vectors are the same, too.

# %% [markdown] lang="zh"
# 为什么需要位置？“猫追老鼠”和“老鼠追猫”的词元完全相同。没有位置，它们的 [CLS] 向量也相同。


# %%
def cls_vector(ids, types, positions):
    """-> the vector of [CLS] after the last layer: float32 [H]"""
    with paddle.no_grad():
        return model.bert.encoder(input_embeddings(ids, types, WORDS, positions, SEGMENTS, NORM))[0, 0]


for name, table in (("with", POSITIONS), ("without", paddle.zeros_like(POSITIONS))):
    difference = cls_vector(*encode("猫追老鼠"), table) - cls_vector(*encode("老鼠追猫"), table)
    print(f"{name} positions, largest difference of the two [CLS] vectors: {float(difference.abs().max()):.4f}")

# %% [markdown] lang="en"
# Why segments? The model's next-sentence head says how likely it is that B follows A. The second B has nothing to do with A. If
# all segment ids are 0, the model takes it for the continuation, although [SEP] is still there: in pretraining, it has learned
# to recognize B by the segments.

# %% [markdown] lang="zh"
# 为什么需要片段？模型的下一句预测头给出 B 接在 A 后面的概率。第二个 B 与 A 毫无关系。
# 如果片段编号全是 0，尽管 [SEP] 还在，模型却会认为它接在 A 后面：预训练时，模型学会了靠片段来识别 B。

# %%
for text_a, text_b in (("他病了，没有去上班。", "他去了医院。"), ("他病了，没有去上班。", "系统默认安装在该目录下。")):
    ids, types = encode(text_a, text_b)
    for name, segment_ids in (("A and B", types), ("all 0", paddle.zeros_like(types))):
        with paddle.no_grad():
            sequence = model.bert.encoder(input_embeddings(ids, segment_ids, WORDS, POSITIONS, SEGMENTS, NORM))  # [1, S, H]
            scores = model.cls.seq_relationship(model.bert.pooler(sequence))  # [1, 2]: B follows A, B is another text
        print(f"{text_b} segments {name}: B follows A with probability {float(F.softmax(scores)[0, 0]):.3f}")
