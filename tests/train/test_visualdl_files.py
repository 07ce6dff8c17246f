"""VisualDL's files: the curves of an interrupted run, and the options by which VisualDL compares runs."""

import pytest
from small_task import STEPS, run

from app.errors import Interrupted


def test_each_point_of_a_curve_is_there_once(tmp_path):
    from visualdl import LogReader

    for stop in (3, 9):
        with pytest.raises(Interrupted):
            run(tmp_path / "run", 2 * STEPS, {stop}, resume=True)
    # As after a kill: the points logged after the last save, and half a record.
    log = sorted((tmp_path / "run/vdl").glob("*"))[-1]
    log.write_bytes(log.read_bytes() + b"\x40\0\0\0\0\0\0\0half")
    run(tmp_path / "run", 2 * STEPS, resume=True)
    points = {}
    for file in (tmp_path / "run/vdl").glob("*.log"):
        reader = LogReader(file_path=str(file))
        for tag in reader.get_tags()["scalar"]:
            points.setdefault(tag, []).extend(point.id for point in reader.get_data("scalar", tag))
    assert sorted(points["dev/metric"]) == [3, 6, 7, 9, 12, 14] and sorted(points["train/loss"]) == [1, 4, 8, 12]
    assert points["best/metric"] == [2 * STEPS]  # shown with the options, on VisualDL's tab that compares runs


def test_visualdl_compares_runs_by_their_options(tmp_path):
    from visualdl.proto.record_pb2 import Record

    from app.train.visualdl_files import _records

    run(tmp_path / "run", 2 * STEPS)
    (log,) = (tmp_path / "run/vdl").glob("*.log")
    hparams = [value for record in _records(log) for value in Record.FromString(record).values if value.HasField("hparam")]
    names = {info.name for value in hparams for info in (*value.hparam.hparamInfos, *value.hparam.metricInfos)}
    assert len(hparams) == 1 and {"learning_rate", "batch_size", "best/metric"} <= names
