"""Planted wrong answers: (name, a piece of the solution, what stands in its place, words of the message that names the mistake)."""

MISTAKES = {
    "7.1": [
        ("special tokens not counted", "max_seq_length - 3", "max_seq_length", "three special tokens count"),
        ("only the title is shortened", "query if len(query) > len(title) else title", "title if title else query", "Only the title"),
        ("the query loses a tie", "len(query) > len(title) else", "len(query) >= len(title) else", "the title loses a token"),
        ("removed from the beginning", "longer.pop()", "longer.pop(0)", "from the beginning"),
        ("the first [SEP] in segment 1", "[0] * (len(query) + 2) + [1] * (len(title) + 1)",
         "[0] * (len(query) + 1) + [1] * (len(title) + 2)", "first [SEP] belongs to the first text"),
        ("the joined row is cut",
         "    while len(query) + len(title) > max_seq_length - 3:\n"
         "        longer = query if len(query) > len(title) else title\n"
         "        longer.pop()\n"
         "    tokens = [tokenizer.cls_token, *query, tokenizer.sep_token, *title, tokenizer.sep_token]\n",
         "    tokens = [tokenizer.cls_token, *query, tokenizer.sep_token, *title, tokenizer.sep_token][:max_seq_length]\n",
         "its last [SEP] is lost"),
        ("padding on the left", "input_ids[row, : len(ids)] = ids", "input_ids[row, -len(ids) :] = ids", "at the beginning of the rows"),
        ("pad id 0", "np.full(shape, pad_id)", "np.full(shape, 0)", "has to be `pad_id`"),
        ("segment 1 for padding", "np.full(shape, 0)", "np.full(shape, 1)", "segment id 1"),
    ],
}  # fmt: skip
