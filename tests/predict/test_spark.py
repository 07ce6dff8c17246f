"""`spark_scorer` in Spark's `mapInPandas`, in local mode: the package by `addPyFile`, the checkpoint by `addFile`."""

import os
import shutil
import subprocess
import sys

import pandas as pd
import pytest
from conftest import ROOT

pytest.importorskip("pyspark", reason="pip install pyspark")
pytestmark = pytest.mark.skipif(not shutil.which("java"), reason="no Java (Debian: default-jre-headless)")

PROGRAM = """
import os, sys
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

archive, checkpoint, source, target, rows = sys.argv[1:]
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.sql.execution.arrow.maxRecordsPerBatch", "8192").getOrCreate()
spark.sparkContext.setLogLevel("OFF")
spark.sparkContext.addPyFile(archive)
spark.sparkContext.addFile(checkpoint, recursive=True)
from app import spark_scorer

pairs = spark.read.parquet(source).repartition(4)
schema = StructType(list(pairs.schema.fields)).add("probability", "double").add("prediction", "string").add("error", "string")
scored = pairs.mapInPandas(spark_scorer(os.path.basename(checkpoint), engine="fp32", device="cpu"), schema)
scored.write.parquet(target)
assert spark.read.parquet(target).count() == int(rows)
spark.stop()
"""


@pytest.mark.parametrize("rows", [2_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_spark_gives_the_rows_of_predict(small_matcher, tmp_path, rows):
    frame = pd.DataFrame({"n": range(rows), "text_a": [f"问{n}" for n in range(rows)], "text_b": [f"答{n % 97}" for n in range(rows)]})
    frame.loc[5, "text_a"] = None
    frame.loc[6, "text_b"] = "\u200b"
    frame.to_parquet(tmp_path / "pairs.parquet")
    archive = shutil.make_archive(str(tmp_path / "app"), "zip", ROOT, "app")
    checkpoint = shutil.copytree(small_matcher / "best", tmp_path / "matcher")
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "elsewhere").mkdir()
    done = subprocess.run(
        [sys.executable, str(tmp_path / "program.py"), archive, str(checkpoint), str(tmp_path / "pairs.parquet"), str(tmp_path / "out"), str(rows)],
        cwd=tmp_path / "elsewhere", capture_output=True, text=True, timeout=570, env={**os.environ, "PYSPARK_PYTHON": sys.executable},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    flags = ["--model_name_or_path", str(small_matcher / "best"), "--engine", "fp32", "--input_file", str(tmp_path / "pairs.parquet")]
    subprocess.run([sys.executable, str(ROOT / "predict.py"), *flags], check=True, capture_output=True)
    expected = pd.read_parquet(tmp_path / "pairs.scored.parquet")
    found = pd.read_parquet(tmp_path / "out").sort_values("n", ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, atol=2e-6, rtol=0)
