# %% [markdown] lang="en"
# A computer needs numbers in place of words. word2vec (Mikolov et al. 2013) learns one table: each word has one row, its **word
# vector**. The row is the same in every sentence, so it is called **static**. But 苹果 is a fruit in one sentence and a company
# in another. BERT (Devlin et al. 2019) also starts with a table, but its layers then change each vector by looking at the
# whole sentence. The result is a **contextual** vector. In this exercise you compute both and compare them.
#
# The next cell loads a small Chinese BERT and prints what you need:
#
# * `tokenizer(text)["input_ids"]` turns a text into a list of numbers, the **ids**. It splits Chinese text into single characters
#   (**tokens**), puts the special tokens `[CLS]` (id 2) in front and `[SEP]` (id 3) at the end, and looks up the id of each.
# * `table` is BERT's table: 8,000 rows of 256 numbers. The id is the number of the row:
#   `table[paddle.to_tensor(ids)]` gives the rows of a list of ids. We use this table in place of word2vec's.
# * `model(ids)` takes a tensor of ids `[1, S]` (a batch of one text with `S` tokens, special tokens included). `output[0]` has
#   BERT's vector of each token, `[1, S, 256]`. (`output[1]` is one vector for the whole text; you do not need it here.)

# %% [markdown] lang="zh"
# 计算机处理的是数，不是词。word2vec（Mikolov et al. 2013）学习一张表：每个词占一行，这一行就是它的**词向量**。
# 不论在哪个句子里，取到的都是同一行，所以叫**静态**词向量。可是“苹果”在一个句子里是水果，在另一个句子里是公司。
# BERT（Devlin et al. 2019）也从一张表开始，但它的各层会根据整个句子改变每个向量，得到的是**上下文**词向量。
# 这个练习要算出这两种向量，并比较它们。
#
# 下一个单元加载一个小的中文 BERT，并打印你要用到的东西：
#
# * `tokenizer(text)["input_ids"]` 把文本变成一列数，叫做 **id**。它把中文拆成单个字（**词元**），在最前面加上特殊词元 `[CLS]`
#   （id 为 2），在最后加上 `[SEP]`（id 为 3），再查出每个词元的 id。
# * `table` 是 BERT 的表：8,000 行，每行 256 个数。id 就是行号：`table[paddle.to_tensor(ids)]` 取出一列 id 对应的各行。
#   这里用它代替 word2vec 的表。
# * `model(ids)` 的输入是形状为 `[1, S]` 的 id 张量（一批只有一个文本，共 `S` 个词元，包括特殊词元）。`output[0]` 是 BERT 给每个
#   词元的向量，形状 `[1, S, 256]`。（`output[1]` 是代表整个文本的一个向量，这里用不到。）

# %%
import numpy as np
import paddle
from paddlenlp.transformers import AutoModel, AutoTokenizer

from app.course import ROOT

tokenizer = AutoTokenizer.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
model = AutoModel.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
model.eval()
table = model.get_input_embeddings().weight  # [8000, 256]

ids = tokenizer("我吃苹果")["input_ids"]
print("ids:   ", ids)
print("tokens:", tokenizer.convert_ids_to_tokens(ids))
output = model(paddle.to_tensor([ids]))
print("table:", list(table.shape), " output[0]:", list(output[0].shape), " output[1]:", list(output[1].shape))
print("the row of 苹:      ", table[ids[3]][:4].numpy())
print("BERT's vector of 苹:", output[0][0, 3, :4].numpy())

# %% [markdown] lang="en"
# Write two functions. Each returns a tensor of 256 numbers.
#
# * `static_vector(word)`: the mean of the table's rows of the word's characters, without `[CLS]` and `[SEP]`.
# * `contextual_vector(sentence, word)`: give the whole sentence to `model`, then take the mean of the vectors at the places
#   of the word. `sentence.index(word)` is the number of characters in front of the word; in the ids there is also `[CLS]` in
#   front. All sentences here consist of Chinese characters only, and the word is in the sentence once.

# %% [markdown] lang="zh"
# 请写两个函数，都返回由 256 个数组成的张量。
#
# * `static_vector(word)`：词里每个字在表中各有一行，求这些行的平均，不包括 `[CLS]` 和 `[SEP]`。
# * `contextual_vector(sentence, word)`：把整个句子输入 `model`，再对这个词所在位置的向量求平均。`sentence.index(word)`
#   是词前面的字数；在 id 序列里，前面还多一个 `[CLS]`。这里的句子只有汉字，词在句子里只出现一次。

# %%
def static_vector(word):
    """word: str -> float32 [256]"""
    ### BEGIN SOLUTION
    ids = tokenizer(word)["input_ids"]
    ids = ids[1:-1]  # without [CLS] and [SEP]
    rows = table[paddle.to_tensor(ids)]  # [characters of the word, 256]
    vector = rows.mean(axis=0)
    return vector
    ### END SOLUTION


def contextual_vector(sentence, word):
    """sentence, word: str -> float32 [256]"""
    ### BEGIN SOLUTION
    ids = tokenizer(sentence)["input_ids"]
    output = model(paddle.to_tensor([ids]))
    vectors = output[0][0]  # [S, 256]
    start = sentence.index(word) + 1  # [CLS] is at 0
    return vectors[start : start + len(word)].mean(axis=0)
    ### END SOLUTION


# %% [markdown] lang="en"
# The cosine of two vectors is 1 if they point in the same direction. In the first two sentences 苹果 is a fruit, in the last
# two a company. It is always the third and fourth character, so only the other words differ. Which sentences are near each
# other?

# %% [markdown] lang="zh"
# 两个向量方向相同时，余弦为 1。在前两句里“苹果”是水果，在后两句里是公司。它总是第三、四个字，所以不同的只有其他的词。
# 哪些句子里的“苹果”彼此接近？

# %%
def cosine(a, b):
    """a, b: float32 [256] -> float"""
    a, b = np.asarray(a), np.asarray(b)
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


sentences = ["我吃苹果和香蕉", "他把苹果洗干净吃了", "他在苹果公司工作", "他用苹果电脑写程序"]
vectors = [contextual_vector(sentence, "苹果") for sentence in sentences]
for sentence, vector in zip(sentences, vectors):
    print(*(f"{cosine(vector, other):.2f}" for other in vectors), sentence)
print(f"static: {cosine(static_vector('苹果'), static_vector('苹果')):.2f} for every pair of sentences")
print(f"means of rows, 狗咬人 and 人咬狗: {cosine(static_vector('狗咬人'), static_vector('人咬狗')):.2f}")

# %% [markdown] lang="en"
# The static vector cannot tell the senses apart, and a mean of rows does not know the order of the characters either: a dog bites
# a man, or a man bites a dog. BERT's vectors of the same sense are nearer to each other. This model is small, so it does not
# separate every word. Try words of your own, for example 黄牛 (a cow, or someone who resells tickets).

# %% [markdown] lang="zh"
# 静态词向量分不清词义；把各行求平均也不知道字的顺序：“狗咬人”和“人咬狗”完全一样。BERT 给出的向量，词义相同的更接近。
# 这个模型很小，并不是每个词都能分清。可以换你自己的词试试，例如“黄牛”（牛，或倒卖票的人）。
