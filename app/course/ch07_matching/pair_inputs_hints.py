"""Two hints, the reason of the solution, and where this project does the same."""

from app.course.texts import Text

HINTS = (
    Text(
        "Truncate the two lists of tokens before you join them: then the special tokens cannot get lost. For the texts there are "
        "`max_seq_length - 3` places.",
        "先截断两个词元列表，再拼接，这样就不会丢掉特殊词元。留给文本的位置有 `max_seq_length - 3` 个。",
    ),
    Text(
        "`while len(query) + len(title) > max_seq_length - 3:` remove the last token of `query` if it is longer than `title`, "
        "else of `title`. The first segment has `len(query) + 2` tokens. For a batch, make two full arrays (`np.full`) and copy "
        "each row into their beginning.",
        "`while len(query) + len(title) > max_seq_length - 3:` 如果 `query` 比 `title` 长就去掉它的最后一个词元，"
        "否则去掉 `title` 的。第一段有 `len(query) + 2` 个词元。组批时，先用 `np.full` 建好两个数组，再把每一行复制到开头。",
    ),
)
REASON = Text(
    "A token of a short text carries more information than a token of a long one, so the longer text is shortened first; a short "
    "question keeps all its words even if the other text is very long. The special tokens are added after the truncation, "
    "because the model has learned with both [SEP] in place. The segment ids tell the two texts apart, so the first [SEP] "
    "belongs to the first text. A batch is only as long as its longest row, because padding costs time and says nothing.",
    "短文本的一个词元比长文本的一个词元带有更多信息，所以先缩短较长的一段；即使另一段很长，短问题的每个词也都保留下来。"
    "特殊词元在截断之后才加，因为模型在训练时两个 [SEP] 始终都在。句段编号用来区分两段文本，所以第一个 [SEP] 属于第一段。"
    "一批只需要与最长的一行一样长，因为填充只花时间，不带信息。",
)
PROGRAM = Text(
    "app/text/features.py: `truncate`, `encode_pairs`, `pad_batch`",
    "app/text/features.py 里的 `truncate`、`encode_pairs`、`pad_batch`",
)
