"""How good a set of predictions is: the figures of binary and of multi-class matching."""

from __future__ import annotations

from typing import Any, Dict, List

import numpy as np
from sklearn import metrics

from app.match.decision import Decision, log_loss


def measure(logits: np.ndarray, labels: np.ndarray, decision: Decision, names: List[str]) -> Dict[str, Any]:
    """All figures for `logits` float [rows, labels] and true `labels` int [rows].

    `accuracy`, `precision`, `recall`, `f1`, `auc` (ROC), `average_precision` and `loss` (cross-entropy of the logits as
    they are) are numbers; precision to average_precision are of the positive label, or macro averages where there are
    more than two. A figure that these rows cannot have (ROC-AUC with one class only) is None.
    """
    probabilities = decision.probabilities(logits)
    predicted = decision.predict(probabilities)
    every = list(range(len(names)))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0)
    chosen = slice(decision.positive, decision.positive + 1) if len(names) == 2 else slice(None)
    return {
        "rows": len(labels),
        "accuracy": float((predicted == labels).mean()),
        "precision": float(precision[chosen].mean()),
        "recall": float(recall[chosen].mean()),
        "f1": float(f1[chosen].mean()),
        **_ranking(probabilities, labels, decision, every),
        "loss": log_loss(logits, labels),
        "confusion": metrics.confusion_matrix(labels, predicted, labels=every).tolist(),
        "per_class": {
            name: {"precision": float(precision[i]), "recall": float(recall[i]), "f1": float(f1[i]), "rows": int(support[i])}
            for i, name in enumerate(names)
        },
    }


def _ranking(probabilities: np.ndarray, labels: np.ndarray, decision: Decision, every: List[int]) -> Dict[str, Any]:
    if len(set(labels.tolist())) < len(every):
        return {"auc": None, "average_precision": None}
    classes = [decision.positive] if len(every) == 2 else every
    return {
        "auc": float(np.mean([metrics.roc_auc_score(labels == i, probabilities[:, i]) for i in classes])),
        "average_precision": float(np.mean([metrics.average_precision_score(labels == i, probabilities[:, i]) for i in classes])),
    }


HEADLINES = ("accuracy", "precision", "recall", "f1", "auc", "average_precision", "loss")


def headlines(figures: Dict[str, Any]) -> Dict[str, float]:
    """The figures that are one number and are there."""
    return {name: figures[name] for name in HEADLINES if figures.get(name) is not None}


def table(figures: Dict[str, Any], names: List[str]) -> List[str]:
    """The figures as lines of text: headlines, each label, and who was taken for whom."""
    lines = ["  " + "   ".join(f"{name} {value:.4f}" for name, value in headlines(figures).items())]
    width = max(12, *(len(name) + 8 for name in names))
    lines.append("  " + "".join(f"{title:>{width}}" for title in ("label", "precision", "recall", "f1", "rows")))
    for name, row in figures["per_class"].items():
        numbers = "".join(f"{row[key]:>{width}.4f}" for key in ("precision", "recall", "f1"))
        lines.append(f"  {name:>{width}}{numbers}{row['rows']:>{width},}")
    lines.append("  " + f"{'':>{width}}" + "".join(f"{'said ' + name:>{width}}" for name in names))
    for name, row in zip(names, figures["confusion"]):
        lines.append(f"  {'truly ' + name:>{width}}" + "".join(f"{count:>{width},}" for count in row))
    return lines
