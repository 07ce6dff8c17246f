"""Questions on transfer."""

from app.course.quiz import Question
from app.course.texts import Text

QUESTIONS = (
    Question(
        Text("A BERT encoder with 4 layers is frozen, and a linear classifier for 2 labels is trained on its pooled output [B, "
             "256]. How many parameters are trained?",
             "冻结一个 4 层的 BERT 编码器，在它的 pooled 输出 [B, 256] 上训练一个 2 类的线性分类器。训练多少个参数？"),
        right=Text("514", "514"),
        reason=Text("The weight has 256 x 2 = 512 numbers and the bias 2. Nothing else changes.",
                    "权重有 256 × 2 = 512 个数，偏置有 2 个。其他都不变。"),
        wrong=(
            (Text("512", "512"), Text("That is the weight without the bias.", "这是没有算偏置的权重。")),
            (Text("66,306", "66,306"),
             Text("That includes the pooler (256 x 256 + 256 = 65,792). It belongs to the encoder, which is frozen.",
                  "这包括了 pooler（256 × 256 + 256 = 65,792）。它属于编码器，而编码器是冻结的。")),
            (Text("All of them, because the gradient passes through the encoder", "全部，因为梯度会经过编码器"),
             Text("The gradient stops at the classifier: nothing in the encoder needs one, as it is all frozen.",
                  "梯度到分类器为止：编码器的参数全部 stop_gradient=True，不会为它计算梯度。")),
        ),
    ),
    Question(
        Text("Ten tasks use the same pretrained encoder. What do adapters save in comparison with full fine-tuning?",
             "十个任务使用同一个预训练编码器。与全量微调相比，适配器节省了什么？"),
        right=Text("Storage: one encoder for all tasks, and a small file of adapters, layer norms and head for each task",
                   "存储：所有任务共用一个编码器，每个任务只存一个小文件（适配器、层归一化和分类头）"),
        reason=Text("Only a few per cent of the parameters differ between the tasks. Full fine-tuning needs a complete model for "
                    "each.",
                    "各任务之间只有百分之几的参数不同。全量微调要为每个任务存一个完整的模型。"),
        wrong=(
            (Text("Time for a prediction", "预测的时间"),
             Text("The adapters are additional layers, so a prediction takes a little longer.",
                 "适配器是额外的层，预测会稍慢一些。")),
            (Text("The whole backward pass through the encoder", "经过编码器的整个反向传播"),
             Text("The adapters sit in every layer, so the gradient has to go through all layers down to the first adapter. "
                  "Only the gradients of the frozen weights are saved.",
                  "每一层里都有适配器，梯度要穿过所有层直到最前面的适配器。省下的只是冻结权重的梯度。")),
            (Text("The need for labelled data", "对标注数据的需要"),
             Text("Adapters and head are trained with labels like everything else.", "适配器和分类头同样要用标签训练。")),
        ),
    ),
    Question(
        Text("In which situation are frozen features with a trained head the most sensible choice?",
             "哪种情况下，冻结特征、只训练分类头是最合理的选择？"),
        right=Text("Few labelled texts, little computing time, and a task for which the pretrained vectors already differ "
                   "between the labels",
                   "标注文本少、计算时间少，而且对这个任务，不同标签的预训练向量本来就有差别"),
        reason=Text("The features are computed once, and few parameters cannot fit the noise of few texts. But the head can "
                    "only use differences that the features have already.",
                    "特征只需计算一次，而且参数少，不容易拟合少量文本里的噪声。但分类头只能利用特征里已有的差别。"),
        wrong=(
            (Text("The labels depend on small differences between two texts that share nearly all words",
                  "标签取决于两段几乎所有词都相同的文本之间的细小差别"),
             Text("The pretrained vectors of such texts are nearly equal, so the encoder itself has to be trained.",
                  "这种文本的预训练向量几乎相同，所以必须训练编码器本身。")),
            (Text("There are hundreds of thousands of labelled texts, and only the accuracy counts",
                  "有几十万条标注文本，而且只看重准确率"),
             Text("With that many labels full fine-tuning is usually the best.", "标签这么多时，通常全量微调最好。")),
            (Text("The encoder has random weights", "编码器是随机权重"),
             Text("Then there is nothing to keep: its features say little about a text's meaning.",
                  "那就没有什么值得保留的：它的特征几乎不包含文本的含义。")),
        ),
    ),
    Question(
        Text("Three classifiers were trained from random weights with different seeds. How can they be combined?",
             "三个分类器从随机权重出发、用不同的随机种子训练。怎样把它们合起来？"),
        right=Text("By the mean of their probabilities; the mean of their weights is a much worse model",
                   "对它们的概率取平均；对权重取平均会差得多"),
        reason=Text("All give the same meaning to their outputs, but their hidden units are in a different order, so a mean of "
                    "the weights mixes unrelated units. Weights can be averaged for checkpoints of one run.",
                    "它们的输出含义相同，但隐藏单元的顺序不同，平均权重会把无关的单元混在一起。"
                    "能平均权重的是同一次训练的检查点。"),
        wrong=(
            (Text("By the mean of their weights, which gives one model that is as good and three times as fast",
                  "对权重取平均，得到一个同样好、快三倍的模型"),
             Text("That holds for checkpoints of one run. Between two runs with different seeds the loss is high.",
                  "这只对同一次训练的检查点成立。两次不同种子的训练之间，损失很高。")),
            (Text("By the mean of the predicted label numbers, rounded", "对预测的标签编号取平均再取整"),
             Text("Label numbers are names: with three labels, one vote for 0 and one for 2 would become a 1.",
                  "标签编号只是名字：三类时，0 和 2 各一票会变成 1。")),
            (Text("By training a fourth model with the mean of the three seeds", "用三个种子的平均值训练第四个模型"),
             Text("A seed only starts a random generator. The mean of seeds is just another seed.",
                  "种子只是随机数生成器的起点，种子的平均不过是另一个种子。")),
        ),
    ),
    Question(
        Text("A teacher has the logits [4, 0]. What does the temperature T = 4 do to its soft targets in distillation?",
             "教师的 logits 是 [4, 0]。蒸馏时，温度 T = 4 对软目标有什么影响？"),
        right=Text("They become softer: about [0.73, 0.27] in place of [0.98, 0.02]",
                   "变得更软：大约从 [0.98, 0.02] 变成 [0.73, 0.27]"),
        reason=Text("The logits are divided by T before the softmax: softmax([1, 0]) = [0.731, 0.269]. The student uses the "
                    "same T in this part of the loss, and the factor T² keeps its gradient large enough.",
                    "logits 先除以 T 再做 softmax：softmax([1, 0]) = [0.731, 0.269]。学生在这一部分损失里用同样的 T，系数 T² "
                    "让梯度保持足够大。"),
        wrong=(
            (Text("They become harder: nearly [1, 0]", "变得更硬：接近 [1, 0]"),
             Text("That is a temperature below 1. T divides the logits.", "那是温度小于 1 的情形。T 是除数。")),
            (Text("They become [0.25, 0.01]: the probabilities are divided by 4", "变成 [0.25, 0.01]：概率除以 4"),
             Text("The logits are divided, not the probabilities, so they still sum to 1.",
                 "除的是 logits，不是概率，所以概率之和仍是 1。")),
            (Text("The predicted label changes", "预测的标签会变"),
             Text("Division by a positive number keeps the order of the logits.", "除以正数不改变 logits 的大小顺序。")),
        ),
    ),
)  # fmt: skip
