"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Three steps: the cross-entropy with the labels; the KL divergence of two softmaxes with temperature, both through "
        "`F.log_softmax`; the weighted sum.",
        "分三步：与标签的交叉熵；两个带温度的 softmax 之间的 KL 散度，都用 `F.log_softmax` 算；加权和。",
    ),
    Text(
        "`log_p = F.log_softmax(teacher_logits.detach() / temperature)`, `log_q = F.log_softmax(logits / temperature)`, "
        "`kl = (log_p.exp() * (log_p - log_q)).sum(axis=-1).mean()`. The factor of `kl` is `(1 - alpha) * temperature**2`.",
        "`log_p = F.log_softmax(teacher_logits.detach() / temperature)`，`log_q = F.log_softmax(logits / temperature)`，"
        "`kl = (log_p.exp() * (log_p - log_q)).sum(axis=-1).mean()`。`kl` 的系数是 `(1 - alpha) * temperature**2`。",
    ),
)
REASON = Text(
    "KL(p‖q) compares the student q with the teacher p: it is 0 if both agree, and it is largest where the teacher gives "
    "probability and the student does not. Its gradient with respect to the student's logits is (q - p) / T, and the "
    "difference q - p shrinks with 1 / T as well, so the product with T² stays comparable with the gradient of the "
    "cross-entropy. Without detach, the loss could also become smaller by moving the teacher towards the student. log_softmax "
    "computes the logarithm directly, so it stays exact where a probability is almost 0.",
    "KL(p‖q) 把学生 q 与教师 p 比较：两者一致时为 0；教师给了概率而学生没有给的地方，它最大。它对学生 logits 的梯度是 (q - p) "
    "/ T，而 q - p 本身也随 1 / T 变小，所以乘以 T² 之后才能与交叉熵的梯度相比。如果不用 detach，把教师拉向学生也能让损失变小。"
    "log_softmax 直接计算对数，所以概率接近 0 时仍然精确。",
)
PROGRAM = Text(
    "app/match/decision.py, which divides logits by a temperature too: there it is fitted on the dev set, to calibrate a model",
    "app/match/decision.py：它也用温度去除 logits，那里的温度在开发集上拟合，用来校准模型",
)
