"""Planted wrong answers: (name, a piece of the solution, what stands in its place, words of the message that names the mistake)."""

MISTAKES = {
    "10.1": [
        ("no segments", "token_type_ids=token_type_ids, ", "", "token_type_ids are missing"),
        ("last layer only", "paddle.concat(output.attentions)", "output.attentions[-1]", "Only the last layer"),
        ("axis of the batch kept", "paddle.concat(output.attentions)", "paddle.stack(output.attentions)", "axis of the batch"),
        ("mean over B", "a_to_b.sum(-1).mean(-1)", "a_to_b.mean(-1).mean(-1)", "mean over the tokens of B"),
        ("[SEP] in B", "a_to_b.sum(-1).mean(-1)", "from_a[..., first_sep:].sum(-1).mean(-1)", "Both [SEP] are counted as tokens of B"),
        ("transposed", "from_a = attention[:, :, 1:first_sep]", "from_a = attention.swapaxes(2, 3)[:, :, 1:first_sep]", "from B to A"),
        ("one [SEP]", "from_a[..., first_sep] + from_a[..., last]", "from_a[..., first_sep]", "Only the first [SEP]"),
        ("all tokens of A", ".sum(-1)[..., same.any(1)]", ".sum(-1)", "only those that occur in B"),
        ("mean of the pairs", "to_same.mean(-1)\n", "to_same.sum(-1) / same.sum()\n", "mean over the pairs"),
        ("largest of the equal tokens", "(a_to_b * same).sum(-1)", "(a_to_b * same).max(-1)", "Only the largest weight"),
        ("attention changed", "first_sep, last = tokens.index(\"[SEP]\"), len(tokens) - 1", "first_sep, last = tokens.index(\"[SEP]\"), len(tokens) - 1\n    attention[:, :, 0] = 0", "changes `attention`"),
    ],
    "10.2": [
        ("sign reversed", "effects.append(whole - score(\"\".join(changed), text_b))", "effects.append(score(\"\".join(changed), text_b) - whole)", "The sign is wrong"),
        ("cumulative", "*words[:position], replacement", "*[\"\"] * position, replacement", "one after the other"),
        ("all places of the word", "changed = [*words[:position], replacement * len(word), *words[position + 1 :]]", "changed = [\"\".join(words).replace(word, replacement * len(word))]", "All places with this word"),
        ("first place of the word", "for position, word in enumerate(words):\n", "for word in words:\n        position = words.index(word)\n", "The first place with this word"),
        ("texts swapped", "score(\"\".join(words), text_b)\n    effects = []", "score(text_b, \"\".join(words))\n    score = lambda a, b, score=score: score(b, a)\n    effects = []", "texts are swapped"),
        ("off by one", "*words[position + 1 :]]", "*words[position + 2 :]]", "Two words are left out"),
        ("words changed", "changed = [*words[:position], replacement * len(word), *words[position + 1 :]]", "changed = words\n        changed[position] = replacement * len(word)", "`words` is changed"),
        ("one replacement for a word", "replacement * len(word)", "replacement", "each of its characters"),
        ("list scored", "score(\"\".join(changed), text_b)", "score(changed, text_b)", "needs two strings"),
        ("single effects added", "effects[first, second] = whole - score(\"\".join(rest), text_b)", "effects[first, second] = leave_out(words, text_b, score)[[first, second]].sum()", "not the sum"),
        ("the demo's length", "effects = np.zeros([len(words), len(words)])", "effects = np.zeros([7, 7])", "has the shape [7, 7]; expected [3, 3]"),
        ("words in place of positions", "if position not in (first, second)", "if word not in (words[first], words[second])", "the two positions only"),
    ],
}
