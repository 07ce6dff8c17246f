"""A data set of four pairs for the tests of data/fetch.py: its description, its archives, and the prepared files."""

import io
import sys
import tarfile
import zipfile

from conftest import ROOT

sys.path.insert(0, str(ROOT / "data"))
import fetch  # noqa: E402

HEADER = "text_a\ttext_b\tlabel\n"


def tiny(url="http://127.0.0.1:9/none.zip", md5="0" * 32, **changed):
    """The description of the data set. Nothing listens at the default address."""
    rows = {"train": (2,), "dev": (1,), "test": (1,)}
    return fetch.DataSet(**{"name": "tiny", "url": url, "md5": md5, "folders": ("tiny",), "rows": rows, **changed})


def archive_of(source, path, prefix="tiny/"):
    """Packs the files of the folder `source` into a .zip or .tar.gz, with the extra entries that macOS and publishers add."""
    files = {prefix + file.name: file.read_bytes() for file in sorted(source.iterdir())}
    files["__MACOSX/tiny/._train.tsv"] = files["__MACOSX/tiny/train.tsv"] = b"\x00\x05\x16\x07"
    files[prefix + "License.pdf"] = b"%PDF"
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(path, "w:gz") as archive:
            for name, data in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return path


def prepared(tmp_path, split):
    """The text of a prepared split, byte by byte."""
    return (tmp_path / "out" / f"{split}.tsv").read_bytes().decode("utf-8")


def one_error(stderr):
    """The only line of standard error, which must begin with `error: `."""
    lines = [line for line in stderr.splitlines() if line]
    assert len(lines) == 1 and lines[0].startswith("error: "), stderr
    return lines[0]
