"""Multiple-choice questions at the end of each chapter."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import List, Tuple

from app.course.contents import Chapter
from app.course.texts import Text
from app.errors import UserError

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
    return chapter.quiz_module.QUESTIONS


def shown(index: int, question: Question, language: str) -> str:
    """A question with its choices, to print."""
    lines = [f"{index}. {question.question.read(language)}"]
    return "\n".join(lines + [f"   {letter}) {choice.read(language)}" for letter, (choice, _) in zip(LETTERS, question.choices)])


def ask(question: Question, language: str) -> str:
    """Reads a letter from the terminal until it is one of the choices. Raises UserError at the end of the input."""
    letters = LETTERS[: len(question.choices)]
    while True:
        try:
            letter = input(f"   {'/'.join(letters)}? ").strip().lower()
        except EOFError:
            raise UserError("the input has ended; the quiz is not counted") from None
        if len(letter) == 1 and letter in letters:
            return letter


def marked(question: Question, letter: str, language: str) -> Tuple[bool, str]:
    """Whether a letter is the right answer, and what to say: the reason, and after a wrong answer also the right one."""
    if letter == question.letter:
        return True, Text("   Right. ", "   正确。").read(language) + question.reason.read(language)
    reason = dict(zip(LETTERS, (reason for _, reason in question.choices)))[letter]
    right = Text(f"\n   Right is {question.letter}. ", f"\n   正确答案是 {question.letter}。").read(language)
    wrong = Text(f"   {letter} is wrong. ", f"   {letter} 不对。").read(language)
    return False, wrong + reason.read(language) + right + question.reason.read(language)
