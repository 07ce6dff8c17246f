"""Questions on pretraining."""

from app.course.quiz import Question
from app.course.texts import Text

QUESTIONS = (
    Question(
        Text("Which list has only pretraining tasks, whose labels come from plain text?",
             "哪一组全是预训练任务，即标签来自纯文本本身？"),
        right=Text("Masked LM, sentence order, replaced-token detection", "掩码语言模型、句子顺序预测、替换词元检测"),
        reason=Text("All three make the question and the answer from unlabelled text: hidden tokens, swapped sentences, "
                    "replaced tokens.",
                    "三者的问题和答案都由无标注文本产生：遮住的词元、交换的句子、替换的词元。"),
        wrong=(
            (Text("Masked LM, next sentence, named entity recognition", "掩码语言模型、下一句预测、命名实体识别"),
             Text("Named entities need labels from people: it is a task for fine-tuning.",
                  "命名实体需要人工标注：这是微调的任务。")),
            (Text("Whole-word masking, span masking, sentiment classification", "全词掩码、片段掩码、情感分类"),
             Text("Sentiment needs labels from people: it is a task for fine-tuning.", "情感需要人工标注：这是微调的任务。")),
            (Text("Permutation LM, question answering with spans, next sentence", "排列语言模型、片段抽取式问答、下一句预测"),
             Text("The questions and answers of question answering are written by people.", "问答任务的问题和答案由人编写。")),
        ),
    ),
    Question(
        Text("Of the chosen tokens, BERT leaves 10 % unchanged and replaces 10 % by random tokens. What is the main reason?",
             "在被选中的词元中，BERT 让 10% 保持不变，10% 换成随机词元。主要原因是什么？"),
        right=Text("The model cannot rely on [MASK] to know where it is asked, so it makes a good vector for every token",
                   "模型不能靠 [MASK] 知道会在哪里被提问，所以会为每个词元都给出好的向量"),
        reason=Text("[MASK] never occurs in fine-tuning. If only [MASK] were asked about, the vectors of ordinary tokens would "
                    "not be trained "
                    "by this task.",
                    "微调时没有 [MASK]。如果只问 [MASK]，普通词元的向量就得不到这个任务的训练。"),
        wrong=(
            (Text("More than 15 % of the tokens get a label in this way", "这样有标签的词元会超过 15%"),
             Text("The labels stay those of the chosen 15 %; 80/10/10 only decides what the model sees there.",
                  "标签仍然只在选中的 15% 上；80/10/10 只决定模型在这些位置看到什么。")),
            (Text("The loss is computed faster, because fewer tokens are [MASK]", "[MASK] 变少，损失算得更快"),
             Text("The loss is computed at all chosen positions, whatever stands there.",
                  "不论输入是什么，所有被选中的位置都要算损失。")),
            (Text("The unchanged tokens need no label, so the task becomes easier", "保持不变的词元不需要标签，任务更容易"),
             Text("They have labels too; without them, they would teach nothing.", "它们也有标签；没有标签就什么也学不到。")),
        ),
    ),
    Question(
        Text("Why is sentence-order prediction (SOP) harder than next-sentence prediction (NSP)?",
             "为什么句子顺序预测（SOP）比下一句预测（NSP）更难？"),
        right=Text("Both classes have the same two sentences, so topic and words do not help",
                   "两类用的是同样的两个句子，话题和用词帮不上忙"),
        reason=Text("In NSP, the random sentence is of another document and usually of another topic. In SOP, only the order "
                    "differs: in exercise "
                    "5.3, a rule that counts common characters is hardly better than a coin.",
                    "NSP 的随机句子来自另一篇文档，话题通常不同。SOP 只有顺序不同：在练习 5.3 中，只数共同字的规则几乎不比抛硬"
                    "币好。"),
        wrong=(
            (Text("SOP has three classes, NSP two", "SOP 有三类，NSP 有两类"),
             Text("Both have two classes. StructBERT joins them to three.", "两者都是两类。StructBERT 才把它们合成三类。")),
            (Text("SOP uses sentences of more documents", "SOP 用到更多文档的句子"),
             Text("It is the other way round: SOP uses one document, NSP two.", "正好相反：SOP 只用一篇文档，NSP 用两篇。")),
            (Text("SOP gives fewer training pairs than NSP", "SOP 产生的训练句对比 NSP 少"),
             Text("Both make one pair from each place in the text.", "在文本的每个位置，两者都产生一个句对。")),
        ),
    ),
    Question(
        Text("What does whole-word masking change for Chinese BERT?", "对中文 BERT 来说，全词掩码改变了什么？"),
        right=Text("All characters of a word are masked together; input and output stay characters",
                   "一个词的所有字一起遮住；输入和输出仍是字"),
        reason=Text("The segmenter only decides which characters are masked together. Tokenizer, vocabulary and the use of the "
                    "model are "
                    "the same as before.",
                    "分词器只决定哪些字一起遮住。切分词元的方式、词表和模型的用法都不变。"),
        wrong=(
            (Text("The vocabulary has words in place of characters", "词表里的字换成了词"),
             Text("The vocabulary stays; a model with words as tokens would be another model.",
                  "词表不变；以词为词元的是另一种模型。")),
            (Text("The whole sentence has to be segmented by jieba before the model is used",
                  "使用模型之前，必须先用 jieba 给整句分词"),
             Text("Word segmentation is needed in pretraining only, to choose the positions.", "只有预训练选位置时才需要分词。")),
            (Text("More tokens are masked: each chosen character adds its word to the 15 %",
                  "遮住的词元更多：每个选中的字会让整个词额外加到 15% 之上"),
             Text("The budget stays 15 % of the tokens, whatever is masked together.",
                  "不论什么一起遮住，预算仍是词元的 15%。")),
        ),
    ),
    Question(
        Text("In ELECTRA, the generator fills a masked position with exactly the original token. What is this token's label "
             "for the model "
             "that judges?",
             "在 ELECTRA 中，生成器在遮住的位置上正好填回了原词元。判别模型在这个词元上的标签是什么？"),
        right=Text("Original", "原词元"),
        reason=Text("The label compares the token with the original text. Nothing in the input shows that it was guessed, so "
                    "“replaced” could not "
                    "be learned.",
                    "标签是把词元与原文比较得到的。输入里看不出它是猜的，标成“被替换”就没法学。"),
        wrong=(
            (Text("Replaced, because the position was masked", "被替换，因为这个位置被遮过"),
             Text("The masked input is seen by the generator only. The token is the original.",
                  "只有生成器看到遮住的输入。这个词元就是原词元。")),
            (Text("No label: only wrong guesses are counted", "没有标签：只计算猜错的"),
             Text("All tokens have labels, also those that were never masked. This is why ELECTRA learns from every token.",
                  "所有词元都有标签，包括从未遮住的。这正是 ELECTRA 能从每个词元学习的原因。")),
            (Text("The id of the original token", "原词元的 id"),
             Text("That is the generator's label. The model that judges has two classes.",
                  "那是生成器的标签。判别模型只有两类。")),
        ),
    ),
)  # fmt: skip
