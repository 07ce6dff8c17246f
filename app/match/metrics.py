"""The metrics of binary and multi-class matching."""

from __future__ import annotations

from typing import Any, Dict, List

import numpy as np
from sklearn import metrics as sklearn_metrics

from app.match.decision import Decision, log_loss

SUMMARY_METRICS = ("accuracy", "precision", "recall", "f1", "auc", "average_precision", "loss")


def compute_metrics(logits: np.ndarray, labels: np.ndarray, decision: Decision, names: List[str]) -> Dict[str, Any]:
    """All metrics of `logits` float [rows, labels] against the actual `labels` int [rows].

    `accuracy`, `precision`, `recall`, `f1`, `auc` (ROC), `average_precision` and `loss` (cross-entropy without calibration) are
    numbers. precision to average_precision are those of the positive label, or macro averages with more than two labels.
    A metric that is undefined for these rows (ROC-AUC with a single class) is None.
    """
    probabilities = decision.probabilities(logits)
    predicted = decision.predict(probabilities)
    classes = list(range(len(names)))
    precision, recall, f1, support = sklearn_metrics.precision_recall_fscore_support(
        labels, predicted, labels=classes, zero_division=0
    )
    averaged = slice(decision.positive, decision.positive + 1) if len(names) == 2 else slice(None)
    return {
        "rows": len(labels),
        "accuracy": float((predicted == labels).mean()),
        "precision": float(precision[averaged].mean()),
        "recall": float(recall[averaged].mean()),
        "f1": float(f1[averaged].mean()),
        **_ranking_metrics(probabilities, labels, decision, classes),
        "loss": log_loss(logits, labels),
        "confusion": sklearn_metrics.confusion_matrix(labels, predicted, labels=classes).tolist(),
        "per_class": {
            name: {"precision": float(precision[i]), "recall": float(recall[i]), "f1": float(f1[i]), "rows": int(support[i])}
            for i, name in enumerate(names)
        },
    }


def _ranking_metrics(probabilities: np.ndarray, labels: np.ndarray, decision: Decision, classes: List[int]) -> Dict[str, Any]:
    if len(set(labels.tolist())) < len(classes):
        return {"auc": None, "average_precision": None}
    averaged = [decision.positive] if len(classes) == 2 else classes
    scorers = {"auc": sklearn_metrics.roc_auc_score, "average_precision": sklearn_metrics.average_precision_score}
    return {
        name: float(np.mean([scorer(labels == i, probabilities[:, i]) for i in averaged])) for name, scorer in scorers.items()
    }


def summary_metrics(metrics: Dict[str, Any]) -> Dict[str, float]:
    """The metrics that are one number and are defined."""
    return {name: metrics[name] for name in SUMMARY_METRICS if metrics.get(name) is not None}


def metrics_table(metrics: Dict[str, Any], names: List[str]) -> List[str]:
    """The metrics as lines of text: the summary, each label, and the confusion matrix."""
    lines = ["  " + "   ".join(f"{name} {value:.4f}" for name, value in summary_metrics(metrics).items())]
    width = max(12, *(len(name) + 12 for name in names))
    lines.append("  " + "".join(f"{title:>{width}}" for title in ("label", "precision", "recall", "f1", "rows")))
    for name, row in metrics["per_class"].items():
        numbers = "".join(f"{row[key]:>{width}.4f}" for key in ("precision", "recall", "f1"))
        lines.append(f"  {name:>{width}}{numbers}{row['rows']:>{width},}")
    lines.append("  " + f"{'':>{width}}" + "".join(f"{'predicted ' + name:>{width}}" for name in names))
    for name, row in zip(names, metrics["confusion"]):
        lines.append(f"  {'actual ' + name:>{width}}" + "".join(f"{count:>{width},}" for count in row))
    return lines
