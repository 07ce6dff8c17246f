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
    "7.2": [
        ("no warm-up", "return peak * step / warmup_steps", "return peak", "no warm-up"),
        ("decay divided by all steps", "(total_steps - warmup_steps)", "total_steps", "jumps down at step W"),
        ("only the decay", "if step < warmup_steps:", "if False:", "The decay starts at step 0"),
        ("does not reach 0", "    remaining = max(0, total_steps - step)\n    return peak * remaining / (total_steps - warmup_steps)",
         "    return peak * max(0, 1 - (step - warmup_steps) / total_steps)", "does not reach 0"),
        ("negative after the end", "max(0, total_steps - step)", "total_steps - step", "negative after the last step"),
        ("warm-up off by one", "peak * step /", "peak * (step + 1) /", "off by one"),
        ("proportion of the epochs", "int(total_steps * warmup", "int(epochs * warmup", "taken of the epochs"),
        ("division by zero", "if step < warmup_steps", "if step <= warmup_steps", "divides by zero"),
        ("rounded up", "int(total_steps * warmup_proportion)", "-int(-total_steps * warmup_proportion // 1)", "rounded up"),
    ],
    "7.3": [
        ("F1 as the mean", "f1 = 2 * true_positives / max(1, np.sum(predicted) + np.sum(labels))", "f1 = (precision + recall) / 2",
         "plain mean"),
        ("precision and recall swapped", "return accuracy, precision, recall, f1", "return accuracy, recall, precision, f1", "swapped"),
        ("> for >=", "probabilities >= threshold", "probabilities > threshold", "use `>=`"),
        ("accuracy of the positive class", "np.mean(predicted == (labels == 1))", "np.mean(predicted[labels == 1])", "which is recall"),
        ("division by zero", "true_positives / max(1, np.sum(predicted))\n", "true_positives / np.sum(predicted)\n", "divides by zero"),
        ("threshold chosen on test",
         "    for threshold in np.unique(dev_probabilities):\n        f1 = evaluate(dev_probabilities, dev_labels, threshold)[3]\n",
         "    for threshold in np.unique(test_probabilities):\n        f1 = evaluate(test_probabilities, test_labels, threshold)[3]\n",
         "chosen on test"),
        ("multiples of 0.1", "in np.unique(dev_probabilities)", "in np.arange(0.1, 1, 0.1)", "multiples of 0.1"),
        ("best accuracy", "evaluate(dev_probabilities, dev_labels, threshold)[3]", "evaluate(dev_probabilities, dev_labels, threshold)[0]",
         "largest accuracy"),
        ("F1 of dev", "return best_threshold, evaluate(test_probabilities, test_labels, best_threshold)[3]",
         "return best_threshold, best_f1", "F1 on dev"),
    ],
}  # fmt: skip
