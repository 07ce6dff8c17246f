"""LCQMC: questions from Baidu Knows, label 1 if both ask the same.

    python data/lcqmc/prepare.py                            # download, or use existing files
    python data/lcqmc/prepare.py --from FOLDER_OR_ARCHIVE   # offline
    bash run_match.sh --train_set data/lcqmc/train.tsv --dev_set data/lcqmc/dev.tsv --test_set data/lcqmc/test.tsv

Terms: no open licence is published with the data. HIT Shenzhen, its owner, provides it on application
(PaddlePaddle/ERNIE issue 247); the qianyan archive comes with License.pdf and User_Agreement.pdf: read them.
Cite: Liu et al., "LCQMC: A Large-scale Chinese Question Matching Corpus", COLING 2018, aclanthology.org/C18-1166

Not verified: whether the URL still works, and whether its test.tsv has labels (the qianyan copy, lcqmc.zip,
has none). Verified: a train.tsv and a dev.tsv from another source have the MD5s below.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from fetch import DataSet, main  # noqa: E402

LCQMC = DataSet(
    name="LCQMC",
    # url, md5, members: paddlenlp 3.0.0b4, datasets/lcqmc_v2.py (header), then datasets/lcqmc.py (qianyan, no header)
    url="https://bj.bcebos.com/paddlenlp/datasets/lcqmc_v2.tar.gz",
    md5="e44825d8e6d5117bc04caf3982cf934f",
    folders=("lcqmc",),
    members={
        "train": ("2193c022439b038ac12c0ae918b211a1", "479d94fe575981f236319f2a5b8b3c03"),
        "dev": ("c5dcba253cb4105d914964fd8b3c0e94", "089329fb44ef26155baef9c9c8c823ba"),
        "test": ("8f4b71e15e67696cc9e112a459ec42bd", "a4a483f2f871d57e0f3894fca0d0f8f0"),
    },
    rows={"train": (238766,), "dev": (8802,), "test": (12500,)},  # the paper's abstract
)

if __name__ == "__main__":
    sys.exit(main(LCQMC, Path(__file__).resolve().parent))
