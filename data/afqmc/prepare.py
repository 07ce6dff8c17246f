"""AFQMC: customers' questions to Ant Financial, label 1 if both have the same meaning. A task of CLUE.

    python data/afqmc/prepare.py                            # download, or use existing files
    python data/afqmc/prepare.py --from FOLDER_OR_ARCHIVE   # offline
    bash run_match.sh --train_set data/afqmc/train.tsv --dev_set data/afqmc/dev.tsv

CLUE does not publish the labels of the test split: test.tsv has no label column and is for prediction only.
Terms: no licence is published with the data (CLUEbenchmark/CLUE, README). The data come from the ATEC contest.
Cite: Xu et al., "CLUE: A Chinese Language Understanding Evaluation Benchmark", COLING 2020, arxiv.org/abs/2004.05986

Not verified: whether the URL still works. CLUE's address of a file with that name is
https://storage.googleapis.com/cluebenchmark/tasks/afqmc_public.zip (give it to --from).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from fetch import DataSet, main  # noqa: E402

AFQMC = DataSet(
    name="AFQMC",
    # url, md5, members: paddlenlp 3.0.0b4, datasets/clue.py, "afqmc"
    url="https://bj.bcebos.com/paddlenlp/datasets/afqmc_public.zip",
    md5="3377b559bb4e61d03a35282550902ca0",
    folders=("afqmc", "afqmc_public"),
    members={
        "train": ("319cf775353af9473140abca4052b89a",),
        "dev": ("307154b59cb6c3e68a0f39c310bbd364",),
        "test": ("94b925f23a9615dd08199c4013f761f4",),
    },
    rows={"train": (34334,), "dev": (4316,), "test": (3861,)},  # CLUEbenchmark/CLUE, README
)

if __name__ == "__main__":
    sys.exit(main(AFQMC, Path(__file__).resolve().parent))
