"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "copy_layers: three kinds of parts, embeddings, pooler and layers, each with `set_state_dict`. hidden_loss: one loop "
        "over the student's states; `index * every` is the teacher's.",
        "copy_layers：三类部分，即嵌入、pooler 和各层，都用 `set_state_dict`。hidden_loss：对学生的状态做一个循环，"
        "教师的下标是 `index * every`。",
    ),
    Text(
        "`layer.set_state_dict(teacher.encoder.layers[index * every].state_dict())`. In the loss, multiply "
        "`(projection(states) - target) ** 2` by the mask [B, S, 1], sum it, and divide by `mask.sum() * H`.",
        "`layer.set_state_dict(teacher.encoder.layers[index * every].state_dict())`。损失里，把 "
        "`(projection(states) - target) ** 2` 乘以 [B, S, 1] 的掩码，求和，再除以 `mask.sum() * H`。",
    ),
)
REASON = Text(
    "A copied layer already knows how to work with the vectors of its neighbours, because residual connections keep the "
    "vectors of all layers in the same space; so a model with some layers left out is a far better start than random numbers. "
    "The hidden states give the student S x H numbers to imitate for each layer, where a label is one bit. State 0 is compared "
    "with state 0, and the student's last state with the teacher's last. The projection is needed only for another width, and "
    "is thrown away after the training.",
    "复制来的层已经会处理相邻层的向量，因为残差连接让各层的向量处在同一空间，所以去掉几层的模型比随机数是好得多的起点。"
    "隐藏状态在每一层给学生 S × H 个数去模仿，而一个标签只有一个比特。第 0 个状态与第 0 个比，"
    "学生的最后一个与教师的最后一个比。投影只在宽度不同时需要，训练之后就丢掉。",
)
PROGRAM = Text(
    "app/encoder/from_scratch.py, which builds the smaller sizes; app/engine/inference_model.py and app/engine/quantize.py "
    "make a model faster without training it again",
    "app/encoder/from_scratch.py：构造更小的模型；app/engine/inference_model.py 和 app/engine/quantize.py "
    "不用重新训练就让模型更快",
)
