"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "How often are `optimizer.step()` and `optimizer.clear_grad()` called in one epoch, and how often should they be? "
        "Then compare the gradient of a group with that of one batch of all its rows: is it a sum or a mean?",
        "一轮里 `optimizer.step()` 和 `optimizer.clear_grad()` 各被调用多少次，应该是多少次？"
        "再把一组的梯度与把这些行放在一批里的梯度相比：是和还是平均？",
    ),
    Text(
        "Use two loops: over groups of `batch_size * accumulation_steps` rows, and inside over micro-batches. The loss of a "
        "micro-batch is `F.cross_entropy(..., reduction=\"sum\")` divided by the number of rows of the group. After the "
        "inner loop: step, clear_grad, append the sum of these losses.",
        "用两层循环：外层遍历每组 `batch_size * accumulation_steps` 行，内层遍历小批。"
        "小批的损失是 `F.cross_entropy(..., reduction=\"sum\")` 除以这一组的行数。内层循环之后：step、clear_grad，"
        "并把这些损失之和加入列表。",
    ),
)
REASON = Text(
    "Gradients add up in `.grad` until `clear_grad`, and that is all that accumulation needs: several `backward`, then one "
    "`step`. The gradient of a mean over the group is the sum of the rows' gradients, divided by the rows of the group, so "
    "this number is needed before the first micro-batch. A division by `accumulation_steps` is right only if all "
    "micro-batches have the same size; in a language model they never have, because the size is the number of tokens. The "
    "test is simple: compare with one large batch, with SGD, because Adam hides a wrong factor.",
    "梯度会累加在 `.grad` 里，直到 `clear_grad`，梯度累积只需要这一点：多次 `backward`，然后一次 `step`。一组平均损失的梯度，"
    "是各行梯度之和除以这一组的行数，所以在第一个小批之前就要知道行数。除以 `accumulation_steps` 只有在所有小批一样大时才对；"
    "语言模型里从来不是这样，因为小批的大小是词元数。检验方法很简单：用 SGD 与一个大批比较，因为 Adam 会掩盖错误的系数。",
)
PROGRAM = Text(
    "app/match/task.py, `MatchTask.steps`: each micro-batch is weighted by 1 / (rows of the step); app/train/trainer.py, "
    "`Trainer.step`: one optimizer step after all of them",
    "app/match/task.py 的 `MatchTask.steps`：每个小批的权重是 1 /（这一步的行数）；app/train/trainer.py 的 `Trainer.step`："
    "所有小批之后更新一次参数",
)
