"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Count one linear layer and one normalization first: H x H + H, and 2 x H. Then count how many of each there are.",
        "先数一个线性层和一个层归一化：H x H + H，以及 2 x H。再数各有多少个。",
    ),
    Text(
        "One layer: 4 * (H * H + H) for the attention, H * I + I + I * H + H for the feed-forward network, 2 * 2 * H for the "
        "normalizations, where I is intermediate_size. Embeddings: (V + P + T) * H + 2 * H, where V, P and T are "
        "the rows of the three tables. Pooler: H * H + H.",
        "一层：注意力 4 * (H * H + H)，前馈网络 H * I + I + I * H + H，层归一化 2 * 2 * H，其中 I 是 intermediate_size。"
        "嵌入：(V + P + T) * H + 2 * H，V、P、T 是三个表的行数。pooler：H * H + H。",
    ),
)
REASON = Text(
    "With I = 4H, a layer has about 4H² in the attention and 8H² in the feed-forward network: two thirds of a layer are "
    "feed-forward. Base is 109,482,240 (rounded to 110M), large 335,141,888 (about 340M). With its heads for pretraining, "
    "base has 110,106,428: the decoder of the masked LM shares the token table, so only its transform and biases are added. "
    "The number of heads does not occur in the count.",
    "当 I = 4H 时，一层的注意力约有 4H² 个参数，前馈网络约有 8H² 个：一层的三分之二在前馈网络里。base 是 109,482,240（约 1.1 "
    "亿），"
    "large 是 335,141,888（约 3.4 亿）。加上预训练的输出头，base 是 110,106,428：掩码语言模型的解码层与词元嵌入表共享权重，"
    "所以只多出变换层和偏置。头数不影响参数量。",
)
PROGRAM = Text(
    "`encoder_from_scratch` in app/encoder/from_scratch.py builds encoders from such a configuration",
    "app/encoder/from_scratch.py 里的 `encoder_from_scratch`：它按这样的配置构建编码器",
)
