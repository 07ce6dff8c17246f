"""Text matching on PaddlePaddle and PaddleNLP. The rooms of this package are described in README.md.

from app import Matcher
Matcher.load("output/match/best").score([("怎么还信用卡", "信用卡还款流程")])

PairScorer and spark_scorer do the same for the tables of Ray Data and Spark (docs/scale.md).
"""


_FOUND_WHEN_ASKED = {  # so that `import app` costs nothing
    "Matcher": "app.predict.matcher",
    "PairScorer": "app.predict.frames",
    "spark_scorer": "app.predict.frames",
}


def __getattr__(name: str):
    if name not in _FOUND_WHEN_ASKED:
        raise AttributeError(f"module 'app' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_FOUND_WHEN_ASKED[name]), name)
