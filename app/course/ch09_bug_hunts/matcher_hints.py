"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "The model is called twice with the same pairs and gives two answers. What in `forward` can be different the second "
        "time? Count the numbers in `model.parameters()` too, and compare with the formula.",
        "用同样的句对调用模型两次，得到两个答案。`forward` 里有什么在第二次会不一样？"
        "再数一数 `model.parameters()` 里共有多少个数，和公式比较。",
    ),
    Text(
        "`nn.Linear(...)` draws new random weights each time that it is called. Call it once, in `__init__`, and keep the "
        "layer as an attribute: `self.dense = nn.Linear(size, hidden)`. Only then the optimizer gets its weights.",
        "每次调用 `nn.Linear(...)` 都会重新抽取随机权重。应该只在 `__init__` 里调用一次，并保存为属性："
        "`self.dense = nn.Linear(size, hidden)`。只有这样，优化器才能得到它的权重。",
    ),
)
REASON = Text(
    "A layer that is made in `forward` has new random weights at each call, and the optimizer never sees them: the "
    "classifier gets other features at each step, so it can learn nothing but the share of the labels (a loss of ln 2 = 0.69 "
    "for two labels). Paddle finds the layers that are attributes of the model or in an `nn.LayerList`; it does not find "
    "those in a Python list or dict. Two checks take one line each: count the parameters, and call the model twice in `eval` "
    "mode.",
    "在 `forward` 里创建的层每次调用都有新的随机权重，优化器也看不到它们：分类器每一步得到的特征都不同，"
    "除了标签的比例以外什么也学不到（两个标签时损失为 ln 2 = 0.69）。Paddle 只能找到作为模型属性的层和 `nn.LayerList` 里的"
    "层，找不到 Python 列表或字典里的层。两个检查各只要一行：数参数个数；在 `eval` 模式下调用模型两次。",
)
PROGRAM = Text(
    "app/match/model.py: `PairClassifier` makes its layers in `__init__`; app/commands/match.py prints the number of "
    "parameters at the start",
    "app/match/model.py：`PairClassifier` 在 `__init__` 里创建各层；app/commands/match.py 在开始时打印参数个数",
)
