"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Look at each variable that decides something (`threshold`, `number`, `best`): from which set does it come? A result "
        "for labels from a coin that is not near 50 % says that the labels of test decide something.",
        "请看每个做决定的变量（`threshold`、`number`、`best`）：它来自哪个集合？标签来自抛硬币时，结果不在 50% 左右，"
        "说明 test 的标签参与了某个决定。",
    ),
    Text(
        "In the loop, compute the accuracy on dev only: `accuracy(dev_scores[number], dev_labels, threshold)`, and keep "
        "number and threshold of the best. After the loop, call `accuracy` once with `test_scores[number]` and `test_labels`.",
        "循环里只在 dev 上计算准确率：`accuracy(dev_scores[number], dev_labels, threshold)`，保留最好的编号和阈值。循环之后，"
        "用 `test_scores[number]` 和 `test_labels` 调用一次 `accuracy`。",
    ),
)
REASON = Text(
    "The largest of 20 noisy numbers is too large: with 60 test rows, an accuracy has a standard deviation of about 6 "
    "points, and the largest of 20 such numbers is about 2 standard deviations above the mean. So the score that chose the "
    "model cannot also test it. The dev score of the chosen model is too good for the same reason, and that is what the test "
    "set is for. To find such a bug, shuffle the labels: an honest program then reports the accuracy of a coin.",
    "20 个带噪声的数里最大的那个总是偏大：测试集有 60 行时，准确率的标准差约为 6 个百分点，"
    "20 个这样的数的最大值比平均值高约 2 个标准差。所以用来选模型的分数不能再用来测试它。被选中模型的 dev 分数也因此偏高，"
    "这正是需要测试集的原因。要发现这种错误，可以打乱标签：诚实的程序这时报告的准确率和抛硬币一样。",
)
PROGRAM = Text(
    "app/match/task.py, `MatchTask.evaluate`: checkpoint, threshold and temperature are fitted on dev; "
    "app/commands/match.py, `_report`: the test set is read once, at the end, and selects nothing",
    "app/match/task.py 的 `MatchTask.evaluate`：检查点、阈值和温度都在 dev 上确定；app/commands/match.py 的 `_report`："
    "测试集只在最后用一次，不做任何选择",
)
