"""PAWS-X, Chinese: sentences with nearly the same words, label 1 if they also have the same meaning.

    python data/pawsx/prepare.py                            # download, or use existing files
    python data/pawsx/prepare.py --from FOLDER_OR_ARCHIVE   # offline: paws-x-zh.zip, x-final.tar.gz or a folder
    bash run_match.sh --train_set data/pawsx/train.tsv --dev_set data/pawsx/dev.tsv --test_set data/pawsx/test.tsv

Terms: "may be freely used for any purpose, although acknowledgement of Google LLC as the data source would be
appreciated", as is (google-research-datasets/paws, pawsx/README.md).
Cite: Yang et al., "PAWS-X: A Cross-lingual Adversarial Dataset for Paraphrase Identification", EMNLP 2019

Not verified: whether the URL still works, and whether its test.tsv has labels (PaddleNLP's reader supports
both). The original, with labels: https://storage.googleapis.com/paws/pawsx/x-final.tar.gz
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from fetch import DataSet, main  # noqa: E402

PAWSX = DataSet(
    name="PAWS-X (zh)",
    # url, md5, members: paddlenlp 3.0.0b4, datasets/paws-x.py; no hash of x-final.tar.gz was found
    url="https://bj.bcebos.com/paddlenlp/datasets/paws-x-zh.zip",
    md5="f1c6f2ab8afb1f29fe04a0c929e3ab1c",
    folders=("zh", "paws-x-zh", "pawsx-zh", "pawsx"),
    members={
        "train": ("3422ba98e5151c91bbb0a785c4873a4c",),
        "dev": ("dc163453e728cf118e17b4065d6602c8",),
        "test": ("5b7320760e70559591092cb01b6f5955",),
    },
    # 49401, 1984, 1975: pawsx/README.md, without pairs with the text "NS"; 2000: all pairs (data set card of google/xtreme)
    rows={"train": (49401,), "dev": (2000, 1984), "test": (2000, 1975)},
    placeholder="NS",
)

if __name__ == "__main__":
    sys.exit(main(PAWSX, Path(__file__).resolve().parent))
