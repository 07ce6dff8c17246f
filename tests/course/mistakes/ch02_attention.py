"""Planted wrong answers: (name, a piece of the solution, what stands in its place, words of the message that names the mistake)."""

MISTAKES = {
    "2.1": [
        ("not scaled", " / math.sqrt(dimension)", "", "not divided by √d"),
        ("scaled by d", "math.sqrt(dimension)", "dimension", "divided by d; divide by √d"),
        ("softmax over the queries", "axis=-1", "axis=1", "over the queries"),
        ("softmax over the batch", "axis=-1", "axis=0", "over the batch"),
        ("values scored", "paddle.matmul(query, key,", "paddle.matmul(key, query,", "swapped"),
        ("sum of keys", "paddle.matmul(weights, value)", "paddle.matmul(weights, key)", "of the keys"),
        ("nothing returned", "    return output, weights\n", "", "return"),
    ],
}
