"""Questions on word vectors, negative sampling and recurrent networks."""

from app.course.quiz import Question
from app.course.texts import Text

QUESTIONS = (
    Question(
        Text("A corpus uses 苹果 for the fruit and for the company. How many vectors does 苹果 get from word2vec, and how "
             "many from BERT?",
             "语料里的“苹果”有时是水果，有时是公司。训练之后，word2vec 和 BERT 各给“苹果”多少个向量？"),
        right=Text("word2vec: one for all sentences; BERT: its output differs from sentence to sentence",
                   "word2vec：所有句子共用一个；BERT：输出随句子而不同"),
        reason=Text("word2vec is a table with one row per word. BERT starts with a table too, but its layers mix each token "
                    "with the other tokens of the sentence.",
                    "word2vec 是一张表，每个词一行。BERT 也从一张表开始，但它的各层会把每个词元与句子里的其他词元混合。"),
        wrong=(
            (Text("word2vec: two, one for each sense; BERT: two, one for each sense",
                  "word2vec：两个，每个意思一个；BERT：两个，每个意思一个"),
             Text("Neither knows a list of senses. word2vec has one row per word, and BERT's output depends on the whole "
                  "sentence.",
                  "两者都不知道词有哪些意思。word2vec 每个词一行，而 BERT 的输出取决于整个句子。")),
            (Text("word2vec: one for all sentences; BERT: one for all sentences, but a longer one",
                  "word2vec：所有句子共用一个；BERT：所有句子共用一个，只是更长"),
             Text("This holds for BERT's embedding table only, not for its output.",
                  "这只对 BERT 的嵌入表成立，对它的输出不成立。")),
            (Text("word2vec: another one for each sentence, because it looks at the neighbours; BERT: one for all sentences",
                  "word2vec：每个句子一个，因为它看邻近词；BERT：所有句子共用一个"),
             Text("word2vec looks at the neighbours during training only. Afterwards the vector is looked up in the table.",
                  "word2vec 只在训练时看邻近词，训练之后只是查表。")),
        ),
    ),
    Question(
        Text("Skip-gram with a vocabulary of 50,000 words and 5 negatives. How many dot products does the loss of one word "
             "pair need with the full softmax, and how many with negative sampling?",
             "Skip-gram，词表有 50,000 个词，5 个负样本。计算一个词对的损失，完整的 softmax 和负采样各需要多少个点积？"),
        right=Text("50,000 and 6", "50,000 和 6"),
        reason=Text("The softmax needs the scores of all words for its denominator. Negative sampling needs the true "
                    "neighbour and the 5 negatives.",
                    "softmax 的分母需要所有词的分数。负采样只需要真正的邻近词和 5 个负样本。"),
        wrong=(
            (Text("50,000 and 5", "50,000 和 5"),
             Text("The true neighbour needs a score too: K + 1.", "真正的邻近词也需要一个分数：K + 1。")),
            (Text("50,000 and 10,000", "50,000 和 10,000"),
             Text("The vocabulary is not divided by 5. Only 5 words are drawn from it.",
                  "不是把词表除以 5，而是只从中抽取 5 个词。")),
            (Text("1 and 6", "1 和 6"),
             Text("With one score there is no softmax: its denominator is a sum over all words.",
                  "只有一个分数就没有 softmax：分母要对所有的词求和。")),
        ),
    ),
    Question(
        Text("Which of these is no recurrent network?", "下面哪一个不是循环神经网络？"),
        right=Text("Transformer", "Transformer"),
        reason=Text("A Transformer has no state that goes from one position to the next. Attention connects all positions "
                    "directly.",
                    "Transformer 没有从一个位置传到下一个位置的状态，注意力直接连接所有位置。"),
        wrong=(
            (Text("LSTM", "LSTM"),
             Text("It is a recurrent network with three gates and a cell state.", "它是有三个门和一个细胞状态的循环神经网络。")),
            (Text("GRU", "GRU"),
             Text("It is a recurrent network with two gates.", "它是有两个门的循环神经网络。")),
            (Text("Elman network", "Elman 网络"),
             Text("It is the plain recurrent network: h_t = tanh(x_t W + h_{t-1} U + b).",
                  "它就是普通的循环神经网络：h_t = tanh(x_t W + h_{t-1} U + b)。")),
        ),
    ),
    Question(
        Text("A plain RNN has a state of one number: h_t = tanh(W x_t + U h_{t-1} + b) with W = 0.3, U = -0.4, b = 0.1. What "
             "is h_t for x_t = 2 and h_{t-1} = 0.5?",
             "普通 RNN 的状态只有一个数：h_t = tanh(W x_t + U h_{t-1} + b)，W = 0.3，U = -0.4，b = 0.1。"
             "x_t = 2、h_{t-1} = 0.5 时，h_t 是多少？"),
        right=Text("0.462", "0.462"),
        reason=Text("0.3 x 2 - 0.4 x 0.5 + 0.1 = 0.5, and tanh(0.5) = 0.462.",
                    "tanh 里的和是 0.3 × 2 - 0.4 × 0.5 + 0.1 = 0.5，而 tanh(0.5) = 0.462。"),
        wrong=(
            (Text("0.500", "0.500"),
             Text("This is the sum; the tanh is missing.", "这是和；缺少 tanh。")),
            (Text("0.537", "0.537"),
             Text("This is tanh(0.6): U h_{t-1} and b are missing.", "这是 tanh(0.6)：缺少 U h_{t-1} 和 b。")),
            (Text("-0.501", "-0.501"),
             Text("Here W and U are swapped: tanh(-0.4 x 2 + 0.3 x 0.5 + 0.1) = tanh(-0.55).",
                  "这里 W 和 U 写反了：tanh(-0.4 × 2 + 0.3 × 0.5 + 0.1) = tanh(-0.55)。")),
        ),
    ),
    Question(
        Text("Why can a plain RNN not compute all positions of one sentence at the same time?",
             "为什么普通 RNN 不能同时计算一个句子的所有位置？"),
        right=Text("Because h_t needs h_{t-1}, which is known only after the step before",
                   "因为 h_t 需要 h_{t-1}，而它要等上一步算完才知道"),
        reason=Text("x_t W can be computed for all positions at once, but tanh(... + h_{t-1} U) has to go step by step.",
                    "x_t W 可以对所有位置一次算完，但 tanh(... + h_{t-1} U) 只能一步一步地算。"),
        wrong=(
            (Text("Because each step has weights of its own", "因为每一步的权重都不同"),
             Text("All steps share W, U and b.", "所有的步共用 W、U 和 b。")),
            (Text("Because sentences have different lengths", "因为句子的长度不同"),
             Text("Padding solves that for batches, for a Transformer too; even a single sentence goes step by step in an RNN.",
                  "填充就能解决批里长度不同的问题，Transformer 也一样；而在 RNN 里，即使只有一个句子也要一步一步地算。")),
            (Text("Because the tanh is slow", "因为 tanh 很慢"),
             Text("It is computed for all numbers of a state at once and is cheap next to the matrix products.",
                  "它对状态里所有的数同时计算，与矩阵乘法相比代价很小。")),
        ),
    ),
)  # fmt: skip
