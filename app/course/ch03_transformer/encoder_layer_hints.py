"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Twice the same pattern: a part, dropout, add the part's own input, normalize. What is the input of the second part?",
        "同样的步骤做两遍：一个部分、dropout、加上该部分自己的输入、归一化。第二个部分的输入是什么？",
    ),
    Text(
        "`h = self.norm1(x + self.dropout(self.self_attn(x, x, x, attn_mask=mask)))`. Then the same with "
        "`self.linear2(F.gelu(self.linear1(h)))`, where `h` is added and `self.norm2` normalizes.",
        "`h = self.norm1(x + self.dropout(self.self_attn(x, x, x, attn_mask=mask)))`。然后对 "
        "`self.linear2(F.gelu(self.linear1(h)))` 做同样的事：加上 `h`，再用 `self.norm2` 归一化。",
    ),
)
REASON = Text(
    "The residual connection adds a part's own input, so the second one adds h, the output of the first normalization, not x. "
    "Through the additions a gradient reaches every layer without passing a weight matrix. Attention is the only place where "
    "tokens exchange information; without GELU the two linear layers would be one. Post-norm needs a warm-up in training; "
    "pre-norm (x + part(norm(x))), which many later models use, is easier to train when there are many layers (Xiong et al. "
    "2020).",
    "残差连接加的是该部分自己的输入，所以第二次加的是 h（第一次归一化的输出），不是 x。通过这些加法，"
    "梯度不经过权重矩阵也能到达每一层。"
    "词元之间只在注意力里交换信息；没有 GELU，两个线性层就等于一个线性层。post-norm 训练时需要预热；"
    "后来的很多模型用 pre-norm（x + part(norm(x))），层数多时更容易训练 (Xiong et al. 2020)。",
)
PROGRAM = Text(
    "paddle.nn.TransformerEncoderLayer, which the encoders of app/encoder/from_scratch.py are made of",
    "paddle.nn.TransformerEncoderLayer，app/encoder/from_scratch.py 的编码器由它组成",
)
