"""Planted wrong mends: (name, a piece of the solution, what stands in its place, words of the message that names the mistake)."""

NSP = "F.cross_entropy(nsp_logits, nsp_labels)"
DENSE = "self.dense = nn.Linear(size, hidden)"
CLASSIFIER = """self.classifier = nn.Linear(hidden, 2)

    def forward(self, x):"""
FEATURES = "features = paddle.tanh(self.dense(x))"
MATCHER = f"{DENSE}\n        {CLASSIFIER}\n        {FEATURES}"
PERMUTED = "generator = np.random.default_rng([seed, epoch])\n    order = generator.permutation(rows)"
CUT = "\n    return [order[begin : begin + batch_size] for begin in range(0, rows, batch_size)]"
RATIO = "return (each * is_token).sum() / is_token.sum()"
SEEDED = "set_seed(seed)\n    model"
STEP = "        optimizer.step()\n        optimizer.clear_grad()\n        losses.append(total)\n"
BACKWARD = "            loss.backward()\n            total += float(loss)\n"
INNER = STEP.replace("        optimizer", "            optimizer")
SUMMED = 'labels[rows], reduction="sum") / (end - begin)\n'
FITTED = "threshold = best_threshold(dev_scores[number], dev_labels)\n"
ON_DEV = "score = accuracy(dev_scores[number], dev_labels, threshold)"
KEPT = "    number, threshold, _ = best\n"
FINAL = "return number, threshold, accuracy(test_scores[number], test_labels, threshold)"
MISTAKES = {
    "9.1": [
        ("class weights", NSP, "F.cross_entropy(nsp_logits, nsp_labels, weight=paddle.to_tensor([2.0, 1.0]))", "class weights"),
        ("label 1 ignored", NSP, "F.cross_entropy(nsp_logits, nsp_labels, ignore_index=1)", "labels are 1"),
        ("labels exchanged", NSP, "F.cross_entropy(nsp_logits, 1 - nsp_labels)", "exchanged"),
        ("labels shifted", NSP, "F.cross_entropy(nsp_logits, nsp_labels + 1, ignore_index=PAD)", "neither 0 nor 1"),
        ("weights, still ignored", NSP,
         "F.cross_entropy(nsp_logits, nsp_labels, weight=paddle.to_tensor([2.0, 1.0]), ignore_index=PAD)", "labels are 0"),
        ("summed", NSP, 'F.cross_entropy(nsp_logits, nsp_labels, reduction="sum")', "not their mean"),
        ("padding predicted", "F.cross_entropy(lm_logits, lm_labels, ignore_index=PAD)", "F.cross_entropy(lm_logits, lm_labels)",
         "wrong for NSP only"),
        ("the padding renumbered in place", "lm_loss = F.cross_entropy(lm_logits, lm_labels, ignore_index=PAD)",
         "lm_labels[lm_labels == PAD] = -100\n    lm_loss = F.cross_entropy(lm_logits, lm_labels)", "number of all positions"),
        ("labels changed in place", "lm_loss = F.cross_entropy(lm_logits, lm_labels, ignore_index=PAD)",
         "lm_loss = F.cross_entropy(lm_logits, lm_labels, ignore_index=PAD)\n    lm_labels[lm_labels == PAD] = -100",
         "in place"),
        ("masked LM as a number", "F.cross_entropy(lm_logits, lm_labels, ignore_index=PAD)",
         "float(F.cross_entropy(lm_logits, lm_labels, ignore_index=PAD))", "no gradient"),
        ("masked LM for each position", "F.cross_entropy(lm_logits, lm_labels, ignore_index=PAD)",
         'F.cross_entropy(lm_logits, lm_labels, ignore_index=PAD, reduction="none")', "`lm_loss` has to be one number"),
    ],
    "9.2": [
        ("a Python list", DENSE, "self.layers = [nn.Linear(size, hidden)]\n        self.dense = lambda x: self.layers[0](x)",
         "Python lists"),
        ("created at the first call", MATCHER, f"""self.hidden = hidden
        {CLASSIFIER}
        if not hasattr(self, "dense"):
            self.dense = nn.Linear(x.shape[-1], self.hidden)
        {FEATURES}""", "created late"),
        ("frozen", DENSE, f"{DENSE}\n        self.dense.weight.stop_gradient = True", "frozen"),
        ("a fixed seed", MATCHER, f"""self.hidden = hidden
        {CLASSIFIER}
        paddle.seed(3)
        features = paddle.tanh(nn.Linear(x.shape[-1], self.hidden)(x))""", "with a fixed seed"),
        ("made again, not used", "paddle.tanh(self.dense(x))", "paddle.tanh(nn.Linear(*self.dense.weight.shape)(x))",
         "new at each call"),
        ("no tanh", "paddle.tanh(self.dense(x))", "self.dense(x)", "tanh is gone"),
        ("no hidden layer", MATCHER, f"""hidden = size
        {CLASSIFIER}
        features = x""", "hidden layer is gone"),
        ("detached", "paddle.tanh(self.dense(x))", "paddle.tanh(self.dense(x)).detach()", "detached"),
        ("relu, and a bias that is a row", MATCHER, f"""self.weight = self.create_parameter([size, hidden])
        self.bias = self.create_parameter([1, hidden], is_bias=True)
        {CLASSIFIER}
        features = F.relu(paddle.matmul(x, self.weight) + self.bias)""", "relu"),
        ("no bias", DENSE, "self.dense = nn.Linear(size, hidden, bias_attr=False)", "a bias of the formula"),
        ("dropout", FEATURES, FEATURES.replace("paddle.tanh", "F.dropout(paddle.tanh") + ", 0.05, training=self.training)",
         "no dropout"),
    ],
    "9.3": [
        ("one order for all epochs", PERMUTED, PERMUTED.replace("[seed, epoch]", "seed"), "not again in each epoch"),
        ("the seed not used", PERMUTED, PERMUTED.replace("[seed, epoch]", "epoch"), "`seed` has no effect"),
        ("NumPy's global generator", PERMUTED, "order = np.random.permutation(rows)", "global generator"),
        ("not seeded", PERMUTED, PERMUTED.replace("[seed, epoch]", ""), "not seeded by these two numbers"),
        ("with replacement", PERMUTED, PERMUTED.replace("permutation(rows)", "integers(0, rows, rows)"), "with replacement"),
        ("shuffled within the batches", PERMUTED + CUT, PERMUTED.replace("permutation(rows)", "permutation(0)") + """
    order = np.arange(rows)
    return [generator.permutation(order[begin : begin + batch_size]) for begin in range(0, rows, batch_size)]""", "stay together"),
        ("only the batches change places", PERMUTED + CUT, PERMUTED.replace("permutation(rows)", "permutation(-(-rows // batch_size))")
         + """
    return [np.arange(rows)[number * batch_size : (number + 1) * batch_size] for number in order]""", "stay together"),
        ("rotated", "order = generator.permutation(rows)", "order = np.roll(np.arange(rows), generator.integers(1, rows))",
         "moved as blocks"),
        ("the last batch left out", PERMUTED + CUT,
         (PERMUTED + CUT).replace("range(0, rows,", "range(0, rows - batch_size + 1,"), "rows are lost"),
    ],
    "9.4": [
        ("padding predicted", RATIO, "return each.mean()", "easy"),
        ("only the number masked", RATIO, "return each.sum() / is_token.sum()", "missing in the sum"),
        ("divided by the batch size", RATIO, "return (each * is_token).sum() / labels.shape[0]", "batch size"),
        ("a mean for each text", RATIO, "return ((each * is_token).sum(axis=1) / is_token.sum(axis=1)).mean()", "short text"),
        ("the mask inverted", "is_token = (labels != PAD).astype(\"float32\")  # [B, S]\n    return (each * is_token).sum()",
         "is_token = (labels == PAD).astype(\"float32\")\n    return (each * is_token).sum()", "inverted"),
        ("a sum", RATIO, "return (each * is_token).sum()", "not their mean"),
        ("labels changed in place", RATIO, RATIO.replace("return", "labels[labels == PAD] = -100\n    return"), "in place"),
    ],
    "9.5": [
        ("only NumPy seeded", SEEDED, SEEDED.replace("set_seed", "np.random.seed"), "not seeded by `seed` anywhere"),
        ("only Paddle seeded", SEEDED, SEEDED.replace("set_seed", "paddle.seed"), "NumPy's generator"),
        ("a constant seed", SEEDED, SEEDED.replace("(seed)", "(1)"), "The seeds 3 and 4 give the same head"),
        ("seeded in each epoch", "for _ in range(2):\n", "for _ in range(2):\n        set_seed(seed)\n",
         "again in each epoch"),
        ("a head of zeros", "    run = {", "    model[1].weight.set_value(paddle.zeros([24, 2]))\n    run = {", "the same head"),
        ("no dropout", "nn.Dropout(0.1)", "nn.Dropout(0.0)", "without dropout"),
        ("no shuffling", "np.random.permutation(64)", "np.arange(64)", "same order of the rows. It has to"),
        ("dropout seeded in each epoch", "for _ in range(2):\n", "for _ in range(2):\n        paddle.seed(seed)\n",
         "dropout masks repeat"),
    ],
    "9.6": [
        ("stepped each time, but less", SUMMED + BACKWARD + STEP, "labels[rows]) / accumulation_steps\n" + BACKWARD + INNER, "only a smaller one"),
        ("not divided", SUMMED, "labels[rows])\n", "times too large"),
        ("rows added", SUMMED, 'labels[rows], reduction="sum")\n', "divide by the number of rows"),
        ("divided by the steps", SUMMED, "labels[rows]) / accumulation_steps\n", "so its step is too small"),
        ("a mean of means", SUMMED, "labels[rows]) / -(-(end - begin) // batch_size)\n", "mean of means"),
        ("not cleared", STEP, STEP.replace("        optimizer.clear_grad()\n", ""), "not cleared"),
        ("cleared each time", "loss.backward()\n            total +=", "optimizer.clear_grad()\n            loss.backward()\n            total +=",
         "only the last micro-batch"),
        ("cleared before the step", STEP, "        optimizer.clear_grad()\n        optimizer.step()\n        losses.append(total)\n",
         "not changed at all"),
        ("the last group lost", STEP, "        if end - begin < group_size:\n            break\n" + STEP, "its rows are lost"),
        ("one large batch", "for first in range(begin, end, batch_size):\n            rows = slice(first, first + batch_size)",
         "for first in [begin]:\n            rows = slice(begin, end)", "at once"),
        ("4 rows always", "losses, group_size = []", "batch_size = min(batch_size, 4)\n    losses, group_size = []", "`batch_size` and"),
        ("an array", "losses.append(total)\n    return losses", "losses.append(total)\n    return np.array(losses)", "has to return a list"),
    ],
    "9.7": [
        ("the threshold fitted on test", KEPT, KEPT + "    threshold = best_threshold(test_scores[number], test_labels)\n",
         "fitted to the labels of test"),
        ("dev reported as test", FINAL, "return best", "This is the accuracy on dev"),
        ("dev and test chosen together", ON_DEV, ON_DEV + " + accuracy(test_scores[number], test_labels, threshold)",
         "take part in the choice"),
        ("threshold fitted on all labels", FITTED + "        " + ON_DEV, "labels = np.concatenate([dev_labels, test_labels])\n        threshold = "
         "best_threshold(np.concatenate([dev_scores[number], test_scores[number]]), labels)\n        " + ON_DEV, "labels of test"),
        ("the last threshold kept", KEPT, "    number = best[0]\n", "of the last model of the loop"),
        ("tested with 0.5", FINAL, FINAL.replace("labels, threshold)", "labels, 0.5)"), "with the threshold 0.5"),
        ("chosen with 0.5", ON_DEV, "score = accuracy(dev_scores[number], dev_labels, 0.5)", "not each with its own threshold"),
        ("the worst kept", "best = 0, 0.5, -1.0\n    for number in range(len(dev_scores)):\n        " + FITTED + "        " + ON_DEV
         + "\n        if score > best[2]", "best = 0, 0.5, 2.0\n    for number in range(len(dev_scores)):\n        " + FITTED + "        "
         + ON_DEV + "\n        if score < best[2]", "smallest accuracy"),
    ],
}  # fmt: skip
