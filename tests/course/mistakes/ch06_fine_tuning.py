"""Planted wrong answers: (name, a piece of the solution, what stands in its place, words of the message that names the mistake)."""

MISTAKES = {
    "6.1": [
        ("sequence instead of pooled", "self.dropout(pooled)", "self.dropout(sequence)", "logits for every token"),
        ("first text instead of [CLS]", "self.dropout(pooled)", "self.dropout(sequence[0])", "first text of the batch"),
        ("segments not passed", "self.encoder(input_ids, token_type_ids)", "self.encoder(input_ids)", "token_type_ids are not passed"),
        ("softmax in forward", "return self.classifier(self.dropout(pooled))", "return F.softmax(self.classifier(self.dropout(pooled)))", "These are probabilities"),
        ("no dropout", "self.dropout(pooled)", "pooled", "no dropout in the head"),
        ("dropout behind the linear layer", "self.classifier(self.dropout(pooled))", "self.dropout(self.classifier(pooled))", "behind the last linear layer"),
        ("softmax before the loss", "F.cross_entropy(logits, labels)", "F.cross_entropy(F.softmax(logits), labels)", "softmax before cross_entropy"),
        ("gradients kept", "    optimizer.clear_grad()\n", "", "clear_grad() is missing"),
        ("no step", "    optimizer.step()\n", "", "have not moved"),
    ],
    "6.2": [
        ("[CLS] on the wrong axis", "sequence[:, 0]", "sequence[0]", "first text of the batch"),
        ("every token", "sequence[:, 0]", "sequence", "logits for every token"),
        ("last token", "sequence[:, 0]", "sequence[:, -1]", "last token of every text"),
        ("no tanh", "paddle.tanh(self.dense(self.dropout(sequence[:, 0])))", "self.dense(self.dropout(sequence[:, 0]))", "tanh between the two linear layers is missing"),
        ("pooled twice", "        sequence, _ = self.encoder(input_ids, token_type_ids)  # [B, S, H]\n        hidden = paddle.tanh(self.dense(self.dropout(sequence[:, 0])))", "        _, pooled = self.encoder(input_ids, token_type_ids)\n        hidden = paddle.tanh(self.dense(self.dropout(pooled)))", "pooled vector, which has had"),
        ("dropout while predicting", "    model.eval()\n", "", "in training mode"),
        ("gradients while predicting", "with paddle.no_grad():", "if True:", "computed gradients"),
        ("softmax over the batch", "token_type_ids), axis=-1)", "token_type_ids), axis=0)", "over the texts of the batch"),
        ("logits as probabilities", "F.softmax(model(input_ids, token_type_ids), axis=-1)", "model(input_ids, token_type_ids)", "These are logits"),
        ("numbers, not names", "(names[k], float(row[k]))", "(k, float(row[k]))", "numbers of the classes"),
    ],
    "6.3": [
        ("pooled instead of every token", "        sequence, _ = self.encoder(input_ids, token_type_ids)\n", "        _, sequence = self.encoder(input_ids, token_type_ids)\n", "pooled vector was used"),
        ("[CLS] only", "self.dropout(sequence)", "self.dropout(sequence[:, 0])", "Only [CLS] is tagged"),
        ("shifted by [CLS]", "labels[row, 1 : len(numbers) + 1]", "labels[row, : len(numbers)]", "shifted by one"),
        ("padding counted", "paddle.full(logits.shape[:2], -100, dtype=\"int64\")", "paddle.zeros(logits.shape[:2], dtype=\"int64\")", "[CLS], [SEP] and padding are counted"),
        ("softmax before the loss", "F.cross_entropy(logits, labels)", "F.cross_entropy(F.softmax(logits), labels)", "softmax before cross_entropy"),
        ("mean over all positions", "F.cross_entropy(logits, labels)", "F.cross_entropy(logits, labels, reduction=\"none\").mean()", "divided by B x S"),
        ("neighbours merged", "if tag.startswith(\"I-\") and inside:", "if inside:", "Two names side by side became one"),
        ("type ignored", "entities[-1][0] == tag[2:] and ", "", "I- of another type continues"),
        ("end is the last character", "entities[-1] = (tag[2:], entities[-1][1], position + 1)\n        else:\n            entities.append((tag[2:], position, position + 1))\n    return entities", "entities[-1] = (tag[2:], entities[-1][1], position + 1)\n        else:\n            entities.append((tag[2:], position, position + 1))\n    return [(kind, start, end - 1) for kind, start, end in entities]", "position of the last character"),
        ("O does not end an entity", " and entities[-1][2] == position", "", "goes on through an O"),
    ],
}
