"""data/fetch.py: the download, over real HTTP on 127.0.0.1."""

import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tiny_data_set import HEADER, archive_of, one_error, prepared, tiny


@pytest.fixture
def server(monkeypatch):
    """A web server. `body`: the bytes that it sends; `length`: the Content-Length that it sends (None: the right one, False: none);
    `hits`: the number of requests."""

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
    assert prepared(tmp_path, "train") == HEADER + "a\tb\t1\nc\td\t0\n"
    os.remove(tmp_path / "out" / "train.tsv")  # the archive is kept: no second download
    assert prepare(dataset=published)[0] == 0 and server.hits == 1


@pytest.mark.parametrize("case", ["truncated", "404", "wrong hash", "refused", "no such scheme"])
def test_a_failed_download_is_one_error_line_and_leaves_nothing(prepare, published, server, tmp_path, case):
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


def test_an_archive_downloaded_by_hand_is_used_if_its_md5_is_the_published_one(prepare, published, server, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "tiny.zip").write_bytes(server.body)
    assert prepare(dataset=published)[0] == 0 and server.hits == 0
    os.remove(tmp_path / "out" / "dev.tsv")
    (tmp_path / "out" / "tiny.zip").write_bytes(b"something else")
    code, out, err = prepare(dataset=published)
    assert code == 2 and published.md5 in one_error(err)
    assert (tmp_path / "out" / "tiny.zip").exists()  # the user's file is not removed
