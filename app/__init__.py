"""Text matching on PaddlePaddle and PaddleNLP. The rooms of this package are described in README.md.

from app import Matcher
Matcher.load("output/match/best").score([("怎么还信用卡", "信用卡还款流程")])
"""


def __getattr__(name: str):
    """Finds `Matcher` when it is asked for, so that `import app` costs nothing."""
    if name == "Matcher":
        from app.predict.matcher import Matcher

        return Matcher
    raise AttributeError(f"module 'app' has no attribute {name!r}")
