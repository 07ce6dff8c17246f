"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Print the first batch of two epochs: `epoch_batches(512, 16, 1, 0)[0]` and `epoch_batches(512, 16, 1, 1)[0]`. Which "
        "line should have made them different?",
        "打印两轮的第一批：`epoch_batches(512, 16, 1, 0)[0]` 和 `epoch_batches(512, 16, 1, 1)[0]`。本来应该由哪一行让它们不同？",
    ),
    Text(
        "`generator.permutation(order)` returns a shuffled copy and leaves `order` as it is; `generator.shuffle(order)` "
        "shuffles in place and returns None. Keep the result: `order = generator.permutation(rows)`.",
        "`generator.permutation(order)` 返回打乱后的副本，`order` 本身不变；`generator.shuffle(order)` 就地打乱，返回 None。"
        "要保存结果：`order = generator.permutation(rows)`。",
    ),
)
REASON = Text(
    "Stochastic gradient descent assumes that each batch is a random sample of the rows. In a file that is sorted by label, "
    "a batch has one label, so the model learns \"always 0\" and then \"always 1\"; the jump of the loss in the middle of an "
    "epoch is the first row of the other label. A generator that is made from [seed, epoch] inside the function needs no "
    "state: epoch 7 has the same order in a run that was interrupted. Rows are permuted, not drawn with replacement: in n "
    "draws with replacement, about 37 % of the rows are missed. Other bugs have the same effect: a sampler whose `set_epoch` is "
    "never called, or a `shuffle=True` that is missing.",
    "随机梯度下降假定每一批都是所有行的随机样本。文件按标签排序时，一批里只有一种标签，模型先学会“总是 0”，再学会“总是 1”；"
    "损失在一轮中间的跳变，就是另一种标签的第一行。在函数里用 [seed, epoch] 创建生成器，不需要保存状态：训练中断后恢复，"
    "第 7 轮的顺序也不变。行要做排列，不能有放回地抽取：有放回地抽 n 次，大约有 37% 的行抽不到。"
    "另一些错误的现象与此相同：从未调用采样器的 `set_epoch`，或者漏写了 `shuffle=True`。",
)
PROGRAM = Text(
    "app/text/batch_sampler.py, `training_batches`: the order depends on (seed, epoch) only, so that a run can be resumed "
    "bit for bit",
    "app/text/batch_sampler.py 的 `training_batches`：顺序只取决于 (seed, epoch)，所以中断的训练可以逐位一致地恢复",
)
