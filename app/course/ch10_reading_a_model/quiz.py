"""Questions on reading a model."""

from app.course.quiz import Question
from app.course.texts import Text

QUESTIONS = (
    Question(
        Text("In layer 3, a head of a matcher gives 60 % of the attention of 取 (in text A) to 取 (in text B). What follows?",
             "在第 3 层，匹配模型的一个头把文本 A 中“取”的 60% 注意力给了文本 B 中的“取”。由此可以得出什么？"),
        right=Text("In this head, the new vector of A's 取 is made of 60 % of the value vector at B's 取",
                   "在这个头里，A 的“取”的新向量有 60% 取自 B 的“取”处的 value 向量"),
        reason=Text("This is what a weight is. What the value contains, and whether the output depends on it, the weight does "
                    "not say.",
                    "这就是权重的含义。value 里包含什么、输出是否依赖它，权重没有说明。"),
        wrong=(
            (Text("The decision depends on the word 取 to 60 %", "决定有 60% 取决于“取”这个字"),
             Text("Other heads, the residual path and later layers also matter. Only a change of the input shows what a "
                  "decision depends on.",
                  "其他头、残差通路和后面的层也起作用。只有改变输入，才能看出决定依赖什么。")),
            (Text("Both 取 have nearly the same vector", "两个“取”的向量几乎相同"),
             Text("The weight comes from a query and a key, which are different projections. Equal vectors are neither needed "
                  "nor implied.",
                  "权重来自 query 和 key，它们是不同的投影。向量相同既不是条件，也不是结论。")),
            (Text("The two texts have the same meaning", "两个文本的意思相同"),
             Text("Equal characters also occur in pairs that do not match.", "不匹配的句对里也会有相同的字。")),
        ),
    ),
    Question(
        Text("Many heads give most of their attention to [SEP] on many inputs. What is the usual reading?",
             "许多头在许多输入上把大部分注意力给了 [SEP]。通常怎样解读？"),
        right=Text("The weights of a row have to sum to 1, and [SEP] takes what a head does not need elsewhere",
                   "一行权重的和必须是 1，头在别处用不到的注意力就落在 [SEP] 上"),
        reason=Text("Clark et al. (2019) found that changing the attention to [SEP] hardly changes the output: a place to go "
                    "when the pattern of "
                    "the head does not occur.",
                    "Clark et al.（2019）发现，改变给 [SEP] 的注意力几乎不影响输出：当头所找的模式没有出现时，注意力就放在那"
                    "里。"),
        wrong=(
            (Text("[SEP] is the most important word of the text", "[SEP] 是文本中最重要的词"),
             Text("It carries no word, and the output hardly depends on this attention.",
                  "它不代表任何词，输出也几乎不依赖这些注意力。")),
            (Text("The padding mask is wrong", "填充掩码有错"),
             Text("[SEP] is no padding: it may be looked at. A wrong mask would show as attention to [PAD].",
                  "[SEP] 不是填充，可以被看到。掩码有错时会看到注意力给了 [PAD]。")),
            (Text("The model was not trained", "模型没有训练过"),
             Text("Random weights give nearly even attention; this pattern comes with training.",
                  "随机权重的注意力接近均匀；这种模式是训练出来的。")),
        ),
    ),
    Question(
        Text("Leaving out either one of two 信用卡 in text A changes the probability by less than 0.01. What may you conclude?",
             "文本 A 里有两个“信用卡”，删掉其中任意一个，概率的变化都小于 0.01。可以得出什么结论？"),
        right=Text("Nothing yet about the word: the other copy may replace it, so leave out both together",
                   "关于这个词还不能下结论：另一个可能顶替了它，应把两个一起删掉再看"),
        reason=Text("Leaving out one at a time cannot see words that cover for each other. In exercise 10.2, the effect of "
                    "both together is much "
                    "larger than the sum of the two effects.",
                    "一次只删一个，看不出互相替代的词。练习 10.2 中，两个一起删的影响远大于两个影响之和。"),
        wrong=(
            (Text("The model does not use the word", "模型没有用到这个词"),
             Text("It may use it, and find it at the other place.", "模型可能用到了，只是在另一处找到了它。")),
            (Text("The effect of leaving out both is less than 0.02", "两个都删掉的影响小于 0.02"),
             Text("Effects do not add up: the model is not linear.", "影响不能相加：模型不是线性的。")),
            (Text("The word makes the probability smaller", "这个词使概率变小"),
             Text("That would be a clearly negative effect; here, it is about 0.", "那样影响应明显为负；这里约为 0。")),
        ),
    ),
    Question(
        Text("Leaving out 不 from 怎么不还款 gives 怎么还款. Why is the size of the effect hard to read?",
             "从“怎么不还款”中删掉“不”，得到“怎么还款”。为什么影响的大小不容易解读？"),
        right=Text("The changed text says something else, so the score answers another question",
                   "改动后的文本意思变了，分数回答的是另一个问题"),
        reason=Text("Occlusion compares two texts. The effect is that of all that differs between them: meaning, length, and "
                    "how usual the text is. "
                    "Replacing by [MASK], or by another word, gives other comparisons.",
                    "遮挡法比较的是两个文本。影响来自两者的一切差别：意思、长度、是否常见。换成 [MASK] 或换成别的词，是另外的比"
                    "较。"),
        wrong=(
            (Text("The model has to be trained again for the shorter text", "文本变短，必须重新训练模型"),
             Text("The model takes texts of any length; nothing is trained for occlusion.",
                  "模型能处理任意长度的文本；遮挡法不需要训练。")),
            (Text("The attention weights of the other words do not change", "其他词的注意力权重没有变"),
             Text("They change: each row is a softmax over the words that are left.",
                  "会变：每一行都是在剩下的词上做 softmax。")),
            (Text("The score has to be the training loss, not a probability", "分数必须是训练损失，不能是概率"),
             Text("Any number that depends on the text can be used as the score.", "任何取决于文本的数都可以作为分数。")),
        ),
    ),
)  # fmt: skip
