"""The check of masked LM: properties and shares of many masked sequences."""

from __future__ import annotations

import math
from typing import Iterator, List, Tuple

import numpy as np

from app.course.answers import Student, require, unpack
from app.course.texts import Text

SPECIAL, MASK, VOCAB_SIZE = [0, 7, 12, 20, 9], 9, 22  # 17 ordinary ids; the special ids are not the first
RUNS = 500


def check(student: Student) -> Iterator[Text]:
    """Masks one sequence 500 times, then a short one."""
    data = np.random.default_rng(51)
    ordinary = np.setdiff1d(np.arange(VOCAB_SIZE), SPECIAL)
    ids = np.concatenate([[12], data.choice(ordinary, 22), [20], data.choice(ordinary, 16), [20], [0] * 9])  # 38 are not special
    is_special = np.isin(ids, SPECIAL)
    runs = [_run(student, ids, np.random.default_rng([5, seed])) for seed in range(RUNS)]
    labelled = [labels != -100 for _, labels in runs]
    _check_positions(ids, is_special, labelled, runs)
    _check_labels(ids, labelled, runs)
    _check_counts(ids, labelled, runs)
    repeated = _run(student, ids, np.random.default_rng([5, 1]))
    require(
        np.array_equal(repeated, runs[1]) and not np.array_equal(runs[1], runs[2]),
        "The same `rng` has to give the same result, and another `rng` another result. Draw all random numbers from `rng`.",
        "相同的 `rng` 应得到相同的结果，不同的 `rng` 应得到不同的结果。所有随机数都要从 `rng` 抽取。",
    )
    by_position = np.sum(labelled, 0)[~is_special]
    _share(by_position.min() / RUNS, 6 / 38, RUNS, "The share of runs in which the least frequent position is chosen",
           "最少被选中的位置被选中的比例", "every token needs the same probability, 15 %",
           "每个词元被选中的概率都应是 15%")  # fmt: skip
    yield Text(
        "6 of 38 tokens are chosen, never a special one, and the labels are the original ids.",
        "38 个词元中选出了 6 个，没有选中特殊词元，标签是原来的 id。",
    )
    yield _check_kinds(ids, ordinary, labelled, runs)
    short = np.concatenate([[12], ordinary[:3], [20]])
    count = int((_run(student, short, np.random.default_rng(5))[1] != -100).sum())
    require(count == 1, f"Of 3 tokens, {count} are chosen; expected 1: round(0.45) is 0, but at least 1 is chosen.",
            f"3 个词元中选出了 {count} 个，应为 1 个：round(0.45) 是 0，但至少要选 1 个。")  # fmt: skip
    longer = np.concatenate([[12], ordinary[:8], [20]])
    count = int((_run(student, longer, np.random.default_rng(5))[1] != -100).sum())
    require(count == 1, f"Of 8 tokens, {count} are chosen; expected round(0.15 * 8) = round(1.2) = 1.",
            f"8 个词元中选出了 {count} 个，应为 round(0.15 * 8) = round(1.2) = 1 个。")  # fmt: skip
    yield Text("Of 3 tokens, 1 is chosen, and of 8 tokens too.", "3 个词元中选出了 1 个，8 个词元中也是 1 个。")


def _run(student: Student, ids: np.ndarray, rng: np.random.Generator) -> Tuple[np.ndarray, np.ndarray]:
    given = ids.copy()
    name = "mask_tokens(...)"
    masked, labels = unpack(name, student.mask_tokens(given, list(SPECIAL), MASK, VOCAB_SIZE, rng), 2)
    require(isinstance(masked, np.ndarray) and isinstance(labels, np.ndarray),
            f"`masked_ids` is a {type(masked).__name__} and `labels` a {type(labels).__name__}; return NumPy arrays.",
            f"`masked_ids` 是 {type(masked).__name__}，`labels` 是 {type(labels).__name__}；应返回 NumPy 数组。")  # fmt: skip
    require(np.array_equal(given, ids), "`input_ids` is changed. Change a copy: `masked_ids = input_ids.copy()`.",
            "`input_ids` 被改动了。请改副本：`masked_ids = input_ids.copy()`。")  # fmt: skip
    for part, array in (("masked_ids", masked), ("labels", labels)):
        require(array.shape == ids.shape and array.dtype.kind in "iu",
                f"{part} has the shape {list(array.shape)} and the type {array.dtype}; expected integers, {list(ids.shape)}.",
                f"{part} 的形状是 {list(array.shape)}，类型是 {array.dtype}；应为整数，形状 {list(ids.shape)}。")  # fmt: skip
    return masked, labels


def _check_positions(ids: np.ndarray, is_special: np.ndarray, labelled: List[np.ndarray], runs) -> None:
    """Where labels and changes are."""
    everywhere = np.all(labelled)
    require(not (everywhere and all(np.array_equal(labels, ids) for _, labels in runs)),
            "Every position has its id as label. Only the chosen positions get one; the others get -100, which the loss ignores.",
            "每个位置的标签都是它的 id。只有被选中的位置才有标签，其他位置应为 -100，损失会忽略它。")  # fmt: skip
    require(not everywhere, "No label is -100. The positions that are not chosen have to get -100, which the loss ignores.",
            "没有一个标签是 -100。没有被选中的位置应为 -100，损失会忽略它。")  # fmt: skip
    require(not any((one & is_special).any() for one in labelled),
            "Special tokens are chosen ([CLS], [SEP]). Choose from the other positions only.",
            "选中了特殊词元（[CLS]、[SEP]）。只能从其他位置里选。")  # fmt: skip
    changed = [masked != ids for masked, _ in runs]
    require(not any((one & is_special).any() for one in changed),
            "Special tokens are replaced ([CLS], [SEP]). They have to stay.",
            "特殊词元（[CLS]、[SEP]）被替换了。它们应保持不变。")  # fmt: skip
    missing = sum(int((change & ~one).sum()) for change, one in zip(changed, labelled))
    only_mask = all((masked[one] == MASK).all() for one, (masked, _) in zip(labelled, runs))
    require(not (missing and only_mask),
            "Only the positions with [MASK] have labels. The chosen tokens that became random, or stayed, need labels too.",
            "只有 [MASK] 的位置有标签。被选中后换成随机词元的、保持不变的，也要有标签。")  # fmt: skip
    require(not missing, f"{missing} tokens are changed but have no label. Every chosen position needs one.",
            f"有 {missing} 个词元被改动了，却没有标签。每个被选中的位置都要有标签。")  # fmt: skip


def _check_labels(ids: np.ndarray, labelled: List[np.ndarray], runs) -> None:
    """The labels at the chosen positions are the original ids."""
    for one, (masked, labels) in zip(labelled, runs):
        if np.array_equal(labels[one], ids[one]):
            continue
        require(not np.array_equal(labels[one], masked[one]),
                "The labels are taken after masking: they are what the model sees. Take them from the original ids.",
                "标签是在掩码之后取的，和模型看到的一样。应取原来的 id。")  # fmt: skip
        place = int(np.flatnonzero(one & (labels != ids))[0])
        require(False, f"labels[{place}] = {labels[place]}; expected the original id {ids[place]}.",
                f"labels[{place}] = {labels[place]}，应为原来的 id {ids[place]}。")  # fmt: skip


def _check_counts(ids: np.ndarray, labelled: List[np.ndarray], runs) -> None:
    """How many are chosen: 6 of the 38."""
    counts = np.array([one.sum() for one in labelled])
    mean = counts.mean()
    unchanged = sum(int((masked == ids)[one].sum()) for one, (masked, _) in zip(labelled, runs))
    require((counts == 6).all() or unchanged,
            f"The tokens that stay unchanged have no label: on average {mean:.2f} labels; expected 6 each time.",
            f"保持不变的词元没有标签：平均有 {mean:.2f} 个标签，每次应为 6 个。")  # fmt: skip
    require(mean < 20, f"{mean:.1f} of 38 tokens are chosen. First choose 15 %; the 80/10/10 are shares of the chosen tokens.",
            f"38 个词元中选出了 {mean:.1f} 个。先选出 15%；80/10/10 是在选出的词元中的比例。")  # fmt: skip
    require(len(set(counts)) == 1,
            f"The number of chosen tokens varies from {counts.min()} to {counts.max()}; expected exactly 6 of 38, none of them "
            "twice (replace=False).",
            f"选出的个数在 {counts.min()} 到 {counts.max()} 之间变化；"
            "38 个中应正好选 6 个，且不重复（replace=False）。")  # fmt: skip
    require(counts[0] == 6, f"{counts[0]} tokens are chosen; expected round(0.15 * 38) = 6: special tokens, also [PAD], do not "
                            f"count, and `round` does not cut off.",
            f"选出了 {counts[0]} 个词元；应为 round(0.15 * 38) = 6：特殊词元（包括 [PAD]）不计入，"
            "并且是四舍五入，不是截断。")  # fmt: skip


def _check_kinds(ids: np.ndarray, ordinary: np.ndarray, labelled: List[np.ndarray], runs) -> Text:
    """80 % [MASK], 10 % random, 10 % unchanged."""
    seen = [masked[one] for one, (masked, _) in zip(labelled, runs)]
    before = [ids[one] for one in labelled]
    masks = [tokens == MASK for tokens in seen]
    same = [tokens == original for tokens, original in zip(seen, before)]
    total = 6 * RUNS
    mask_share, same_share = np.concatenate(masks).mean(), np.concatenate(same).mean()
    random_ids = np.unique(np.concatenate(seen)[~np.concatenate(masks) & ~np.concatenate(same)])
    wrong = np.setdiff1d(random_ids, ordinary)
    require(not len(wrong), f"A random token may not be special, but the id {wrong[:1]} occurs; the special ids are {SPECIAL}.",
            f"随机词元不能是特殊词元，但出现了 id {wrong[:1]}；特殊 id 是 {SPECIAL}。")  # fmt: skip
    uniform = np.mean([len(set(np.where(mask, 2, one))) == 1 for mask, one in zip(masks, same)])
    require(uniform < 0.7, "All chosen tokens of a sequence have the same fate: one draw decides for all. Draw for each token.",
            "一个序列里被选中的词元全都一样处理：只抽了一次签。应对每个词元分别抽签。")  # fmt: skip
    numbers = {int(mask.sum()) for mask in masks}
    require(len(numbers) > 1, f"Each of {RUNS} sequences has {max(numbers)} [MASK] among its 6 chosen tokens: the tokens are "
                              "divided by number. Draw for each token on its own; then the number varies.",
            f"{RUNS} 个序列里，6 个被选中的词元中都正好有 {max(numbers)} 个 [MASK]：词元是按个数分的。"
            "应对每个词元单独抽签，这样个数会变化。")  # fmt: skip
    _share(mask_share, 0.8, total, "The share of [MASK] among the chosen tokens", "被选中的词元中 [MASK] 的比例",
           "expected 80 %", "应为 80%")  # fmt: skip
    # A random token is the original one in 1 of 17 cases, unless it is excluded: both are right.
    _share(same_share, 0.1, total, "The share of unchanged tokens among the chosen tokens", "被选中的词元中保持不变的比例",
           "expected 10 %, and 10 % random", "应为 10%，另有 10% 随机", chance=0.1 / len(ordinary))  # fmt: skip
    missing = np.setdiff1d(ordinary, random_ids)
    require(not len(missing), f"The ids {missing[:5]} are never drawn as random tokens. Draw from all {len(ordinary)} ordinary "
                              f"ids.",
            f"id {missing[:5]} 从未被抽作随机词元。应从全部 {len(ordinary)} 个普通 id 中抽取。")  # fmt: skip
    return Text(
        f"Of {total} chosen tokens, {mask_share:.1%} became [MASK], {same_share:.1%} are unchanged, "
        f"{1 - mask_share - same_share:.1%} became another token.",
        f"{total} 个被选中的词元中，{mask_share:.1%} 变成 [MASK]，{same_share:.1%} 不变，{1 - mask_share - same_share:.1%} 变成"
        f"别的词元。",
    )


def _share(
    share: float, expected: float, count: int, en: str, zh: str, expected_en: str, expected_zh: str, chance: float = 0
) -> None:
    """Requires a share within five standard deviations. `chance`: how much larger it may be for another reason."""
    room = 5 * math.sqrt(expected * (1 - expected) / count)
    require(
        expected - room <= share <= expected + chance + room,
        f"{en} is {share:.1%}; {expected_en}.",
        f"{zh}是 {share:.1%}；{expected_zh}。",
    )
