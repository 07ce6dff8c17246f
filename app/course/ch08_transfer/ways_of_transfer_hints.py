"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Make a list of the layers (`paddle.nn.Layer`) that are trained in each way, then one loop over all parameters of the "
        "model. In the adapter, the residual is `x + ...`, and `weight_attr=paddle.nn.initializer.Constant(0.0)` makes a "
        "weight 0.",
        "先列出每种方式要训练的层（`paddle.nn.Layer`），再用一个循环处理模型的所有参数。适配器里的残差是 `x + ...`；"
        "`weight_attr=paddle.nn.initializer.Constant(0.0)` 让权重为 0。",
    ),
    Text(
        "`forward` is `x + self.up(F.gelu(self.down(x)))`. top: `[*encoder.encoder.layers[-top:], encoder.pooler]`; adapters: "
        "the `encoder.sublayers()` that are `isinstance(part, (Adapter, paddle.nn.LayerNorm))`; always the classifier too. "
        "Then `parameter.stop_gradient = not any(parameter is one for one in trained)`.",
        "`forward` 是 `x + self.up(F.gelu(self.down(x)))`。top：`[*encoder.encoder.layers[-top:], encoder.pooler]`；adapters："
        "`encoder.sublayers()` 里满足 `isinstance(part, (Adapter, paddle.nn.LayerNorm))` 的层；分类器总是要训练。然后 "
        "`parameter.stop_gradient = not any(parameter is one for one in trained)`。",
    ),
)
REASON = Text(
    "All ways share one classifier, which is new and always has to be trained. What differs is how much of the encoder may "
    "change: nothing (frozen), the last layers, which are the most specific to the pretraining tasks (top), small additions "
    "(adapters), or everything. stop_gradient is set for every parameter, True or False, so the function gives the same result "
    "whatever was called before. An adapter that starts as the identity keeps what pretraining has learned; random numbers in "
    "its up-projection would disturb every layer at the first step.",
    "所有方式都有同一个分类器，它是新的，总是要训练。区别在于编码器可以变多少：完全不变（frozen）、最后几层（top，"
    "它们最偏向预训练任务）、小的附加部分（adapters）或者全部。每个参数的 stop_gradient 都明确设置为 True 或 False，"
    "所以不管之前调用过什么，结果都一样。适配器从恒等映射开始，才能保留预训练学到的东西；升维层若从随机数开始，"
    "第一步就会扰乱每一层。",
)
PROGRAM = Text(
    "app/match/model.py (PairClassifier) and app/train/optimizer.py, which trains all parameters; app/encoder/from_scratch.py "
    "makes the random weights of scratch:mini",
    "app/match/model.py（PairClassifier）和 app/train/optimizer.py（训练全部参数）；app/encoder/from_scratch.py 生成 "
    "scratch:mini 的随机权重",
)
