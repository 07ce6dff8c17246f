"""Questions on self-attention."""

from app.course.quiz import Question
from app.course.texts import Text

QUESTIONS = (
    Question(
        Text("Why are the scores QKᵀ divided by √d?", "为什么分数 QKᵀ 要除以 √d？"),
        right=Text("So that their variance stays near 1 and the softmax keeps its gradient",
                   "让分数的方差保持在 1 左右，使 softmax 保有梯度"),
        reason=Text("A dot product of two random vectors of length d has the variance d. Large scores make the softmax nearly one-hot, "
                    "and its gradient nearly 0.",
                    "两个长度为 d 的随机向量的点积方差为 d。分数很大时，softmax 接近 one-hot，梯度接近 0。"),
        wrong=(
            (Text("So that each row of the weights sums to 1", "让权重的每一行之和为 1"),
             Text("The softmax does that, with any scale.", "这是 softmax 做的，与缩放无关。")),
            (Text("To save multiplications", "为了减少乘法"),
             Text("The division adds work; the matrix products stay the same.", "除法只会增加计算量，矩阵乘法不变。")),
            (Text("So that padding gets no weight", "让填充位置没有权重"),
             Text("A mask does that: it adds a very negative number to the scores of padding.",
                  "这是掩码的作用：给填充位置的分数加上一个很大的负数。")),
        ),
    ),
)  # fmt: skip
