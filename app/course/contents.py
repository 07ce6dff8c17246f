"""The chapters and exercises of the course, in order."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Dict, Tuple

from app.course.texts import Text


@dataclass(frozen=True)
class Exercise:
    """One exercise: its text and solution are in `file`, its check in `NAME_check.py`, its hints in `NAME_hints.py`."""

    number: str  # "2.1"
    folder: str
    name: str
    title: Text
    minutes: int  # the time that a student needs, estimated

    @property
    def file(self) -> Path:
        """The source: cells in both languages, with the solution."""
        return Path(__file__).parent / self.folder / f"{self.name}.py"

    @property
    def check_module(self) -> ModuleType:
        """The module with the check. It loads Paddle."""
        return importlib.import_module(f"app.course.{self.folder}.{self.name}_check")

    @property
    def _hints_module(self) -> ModuleType:
        return importlib.import_module(f"app.course.{self.folder}.{self.name}_hints")

    @property
    def hints(self) -> Tuple[Text, ...]:
        """Two hints: the idea, and nearly the code."""
        return self._hints_module.HINTS

    @property
    def reason(self) -> Text:
        """Why the solution is right."""
        return self._hints_module.REASON

    @property
    def program(self) -> Text:
        """Where this project does the same."""
        return self._hints_module.PROGRAM

    @property
    def file_name(self) -> str:
        """The name of the student's file."""
        return f"{self.number.replace('.', '_')}_{self.name}.py"


@dataclass(frozen=True)
class Chapter:
    """Exercises on one subject, and a quiz."""

    number: int
    folder: str
    title: Text
    needs: Text  # what a student should know before
    exercises: Tuple[Exercise, ...]

    @property
    def quiz_module(self) -> ModuleType:
        """The module with QUESTIONS."""
        return importlib.import_module(f"app.course.{self.folder}.quiz")


def _chapter(number: int, folder: str, title: Text, needs: Text, *exercises: Tuple[str, str, str, int]) -> Chapter:
    """`exercises`: (name of the file, English title, Chinese title, minutes) each."""
    folder = f"ch{number:02}_{folder}"
    listed = tuple(
        Exercise(f"{number}.{index}", folder, name, Text(en, zh), minutes)
        for index, (name, en, zh, minutes) in enumerate(exercises, 1)
    )
    return Chapter(number, folder, title, needs, listed)


CHAPTERS = (
    _chapter(
        1, "word_vectors",
        Text("Word vectors", "词向量"),
        Text("Python, NumPy, dot product, softmax", "Python、NumPy、点积、softmax"),
        ("static_and_contextual", "Static and contextual word vectors", "静态词向量与上下文词向量", 25),
        ("negative_sampling", "Negative sampling in place of the full softmax", "用负采样代替完整的 softmax", 30),
        ("rnn_step", "One step of a recurrent network", "循环神经网络的一步", 25),
    ),
    _chapter(
        2, "attention",
        Text("Self-attention", "自注意力"),
        Text("Chapter 1, matrix product, variance", "第 1 章、矩阵乘法、方差"),
        ("scaled_dot_product", "Scaled dot-product self-attention", "缩放点积自注意力", 25),
        ("why_sqrt_d", "Why the scores are divided by √d", "为什么要除以 √d", 20),
        ("multi_head", "Several heads: split and merge", "多头：拆分与合并", 20),
        ("padding_mask", "Padding masks", "填充掩码", 20),
    ),
    _chapter(
        3, "transformer",
        Text("The Transformer", "Transformer"),
        Text("Chapter 2, layer normalization", "第 2 章、层归一化"),
        ("encoder_layer", "An encoder layer", "编码器层", 30),
        ("decoder_layer", "A decoder layer", "解码器层", 35),
        ("positions", "Sinusoidal and learned positions", "正弦位置编码与可学习的位置编码", 25),
    ),
    _chapter(
        4, "bert",
        Text("BERT", "BERT"),
        Text("Chapter 3", "第 3 章"),
        ("input_embeddings", "The three input embeddings", "三种输入嵌入", 25),
        ("count_parameters", "Parameters of base and large", "base 与 large 的参数量", 30),
        ("cls_and_sep", "What [CLS] and [SEP] are for", "[CLS] 与 [SEP] 的作用", 30),
    ),
    _chapter(
        5, "pretraining",
        Text("Pretraining", "预训练"),
        Text("Chapter 4, cross-entropy", "第 4 章、交叉熵"),
        ("masked_lm", "Masked LM with 80/10/10", "掩码语言模型：80/10/10", 30),
        ("next_sentence", "Next-sentence pairs", "下一句预测的句对", 25),
        ("sentence_order", "Sentence order", "句子顺序预测", 25),
        ("masking_units", "Whole-word, n-gram and span masking", "全词、n-gram 与片段掩码", 40),
        ("other_families", "What other families of models predict", "其他模型家族预测什么", 35),
    ),
    _chapter(
        6, "fine_tuning",
        Text("Fine-tuning", "微调"),
        Text("Chapters 4 and 5, a Paddle training loop", "第 4、5 章、Paddle 训练循环"),
        ("sentence_pair", "Sentence-pair classification", "句对分类", 30),
        ("single_sentence", "Single-sentence classification", "单句分类", 30),
        ("tagging", "Tagging: named entities", "序列标注：命名实体", 40),
        ("span_answers", "Question answering with spans", "片段抽取式问答", 40),
        ("auxiliary_sentence", "A pair task with an auxiliary sentence", "用辅助句变成句对任务", 30),
    ),
    _chapter(
        7, "matching",
        Text("Text matching", "文本匹配"),
        Text("Chapter 6", "第 6 章"),
        ("pair_inputs", "Pair inputs and truncation", "句对输入与截断", 30),
        ("lr_schedule", "Linear warm-up and decay", "线性预热与衰减", 20),
        ("metrics_and_threshold", "Accuracy, F1 and a threshold", "准确率、F1 与阈值", 35),
        ("pair_wise_loss", "Point-wise and pair-wise loss", "单点式与成对式损失", 30),
    ),
    _chapter(
        8, "transfer",
        Text("Transfer", "迁移学习"),
        Text("Chapters 6 and 7", "第 6、7 章"),
        ("ways_of_transfer", "Lab: five ways of transfer", "实验：五种迁移方式", 60),
        ("layers_to_pool", "Which layers to pool", "用哪几层的向量", 30),
        ("averaging_checkpoints", "Averaging checkpoints", "平均多个检查点", 20),
        ("ensembling_seeds", "Ensembling seeds", "集成多个随机种子", 20),
        ("self_distillation", "Self-distillation", "自蒸馏", 30),
        ("smaller_student", "Distilling into a smaller model", "蒸馏到更小的模型", 45),
    ),
    _chapter(
        9, "bug_hunts",
        Text("Bug hunts", "找错误"),
        Text("Chapters 5 to 7", "第 5 到 7 章"),
        ("pretraining_loss", "An NSP loss near 0, an accuracy of 50 %", "NSP 损失接近 0，准确率只有 50%", 20),
        ("matcher", "The matcher that does not learn", "学不会的匹配模型", 20),
        ("epoch_batches", "The loss that jumps in every epoch", "每一轮都会跳升的损失", 20),
        ("lm_loss", "The LM loss that falls with padding", "填充越多越小的 LM 损失", 20),
        ("train_twice", "The run that cannot be repeated", "无法复现的训练", 20),
        ("gradient_accumulation", "Gradient accumulation without effect", "不起作用的梯度累积", 30),
        ("choose_and_test", "The test accuracy that is too good", "好得可疑的测试准确率", 25),
    ),
    _chapter(
        10, "reading_a_model",
        Text("Reading a model", "读懂模型"),
        Text("Chapters 2 and 7", "第 2、7 章"),
        ("attention_heads", "Attention heads on a sentence pair", "句对上的注意力头", 35),
        ("leaving_words_out", "Leaving words out", "逐词删除", 30),
    ),
)  # fmt: skip
EXERCISES: Dict[str, Exercise] = {exercise.number: exercise for chapter in CHAPTERS for exercise in chapter.exercises}
