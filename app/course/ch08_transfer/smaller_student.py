# %% [markdown] lang="en"
# Distillation can also make a model smaller: a large teacher teaches a small student (Hinton et al. 2015). For BERT two more
# ideas help:
#
# * **Start from the teacher.** The student gets the embeddings, the pooler and every `every`-th layer of the teacher, counted
#   from layer 0 (as in DistilBERT, Sanh et al. 2019, which has no pooler). A teacher with four
#   layers and `every` = 2 gives layers 0 and 2.
# * **Imitate hidden states.** Each student layer should give what the teacher gives after `every` times as many layers
#   (TinyBERT, Jiao et al. 2020). If the student is narrower (`h` < `H`), a linear layer that is trained with it, the
#   projection, makes its vectors longer.
#
# Write two functions:
#
# * `copy_layers(teacher, student, every)` copies the weights. Both are BERT models with `.embeddings`, `.pooler` and
#   `.encoder.layers`, and have the same width. The student has fewer layers; layer `i` gets the weights of the teacher's layer
#   `i * every`. It must be a copy: training the student must not change the teacher. `layer.set_state_dict(other.state_dict())`
#   copies the values of one layer.
# * `hidden_loss(student_states, teacher_states, mask, projection, every)` is a sum over all student states. State `i` is
#   compared with the teacher's state `i * every` (state 0 is the output of the embeddings):
#
# $$\text{loss} = \sum_i \frac{\sum_{b,s} m_{bs} \, \lVert \text{projection}(a_{ibs}) - t_{i \cdot \text{every}, bs} \rVert^2}
# {H \, \sum_{b,s} m_{bs}}$$
#
# So each term is the mean squared error over the tokens of the batch and over the `H` numbers of a vector. `mask` is 1 for
# tokens and 0 for padding, which does not count. The teacher gets no gradient.

# %% [markdown] lang="zh"
# 蒸馏也可以让模型变小：大的教师教小的学生（Hinton et al. 2015）。对 BERT，还有两个办法有帮助：
#
# * **从教师开始。** 学生拿到教师的嵌入和 pooler，并从第 0 层数起，每 `every` 层取一层（与 DistilBERT
#   一样，Sanh et al. 2019；它没有 pooler）。
#   教师有四层、`every` = 2 时，取第 0 层和第 2 层。
# * **模仿隐藏状态。** 学生的每一层，应给出教师经过 `every` 倍层数之后的结果（TinyBERT，Jiao et al. 2020）。
#   如果学生更窄（`h` < `H`），就用一个一起训练的线性层，即投影，把它的向量变长。
#
# 请写两个函数：
#
# * `copy_layers(teacher, student, every)` 复制权重。两者都是 BERT 模型，有 `.embeddings`、`.pooler` 和 `.encoder.layers`，
#   宽度相同。学生的层数更少，它的第 `i` 层取教师第 `i * every` 层的权重。必须是复制：训练学生不能改变教师。
#   `layer.set_state_dict(other.state_dict())` 复制一个层的值。
# * `hidden_loss(student_states, teacher_states, mask, projection, every)` 对学生的所有状态求和。
#   第 `i` 个状态与教师的第 `i * every` 个状态比较（第 0 个状态是嵌入层的输出）：
#
# $$\text{loss} = \sum_i \frac{\sum_{b,s} m_{bs} \, \lVert \text{projection}(a_{ibs}) - t_{i \cdot \text{every}, bs} \rVert^2}
# {H \, \sum_{b,s} m_{bs}}$$
#
# 也就是说，每一项是对批里的词元、对向量的 `H` 个数求的均方误差。`mask` 在词元处为 1，在填充处为 0，填充不算。教师得不到梯度。

# %%
import time

import numpy as np
import paddle
import paddle.nn.functional as F
from paddlenlp.transformers import AutoModel, AutoTokenizer, BertConfig, BertModel

from app.course import ROOT
from app.match.model import PairClassifier

FOLDER = f"{ROOT}/data/models/bert-mini-zh"


def copy_layers(teacher, student, every):
    """teacher, student: BertModel; every: int. Changes the student."""
    ### BEGIN SOLUTION
    student.embeddings.set_state_dict(teacher.embeddings.state_dict())
    student.pooler.set_state_dict(teacher.pooler.state_dict())
    for index, layer in enumerate(student.encoder.layers):
        source = teacher.encoder.layers[index * every]
        layer.set_state_dict(source.state_dict())
    ### END SOLUTION


def hidden_loss(student_states, teacher_states, mask, projection, every):
    """student_states: l+1 tensors float32 [B, S, h]; teacher_states: L+1 tensors float32 [B, S, H]; mask: int64 [B, S];
    projection: [B, S, h] -> [B, S, H]; every: int -> float32 []
    """
    ### BEGIN SOLUTION
    kept = mask.unsqueeze(-1).astype("float32")  # [B, S] -> [B, S, 1]
    total = 0.0
    for index, states in enumerate(student_states):
        target = teacher_states[index * every].detach()
        squares = (projection(states) - target) ** 2  # [B, S, H]
        total = total + (squares * kept).sum() / (kept.sum() * target.shape[-1])
    return total
    ### END SOLUTION


# %% [markdown] lang="en"
# The demo builds a student of two layers from the shipped model of four.
#
# What to look for: the student has half of the layers but about 71 % of the parameters, because the embeddings stay (2.2
# million of them). The time for a batch falls to about one half, because nearly all the work is in the layers. And copied
# layers are already nearer to the teacher than random ones: compare the two losses.

# %% [markdown] lang="zh"
# 演示用自带的四层模型做出一个两层的学生。
#
# 请注意看：学生的层数是一半，参数却约为 71 %，因为嵌入（220 万个参数）保留了。一批的时间降到大约一半，因为计算几乎都在各层里。
# 而且复制来的层一开始就比随机的层更接近教师：请比较两个损失。

# %%
paddle.seed(0)
teacher = AutoModel.from_pretrained(FOLDER)
students = {name: BertModel(BertConfig.from_pretrained(FOLDER, num_hidden_layers=2)) for name in ("random", "copied")}
copy_layers(teacher, students["copied"], 2)
tokenizer = AutoTokenizer.from_pretrained(FOLDER)
with open(f"{ROOT}/data/sample/dev.tsv", encoding="utf-8") as file:
    texts = [line.split("\t")[0] for line in file.readlines()[1:25]]
ids = tokenizer(texts, padding=True, return_tensors="pd")["input_ids"]
mask = (ids != 0).astype("int64")


@paddle.no_grad()
def states_of(model):
    """-> hidden states, and the seconds of the fastest of three passes"""
    model.eval()
    seconds = []
    for _ in range(3):
        start = time.time()
        states = model(ids, output_hidden_states=True, return_dict=True).hidden_states
        seconds.append(time.time() - start)
    return states, min(seconds)


teacher_states, seconds = states_of(teacher)
print(f"teacher: {sum(parameter.size for parameter in teacher.parameters()):,} parameters, {seconds:.3f} s")
for name, student in students.items():
    states, seconds = states_of(student)
    loss = float(hidden_loss(states, teacher_states, mask, paddle.nn.Identity(), 2))
    count = sum(parameter.size for parameter in student.parameters())
    print(f"{name}: {count:,} parameters, {seconds:.3f} s, hidden loss {loss:.3f}")

# %% [markdown] lang="en"
# **Lab (2 to 4 minutes on two cores).** The next cell fine-tunes the teacher on the task of exercise 8.1, then trains four
# students for the same number of steps. `check` does not run it; run it yourself.
#
# What to look for (the numbers are from two runs with different seeds; yours differ by a few points):
#
# * The teacher reaches about 90 %. A student with random layers stays at 50 %: so few steps are not enough for it.
# * The start makes the largest difference: two layers of the pretrained model reach about 82 %, two layers of the fine-tuned
#   teacher 84 to 87 %.
# * Soft targets and hidden states added about one point in both runs. That is within the noise of one run. TinyBERT also uses
#   many texts without labels: the teacher gives the targets for them.

# %% [markdown] lang="zh"
# **实验（两个核上需要 2 到 4 分钟）。** 下一个单元先在练习 8.1 的任务上微调教师，再用相同的步数训练四个学生。
# `check` 不会运行它，请自己运行。
#
# 请注意看（数字来自两个种子的两次运行；你的结果会差几个百分点）：
#
# * 教师达到约 90 %。随机层的学生停在 50 %：这么少的步数对它不够。
# * 起点的影响最大：取预训练模型的两层，约为 82 %；取微调过的教师的两层，为 84 % 到 87 %。
# * 软目标和隐藏状态在两次运行中都增加了大约一个百分点，仍在单次训练的噪声之内。TinyBERT 还使用大量没有标签的文本：
#   它们的目标由教师给出。

# %% tags=["lab"]
SEED, STEPS, BATCH, TEMPERATURE = 1, 100, 16, 2.0
NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "classifier_dropout": 0.0}


def easy_pairs(split, count):
    """[(text_a, text_b, label)]: `count` paraphrases, each followed by a pair of texts that have nothing to do with each other"""
    with open(f"{ROOT}/data/sample/{split}.tsv", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    same = [row[:2] for row in rows if row[2] == "1"][: count + 1]
    return [pair for one, following in zip(same, same[1:]) for pair in ((*one, 1), (one[0], following[1], 0))]


def convert_examples(pairs):
    """-> input_ids, token_type_ids: int64 [B, S]; labels: int64 [B]"""
    text_a, text_b, labels = zip(*pairs)
    inputs = tokenizer(list(text_a), list(text_b), padding=True, return_tensors="pd")
    return inputs["input_ids"], inputs["token_type_ids"], paddle.to_tensor(labels)


def forward(model, ids, segments):
    """-> logits: float32 [B, 2]; hidden states"""
    output = model.encoder(ids, token_type_ids=segments, output_hidden_states=True, return_dict=True)
    return model.classifier(output.pooler_output), output.hidden_states


def train(model, teacher=None):
    """Trains with the labels, and with the soft targets and the hidden states of a teacher."""
    decay = paddle.optimizer.lr.PolynomialDecay(2.6e-4, STEPS, end_lr=0.0)
    schedule = paddle.optimizer.lr.LinearWarmup(decay, warmup_steps=STEPS // 10, start_lr=0.0, end_lr=2.6e-4)
    clip = paddle.nn.ClipGradByGlobalNorm(1.0)
    optimizer = paddle.optimizer.AdamW(schedule, parameters=model.parameters(), weight_decay=0.01, grad_clip=clip)
    order = np.random.default_rng(SEED).permutation(len(train_pairs))
    for step in range(STEPS):
        ids, segments, labels = convert_examples([train_pairs[row] for row in order[step * BATCH : (step + 1) * BATCH]])
        logits, states = forward(model, ids, segments)
        loss = F.cross_entropy(logits, labels)
        if teacher is not None:
            with paddle.no_grad():
                teacher_logits, teacher_states = forward(teacher, ids, segments)
            soft = F.softmax(teacher_logits / TEMPERATURE, axis=-1)
            divergence = F.kl_div(F.log_softmax(logits / TEMPERATURE, axis=-1), soft, reduction="batchmean")
            mask = (ids != 0).astype("int64")
            loss = 0.5 * loss + 0.5 * TEMPERATURE**2 * divergence
            loss = loss + hidden_loss(states, teacher_states, mask, paddle.nn.Identity(), 2)
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        schedule.step()


@paddle.no_grad()
def evaluate(model, pairs):
    """-> accuracy: float"""
    right = 0
    for start in range(0, len(pairs), 50):
        ids, segments, labels = convert_examples(pairs[start : start + 50])
        right += int((forward(model, ids, segments)[0].argmax(axis=-1) == labels).sum())
    return right / len(pairs)


train_pairs, dev_pairs = easy_pairs("train", 1000), easy_pairs("dev", 200)
paddle.seed(SEED)
pretrained = AutoModel.from_pretrained(FOLDER, **NO_DROPOUT)
teacher = PairClassifier(AutoModel.from_pretrained(FOLDER, **NO_DROPOUT), 2)
train(teacher)
print(f"teacher, 4 layers:                     {evaluate(teacher, dev_pairs):.1%}")
for name, source, teacher_of_it in (
    ("2 random layers, labels only:         ", None, None),
    ("2 pretrained layers, labels only:     ", pretrained, None),
    ("2 layers of the teacher, labels only: ", teacher.encoder, None),
    ("2 layers of the teacher, distilled:   ", teacher.encoder, teacher),
):
    paddle.seed(SEED)
    student = PairClassifier(BertModel(BertConfig.from_pretrained(FOLDER, num_hidden_layers=2, **NO_DROPOUT)), 2)
    if source is not None:
        copy_layers(source, student.encoder, 2)
    train(student, teacher_of_it)
    print(name, f"{evaluate(student, dev_pairs):.1%}")
