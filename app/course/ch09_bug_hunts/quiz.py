"""Questions on finding bugs in training programs."""

from app.course.quiz import Question
from app.course.texts import Text

QUESTIONS = (
    Question(
        Text("A classifier for 5 labels, with a new head whose weights are small, has a loss of 4.7 before its first step. "
             "The labels are equally frequent. What do you conclude?",
             "一个 5 类分类器，新的分类头权重很小，第一步之前的损失是 4.7。各标签一样多。你的结论是什么？"),
        right=Text(
            "Something is wrong before training: the loss should be near ln 5 = 1.61",
            "训练之前就有错误：损失应在 ln 5 = 1.61 附近"),
        reason=Text("Small weights give all labels a probability near 1/5, so the mean cross-entropy is near ln 5. 4.7 may be "
                    "a sum in place of a mean, wrong labels, or logits that are much too large.",
                    "权重很小时，每个标签的概率都接近 1/5，平均交叉熵接近 ln 5。4.7 可能是用了和而不是平均、标签错误，"
                    "或者 logits 过大。"),
        wrong=(
            (Text("Nothing: before training, a loss can have any value", "没有结论：训练之前损失可以是任何值"),
             Text(
                 "It is known beforehand: the loss of a nearly uniform prediction is the logarithm of the number of labels.",
                 "它事先就知道：接近均匀的预测，损失就是标签数的对数。")),
            (Text("The learning rate is too large", "学习率太大"),
             Text(
                 "No step has been made yet, so the learning rate has had no effect.",
                 "还没有更新过参数，学习率还没有起作用。")),
            (Text("The loss should be near ln 2 = 0.69", "损失应在 ln 2 = 0.69 附近"),
             Text("That is the value for two labels.", "那是两个标签时的值。")),
        ),
    ),
    Question(
        Text("You train on one batch of 8 pairs, again and again, without dropout. After 300 steps the loss is still 0.69, "
             "the value of the start. Which bug can this show?",
             "你在同一批 8 个句对上反复训练，没有 dropout。300 步之后，损失仍是开始时的 0.69。这能说明哪种错误？"),
        right=Text("The optimizer does not have the weights that must be learned", "优化器里没有需要学习的权重"),
        reason=Text("A network with enough weights can learn 8 pairs by heart. If it cannot, the gradients do not reach the "
                    "weights, or the optimizer does not have them, or the labels do not belong to the inputs.",
                    "权重足够多的网络可以记住 8 个句对。如果记不住，就是梯度没有传到权重、优化器里没有这些权重，"
                    "或者标签与输入对不上。"),
        wrong=(
            (Text("The training rows are never shuffled", "训练行从不打乱"),
             Text(
                 "With a single batch there is no order, so this test cannot show it.",
                 "只有一批数据，没有顺序可言，所以这个检验看不出来。")),
            (Text("The threshold was fitted to the test set", "阈值是在测试集上确定的"),
             Text(
                 "That changes a reported score; the training loss does not know of it.",
                 "那会改变报告的分数，与训练损失无关。")),
            (Text("The seed was set after the head was built", "在创建分类头之后才设种子"),
             Text(
                 "Then two runs differ, but each of them can still learn 8 pairs.",
                 "这时两次运行会不同，但每次都能学会 8 个句对。")),
        ),
    ),
    Question(
        Text("You shuffle the labels of the training, dev and test sets, so that nothing can be learned, and run the whole "
             "program. There are two labels, equally frequent. It reports a test accuracy of 64 %, and in 10 repetitions 62 % "
             "on average. What do you look for?",
             "你把训练集、dev 和测试集的标签都打乱，使得什么也学不到，再运行整个程序。两个标签一样多。"
             "程序报告测试准确率 64%，重复 10 次平均 62%。你要找什么？"),
        right=Text(
            "A place where the labels of test choose something: a checkpoint, a threshold, a seed",
            "test 的标签在哪里做了选择：检查点、阈值或种子"),
        reason=Text("With shuffled labels an honest accuracy is 50 % on average. More than that means that the reported "
                    "labels were used before: as the largest of several scores, or for the threshold.",
                    "标签打乱之后，诚实的准确率平均是 50%。高于它说明这些标签之前已经用过：取了几个分数中的最大值，"
                    "或者用来定阈值。"),
        wrong=(
            (Text("An NSP loss that ignores a label", "忽略某个标签的 NSP 损失"),
             Text(
                 "That makes the model worse for this label; it cannot make an accuracy larger than 50 % out of shuffled labels.",
                 "那会使模型在这个标签上更差，不可能从打乱的标签里得到高于 50% 的准确率。")),
            (Text("Nothing, it is chance", "什么也不用找，这是偶然"),
             Text(
                 "One run with a small test set may be chance; a mean of 62 % over 10 repetitions is not.",
                 "测试集小时，一次可能是偶然；10 次平均 62% 就不是偶然。")),
            (Text("A learning rate that is too small", "过小的学习率"),
             Text(
                 "With shuffled labels there is nothing to learn, with any learning rate.",
                 "标签打乱之后，用什么学习率都学不到东西。")),
        ),
    ),
    Question(
        Text(
            "You suspect that gradient accumulation uses a wrong factor. Which comparison shows it most surely?",
            "你怀疑梯度累积用了错误的系数。哪种比较最能看出来？"),
        right=Text(
            "One step with SGD: the weights after 4 micro-batches of 8 rows and after one batch of the same 32 rows, without "
            "dropout",
            "用 SGD 更新一次：比较 4 个 8 行的小批之后与同样 32 行一个大批之后的权重，不用 dropout"),
        reason=Text("Both must be equal up to rounding. With SGD the change of the weights is proportional to the gradient, "
                    "so a wrong factor is seen directly.",
                    "两者除舍入误差外必须相等。SGD 的权重变化与梯度成正比，所以错误的系数直接就能看到。"),
        wrong=(
            (Text("The same comparison with Adam", "同样的比较，但用 Adam"),
             Text(
                 "Adam divides the gradient by its own size, so a constant factor almost vanishes.",
                 "Adam 把梯度除以它自身的大小，常数系数几乎会消失。")),
            (Text("Whether the loss falls during training", "看训练中损失是否下降"),
             Text(
                 "It falls with a wrong factor too: the factor acts like another learning rate.",
                 "系数错误时损失也会下降：它相当于换了一个学习率。")),
            (Text("The number of parameters of the model", "模型的参数个数"),
             Text(
                 "That finds layers that are not registered; accumulation does not change it.",
                 "那能发现没有注册的层，与梯度累积无关。")),
        ),
    ),
    Question(
        Text("The same batch of texts is padded to 32 and to 128 tokens; the attention mask is right, and dropout is off. The "
             "reported LM loss is 2.0 and 0.5. Which bug explains this?",
             "同一批文本分别填充到 32 和 128 个词元；注意力掩码正确，dropout 关闭。报告的 LM 损失是 2.0 和 0.5。"
             "哪种错误能解释？"),
        right=Text("The sum over the tokens is divided by all positions", "对词元求的和除以了全部位置数"),
        reason=Text(
            "The sum is the same, and the number of positions is 4 times as large: 2.0 / 4 = 0.5.",
            "总和不变，位置数变成 4 倍：2.0 / 4 = 0.5。"),
        wrong=(
            (Text("The sum is divided by the batch size", "总和除以了批大小"),
             Text(
                 "The batch size does not depend on the padding, so both losses would be equal.",
                 "批大小与填充无关，两个损失会相等。")),
            (Text("The mean is taken for each text, then over the texts", "先对每个文本求平均，再对文本求平均"),
             Text("That weights short texts more, but padding does not change it.", "那会使短文本权重更大，但与填充无关。")),
            (Text("The rows are never shuffled", "行从不打乱"),
             Text(
                 "The batch is the same in both cases, so the order of the rows plays no part.",
                 "两种情况是同一批数据，行序不起作用。")),
        ),
    ),
)  # fmt: skip
