"""Text matching on PaddlePaddle and PaddleNLP. docs/design.md describes the packages in here.

from app import Matcher
Matcher.load().score([("怎么还信用卡", "信用卡还款流程")])

PairScorer and spark_scorer score tables of Ray Data and Spark (docs/scale.md).
"""


_LAZY = {  # imported at their first use, so that `import app` costs nothing
    "Matcher": "app.predict.matcher",
    "PairScorer": "app.predict.pair_scorer",
    "spark_scorer": "app.predict.spark",
}


def __getattr__(name: str):
    if name not in _LAZY:
        raise AttributeError(f"module 'app' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
