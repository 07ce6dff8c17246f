"""The check of the number of parameters."""

from __future__ import annotations

from itertools import combinations
from typing import Dict, Iterator, List, Tuple

from app.course import ROOT
from app.course.answers import Student, check_not_none, equal, require
from app.course.calls import call
from app.course.texts import Text

# All sizes differ and have no simple relation, so that different mistakes give different numbers.
CONFIG = {
    "vocab_size": 977, "max_position_embeddings": 61, "type_vocab_size": 5, "hidden_size": 28, "num_hidden_layers": 5,
    "num_attention_heads": 7, "intermediate_size": 103,
}  # fmt: skip
BASE = {
    "vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2, "hidden_size": 768, "num_hidden_layers": 12,
    "num_attention_heads": 12, "intermediate_size": 3072,
}  # fmt: skip
LARGE = {**BASE, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
Items = List[Tuple[int, str, str]]  # number of parameters, what they are in English, in Chinese


def check(student: Student) -> Iterator[Text]:
    """Counts an odd configuration part by part, then base, large and the shipped model."""
    what, parts = "count_parameters(config)", count(CONFIG)
    got = _parts(student, CONFIG)
    for part, mistakes in (("embeddings", _embedding_mistakes()), ("layers", _layer_mistakes()), ("pooler", _pooler_mistakes())):
        equal(f'{what}["{part}"]', got[part], parts[part], mistakes, tolerance=0)
    require(
        set(got) == set(parts),
        f"{what} has more than three parts: {sorted(got)}.",
        f"{what} 多于三个部分：{sorted(got)}。",
    )
    yield Text("All three parts are right for a configuration with odd sizes.", "对一个尺寸特别的配置，三个部分都正确。")
    totals = []
    for config in (BASE, LARGE):
        got = _parts(student, config)
        equal("count_parameters(...)", [got[part] for part in parts], list(count(config).values()), tolerance=0)
        totals.append(sum(got.values()))
    yield Text(
        f"Base: {totals[0]:,} parameters, about 110 million. Large: {totals[1]:,}, about 340 million.",
        f"base：{totals[0]:,} 个参数，约 1.1 亿。large：{totals[1]:,} 个，约 3.4 亿。",
    )
    yield _of_the_shipped_model(student)


def count(config: Dict[str, int]) -> Dict[str, int]:
    """The right numbers."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    rows = config["vocab_size"] + config["max_position_embeddings"] + config["type_vocab_size"]
    layer = 4 * (hidden * hidden + hidden) + 2 * hidden * inner + inner + hidden + 4 * hidden
    return {
        "embeddings": rows * hidden + 2 * hidden,
        "layers": config["num_hidden_layers"] * layer,
        "pooler": hidden * hidden + hidden,
    }


def _parts(student: Student, config: Dict[str, int]) -> Dict[str, int]:
    """The student's numbers as integers."""
    what, got = "count_parameters(config)", call(student.count_parameters, config)
    check_not_none(what, got)
    require(
        isinstance(got, dict) and set(got) >= {"embeddings", "layers", "pooler"},
        f'{what} has to be a dictionary with "embeddings", "layers" and "pooler"; it is {got!r}.',
        f'{what} 应该是含有 "embeddings"、"layers"、"pooler" 的字典，现在是 {got!r}。',
    )
    for part, number in got.items():
        whole = isinstance(number, int) or getattr(number, "shape", None) == ()
        require(
            bool(whole) or isinstance(number, float) and number.is_integer(),
            f'{what}["{part}"] has to be a whole number; it is {number!r}.',
            f'{what}["{part}"] 应该是整数，现在是 {number!r}。',
        )
    return {part: int(number) for part, number in got.items()}


def _of_the_shipped_model(student: Student) -> Text:
    """Compares with the parameters that PaddleNLP has made."""
    from paddlenlp.transformers import AutoModel

    model = AutoModel.from_pretrained(f"{ROOT}/data/models/bert-mini-zh")
    real = sum(int(parameter.size) for parameter in model.parameters())
    config = {name: getattr(model.config, name) for name in CONFIG}
    total = sum(_parts(student, config).values())
    equal("sum(count_parameters(shipped).values())", total, real, tolerance=0)
    return Text(
        f"The shipped model: {total:,} counted, {real:,} in the real model.",
        f"自带的模型：数出 {total:,} 个，实际有 {real:,} 个。",
    )


H, I = CONFIG["hidden_size"], CONFIG["intermediate_size"]  # noqa: E741
LAYERS, VOCABULARY = CONFIG["num_hidden_layers"], CONFIG["vocab_size"]
# What can be forgotten in each part.
IN_EMBEDDINGS: Items = [
    (2 * H, "the layer normalization", "层归一化"),
    (VOCABULARY * H, "the token table", "词元嵌入表"),
    (CONFIG["max_position_embeddings"] * H, "the position table", "位置嵌入表"),
    (CONFIG["type_vocab_size"] * H, "the segment table", "片段嵌入表"),
]
IN_A_LAYER: Items = [
    (4 * H, "both layer normalizations, or the four biases of the attention (both have 4 * H)",
     "两个层归一化，或者注意力的四个偏置（两者都是 4 * H）"),
    (H, "one bias of H values, or the weight or bias of one normalization", "一个 H 维的偏置，或者某个层归一化的权重或偏置"),
    (2 * H, "one of the two layer normalizations, or the biases of both", "两个层归一化中的一个，或者两者的偏置"),
    (I, "the bias of the first feed-forward layer", "前馈网络第一层的偏置"),
    (I + H, "the biases of the feed-forward network", "前馈网络的偏置"),
    (I + 5 * H, "the biases of the linear layers", "各线性层的偏置"),
    (H * I + H, "one linear layer of the feed-forward network", "前馈网络的一个线性层"),
    (H * I + I, "one linear layer of the feed-forward network", "前馈网络的一个线性层"),
    (H * I, "the weights of one linear layer of the feed-forward network", "前馈网络一个线性层的权重"),
    (2 * H * I + I + H, "the feed-forward network", "前馈网络"),
    (H * H + H, "one of the four linear layers of the attention (the output?)", "注意力四个线性层中的一个（输出层？）"),
    (H * H, "the weights of one linear layer of the attention", "注意力一个线性层的权重"),
    (2 * (H * H + H), "two of the four linear layers of the attention: query, key, value and output have one each",
     "注意力四个线性层中的两个：query、key、value 和输出各有一个"),
    (3 * (H * H + H), "three of the four linear layers of the attention: query, key, value and output have one each",
     "注意力四个线性层中的三个：query、key、value 和输出各有一个"),
    (4 * (H * H + H), "the attention", "注意力"),
]  # fmt: skip


def _forgotten(right: int, items: Items, times: int = 1) -> List[Tuple[int, Text]]:
    """What `right` becomes if one item, or two of them, are missing. The fewest missing parameters first."""
    mistakes = []
    for size in (1, 2):
        for chosen in combinations(items, size):
            en, zh = " and ".join(item[1] for item in chosen), "，以及".join(item[2] for item in chosen)
            mistakes.append((right - times * sum(item[0] for item in chosen), Text(f"Missing: {en}.", f"少算了：{zh}。")))
    return mistakes


def _embedding_mistakes() -> List[Tuple[int, Text]]:
    right = count(CONFIG)["embeddings"]
    rows = right // H - 2
    return [
        (right + VOCABULARY * H, Text(
            "The token table is counted twice. The decoder of the masked LM shares it, and the heads of pretraining are not "
            "counted.",
            "词元嵌入表算了两次。掩码语言模型的解码层与它共享，而且预训练的输出头不算在内。")),
        (right + VOCABULARY, Text("An embedding table has no bias.", "嵌入表没有偏置。")),
        (right + 3 * H, Text("An embedding table has no bias.", "嵌入表没有偏置。")),
        (rows * H + 2 * rows, Text(
            "A layer normalization has 2 * H parameters, not two for each row.", "层归一化有 2 * H 个参数，不是每一行两个。")),
        (right + 4 * H, Text(
            "Three layer normalizations are counted; only the sum is normalized.", "算了三个层归一化；只对和做一次归一化。")),
        (rows * H + 2, Text(
            "A layer normalization has 2 * H parameters, one weight and one bias for each of the H values.",
            "层归一化有 2 * H 个参数：H 个值各有一个权重和一个偏置。")),
        (right - H, Text(
            "Missing: the bias of the layer normalization, or one row of a table.", "少算了：层归一化的偏置，或者表里的一行。")),
        (right - (CONFIG["type_vocab_size"] - 2) * H, Text(
            "The number of segments is `type_vocab_size`, not always 2.", "片段数是 `type_vocab_size`，不一定是 2。")),
        (right - (CONFIG["max_position_embeddings"] - 512) * H, Text(
            "The number of positions is `max_position_embeddings`, not always 512.",
            "位置数是 `max_position_embeddings`，不一定是 512。")),
        *_forgotten(right, IN_EMBEDDINGS),
    ]  # fmt: skip


def _layer_mistakes() -> List[Tuple[int, Text]]:
    right = count(CONFIG)["layers"]
    one = right // LAYERS
    heads = CONFIG["num_attention_heads"]
    forgotten = _forgotten(right, IN_A_LAYER, LAYERS)
    return [
        (one, Text("This is one layer. Multiply by `num_hidden_layers`.", "这是一层的参数量。请乘以 `num_hidden_layers`。")),
        (12 * one, Text(
            "The number of layers is `num_hidden_layers`, not always 12.", "层数是 `num_hidden_layers`，不一定是 12。")),
        (right + LAYERS * (8 * H * H - 2 * H * I + 3 * H + H - I), Text(
            "The width of the feed-forward network is `intermediate_size`, not always 4 * H.",
            "前馈网络的宽度是 `intermediate_size`，不一定是 4 * H。")),
        (right + LAYERS * (heads - 1) * 4 * (H * H + H), Text(
            "The attention is multiplied by the number of heads. The heads share the width: H x H is for all heads together.",
            "注意力乘以了头数。各个头平分宽度：H x H 是所有头合起来的大小。")),
        (right + LAYERS * (heads - 1) * 3 * (H * H + H), Text(
            "Query, key and value are multiplied by the number of heads. H x H is for all heads together.",
            "query、key、value 乘以了头数。H x H 是所有头合起来的大小。")),
        (right + LAYERS * (I - H), Text(
            "Both biases of the feed-forward network are counted with `intermediate_size`; the second one has H values.",
            "前馈网络的两个偏置都按 `intermediate_size` 算了；第二个偏置有 H 个值。")),
        (right - LAYERS * (I - H), Text(
            "Both biases of the feed-forward network are counted with H; the first one has `intermediate_size` values.",
            "前馈网络的两个偏置都按 H 算了；第一个偏置有 `intermediate_size` 个值。")),
        (right + H * H + H, Text(
            "The pooler is counted here; it is a part of its own.", "这里把 pooler 也算进来了；它是单独的一部分。")),
        *((right + LAYERS * number * 2 * H, Text(
            "There are too many layer normalizations: a layer has two.", "层归一化算多了：一层只有两个。")) for number in (1, 2)),
        (right - LAYERS * (4 * H - 4), Text(
            "A layer normalization has 2 * H parameters, one weight and one bias for each of the H values.",
            "层归一化有 2 * H 个参数：H 个值各有一个权重和一个偏置。")),
        *forgotten,
        *((value // LAYERS, Text(
            f"This is one layer; multiply by `num_hidden_layers`. {text.en}",
            f"这是一层的参数量，请乘以 `num_hidden_layers`。{text.zh}"))
          for value, text in forgotten),
    ]  # fmt: skip


def _pooler_mistakes() -> List[Tuple[int, Text]]:
    return [
        (H * H, Text("The bias of the pooler is missing.", "缺少 pooler 的偏置。")),
        (0, Text("The pooler is one linear layer H x H; here it has no parameters.",
        "pooler 是一个线性层 H x H；这里却没有参数。")),
        (LAYERS * (H * H + H), Text(
            "There is one pooler, not one per layer.", "pooler 只有一个，不是每层一个。")),
        (H * H + 3 * H, Text("The pooler has no layer normalization.", "pooler 没有层归一化。")),
        (2 * H + 2, Text("This is a classifier; the pooler goes from H to H.", "这是分类器；pooler 是从 H 到 H。")),
    ]  # fmt: skip
