"""Planted wrong answers: (name, a piece of the solution, what stands in its place, words of the message that names the mistake)."""

MISTAKES = {
    "2.1": [
        ("not scaled", " / math.sqrt(dimension)", "", "not divided by √d"),
        ("scaled by d", "math.sqrt(dimension)", "dimension", "divided by d; divide by √d"),
        ("softmax over the queries", "axis=-1)\n    output", "axis=1)\n    output", "over the queries"),
        ("softmax over the batch", "axis=-1)\n    output", "axis=0)\n    output", "over the batch"),
        ("query and key swapped", "paddle.matmul(query, key,", "paddle.matmul(key, query,", "swapped"),
        ("sum of keys", "paddle.matmul(weights, value)", "paddle.matmul(weights, key)", "of the keys"),
        ("weights returned first", "return output, weights", "return weights, output", "return the output first"),
        ("nothing returned", "    return output, weights\n", "", "return"),
    ],
    "2.2": [
        ("always divided", "if scaled:", "if True:", "although `scaled` is False"),
        ("never divided", "if scaled:", "if False:", "although `scaled` is True"),
        ("divided by d", "math.sqrt(query.shape[-1])", "query.shape[-1]", "divided by d; divide by √d"),
        ("standard deviation", "scores.var()", "scores.std()", "the standard deviation"),
        ("largest of all", "weights.max(axis=-1).mean()", "weights.max()", "the largest of each query"),
        ("softmax over the queries", "F.softmax(scores, axis=-1)", "F.softmax(scores, axis=0)", "over the queries"),
        ("mean before the product", "(weights * (1 - weights)).mean()", "largest * (1 - largest)", "The mean comes last"),
    ],
    "2.3": [
        (
            "split by a plain reshape",
            "    split = parts.transpose([0, 2, 1, 3])  # [B, S, heads, H / heads] -> [B, heads, S, H / heads]",
            "    split = parts.reshape([batch, heads, length, per_head])",
            "plain reshape mixes the tokens: a head",
        ),
        ("merged by a plain reshape", "parts.reshape([batch, length, size])", "split.reshape([batch, length, size])", "plain reshape mixes"),
        ("every fifth number", "length, heads, per_head])\n    split = parts.transpose([0, 2, 1, 3])",
         "length, per_head, heads])\n    split = parts.transpose([0, 3, 1, 2])", "every fifth number"),
        ("not transposed", "    return split\n", "    return parts\n", "the transposition is missing"),
        ("not merged", "    return merged\n", "    return parts\n", "The reshape is missing"),
    ],
    "2.4": [
        ("mask inverted", "input_ids == pad_id", "input_ids != pad_id", "is inverted"),
        ("compared with 0", "input_ids == pad_id", "input_ids == 0", "marks the id 0"),
        ("0 times infinity", "* -1e4", '* float("-inf")', "0 times infinity is nan"),
        ("a mask of ones", "* -1e4", "* -1", "too close to 0"),
        ("mask on the queries", "[batch, 1, 1, length]", "[batch, 1, length, 1]", "on the axis of the queries"),
        ("mask forgotten", "    scores = scores + mask  # the same mask for each head and each query\n", "", "The mask is not used"),
        ("set to 0 after the softmax", "F.softmax(scores, axis=-1)", "F.softmax(scores - mask, axis=-1) * (mask == 0).astype('float32')",
         "after the softmax"),
    ],
}
