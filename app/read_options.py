"""The options of all commands that read pair files."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Dict, Literal

from app.flags import check


@dataclass
class ReadOptions:
    """How pair files are read. An empty option is decided by the content of the file."""

    columns: str = ""
    """Columns of the pair files, "text_a,text_b,label", by name or by number from 1 (prediction needs no label). Empty: by known
    header or order."""
    header: Literal["", "yes", "no"] = ""
    """Whether the first row has the names of the columns. Empty: decided by its content."""
    input_format: Literal["", "tsv", "csv", "jsonl", "json", "xlsx", "parquet", "arrow"] = ""
    """tsv, csv (with commas or semicolons), jsonl, json (one array), xlsx, parquet or arrow. Empty: decided by the content."""
    encoding: str = ""
    """Encoding of the files, as Python names it (big5, shift_jis, latin-1). Empty: UTF-8 or GB18030, decided by the content."""

    def __post_init__(self) -> None:
        is_valid = not self.encoding
        with contextlib.suppress(LookupError, UnicodeDecodeError):  # bytes are split into lines before they are decoded
            is_valid = is_valid or b"a\t,;\n{".decode(self.encoding) == "a\t,;\n{"
        check("encoding", self.encoding, is_valid, "the name of an encoding that contains ASCII")

    def reading(self) -> Dict[str, str]:
        """These options as arguments of `PairFile`."""
        return {"columns": self.columns, "header": self.header, "input_format": self.input_format, "encoding": self.encoding}


@dataclass
class TrainingReadOptions(ReadOptions):
    """How the files of a training are read: the training set may have soft labels."""

    soft_label_column: str = ""
    """Column of the training set with the probability of the positive label, 0 to 1 (`probability` of predict.py), or
    LABEL=COLUMN,LABEL=COLUMN,... with a column for each label; by name, or by number from 1. A row needs a label, a soft label or
    both. Empty: no soft labels."""
    # In Hinton et al. (2015), section 2, a considerably lower weight of the hard label was best.
    soft_label_weight: float = 0.9
    """In rows with a label and a soft label: the weight of the soft label, 0 to 1; the label has the rest."""

    def __post_init__(self) -> None:
        super().__post_init__()
        weight, is_default = self.soft_label_weight, self.soft_label_weight == TrainingReadOptions.soft_label_weight
        check("soft_label_weight", weight, 0 <= weight <= 1, "from 0 to 1")
        check("soft_label_weight", weight, is_default or bool(self.soft_label_column), "left out without --soft_label_column")
