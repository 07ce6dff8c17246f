"""Questions on self-attention."""

from app.course.quiz import Question
from app.course.texts import Text

QUESTIONS = (
    Question(
        Text("Why are the scores QKᵀ divided by √d?", "为什么分数 QKᵀ 要除以 √d？"),
        right=Text("So that their variance stays near 1 and the softmax keeps its gradient",
                   "让分数的方差保持在 1 左右，使 softmax 保有梯度"),
        reason=Text("A dot product of two random vectors of length d has the variance d. Large scores make the softmax nearly "
                    "one-hot, and its gradient nearly 0.",
                    "两个长度为 d 的随机向量的点积方差为 d。分数很大时，softmax 接近 one-hot，梯度接近 0。"),
        wrong=(
            (Text("So that each row of the weights sums to 1", "让权重的每一行之和为 1"),
             Text("The softmax does that, with any scale.", "这是 softmax 做的，与缩放无关。")),
            (Text("To save multiplications", "为了减少乘法"),
             Text("The division adds work; the matrix products stay the same.", "除法只会增加计算量，矩阵乘法不变。")),
            (Text("So that padding gets no weight", "让填充位置没有权重"),
             Text("A mask does that: it adds a very negative number to the scores of padding.",
                  "这是掩码的作用：给填充位置的分数加上一个绝对值很大的负数。")),
        ),
    ),
    Question(
        Text("What are query, key and value of a token in self-attention?",
             "在自注意力里，一个词元的 query、key、value 是什么？"),
        right=Text("Its own vector times three different learned matrices", "它自己的向量分别乘以三个不同的、学到的矩阵"),
        reason=Text("The query meets the keys of all tokens, which gives the weights; the values are then averaged with these "
                    "weights. With separate matrices, a token can look for something that it does not offer itself.",
                    "query 与所有词元的 key 相乘得到权重，再用这些权重对 value 加权平均。"
                    "矩阵各不相同，所以词元要找的可以不同于它自己能提供的。"),
        wrong=(
            (Text("The vectors of the token itself, of the token before it and of the token behind it",
                  "它自己、前一个词元和后一个词元的向量"),
             Text("All three come from the token's own vector. The neighbours have no special place in attention.",
                  "三者都来自词元自己的向量。注意力对相邻的词元并不特殊对待。")),
            (Text("Three rows of the embedding table, one for each role", "嵌入表里的三行，每个角色一行"),
             Text("The table has one row per token. Each layer computes new queries, keys and values from its input.",
                  "表里每个词元只有一行。每一层都由自己的输入重新计算 query、key 和 value。")),
            (Text("Three parts of its vector, cut into equal lengths", "把它的向量切成等长的三段"),
             Text("Heads work on parts of the vectors; query, key and value are products with whole matrices.",
                  "切成段的是多头；query、key、value 是与整个矩阵相乘得到的。")),
        ),
    ),
    Question(
        Text("Hidden size 768: what changes if a layer has 6 heads in place of 12?",
             "隐层大小是 768。如果把一层的 12 个头改为 6 个，会有什么变化？"),
        right=Text("Each head works with 128 numbers in place of 64; the number of parameters stays the same",
                   "每个头处理 128 个数，而不是 64 个；参数量不变"),
        reason=Text("The heads share the 768 numbers: 768 / 6 = 128. The matrices for query, key, value and output stay 768 x "
                    "768.",
                    "各个头分享这 768 个数：768 / 6 = 128。query、key、value 和输出的矩阵仍是 768 × 768。"),
        wrong=(
            (Text("The layer has half as many parameters", "这一层的参数减少一半"),
             Text("The matrices stay 768 x 768; they are only cut into fewer parts.",
                  "矩阵仍是 768 × 768，只是切成的段数少了。")),
            (Text("The output has 384 numbers per token in place of 768", "每个词元的输出是 384 个数，而不是 768 个"),
             Text("Merging the heads gives 6 x 128 = 768 numbers.", "合并各头得到 6 × 128 = 768 个数。")),
            (Text("Each token can look at half as many tokens", "每个词元能看到的词元减少一半"),
             Text("Each head looks at all tokens. There are only fewer sets of weights.",
                  "每个头都能看到所有词元，只是权重的组数少了。")),
        ),
    ),
    Question(
        Text("What is the effect of a padding mask?", "填充掩码起什么作用？"),
        right=Text("It makes the attention weights of padding 0, so padding does not change the other tokens",
                   "使填充的注意力权重为 0，所以填充不会影响其他词元"),
        reason=Text("A very negative number is added to the scores of padding before the softmax. The weights of the real "
                    "tokens still sum to 1.",
                    "在 softmax 之前，给填充的分数加上一个绝对值很大的负数。真实词元的权重之和仍是 1。"),
        wrong=(
            (Text("It removes padding from the batch, so the computation is faster", "从批里去掉填充，使计算更快"),
             Text("The shapes stay the same, and the scores of padding are computed too. Only their weights become 0.",
                  "形状不变，填充的分数也照样计算，只是权重变为 0。")),
            (Text("It hides 15 % of the tokens, which the model then predicts", "遮住 15% 的词元，让模型预测"),
             Text("This is the masking of a masked LM: it replaces tokens by [MASK]. It has the same name only.",
                  "这是掩码语言模型的掩码：用 [MASK] 替换词元。只是名称相同。")),
            (Text("It hides the tokens that come later in the sentence", "遮住句子里后面的词元"),
             Text("This is the causal mask of a decoder.", "这是解码器的因果掩码。")),
        ),
    ),
    Question(
        Text("Batch size and d stay the same, but the sentences become twice as long (S to 2S). How does the work for the "
             "product QKᵀ grow?",
             "批大小和 d 不变，句子变为两倍长（S 变为 2S）。计算 QKᵀ 的工作量怎样变化？"),
        right=Text("4 times", "变为 4 倍"),
        reason=Text("QKᵀ has S x S dot products of length d, and (2S) x (2S) = 4 x S x S.",
                    "QKᵀ 有 S × S 个长度为 d 的点积，而 (2S) × (2S) = 4 × S × S。"),
        wrong=(
            (Text("2 times", "变为 2 倍"),
             Text("This holds for the layers that compute each token for itself. Attention compares all pairs of tokens.",
                  "这对独立计算各个词元的层成立。注意力要比较每一对词元。")),
            (Text("It stays the same, because it is one matrix product", "不变，因为只是一次矩阵乘法"),
             Text("It is one call, but of larger matrices.", "只调用一次，但矩阵更大。")),
            (Text("8 times", "变为 8 倍"),
             Text("This would be so if d were doubled too.", "只有 d 也变为两倍时才是这样。")),
        ),
    ),
)  # fmt: skip
