"""Questions on BERT's inputs and sizes."""

from app.course.quiz import Question
from app.course.texts import Text

QUESTIONS = (
    Question(
        Text("BERT adds three embeddings for each token. What does the segment embedding tell the model?",
             "BERT 把每个词元的三种嵌入相加。片段嵌入告诉模型什么？"),
        right=Text("Whether the token belongs to text A or to text B", "词元属于文本 A 还是文本 B"),
        reason=Text("There are two rows, for the token_type_ids 0 and 1. All tokens of one text get the same row.",
                    "表里有两行，对应 token_type_ids 的 0 和 1。同一个文本的所有词元用同一行。"),
        wrong=(
            (Text("Where the token is in the input", "词元在输入中的位置"),
             Text("The position embedding tells that: one row for each position.", "这由位置嵌入表示：每个位置一行。")),
            (Text("Whether the token is padding", "词元是不是填充"),
             Text("Padding is hidden by the attention mask; [PAD] has its own row in the token table.",
                  "填充由注意力掩码遮住；[PAD] 在词元嵌入表里有自己的一行。")),
            (Text("Whether the token continues a word (##)", "词元是不是一个词的后续部分（##）"),
             Text("Pieces with ## are entries of the vocabulary, so the token embedding tells that.",
                  "带 ## 的片段是词表里的条目，由词元嵌入表示。")),
        ),
    ),
    Question(
        Text("Which change adds the most parameters to BERT base (110 million)?",
        "对 BERT base（1.1 亿参数）做哪个改动，参数增加得最多？"),
        right=Text("24 layers instead of 12", "12 层变成 24 层"),
        reason=Text("The 12 layers have 85,054,464 parameters, 78 % of the model; 12 more layers add as many again.",
                    "12 层共有 85,054,464 个参数，占模型的 78%；再加 12 层就再增加同样多。"),
        wrong=(
            (Text("24 attention heads instead of 12", "12 个注意力头变成 24 个"),
             Text("This adds nothing: the heads share the width of 768, so each one becomes narrower.",
                  "参数不变：各个头平分 768 的宽度，每个头变窄了。")),
            (Text("A vocabulary of 61,044 tokens instead of 30,522", "词表从 30,522 个词元变成 61,044 个"),
             Text("This adds 30,522 rows of 768 values: 23,440,896 parameters.",
             "增加 30,522 行，每行 768 个值：23,440,896 个参数。")),
            (Text("1,024 positions instead of 512", "512 个位置变成 1,024 个"),
             Text("This adds 512 rows of 768 values: 393,216 parameters.", "增加 512 行，每行 768 个值：393,216 个参数。")),
        ),
    ),
    Question(
        Text("Two texts are classified as a pair. Why is the last vector of [CLS] used?",
        "给句对分类时，为什么用 [CLS] 最后一层的向量？"),
        right=Text("It attends to all tokens of both texts and has no word of its own, so it can be trained to describe the pair",
                   "它能看到两个文本的所有词元，又没有自己的词，所以可以训练成对整个句对的描述"),
        reason=Text("In every layer [CLS] takes a weighted mean over all tokens. What it collects is learned, in pretraining "
                    "and in fine-tuning.",
                    "在每一层，[CLS] 都对所有词元做加权平均。收集什么是在预训练和微调中学到的。"),
        wrong=(
            (Text("It is the mean of the vectors of all tokens", "它是所有词元向量的平均"),
             Text("It is the vector at position 0, the result of the layers. Mean pooling is another method.",
                  "它是位置 0 的向量，由各层算出。平均池化是另一种方法。")),
            (Text("It is the only token that sees both texts", "只有它能看到两个文本"),
             Text("In BERT every token sees both texts, except padding.", "在 BERT 里，每个词元都能看到两个文本（填充除外）。")),
            (Text("Its embedding is fixed, so it is the same for every input", "它的嵌入是固定的，所以对任何输入都相同"),
             Text("Its input embedding is always the same, but after the layers its vector depends on the texts.",
                  "它的输入嵌入总是相同，但经过各层之后，它的向量取决于文本。")),
        ),
    ),
    Question(
        Text("What are the token_type_ids of [CLS] a1 a2 [SEP] b1 [SEP]?",
        "[CLS] a1 a2 [SEP] b1 [SEP] 的 token_type_ids 是什么？"),
        right=Text("0 0 0 0 1 1", "0 0 0 0 1 1"),
        reason=Text("[CLS] belongs to the first segment, and each [SEP] to the text that it ends.",
                    "[CLS] 属于第一个片段，每个 [SEP] 属于它所结束的文本。"),
        wrong=(
            (Text("0 0 0 1 1 1", "0 0 0 1 1 1"),
             Text("The first [SEP] ends text A, so it has 0.", "第一个 [SEP] 是文本 A 的结尾，应为 0。")),
            (Text("0 0 0 0 1 0", "0 0 0 0 1 0"),
             Text("The last [SEP] ends text B, so it has 1.", "最后一个 [SEP] 是文本 B 的结尾，应为 1。")),
            (Text("0 0 1", "0 0 1"),
             Text("The special tokens need ids, too: there is one for each of the six tokens.",
                  "特殊词元也需要编号：六个词元各有一个。")),
        ),
    ),
    Question(
        Text("A WordPiece vocabulary contains un, una, ##aff, ##able and ##ffable. How is `unaffable` split?",
             "一个 WordPiece 词表里有 un、una、##aff、##able 和 ##ffable。`unaffable` 会被怎样切分？"),
        right=Text("una ##ffable", "una ##ffable"),
        reason=Text("From left to right, the longest piece of the vocabulary is taken: una, then ##ffable. The mark ## means "
                    "that the piece continues a word.",
                    "从左到右，每次取词表里最长的片段：先是 una，再是 ##ffable。## 表示这个片段是词的后续部分。"),
        wrong=(
            (Text("un ##aff ##able", "un ##aff ##able"),
             Text("All pieces are there, but una is longer than un, and the longest match is taken first.",
                  "这些片段都在词表里，但 una 比 un 长，而切分时先取最长的匹配。")),
            (Text("[UNK]", "[UNK]"),
             Text("A word becomes [UNK] only if no piece fits at some place. Here ##ffable fits behind una.",
                  "只有切到某处时没有片段能匹配，整个词才会变成 [UNK]。这里 una 后面有 ##ffable 可以匹配。")),
            (Text("u n a f f a b l e", "u n a f f a b l e"),
             Text("Letters are used only where no longer piece fits, and they would have ##, too.",
                  "只有没有更长的片段时才用单个字母，而且除第一个外也会带 ##。")),
        ),
    ),
)  # fmt: skip
