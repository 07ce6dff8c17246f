"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Work with positions, not with ids: first the positions that may be chosen, then those that are chosen. Fill `labels` "
        "from the original ids before you change anything, and change a copy.",
        "操作的对象是位置，不是 id：先找出可以选的位置，再从中选。先用原来的 id 填好 `labels`，再去改副本。",
    ),
    Text(
        "`candidates = np.flatnonzero(~np.isin(input_ids, special_ids))`, "
        "`chosen = rng.choice(candidates, count, replace=False)`, `draws = rng.random(count)`. Then `chosen[draws < 0.8]` get "
        "`mask_id`, and `chosen[draws >= 0.9]` get ids from `np.setdiff1d(np.arange(vocab_size), special_ids)`.",
        "`candidates = np.flatnonzero(~np.isin(input_ids, special_ids))`，"
        "`chosen = rng.choice(candidates, count, replace=False)`，`draws = rng.random(count)`。然后 `chosen[draws < 0.8]` 换成 "
        "`mask_id`，`chosen[draws >= 0.9]` 换成 `np.setdiff1d(np.arange(vocab_size), special_ids)` 中的 id。",
    ),
)
REASON = Text(
    "[MASK] never occurs when the model is used later. If only [MASK] had labels, the model would need good vectors only at "
    "[MASK]. Because a random or an unchanged token can be a question too, the model cannot know which tokens it will be asked "
    "about, so it keeps a vector of the context for every token. Random tokens are only 1.5 % of the text, so they do little "
    "harm. The loss counts the chosen positions only: 15 % of the tokens teach, the price for looking in both directions.",
    "以后使用模型时，输入里没有 [MASK]。如果只有 [MASK] 有标签，模型只需要在 [MASK] 处给出好的向量。"
    "随机替换的和保持不变的词元也可能被提问，模型不知道会问到哪个词元，所以要为每个词元都保留带有上下文的向量。"
    "随机词元只占全文的 1.5%，害处很小。损失只算被选中的位置：只有 15% 的词元提供学习信号，这是同时看左右两边的代价。",
)
PROGRAM = Text(
    "app/pretrain/masking.py, mask_tokens (with --masking token)", "app/pretrain/masking.py 的 mask_tokens（--masking token）"
)
