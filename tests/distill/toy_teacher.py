"""A teacher for tests: counts of characters and pairs of characters. And teachers that go wrong."""

import os
import sys
import time
import zlib

import numpy as np

NAME = "distill.toy_teacher"  # as a test names it: the folder tests/ is on the path
PATH = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(__file__))}  # for a command as a process
encoded = []  # the texts of all calls


def encode(texts):
    """Vectors of whole numbers [texts, 256]: not of the length 1."""
    encoded.extend(texts)
    vectors = np.zeros((len(texts), 256), np.float32)
    for vector, text in zip(vectors, texts):
        for place in range(len(text)):
            for size in (1, 2):
                vector[zlib.crc32(text[place : place + size].encode()) % 256] += 1
    return vectors


_calls: list = []


def hanging(texts):
    """Answers $TOY_CALLS times, and then hangs. Writes what it encodes into $TOY_LOG."""
    _calls.append(len(texts))
    if len(_calls) > int(os.environ["TOY_CALLS"]):
        time.sleep(100)
    with open(os.environ["TOY_LOG"], "a", encoding="utf-8") as log:
        log.writelines(f"{text}\n" for text in texts)
    return encode(texts)


def lists(texts):
    return encode(texts).tolist()


def doubles(texts):
    return encode(texts).astype(np.float64) * 1e100


def halves(texts):
    return encode(texts).astype(np.float16)


def tiny(texts):
    return encode(texts) * np.float32(1e-30)


def wrong_count(texts):
    return np.ones((3, 4))


def one_dimension(texts):
    return np.ones(len(texts))


def nan(texts):
    return np.full((len(texts), 4), np.nan)


def zero(texts):
    return np.zeros((len(texts), 4))


def nothing(texts):
    return None


def words(texts):
    return ["a"] * len(texts)


def raises(texts):
    raise RuntimeError("no GPU")


def leaves(texts):
    sys.exit(0)


def raises_later(texts):
    if len(texts) > 2:
        raise RuntimeError("out of memory")
    return encode(texts)


def grows(texts):
    return np.ones((len(texts), max(3, len(texts))))


not_callable = 3
