"""Questions on the Transformer."""

from app.course.quiz import Question
from app.course.texts import Text

QUESTIONS = (
    Question(
        Text("Which part does a decoder layer of the Transformer have that an encoder layer does not have?",
             "Transformer 的解码器层有哪个部分是编码器层没有的？"),
        right=Text("Cross attention, with the keys and values from the encoder", "交叉注意力，key 和 value 来自编码器"),
        reason=Text("The decoder looks up the encoder's output there. Its self-attention also has a causal mask.",
                    "解码器在这里查看编码器的输出。另外，它的自注意力有因果掩码。"),
        wrong=(
            (Text("A feed-forward network", "前馈网络"),
             Text("Both have one: two linear layers with an activation between them.", "两者都有：两个线性层，中间是激活函数。")),
            (Text("Residual connections with layer normalization", "残差连接和层归一化"),
             Text("Both have them, around each part.", "两者都有，每个部分外面都有。")),
            (Text("Attention with several heads", "多头注意力"),
             Text("The encoder's self-attention has several heads too.", "编码器的自注意力也是多头的。")),
        ),
    ),
    Question(
        Text("Why does the self-attention of a decoder have a causal mask?", "为什么解码器的自注意力要有因果掩码？"),
        right=Text("So that no position sees the tokens after it, which it learns to predict",
                   "让任何位置都看不到后面的词元，而后面的词元正是它要学会预测的"),
        reason=Text("In training, the whole target text is in the input at once. Without the mask, a position could copy the "
                    "next token instead of predicting it; in writing there is no next token yet.",
                    "训练时整个目标文本同时作为输入。没有掩码，一个位置可以直接抄下一个词元，不需要预测；"
                    "而生成时还没有下一个词元。"),
        wrong=(
            (Text("So that padding gets no weight", "让填充位置没有权重"),
             Text("A padding mask does that. It depends on the lengths of the texts, not on the position that looks.",
                  "这是填充掩码的作用。它取决于文本的长度，与看的位置无关。")),
            (Text("So that the decoder does not see the encoder's text", "让解码器看不到编码器的文本"),
             Text("The decoder is meant to see all of the encoder's text, by cross attention.",
                  "解码器应该通过交叉注意力看到编码器的全部文本。")),
            (Text("So that the words have an order, without position vectors", "不用位置向量也能表示词序"),
             Text("The purpose is to hide the future. The decoder of (Vaswani et al. 2017) has position vectors as well.",
                  "目的是遮住后面的内容。(Vaswani et al. 2017) 的解码器同样有位置向量。")),
        ),
    ),
    Question(
        Text("A BERT with learned positions has a table of 512 rows. What about a text of 600 tokens?",
             "一个使用可学习位置编码的 BERT，位置表有 512 行。600 个词元的文本怎么办？"),
        right=Text("It has to be cut or split: there are no vectors for the positions from 512 on",
                   "必须截断或切分：从位置 512 起没有位置向量"),
        reason=Text("A learned table has only the rows that were there in training. Sinusoids can be computed for every "
                    "position, but a model may still work worse on lengths that it has not seen.",
                    "可学习的表只有训练时就有的那些行。正弦位置编码对任何位置都能算出来，但模型在没见过的长度上效果仍可能变差。"),
        wrong=(
            (Text("Row 512 is computed with sine and cosine", "用正弦和余弦算出第 512 行"),
             Text("The learned rows are free parameters; no formula continues them.",
             "学到的行是自由参数，没有公式可以延续它们。")),
            (Text("The positions start at 0 again, without any loss", "位置重新从 0 开始，没有任何损失"),
             Text("Then tokens 0 and 512 would have the same position, and the model could not tell their order.",
                  "那样词元 0 和词元 512 的位置相同，模型无法区分它们的先后。")),
            (Text("Nothing has to be done: self-attention works for any length", "什么都不用做：自注意力适用于任何长度"),
             Text("The attention does, but the lookup in the position table fails before it.",
                  "注意力可以，但在它之前，查位置表就会出错。")),
        ),
    ),
    Question(
        Text("What are the residual connections in a Transformer layer for?", "Transformer 层里的残差连接有什么作用？"),
        right=Text("Gradients reach the first layers through the additions, so deep stacks can be trained",
                   "梯度可以通过加法传到前面的层，使很深的堆叠也能训练"),
        reason=Text("The derivative of x + part(x) contains the derivative of x itself, which is 1. The gradient need not "
                    "pass the weights of every part (exercise 3.1 measures it).",
                    "x + part(x) 的导数包含 x 自己的导数，也就是 1。梯度不必经过每个部分的权重（练习 3.1 做了测量）。"),
        wrong=(
            (Text("They reduce the number of parameters", "减少参数量"),
             Text("An addition has no parameters, and it removes none.", "加法没有参数，也不会减少别的参数。")),
            (Text("They keep each vector at mean 0 and variance 1", "让每个向量的均值为 0、方差为 1"),
             Text("Layer normalization does that (before its weight and bias).", "这是层归一化的作用（在乘权重、加偏置之前）。")),
            (Text("They let tokens exchange information", "让词元之间交换信息"),
             Text("A residual connection adds a token's own vector. Tokens exchange information in the attention.",
                  "残差连接加的是词元自己的向量。词元之间在注意力里交换信息。")),
        ),
    ),
)  # fmt: skip
