"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "The loss of the first step depends on the rows, on dropout and on the weights. Print `run['head'][0]` for both "
        "runs. When was each of these random numbers drawn?",
        "第一步的损失取决于行、dropout 和权重。请打印两次运行的 `run['head'][0]`。这些随机数各是什么时候抽取的？",
    ),
    Text(
        "`nn.Linear` draws its weights when it is built. So `set_seed(seed)` has to be the first line of `train`, and it has "
        "to be called once only.",
        "`nn.Linear` 在创建时就抽取权重。所以 `set_seed(seed)` 必须是 `train` 的第一行，而且只调用一次。",
    ),
)
REASON = Text(
    "A seed fixes only what is drawn after it. The encoder's weights come from a file, so the head is the only random part "
    "of a fine-tuned model, and it is easily forgotten. It matters: with little data, seeds alone move the result by several "
    "points, so two runs can be compared only if everything else is equal. Seeding again in each epoch would repeat the same "
    "order and the same dropout masks.",
    "种子只决定它之后抽取的随机数。编码器的权重来自文件，所以微调模型里只有分类头是随机的，很容易被忘记。它并非无关紧要："
    "数据少的时候，仅仅换种子就会让结果变动几个百分点，所以只有其他一切都相同，两次运行才能比较。如果每一轮都重新设种子，"
    "行序和 dropout 掩码就会重复。",
)
PROGRAM = Text(
    "app/train/run.py, `start_device`: the seed is set before anything is built; app/runtime.py, `seed_step`: dropout "
    "depends on seed and step only",
    "app/train/run.py 的 `start_device`：先设种子，再创建其他东西；app/runtime.py 的 `seed_step`：dropout 只取决于种子和步数",
)
