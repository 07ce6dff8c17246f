"""Questions on fine-tuning."""

from app.course.quiz import Question
from app.course.texts import Text

QUESTIONS = (
    Question(
        Text("A company wants to find all product names in customer e-mails. Which form of fine-tuning fits?",
             "一家公司想找出客户邮件里的所有产品名称。哪种微调形式合适？"),
        right=Text("Tagging: a BIO tag for every token", "序列标注：给每个词元一个 BIO 标签"),
        reason=Text("A text may contain none, one or many names. Tags on every token can mark any number of them, with their "
                    "places.",
                    "一个文本里可能没有、有一个或有多个名称。给每个词元打标签，可以标出任意多个名称和它们的位置。"),
        wrong=(
            (Text("Single-sentence classification, one class for each product", "单句分类，每个产品一类"),
             Text("One class per text: it gives no places, and cannot name two products, or one that is not in the list.",
                  "每个文本只有一类：它不给出位置，也不能说出两个产品，或者列表之外的产品。")),
            (Text("Question answering with spans: the question “Which product?”", "片段抽取式问答，问题是“哪个产品？”"),
             Text("The head chooses exactly one start and one end, so it finds one span, also where there are several or none.",
                  "这个头只选一个起点和一个终点，所以只会找到一个片段，即使文本里有好几个或者一个也没有。")),
            (Text("Sentence-pair classification of the e-mail and its answer", "对邮件和回复做句对分类"),
             Text("It gives one label for two texts, and no places in them.", "它给两个文本一个标签，不给出其中的位置。")),
        ),
    ),
    Question(
        Text("In a batch of tagged sentences, why do [CLS], [SEP] and padding have the label -100 and not the number of the "
             "tag O?",
             "在一批带标签的句子里，为什么 [CLS]、[SEP] 和填充的标签是 -100，而不是标签 O 的编号？"),
        right=Text("They add nothing to the loss, and give no gradient", "它们不进入损失，也不带来梯度"),
        reason=Text("-100 is ignore_index. With O, a batch with much padding would have a small loss without any learning, "
                    "and the gradient would go into predicting O on padding. In Paddle the mean has to be taken over the "
                    "counted tokens by hand.",
                    "-100 就是 ignore_index。如果标为 O，填充多的批次不用学习损失就小，梯度也会花在给填充预测 O 上。在 Paddle "
                    "里，还需要自己只对计入的词元取平均。"),
        wrong=(
            (Text("So that the encoder does not attend to them", "让编码器不去关注它们"),
             Text("Labels are used in the loss only. Attention to padding is switched off by a mask; [CLS] and [SEP] stay "
                  "visible.",
                  "标签只用于损失。对填充的注意力由掩码关闭；[CLS] 和 [SEP] 仍然可见。")),
            (Text("So that the model learns to predict a class of its own for them", "让模型学会为它们预测一个专门的类"),
             Text(
                 "There is no output for -100: the head has as many outputs as there are tags.",
                 "没有对应 -100 的输出：有几个标签，头就有几个输出。")),
        ),
    ),
    Question(
        Text("Which vectors does the head read?", "头读取的是哪些向量？"),
        right=Text("Classification: the vector of [CLS]. Tagging and spans: the vectors of all tokens.",
                   "分类：[CLS] 的向量。序列标注和片段问答：所有词元的向量。"),
        reason=Text("One decision for the whole input needs one vector; a decision for every token needs one vector for each.",
                    "对整个输入做一个决定，需要一个向量；对每个词元做决定，每个词元都需要一个向量。"),
        wrong=(
            (Text("Always the vector of [CLS], because it contains the whole text", "总是 [CLS] 的向量，因为它包含整个文本"),
             Text("From one vector, the same linear layer cannot give each of S tokens a tag of its own.",
                  "只有一个向量时，线性层无法给 S 个词元各自的标签。")),
            (Text("Pairs: the vectors of both [SEP]; single sentences: [CLS]", "句对：两个 [SEP] 的向量；单句：[CLS] 的向量"),
             Text(
                 "BERT reads [CLS] for pairs too. [SEP] only marks where a text ends.",
                 "BERT 对句对也读取 [CLS]。[SEP] 只标明文本在哪里结束。")),
            (Text("The word embeddings of all tokens, before the first layer", "第一层之前所有词元的词嵌入"),
             Text(
                 "Those know nothing of the context; the head reads the output of the last layer.",
                 "它们不含上下文；头读取的是最后一层的输出。")),
        ),
    ),
    Question(
        Text("BERT-base is fine-tuned with a learning rate of 2e-5 to 5e-5, but it was pretrained with 1e-4. Why so small?",
             "BERT-base 微调时的学习率是 2e-5 到 5e-5，而预训练时是 1e-4。为什么这么小？"),
        right=Text("Large steps on little data would destroy what the encoder learned in pretraining",
                   "数据少而步子大，会毁掉编码器在预训练中学到的东西"),
        reason=Text("Most knowledge is in the encoder's weights, which are near a good place already. A small model (as the "
                    "one shipped here) takes more, 1e-4 and above; the best value is found on the dev set.",
                    "大部分知识在编码器的权重里，它们已经离好的位置不远。小模型（例如这里自带的）可以用大一些的学习率，1e-4 "
                    "或更大；最好的值要在验证集上找。"),
        wrong=(
            (Text("Because the head has only few parameters", "因为头的参数很少"),
             Text("The head alone could take a larger rate, as it starts from random weights. The rate is for the encoder's "
                  "sake.",
                  "单看头，它从随机权重开始，可以用更大的学习率。小学习率是为了编码器。")),
            (Text("Because the encoder's weights are fixed in fine-tuning", "因为微调时编码器的权重是固定的"),
             Text("In fine-tuning all weights are trained. With a fixed encoder, a larger rate for the head would be no problem.",
                  "微调会训练全部权重。如果固定编码器，头用更大的学习率也没有问题。")),
            (Text("Because a small rate makes an epoch faster", "因为学习率小，一遍训练更快"),
             Text("The time of a step does not depend on the rate.", "一步的时间与学习率无关。")),
        ),
    ),
    Question(
        Text("What does an auxiliary sentence (Sun et al. 2019) give?", "辅助句（Sun et al. 2019）带来了什么？"),
        right=Text("The model reads in words what is asked, so one match / no-match head serves all aspects",
                   "模型从文字里读到问的是什么，所以一个“相符/不符”的头就能处理所有方面"),
        reason=Text("The single-sentence task becomes a pair task: encoder and pair head stay the same whatever is asked, and "
                    "each example gives several training pairs. The price is one pass through the encoder for each candidate.",
                    "单句任务变成句对任务：不论问什么，编码器和句对的头都不变，每个例子还给出好几个训练句对。"
                    "代价是每个候选都要经过编码器一次。"),
        wrong=(
            (Text("Faster predictions, because two classes are fewer than many", "预测更快，因为两类比很多类少"),
             Text("It is slower: every candidate is a pair of its own, so an example goes through the encoder several times.",
                  "它更慢：每个候选都是一个句对，一个例子要经过编码器好几次。")),
            (Text("Balanced labels: half of the pairs have the label 1", "均衡的标签：一半句对的标签是 1"),
             Text("With k candidates, one of k pairs has the label 1. That is why the candidates are compared with each other.",
                  "有 k 个候选时，k 个句对里只有一个的标签是 1。所以要把候选互相比较。")),
            (Text("Fine-tuning is no longer needed", "不再需要微调"),
             Text(
                 "The head and the encoder still have to learn from labelled pairs what a match is.",
                 "头和编码器仍要从带标签的句对里学习什么叫相符。")),
        ),
    ),
)  # fmt: skip
