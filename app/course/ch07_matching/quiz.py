"""Questions on text matching."""

from app.course.quiz import Question
from app.course.texts import Text

QUESTIONS = (
    Question(
        Text("A query is to be compared with ten million documents in 50 ms. Which model does the first search?",
             "要在 50 毫秒内把一个查询与一千万篇文档比较。第一步检索用哪种模型？"),
        right=Text("A bi-encoder: documents are encoded beforehand, and the query's vector is compared with theirs",
                   "双塔模型（bi-encoder）：文档向量预先算好，再与查询的向量比较"),
        reason=Text("Each text is encoded alone, so the work on the documents is done before the query comes. What is left is "
                    "one forward pass and a search for near vectors.",
                    "每段文本单独编码，所以文档的计算在查询到来之前就已完成，剩下的只是一次前向计算和近邻向量搜索。"),
        wrong=(
            (Text("A pair model trained point-wise, because its scores are probabilities",
                  "用单点式训练的句对模型，因为它的分数是概率"),
             Text("It reads query and document together: ten million forward passes for one query. It can rank the few documents "
                  "that the first search finds.",
                  "它要把查询和文档放在一起读，一个查询就需要一千万次前向计算。它适合给第一步找到的少数文档排序。")),
            (Text("A pair model trained pair-wise, because it was trained to rank",
                  "用成对式训练的句对模型，因为它就是为排序训练的"),
             Text("The loss changes how it is trained, not how it is used: it still needs one forward pass per document.",
                  "损失只改变训练方式，不改变使用方式：每篇文档仍然需要一次前向计算。")),
            (Text("Any of them: all of them use the same encoder", "都可以，因为它们用的是同样的编码器"),
             Text("The encoder is the same, but what it reads is not: a pair, which is new for each query, or a single text.",
                  "编码器相同，但读的内容不同：一种读句对，每来一个查询就是新的；另一种只读一段文本。")),
        ),
    ),
    Question(
        Text("Why does fine-tuning start with a warm-up of the learning rate?", "为什么微调开始时要对学习率做预热？"),
        right=Text("The first gradients come from a random head and Adam's means are still rough, so large steps could spoil the "
                   "pretrained weights",
                   "最初的梯度来自随机的分类层，Adam 的滑动平均也还不准，大步子可能破坏预训练的权重"),
        reason=Text("Small first steps let the head and Adam's running means settle before the encoder is changed much.",
                    "先走小步，让分类层和 Adam 的滑动平均稳定下来，再较多地改变编码器。"),
        wrong=(
            (Text("So that the learning rate is 0 at the end", "让学习率最后降到 0"),
             Text("The decay does that; the warm-up is at the beginning.", "那是衰减的作用；预热在开头。")),
            (Text("So that the first epoch takes less time", "让第一轮用的时间更少"),
             Text("A step takes the same time with any learning rate.", "不论学习率多大，一步所用的时间都一样。")),
            (Text("Because a random head needs a larger learning rate at the start",
                  "因为随机初始化的分类层一开始需要更大的学习率"),
             Text("The warm-up makes the rate smaller at the start, for all weights.",
                  "预热让开头的学习率更小，而且对所有权重都是如此。")),
        ),
    ),
    Question(
        Text("In a test set 5 % of the pairs match. A matcher has the accuracy 0.95. Is that good?",
             "一个测试集里有 5% 的句对匹配。某个模型的准确率是 0.95。这算好吗？"),
        right=Text("No: a matcher that never says match has the same accuracy", "不算：从不判为匹配的模型也有同样的准确率"),
        reason=Text("Never saying match is right for 95 % of the pairs, but its F1 is 0. Precision, recall and F1 of the matches "
                    "show what accuracy hides.",
                    "从不判为匹配，在 95% 的句对上是正确的，但它的 F1 是 0。"
                    "匹配类的精确率、召回率和 F1 能看出准确率掩盖的东西。"),
        wrong=(
            (Text("Yes: it finds 95 % of the matches", "算：它找到了 95% 的匹配"),
             Text("That would be a recall of 0.95; with this accuracy the recall can be 0.",
                  "那是说召回率为 0.95；在这个准确率下，召回率可以是 0。")),
            (Text("Yes: 95 % of the pairs that it calls a match are one", "算：它判为匹配的句对中有 95% 确实匹配"),
             Text("That would be a precision of 0.95. Here it is 0.5 at most: with 5 % matches and 5 % errors, as many pairs are "
                  "wrongly called a match as rightly.",
                  "那是说精确率为 0.95。这里它最多是 0.5：匹配占 5%，错误也占 5%，所以误判为匹配的与正确判为匹配的一样多。")),
            (Text("Yes: its F1 has to be near 0.95, too", "算：它的 F1 也一定接近 0.95"),
             Text("F1 does not count the pairs that are rightly called no match. With these numbers it is at most 0.67.",
                  "F1 不统计被正确判为不匹配的句对。在这些数字下，它最多是 0.67。")),
        ),
    ),
    Question(
        Text("On which data is the decision threshold chosen, and where is it used?", "判定阈值应在哪份数据上选择，又用在哪里？"),
        right=Text("Chosen on dev, then used unchanged on test and on new data", "在验证集上选择，然后原样用于测试集和新数据"),
        reason=Text("The threshold is a parameter that is fitted. The test set has to stay unused until the end, or its score is "
                    "too good for new data.",
                    "阈值是拟合出来的参数。测试集要留到最后才用，否则它的成绩对新数据来说就虚高了。"),
        wrong=(
            (Text("Chosen on test, because that is where the F1 is reported", "在测试集上选择，因为报告的是测试集上的 F1"),
             Text("Then the threshold fits the noise of the test set, and the reported F1 is too good.",
                  "那样阈值会拟合测试集的噪声，报告的 F1 就虚高了。")),
            (Text("Chosen again on each data set, so that each F1 is the best", "在每份数据上重新选择，让每个 F1 都最大"),
             Text("Choosing needs the labels, which new data does not have; and on test it makes the F1 too good.",
                  "选择需要标签，而新数据没有标签；在测试集上这样做，F1 就虚高了。")),
            (Text("It is always 0.5, because the scores are probabilities", "永远是 0.5，因为分数是概率"),
             Text("0.5 is best for accuracy if the probabilities are right. For F1, or with biased probabilities, another "
                  "threshold is often better.",
                  "如果概率准确，0.5 对准确率最好。对于 F1，或者概率有偏差时，往往有更好的阈值。")),
        ),
    ),
    Question(
        Text("What do the segment ids (token_type_ids) tell BERT about a pair?",
             "句段编号（token_type_ids）告诉 BERT 句对的什么信息？"),
        right=Text("Which text each token belongs to", "每个词元属于哪一段文本"),
        reason=Text("The first text has a different length in each pair, so a position does not say which text a token is in. "
                    "The segment vector is added at every position, so even the first layer can tell the two texts apart.",
                    "每个句对的第一段长度都不同，所以光看位置不知道词元属于哪一段。"
                    "句段向量加在每个位置上，所以第一层就能区分两段文本。"),
        wrong=(
            (Text("The place of each token in the row", "每个词元在这一行里的位置"),
             Text("The position embeddings do that.", "那是位置嵌入的作用。")),
            (Text("Which tokens are padding", "哪些词元是填充"),
             Text("The attention mask does that; padding has the segment id 0, as the first text has.",
                  "那是注意力掩码的作用；填充的句段编号是 0，与第一段文本相同。")),
            (Text("Whether the two texts match", "两段文本是否匹配"),
             Text("That is the label, which the model predicts; it is no input.", "那是标签，是模型要预测的，不是输入。")),
        ),
    ),
)  # fmt: skip
