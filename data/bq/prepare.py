"""BQ Corpus: customers' questions to a bank (WeBank), label 1 if both have the same intent.

    python data/bq/prepare.py                            # download, or use existing files
    python data/bq/prepare.py --from FOLDER_OR_ARCHIVE   # offline
    bash run_match.sh --train_set data/bq/train.tsv --dev_set data/bq/dev.tsv --test_set data/bq/test.tsv

Terms: HIT Shenzhen, its owner, provides it on application (http://icrc.hitsz.edu.cn/Article/show/175.html, with a
copyright notice); the qianyan archive comes with License.pdf and User_Agreement.pdf: read them.
Cite: Chen et al., "The BQ Corpus: A Large-scale Domain-specific Chinese Corpus For Sentence Semantic Equivalence
Identification", EMNLP 2018, aclanthology.org/D18-1536

Not verified: whether the URL still works, and whether its test.tsv has labels (PaddleNLP's reader supports
both). If it has none, test.tsv has no label column: do not use --test_set then.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from fetch import DataSet, main  # noqa: E402

BQ = DataSet(
    name="BQ Corpus",
    # url, md5, members: paddlenlp 3.0.0b4, datasets/bq_corpus.py
    url="https://bj.bcebos.com/paddlenlp/datasets/bq_corpus.zip",
    md5="abe6c480b96cb705b4d24bd522848009",
    folders=("bq", "bq_corpus"),
    members={
        "train": ("d37683e9ee778ee2f4326033b654adb9",),
        "dev": ("8a71f2a69453646921e9ee1aa457d1e4",),
        "test": ("c797995baa248b144ceaa4018b191e52",),
    },
    rows={"train": (100000,), "dev": (10000,), "test": (10000,)},  # the owner's page, see above
)

if __name__ == "__main__":
    sys.exit(main(BQ, Path(__file__).resolve().parent))
