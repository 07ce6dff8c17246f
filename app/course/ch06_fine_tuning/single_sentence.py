# %% [markdown] lang="en"
# The second form has one text: `[CLS] text [SEP]`, and all `token_type_ids` are 0. In BERT the head is the same as for
# pairs, with as many outputs as there are classes. This time you also write what the encoder's pooler does, so that the
# head owes nothing to next-sentence prediction:
#
# $$\text{logits} = W_2 \, \text{dropout}(\tanh(W_1 \, \text{dropout}(h_{[CLS]}) + b_1)) + b_2$$
#
# 1. Write the class `SentenceClassifier`. `__init__(self, encoder, classes)` makes a dropout layer (0.1) and two linear
#    layers: the first from H to H (H is `encoder.config.hidden_size`), the second from H to `classes`.
#    `forward(self, input_ids, token_type_ids)` gives both arguments to the encoder, takes the vector of `[CLS]`, the first
#    token, from its sequence output `[B, S, H]`, and returns the logits of the formula.
# 2. Write `predict(model, input_ids, token_type_ids, names)`. For each text it returns the name of the most likely class
#    and its probability: a list of B pairs such as `("天气", 0.93)`. `names[k]` is the name of class k. A prediction uses
#    no dropout (`model.eval()`) and computes no gradients (`paddle.no_grad()`).

# %% [markdown] lang="zh"
# 第二种用法只有一个文本：`[CLS] 文本 [SEP]`，`token_type_ids` 全是 0。在 BERT 里，头与句对任务相同，
# 有几个类别就有几个输出。这一次，编码器里池化层所做的事也由你来写，这样头里就没有下一句预测留下的参数：
#
# $$\text{logits} = W_2 \, \text{dropout}(\tanh(W_1 \, \text{dropout}(h_{[CLS]}) + b_1)) + b_2$$
#
# 1. 请写出类 `SentenceClassifier`。`__init__(self, encoder, classes)` 建立一个 dropout 层（0.1）和两个线性层：
#    第一个从 H 到 H（H 是 `encoder.config.hidden_size`），第二个从 H 到 `classes`。
#    `forward(self, input_ids, token_type_ids)` 把两个参数都传给编码器，从它的 sequence 输出 `[B, S, H]` 里取出 `[CLS]`
#    （第一个词元）的向量，按公式返回 logits。
# 2. 请写出 `predict(model, input_ids, token_type_ids, names)`。对每个文本，返回最可能的类别的名字和概率：
#    一个由 B 个二元组组成的列表，例如 `("天气", 0.93)`。`names[k]` 是第 k 类的名字。
#    预测时不用 dropout（`model.eval()`），也不计算梯度（`paddle.no_grad()`）。

# %%
import paddle
import paddle.nn.functional as F
from paddle import nn
from paddlenlp.data import Pad, Stack, Tuple
from paddlenlp.transformers import AutoModel, AutoTokenizer, LinearDecayWithWarmup

from app.course import ROOT

CHECKPOINT = f"{ROOT}/data/models/bert-mini-zh"


class SentenceClassifier(nn.Layer):
    """input_ids, token_type_ids: int64 [B, S] -> logits: float32 [B, classes]"""

    ### BEGIN SOLUTION
    def __init__(self, encoder, classes):
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(0.1)
        self.dense = nn.Linear(encoder.config.hidden_size, encoder.config.hidden_size)
        self.classifier = nn.Linear(encoder.config.hidden_size, classes)

    def forward(self, input_ids, token_type_ids):
        sequence, _ = self.encoder(input_ids, token_type_ids)  # [B, S, H]
        hidden = paddle.tanh(self.dense(self.dropout(sequence[:, 0])))  # [B, H]
        return self.classifier(self.dropout(hidden))  # [B, classes]
    ### END SOLUTION


def predict(model, input_ids, token_type_ids, names):
    """input_ids, token_type_ids: int64 [B, S], names: list of str -> list of B pairs (name, probability)"""
    ### BEGIN SOLUTION
    model.eval()
    with paddle.no_grad():
        probabilities = F.softmax(model(input_ids, token_type_ids), axis=-1)  # [B, classes]
    best = probabilities.argmax(axis=-1).tolist()
    return [(names[k], float(row[k])) for k, row in zip(best, probabilities)]
    ### END SOLUTION


# %% [markdown] lang="en"
# `data/course/intents.tsv` has requests to a voice assistant and what the speaker wants, in six classes. Before training,
# the head is random: a guess that gives each class 1/6 has the loss ln 6 = 1.792, and this model is no better than that.

# %% [markdown] lang="zh"
# `data/course/intents.tsv` 里是对语音助手说的话，以及说话人想做什么，共六类。训练之前头是随机的：
# 给每类 1/6 的猜测，损失是 ln 6 = 1.792，这个模型并不比它好。

# %%
tokenizer = AutoTokenizer.from_pretrained(CHECKPOINT)
INTENTS = ["天气", "闹钟", "音乐", "路线", "消息", "点餐"]


def read_intents(split):
    """-> list of (text, intent)"""
    with open(f"{ROOT}/data/course/intents.tsv", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [(text, intent) for part, text, intent in rows if part == split]


def convert_example(example):
    """(text, intent) -> input_ids, token_type_ids, label"""
    encoded = tokenizer(example[0])
    return encoded["input_ids"], encoded["token_type_ids"], INTENTS.index(example[1])


def batch_of(examples):
    """-> input_ids, token_type_ids: int64 [B, S], labels: int64 [B]"""
    batchify_fn = Tuple(Pad(pad_val=tokenizer.pad_token_id, dtype="int64"), Pad(pad_val=0, dtype="int64"), Stack(dtype="int64"))
    return [paddle.to_tensor(array) for array in batchify_fn([convert_example(example) for example in examples])]


train_rows, test_rows = read_intents("train"), read_intents("test")
paddle.seed(0)
model = SentenceClassifier(AutoModel.from_pretrained(CHECKPOINT), len(INTENTS))
input_ids, token_type_ids, labels = batch_of(test_rows[:4])
for (text, intent), guess in zip(test_rows, predict(model, input_ids, token_type_ids, INTENTS)):
    print(text, "| right:", intent, "| before training:", guess)
input_ids, token_type_ids, labels = batch_of(test_rows)
print(f"loss before training: {float(F.cross_entropy(model(input_ids, token_type_ids), labels)):.3f}")

# %% [markdown] lang="en"
# Lab (about a minute): three passes over 480 requests. The test part has other wordings and other names than the train
# part, 20 requests of each class, so a constant answer is right on 1/6. Which requests are wrong, and which words are
# misleading?

# %% [markdown] lang="zh"
# 实验（约一分钟）：在 480 句话上训练三遍。测试部分的说法和名称与训练部分不同，每类 20 句，所以固定回答一类的准确率是 1/6。
# 哪些句子判断错了？哪些词误导了模型？

# %% tags=["lab"]
EPOCHS, BATCH = 3, 16
schedule = LinearDecayWithWarmup(5e-4, EPOCHS * len(train_rows) // BATCH, 0.1)
optimizer = paddle.optimizer.AdamW(learning_rate=schedule, parameters=model.parameters())
for epoch in range(EPOCHS):
    model.train()
    order, losses = paddle.randperm(len(train_rows)).tolist(), []
    for start in range(0, len(order), BATCH):
        input_ids, token_type_ids, labels = batch_of([train_rows[row] for row in order[start : start + BATCH]])
        loss = F.cross_entropy(model(input_ids, token_type_ids), labels)
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        schedule.step()
        losses.append(float(loss))
    print(f"epoch {epoch + 1}: loss {sum(losses) / len(losses):.3f}")
input_ids, token_type_ids, labels = batch_of(test_rows)
guesses = predict(model, input_ids, token_type_ids, INTENTS)
wrong = [(text, intent, guess) for (text, intent), guess in zip(test_rows, guesses) if guess[0] != intent]
print(f"accuracy {1 - len(wrong) / len(test_rows):.3f}, always the same class: {1 / len(INTENTS):.3f}")
for text, intent, guess in wrong[:8]:
    print(text, "| right:", intent, "| guess:", guess)
