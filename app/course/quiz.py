"""Multiple-choice questions at the end of each chapter."""

from __future__ import annotations

import importlib
import random
from dataclasses import dataclass
from typing import List, Tuple

from app.course.contents import Chapter
from app.course.texts import Text

LETTERS = "abcdefgh"


@dataclass(frozen=True)
class Question:
    """One question with one right answer. `reason` says why it is right; each wrong answer has the reason why it is wrong."""

    question: Text
    right: Text
    reason: Text
    wrong: Tuple[Tuple[Text, Text], ...]

    @property
    def choices(self) -> List[Tuple[Text, Text]]:
        """All answers with their reasons, in an order that depends on the question only."""
        choices = [(self.right, self.reason), *self.wrong]
        random.Random(self.question.en).shuffle(choices)
        return choices

    @property
    def letter(self) -> str:
        """The letter of the right answer."""
        return LETTERS[[choice for choice, _ in self.choices].index(self.right)]


def questions(chapter: Chapter) -> Tuple[Question, ...]:
    """The questions of a chapter."""
    return importlib.import_module(chapter.quiz_module).QUESTIONS
