"""predict.py as a command: its streams, its exit codes, its messages."""

import subprocess
import sys

from conftest import ROOT, pairs_file, run_app


def test_the_command_on_a_file_and_standard_streams(small_matcher, small_data, tmp_path):
    model = str(small_matcher / "best")
    flags = ["predict", "--model_name_or_path", model, "--input_file"]
    done = run_app(*flags, str(small_data / "test.tsv"), "--result_file", str(tmp_path / "out.tsv"))
    assert done.returncode == 0 and "60 rows" in done.stdout and "rows/s" in done.stdout and done.stderr == ""
    text = (small_data / "test.tsv").read_text(encoding="utf-8")
    piped = run_app(*flags, "-", input=text)
    assert piped.returncode == 0 and piped.stdout == (tmp_path / "out.tsv").read_text(encoding="utf-8")
    assert "60 rows" in piped.stderr


def test_progress_messages_are_not_mixed_with_the_rows(checkpoint, engine, tmp_path, monkeypatch, capfd):
    """A message every 30 s; when the rows go to standard output, the messages go to standard error."""
    from app import progress
    from app.commands import predict

    monkeypatch.setattr(progress, "LOG_SECONDS", 0.0)
    source = pairs_file(tmp_path / "in.tsv", 30)
    flags = ["--model_name_or_path", str(checkpoint), "--engine", "fp32", "--input_file", str(source)]
    predict.main([*flags, "--result_file", "-"])
    rows, words = capfd.readouterr()
    predict.main(flags)
    assert rows == (tmp_path / "in.scored.tsv").read_text(encoding="utf-8") and "scoring: " in words


def run_predict(small_matcher, *arguments):
    """Runs predict.py with the engine dygraph."""
    call = [sys.executable, "predict.py", "--model_name_or_path", str(small_matcher / "best"), "--engine", "dygraph", *map(str, arguments)]
    return subprocess.run(call, cwd=ROOT, capture_output=True, text=True)


def test_the_exit_code_is_2_if_no_row_could_be_scored(small_matcher, tmp_path):
    (tmp_path / "in.tsv").write_text("text_a\ttext_b\n\tb\na\t\n", encoding="utf-8")
    done = run_predict(small_matcher, "--input_file", tmp_path / "in.tsv")
    assert done.returncode == 2 and done.stderr.startswith("error: no row could be scored; the first error is in line 2: text_a is empty")
    assert (tmp_path / "in.scored.tsv").read_text(encoding="utf-8").count("is empty") == 2


def test_a_closed_standard_input_is_one_error_line(small_matcher):
    """Regression: the command hung without a message."""
    line = f"{sys.executable} predict.py --model_name_or_path {small_matcher / 'best'} --engine dygraph --input_file - <&-"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2 and done.stderr == "error: standard input is closed; name a file with --input_file\n"


def test_the_exit_code_is_not_0_if_the_reader_of_the_output_stops_early(small_matcher, tmp_path):
    (tmp_path / "in.tsv").write_text("".join(f"甲{n}\t乙{n}\n" for n in range(30_000)), encoding="utf-8")
    line = f"{sys.executable} predict.py --model_name_or_path {small_matcher / 'best'} --engine dygraph --input_file {tmp_path / 'in.tsv'} --result_file -"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {line} | head -1"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 141 and done.stdout.startswith("甲0\t乙0\t") and "Traceback" not in done.stderr
