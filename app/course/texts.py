"""Texts of the course in English and Chinese, and the language that a student reads."""

from __future__ import annotations

import os
from typing import NamedTuple

LANGUAGES = ("en", "zh")


class Text(NamedTuple):
    """The same text in English and in Chinese."""

    en: str
    zh: str

    def read(self, language: str) -> str:
        """The text in `language`, en or zh."""
        return self.zh if language == "zh" else self.en


def system_language() -> str:
    """zh if the environment (LC_ALL, LC_MESSAGES, LANG) asks for Chinese, else en."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "zh" if os.environ[name].lower().startswith("zh") else "en"
    return "en"
