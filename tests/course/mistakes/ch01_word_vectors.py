"""Planted wrong answers: (name, a piece of the solution, what stands in its place, words of the message that names the mistake)."""

MISTAKES = {
    "1.1": [
        ("special tokens in the mean", "    ids = ids[1:-1]  # without [CLS] and [SEP]\n", "", "The rows of [CLS] and [SEP]"),
        ("sum of the rows", "rows.mean(axis=0)", "rows.sum(axis=0)", "This is the sum"),
        ("[CLS] forgotten", "sentence.index(word) + 1", "sentence.index(word)", "[CLS] stands in front"),
        ("pooled output", "    return vectors[start : start + len(word)].mean(axis=0)\n", "    return output[1][0]\n", "`output[1]`"),
        ("mean of the sentence", "vectors[start : start + len(word)].mean", "vectors.mean", "the whole sentence"),
        ("BERT sees the word only", "tokenizer(sentence)", "tokenizer(word)", "whole sentence"),
        ("first character searched", "sentence.index(word) + 1", "sentence.index(word[0]) + 1", "the first 东"),
        ("dropout on", "model.eval()", "model.train()", "model.eval()"),
    ],
    "1.2": [
        ("no minus for the negatives", "log_sigmoid(-negative)", "log_sigmoid(negative)", "The minus in σ(-u·v) is missing"),
        ("mean over the negatives", "log_sigmoid(-negative).sum()", "log_sigmoid(-negative).mean()", "The mean over the negatives"),
        ("no minus for the target", "-log_sigmoid(positive)", "log_sigmoid(positive)", "The term of the target has the wrong sign"),
        ("all rows multiplied", "outputs[negatives] @ vector", "(outputs @ vector)[negatives]", "nothing is saved"),
        ("overflow", "largest = scores.max()", "largest = 0", "overflows"),
        ("the target's score forgotten", "return log_total - scores[target]", "return log_total", "The score of the target is missing"),
        ("loop over all rows", "outputs[negatives] @ vector", "np.array([row @ vector for row in outputs])[negatives]",
         "nothing is saved"),
        ("argument changed", "    largest = scores.max()\n", "    largest = scores.max()\n    vector *= 0.5\n", "changes its input `vector`"),
        ("the largest score not added again", "largest + np.log(total)", "np.log(total)", "it is not added again"),
    ],
    "1.3": [
        ("no tanh", "new_state = paddle.tanh(total)", "new_state = total", "The tanh is missing"),
        ("bias forgotten", "from_past + b", "from_past", "The bias b is missing"),
        ("state changed", "    return new_state\n", "    state.set_value(new_state)\n    return state\n", "`rnn_step` changes its input `state`"),
        ("list returned", "return paddle.stack(states, axis=1)", "return states", "it is a list"),
        ("U transposed", "paddle.matmul(state, U)", "paddle.matmul(state, U, transpose_y=True)", "U is transposed"),
        ("state not handed on", "t], state, W, U, b)", "t], 0 * state, W, U, b)", "not handed on"),
        ("stacked along axis 0", "paddle.stack(states, axis=1)", "paddle.stack(states, axis=0)", "[S, B, H]"),
        ("last state only", "return paddle.stack(states, axis=1)", "return state", "the last state only"),
    ],
}
