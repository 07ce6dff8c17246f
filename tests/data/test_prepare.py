"""data/*/prepare.py: every source layout, bad input, the output, and the download over real HTTP on 127.0.0.1."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "data"))
import fetch  # noqa: E402

NAMES = ("lcqmc", "afqmc", "bq", "pawsx")
HEADER = "text_a\ttext_b\tlabel\n"


def real_data(folder):
    path = Path(os.environ.get("MATCH_DATA") or ROOT.parent / "shared" / "data") / folder
    if not path.is_dir():
        pytest.skip(f"no real data at {path} (set MATCH_DATA)")
    return path


def run(name, *args, cwd=None):
    """prepare.py as a user starts it."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "data" / name / "prepare.py"), *map(str, args)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert "Traceback" not in done.stderr
    return done


def tiny(url="http://127.0.0.1:9/none.zip", md5="0" * 32, **more):
    rows = {"train": (2,), "dev": (1,), "test": (1,)}
    return fetch.DataSet(**{"name": "tiny", "url": url, "md5": md5, "folders": ("tiny",), "rows": rows, **more})


@pytest.fixture
def prepare(tmp_path, capsys):
    """Run the shared code in this process on a small data set; returns (exit code, stdout, stderr)."""

    def call(*args, dataset=None):
        code = fetch.main(dataset or tiny(), tmp_path / "out", list(map(str, args)))
        return (code, *capsys.readouterr())

    return call


@pytest.fixture
def source(tmp_path):
    """A folder with a good train/dev/test; tests change what they are about."""
    folder = tmp_path / "source"
    folder.mkdir()
    for name, text in {"train": "a\tb\t1\nc\td\t0\n", "dev": "e\tf\t1\n", "test": "g\th\t0\n"}.items():
        (folder / f"{name}.tsv").write_text(text, encoding="utf-8")
    return folder


def result(tmp_path, split):
    return (tmp_path / "out" / f"{split}.tsv").read_bytes().decode("utf-8")


def one_error(stderr):
    lines = [line for line in stderr.splitlines() if line]
    assert len(lines) == 1 and lines[0].startswith("error: "), stderr
    return lines[0]


# ---------------------------------------------------------------- source layouts


@pytest.mark.parametrize(
    "data",
    [
        b"a\tb\t1\nc\td\t0\n",
        b"a\tb\t1\nc\td\t0",
        b"a\tb\t1\r\nc\td\t0\r\n",
        b"text_a\ttext_b\tlabel\na\tb\t1\nc\td\t0\n",
        b"\xef\xbb\xbftext_a\ttext_b\tlabel\r\na\tb\t1\r\nc\td\t0\r\n",
        b"\xef\xbb\xbfa\tb\t1\nc\td\t0\n",
        b"id\tsentence1\tsentence2\tlabel\n7\ta\tb\t1\n9\tc\td\t0\n",
        b"a\tb\t1 \nc\td\t 0\n",
        b'{"sentence1": "a", "sentence2": "b", "label": "1"}\n{"sentence1": "c", "sentence2": "d", "label": 0}\n',
    ],
)
def test_every_shape_gives_the_same_file(prepare, source, tmp_path, data):
    (source / "train.tsv").write_bytes(data)
    code, out, err = prepare("--from", source)
    assert (code, err) == (0, "")
    assert result(tmp_path, "train") == HEADER + "a\tb\t1\nc\td\t0\n"


def test_quotes_and_spaces_stay_and_breaks_become_spaces(prepare, source, tmp_path):
    (source / "train.tsv").unlink()
    rows = [
        {"sentence1": '"他\t说\n"', "sentence2": "一\u2028二\x85三\r", "label": "1"},
        {"sentence1": " x ", "sentence2": "", "label": "0"},
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (source / "train.json").write_bytes(text.encode("utf-8"))
    code, out, err = prepare("--from", source)
    assert code == 0 and "1 with the text ''" in out
    assert result(tmp_path, "train") == HEADER + '"他 说 "\t一 二 三 \t1\n x \t\t0\n'


@pytest.mark.parametrize(
    "name, text",
    [
        ("test.tsv", "g\th\n"),
        ("test.json", '{"id": 0, "sentence1": "g", "sentence2": "h"}\n'),
        ("test.tsv", "text_a\ttext_b\ng\th\n"),
    ],
)
def test_test_split_without_labels_has_no_label_column(prepare, source, tmp_path, name, text):
    (source / "test.tsv").unlink()
    (source / name).write_text(text, encoding="utf-8")
    code, out, err = prepare("--from", source)
    assert code == 0 and "test.tsv: 1 pairs, no labels" in out
    assert result(tmp_path, "test") == "text_a\ttext_b\ng\th\n"


def archive_of(source, path, prefix="tiny/"):
    """source's files in a .zip or .tar.gz, with the extra entries which macOS and the publishers put in."""
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


@pytest.mark.parametrize("file, prefix", [("a.zip", "tiny/"), ("a.zip", ""), ("a.tar.gz", "tiny/"), ("a.tgz", "./")])
def test_archives(prepare, source, tmp_path, file, prefix):
    code, out, err = prepare("--from", archive_of(source, tmp_path / file, prefix))
    assert (code, err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["dev.tsv", "test.tsv", "train.tsv"]
    assert result(tmp_path, "dev") == HEADER + "e\tf\t1\n"


def test_the_original_pawsx_archive_gives_the_chinese_part(tmp_path):
    for language in ("de", "en", "zh"):
        folder = tmp_path / "x-final" / language
        folder.mkdir(parents=True)
        train = "train.tsv" if language == "en" else "translated_train.tsv"
        for name in (train, "dev_2k.tsv", "test_2k.tsv"):
            (folder / name).write_text(f"id\tsentence1\tsentence2\tlabel\n1\t{language}\tNS\t0\n", encoding="utf-8")
    with tarfile.open(tmp_path / "x-final.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "x-final", "x-final")
    for given in ("x-final", "x-final.tar.gz"):
        done = run("pawsx", "--from", tmp_path / given, "--output_dir", tmp_path / "out", "--any_size")
        assert done.returncode == 0 and "1 with the text 'NS'" in done.stdout, done.stderr
        assert {result(tmp_path, split) for split in ("train", "dev", "test")} == {HEADER + "zh\tNS\t0\n"}


def test_one_file_is_taken_where_a_folder_has_a_split_twice(prepare, source, tmp_path):
    (source / "dev.json").write_text('{"sentence1": "x", "sentence2": "y", "label": "0"}\n', encoding="utf-8")
    (source / "dev.txt").write_text("x\ty\t0\n", encoding="utf-8")
    code, out, err = prepare("--from", source)
    assert code == 0 and f"from {source}/dev.tsv" in out
    assert result(tmp_path, "dev") == HEADER + "e\tf\t1\n"


def test_several_folders_and_none_of_this_name(prepare, source, tmp_path):
    (source / "other").mkdir()
    (source / "other" / "train.tsv").write_text("x\ty\t1\n", encoding="utf-8")
    code, out, err = prepare("--from", source)
    assert code == 2 and "several folders" in one_error(err) and "other" in err
    assert not (tmp_path / "out").exists()


def test_missing_split_is_named_and_the_rest_written(prepare, source, tmp_path):
    (source / "test.tsv").unlink()
    code, out, err = prepare("--from", source)
    assert code == 0 and re.search(r"test\.tsv: not in the source; missing", out)
    assert sorted(os.listdir(tmp_path / "out")) == ["dev.tsv", "train.tsv"]


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "name, data, words",
    [
        ("train", "a\tb\t1\n", ["train.tsv", "expected 2 rows", "found 1", "--any_size"]),
        ("dev", "a\tb\n", ["dev.tsv", "no labels"]),
        ("dev", "", ["dev.tsv", "bad row", "line 1"]),
        ("dev", HEADER, ["dev.tsv", "no row"]),
        ("dev", "a\tb\tc\t1\n", ["dev.tsv", "line 1 (4 columns, not 3)"]),
        (
            "train",
            "a\tb\t1\n" + "a\tb\t2\nx\n" * 4,
            ["8 bad row", "line 2 (label '2', not 0 or 1), line 3 (1 columns", "line 6", ", ..."],
        ),
        ("train", HEADER + "a\tb\t1\n\na\tb\t\n", ["2 bad row", "line 3", "line 4 (label ''"]),
        (
            "train",
            '{"sentence1": "a", "sentence2": "b", "label": "1"}\n{"sentence1": "a"\n{"label": "1"}\n'
            '{"sentence1": "a", "sentence2": "b"}\n',
            ["3 bad row", "line 2 (not JSON)", "line 3 (no sentence1", "line 4 (a label is missing"],
        ),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(prepare, source, tmp_path, name, data, words):
    (source / f"{name}.tsv").write_text(data, encoding="utf-8")
    code, out, err = prepare("--from", source)
    line = one_error(err)
    assert code == 2 and all(word in line for word in words), line
    assert "line 7" not in line  # only the first five bad rows
    assert not (tmp_path / "out").exists()


def test_not_utf8_names_the_line(prepare, source):
    (source / "dev.tsv").write_bytes("好\t坏\t1\n".encode() + "好\t坏\t1\n".encode("gbk"))
    code, out, err = prepare("--from", source)
    assert code == 2 and "not UTF-8 at line 2" in one_error(err)


def test_any_size_takes_an_excerpt_but_no_bad_row(prepare, source, tmp_path):
    (source / "train.tsv").write_text("a\tb\t1\n", encoding="utf-8")
    assert prepare("--from", source, "--any_size")[0] == 0
    (source / "train.tsv").write_text("a\tb\t3\n", encoding="utf-8")
    assert prepare("--from", source, "--any_size")[0] == 2
    assert result(tmp_path, "train") == HEADER + "a\tb\t1\n"  # the good one stays


@pytest.mark.parametrize(
    "file, data, words",
    [
        ("a.rar", b"Rar!\x1a\x07\x00", "unpack it first"),
        ("a.zip", b"Rar!\x1a\x07\x00", "unpack it first"),
        ("a.zip", b"PK\x03\x04 cut", "neither a folder nor a complete"),
        ("a.tar.gz", b"\x1f\x8b\x08\x00 cut", "a.tar.gz"),
        ("train.tsv", b"a\tb\t1\n", "neither a folder nor a complete"),
    ],
)
def test_what_is_no_archive_is_refused(prepare, tmp_path, file, data, words):
    (tmp_path / file).write_bytes(data)
    code, out, err = prepare("--from", tmp_path / file)
    assert code == 2 and words in one_error(err)


@pytest.mark.parametrize("file", ["a.zip", "a.tar.gz"])
def test_a_cut_archive_is_refused(prepare, source, tmp_path, file):
    (source / "train.tsv").write_bytes(os.urandom(100000))
    path = archive_of(source, tmp_path / file)
    path.write_bytes(path.read_bytes()[:50000])
    code, out, err = prepare("--from", path)
    assert code == 2 and "complete" in one_error(err)


@pytest.mark.parametrize("given", ["nowhere", "empty"])
def test_nothing_there(prepare, tmp_path, given):
    (tmp_path / "empty").mkdir()
    code, out, err = prepare("--from", tmp_path / given)
    assert code == 2 and given in one_error(err)


# ---------------------------------------------------------------- output


def test_ready_output_is_left_alone_and_needs_no_network(prepare, source, tmp_path):
    assert prepare("--from", source)[0] == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    code, out, err = prepare()
    assert (code, err) == (0, "") and "nothing to do" in out
    code, out, err = prepare("--from", source)
    assert code == 0 and out.count("unchanged") == 3
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize("damage", [HEADER + "a\tb\t1\n", "a\tb\t1\nc\td\t0\n", HEADER + "a\tb\t1\nc\t"])
def test_damaged_output_is_not_taken_for_ready(prepare, source, tmp_path, damage):
    assert prepare("--from", source)[0] == 0
    (tmp_path / "out" / "train.tsv").write_text(damage, encoding="utf-8")
    code, out, err = prepare()  # would have to download, and nothing listens there
    assert code == 2 and "cannot download" in one_error(err)
    assert prepare("--from", source)[0] == 0
    assert result(tmp_path, "train") == HEADER + "a\tb\t1\nc\td\t0\n"


def test_a_failed_write_leaves_the_old_file(prepare, source, tmp_path, monkeypatch):
    assert prepare("--from", source)[0] == 0
    (source / "train.tsv").write_text("new\tb\t1\nc\td\t0\n", encoding="utf-8")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, out, err = prepare("--from", source)
    assert code == 2 and "No space left" in one_error(err)
    assert result(tmp_path, "train") == HEADER + "a\tb\t1\nc\td\t0\n"
    assert sorted(os.listdir(tmp_path / "out")) == ["dev.tsv", "test.tsv", "train.tsv"]


def test_source_and_output_may_not_be_one_folder(prepare, source):
    before = (source / "train.tsv").read_bytes()
    code, out, err = prepare("--from", source, "--output_dir", source)
    assert code == 2 and "same folder" in one_error(err)
    assert (source / "train.tsv").read_bytes() == before


# ---------------------------------------------------------------- download


@pytest.fixture
def server(monkeypatch):
    """A web server; server.body is what it sends, server.length what it announces, server.hits the requests."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            httpd.hits += 1
            self.send_response(404 if "missing" in self.path else 200)
            if httpd.length is not False:
                self.send_header("Content-Length", str(httpd.length or len(httpd.body)))
            self.end_headers()
            self.wfile.write(httpd.body)

        def log_message(self, *args):
            pass

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.body, httpd.length, httpd.hits = b"", None, 0
    httpd.url = f"http://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, args=(0.02,))
    thread.start()
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def published(server, source, tmp_path):
    server.body = archive_of(source, tmp_path / "published.zip").read_bytes()
    return tiny(url=server.url + "/tiny.zip", md5=hashlib.md5(server.body).hexdigest())


@pytest.mark.parametrize("length", [None, False])
def test_download(prepare, published, server, tmp_path, length):
    server.length = length
    code, out, err = prepare(dataset=published)
    assert code == 0, err
    assert ("tiny.zip.part: 0.0 MB" if length is False else "tiny.zip.part: 0.0 of 0.0 MB") in err
    assert sorted(os.listdir(tmp_path / "out")) == ["dev.tsv", "test.tsv", "tiny.zip", "train.tsv"]
    assert result(tmp_path, "train") == HEADER + "a\tb\t1\nc\td\t0\n"
    os.remove(tmp_path / "out" / "train.tsv")  # the archive is kept: no second download
    assert prepare(dataset=published)[0] == 0 and server.hits == 1


@pytest.mark.parametrize("case", ["truncated", "404", "wrong hash", "refused", "no such scheme"])
def test_failed_download_is_one_line_and_leaves_nothing(prepare, published, server, tmp_path, case):
    url, md5 = published.url, published.md5
    if case == "truncated":
        server.length = len(server.body) + 1000
    elif case == "404":
        url = server.url + "/missing/tiny.zip"
    elif case == "wrong hash":
        md5 = "1" * 32
    elif case == "refused":
        url = "http://127.0.0.1:9/tiny.zip"
    else:
        url = "nonsense/tiny.zip"
    code, out, err = prepare(dataset=tiny(url=url, md5=md5))
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert code == 2 and len(errors) == 1 and "Traceback" not in err
    assert url in errors[0]
    if case == "wrong hash":
        assert md5 in errors[0] and published.md5 in errors[0]
    else:
        assert str(tmp_path / "out" / "tiny.zip") in errors[0] and "--from" in errors[0]
    assert list((tmp_path / "out").iterdir()) == []


def test_an_archive_fetched_by_hand_is_used_if_it_is_the_published_one(prepare, published, server, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "tiny.zip").write_bytes(server.body)
    assert prepare(dataset=published)[0] == 0 and server.hits == 0
    os.remove(tmp_path / "out" / "dev.tsv")
    (tmp_path / "out" / "tiny.zip").write_bytes(b"something else")
    code, out, err = prepare(dataset=published)
    assert code == 2 and published.md5 in one_error(err)
    assert (tmp_path / "out" / "tiny.zip").exists()  # the user's file is not removed


# ---------------------------------------------------------------- the four scripts


@pytest.mark.parametrize("name", NAMES)
def test_script_runs_from_any_folder(name, tmp_path):
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.tsv").write_text("好\t坏\t0\n", encoding="utf-8")
    done = run(name, "--from", tmp_path, "--output_dir", "made/here", cwd=tmp_path)
    assert done.returncode == 2 and "rows, found 1" in one_error(done.stderr)
    done = run(name, "--from", tmp_path, "--output_dir", "made/here", "--any_size", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made" / "here" / "dev.tsv").read_text(encoding="utf-8") == HEADER + "好\t坏\t0\n"
    assert "--from" in run(name, "--help").stdout


@pytest.mark.parametrize(
    "name, folder, rows, ones",
    [
        ("lcqmc", "lcqmc", {"train": 238766, "dev": 8802}, {"train": 138574, "dev": 4402}),
        ("afqmc", "afqmc", {"train": 34334, "dev": 4316}, {"train": 10573, "dev": 1338}),
        ("pawsx", "pawsx-zh", {"dev": 2000}, {"dev": 853}),
    ],
)
def test_real_files(name, folder, rows, ones, tmp_path):
    path = real_data(folder)
    done = run(name, "--from", path, "--output_dir", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    for split, count in rows.items():
        lines = result(tmp_path, split).split("\n")
        assert lines[0] + "\n" == HEADER and len(lines) == count + 2 and lines[-1] == ""
        assert sum(line.endswith("\t1") for line in lines) == ones[split]
    assert f"{tmp_path / 'out' / 'test.tsv'}: not in the source" in done.stdout
    if name == "lcqmc":  # the published bytes, and already in our layout
        assert done.stdout.count("MD5 as published") == 2
        for split in rows:
            assert (tmp_path / "out" / f"{split}.tsv").read_bytes() == (path / f"{split}.tsv").read_bytes()
