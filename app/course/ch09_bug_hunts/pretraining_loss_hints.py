"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Compute the NSP accuracy separately for the pairs with label 0 and for those with label 1. Then call the loss with "
        "a batch in which all pairs have the same label.",
        "请对标签为 0 的句对和标签为 1 的句对分别计算 NSP 准确率。然后用所有句对标签都相同的一批数据调用损失函数。",
    ),
    Text(
        "0 means two things here: in `lm_labels` it is [PAD], \"not predicted\"; in `nsp_labels` it is a label like any "
        "other. One `ignore_index` cannot serve both, so write two calls of `F.cross_entropy`, and give `ignore_index` to "
        "one of them.",
        "0 在这里有两个含义：在 `lm_labels` 里是 [PAD]，即“不预测”；在 `nsp_labels` 里是一个普通的标签。"
        "同一个 `ignore_index` 不能两用，所以请写两次 `F.cross_entropy`，只给其中一次 `ignore_index`。",
    ),
)
REASON = Text(
    "`ignore_index=0` removes the pairs with label 0 from the sum and from the number that divides it. What is left is "
    "solved by a constant answer, \"label 1\": the loss falls to 0, and half of the pairs are wrong. A loss is a mean over "
    "something; ask over what. A mark for \"no label\" must not be a value that is a label (-1 and -100 are usual; but "
    "`F.cross_entropy` of Paddle 3.3 divides the mean by all rows if `ignore_index` is negative, so take the sum there, and "
    "divide it yourself). An accuracy for each label shows in one line what a loss hides.",
    "`ignore_index=0` 把标签为 0 的句对从总和里去掉，也从分母里去掉。剩下的句对只要永远回答“标签 1”就全对：损失降到 0，"
    "而一半的句对是错的。损失是在某些样本上的平均，要问清楚是哪些样本。"
    "表示“没有标签”的记号不能与真正的标签相同（常用 -1 和 -100；但 `ignore_index` 为负数时，Paddle 3.3 的 `F.cross_entropy` "
    "求平均会除以全部样本数，这时应求和，再自己除以个数）；按标签分别计算准确率，只要一行就能看出损失掩盖了什么。",
)
PROGRAM = Text(
    "app/pretrain/task.py, `PretrainTask._sums`: masked LM gets the labels of the predicted positions only, so it ignores "
    "nothing; the sentence loss ignores -1, which is no label of the task",
    "app/pretrain/task.py 的 `PretrainTask._sums`：掩码语言模型只接收被预测位置的标签，不需要忽略什么；"
    "句子任务的损失忽略 -1，而 -1 不是这个任务的标签",
)
