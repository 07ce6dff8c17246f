"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Rows are the tokens that look, columns the tokens that are looked at. So from A to B is one block of each matrix: the "
        "rows of A, the columns of B. Sum over the columns, then take the mean over the rows.",
        "行是在看的词元，列是被看的词元。所以从 A 到 B 是每个矩阵中的一块：A 的行、B 的列。先对列求和，再对行取平均。",
    ),
    Text(
        "`paddle.concat(output.attentions).numpy()` joins the layers. With `first_sep = tokens.index('[SEP]')`, A is "
        "`1:first_sep` and B is `first_sep + 1 : len(tokens) - 1`. Make a Boolean matrix `same` [tokens of A, tokens of B], "
        "multiply, sum over the columns, and keep the rows `same.any(1)`.",
        "`paddle.concat(output.attentions).numpy()` 把各层连起来。设 `first_sep = tokens.index('[SEP]')`，A 是 `1:first_sep`，"
        "B 是 "
        "`first_sep + 1 : len(tokens) - 1`。做一个布尔矩阵 `same` [A 的词元, B 的词元]，相乘，对列求和，只保留 `same.any(1)` 的"
        "行。",
    ),
)
REASON = Text(
    "In layer 1, head 2 looks at the next token and head 3 at the one before; the first layers stay mostly inside one text. The "
    "later layers look across: the comparison of A and B happens there, and the head that is found gives the same token several "
    "times as much as even attention would. This is a description, not an explanation: the weights say where a head takes its "
    "values from, but not what the values contain (after layer 1, each vector is already a mixture), nor whether the output "
    "depends on them. Much attention to [SEP] often means that a head has nothing to do (Clark et al. 2019). To learn what a "
    "decision depends on, change the input: exercise 10.2.",
    "第 1 层的头 2 看后一个词元，头 3 看前一个词元；前面的层大多只在一个文本内部看。后面的层跨文本看：A 与 B 的比较发生在那里，"
    "找到的那个头给相同词元的注意力是均匀分配时的几倍。这是描述，不是解释：权重说明一个头从哪里取值，"
    "但不说明取到的值包含什么（第 1 层之后，每个向量已经是混合），也不说明输出是否依赖它。"
    "大量注意力落在 [SEP] 上，常表示这个头此时无事可做（Clark et al. 2019）。想知道决定依赖什么，要改变输入：见练习 10.2。",
)
PROGRAM = Text(
    "app/text/features.py builds [CLS] A [SEP] B [SEP]; app/match/model.py gives it to the encoder, whose attention you see here",
    "app/text/features.py 拼出 [CLS] A [SEP] B [SEP]；app/match/model.py 把它交给编码器，这里看到的就是编码器的注意力",
)
