"""The plot in the README of a pretrained checkpoint: held-out metrics and the accuracy after fine-tuning, by pretraining steps.

.venv/bin/python tests/bench/bench_transfer.py --starts scratch:mini output/pretrain/checkpoints/step_* ... | tee transfer.txt
.venv/bin/python tests/bench/draw_curves.py output/pretrain/journal.jsonl transfer.txt curves.svg
"""

import argparse
import json
import statistics
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

matplotlib.rcParams["svg.hashsalt"] = "curves"  # equal values give an equal file


def evaluations_of(journal: Path) -> list:
    """The evaluations of a pretraining run."""
    events = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    return [event for event in events if event["event"] == "evaluate"]


def fine_tuned(transfer: Path) -> list:
    """(pretraining steps, mean dev accuracy) of each checkpoint, as bench_transfer.py measured them."""
    results = json.loads(transfer.read_text(encoding="utf-8").splitlines()[-1])
    return sorted((result["steps"], statistics.mean(result["dev"])) for result in results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("journal", type=Path, help="journal.jsonl of the pretraining run")
    parser.add_argument("transfer", type=Path, help="the output of bench_transfer.py")
    parser.add_argument("picture", type=Path, help="the .svg to write")
    options = parser.parse_args()
    evaluations = evaluations_of(options.journal)
    steps = [event["step"] for event in evaluations]
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    loss.plot(steps, [event["masked_LM_loss"] for event in evaluations], "o-", markersize=3)
    loss.set(title="held-out masked-LM loss", xlabel="pretraining steps")
    accuracy.plot(*zip(*fine_tuned(options.transfer)), "o-", label="dev accuracy after fine-tuning")
    if "sentence_accuracy" in evaluations[0]:
        accuracy.plot(steps, [event["sentence_accuracy"] for event in evaluations], label="held-out sentence task")
    accuracy.set(title="accuracy", xlabel="pretraining steps")
    accuracy.legend()
    for axes in (loss, accuracy):
        axes.grid(alpha=0.3)
    figure.savefig(options.picture, metadata={"Date": None})


if __name__ == "__main__":
    main()
