"""The machine: threads and flags before Paddle is loaded, devices, seeds."""

import os
import subprocess
import sys

import numpy as np
import paddle
import pytest
from conftest import ROOT, run_app

from app import caches, machine, runtime
from app.errors import UserError

SHOW = "from app import runtime; runtime.prepare(); import os, sys; print('paddle' in sys.modules, *[os.environ.get(n) for n in {names!r}])"


def prepared(*names, **environment):
    """Whether Paddle is loaded, and environment variables, after `runtime.prepare` in a new process."""
    code = SHOW.format(names=names)
    others = {key: value for key, value in os.environ.items() if key not in names}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**others, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_threads_and_flags_are_set_before_paddle_is_imported():
    loaded, threads, stride = prepared("OMP_NUM_THREADS", "FLAGS_use_stride_kernel")
    assert (loaded, int(threads), stride) == ("False", machine.cpu_count(), "0")


def test_a_setting_of_the_user_is_kept():
    assert prepared("OMP_NUM_THREADS", OMP_NUM_THREADS="7")[1] == "7"


def test_processes_share_the_threads():
    launched = prepared("OMP_NUM_THREADS", PADDLE_LOCAL_SIZE="2", PADDLE_TRAINER_ENDPOINTS="127.0.0.1:1,127.0.0.1:2")
    assert int(launched[1]) == max(1, machine.cpu_count() // 2)


LAUNCHERS = ["PADDLE_TRAINERS_NUM", "PADDLE_TRAINER_ID", "PADDLE_LOCAL_SIZE"]


@pytest.mark.parametrize("value", ["2", "1", "x", "", "²", "-1"])
@pytest.mark.parametrize("name", LAUNCHERS)
def test_variables_left_by_an_earlier_job_are_no_launch(monkeypatch, name, value):
    """Regression: a prediction waited for a second process for ever."""
    monkeypatch.setenv(name, value)
    assert (runtime.rank(), runtime.world_size(), runtime.local_processes(), runtime.launched()) == (0, 1, 1, False)


@pytest.mark.parametrize("value", ["x", "", "²", "-1", "1.0"])
@pytest.mark.parametrize("name", LAUNCHERS)
def test_a_launch_with_an_invalid_number_is_one_error_line(monkeypatch, name, value):
    monkeypatch.setenv("PADDLE_TRAINER_ENDPOINTS", "127.0.0.1:1")
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=f"{name}={value}: must be an integer"):
        runtime.rank(), runtime.world_size(), runtime.local_processes()


def test_a_command_with_an_invalid_launch_is_one_error_line(small_data):
    environment = {**os.environ, "PADDLE_TRAINER_ENDPOINTS": "127.0.0.1:1", "PADDLE_TRAINERS_NUM": "x"}
    done = run_app("predict", "--input_file", str(small_data / "dev.tsv"), env=environment)
    assert done.returncode == 2 and done.stderr.startswith("error: PADDLE_TRAINERS_NUM=x") and done.stderr.count("\n") == 1


THREADS = {"7": 7, "2,1": 2, " 3 ": 3, "0": None, "x": None, "-1": None, "": None, "1e3": None, "²": None}  # None: one per processor


@pytest.mark.parametrize("setting", THREADS)
def test_any_form_of_omp_num_threads(monkeypatch, setting):
    monkeypatch.setenv("OMP_NUM_THREADS", setting)
    assert runtime.thread_count() == (THREADS[setting] or machine.cpu_count())


ENVIRONMENT_SETTINGS = [
    *(f"OMP_NUM_THREADS={setting}" for setting in THREADS), "MKL_NUM_THREADS=x", "PADDLE_TRAINERS_NUM=2", "CUDA_VISIBLE_DEVICES=x", "FLAGS_selected_gpus=x",
    "XDG_CACHE_HOME=relative", "PPNLP_HOME=/etc/passwd", "TMPDIR=/nowhere", "HF_ENDPOINT=x", "COLUMNS=x", "LC_ALL=xx", "PYTHONIOENCODING=latin1", "TZ=x",
    "TERM=xx", "OMP_PROC_BIND=x", "KMP_AFFINITY=x", "FLAGS_use_mkldnn=x", "FLAGS_call_stack_level=9", "GLOG_v=x",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("setting", ENVIRONMENT_SETTINGS)
def test_a_wrong_value_in_the_environment_does_not_stop_prediction(small_matcher, small_data, tmp_path, setting):
    """A complete prediction, with a value that a library does not expect."""
    flags = ["--input_file", str(small_data / "test.tsv"), "--result_file", str(tmp_path / "out.tsv"), "--engine", "fp32"]
    name, value = setting.split("=", 1)
    done = run_app("predict", "--model_name_or_path", str(small_matcher / "best"), *flags, env={**os.environ, name: value}, timeout=200)
    assert done.returncode == 0 and len((tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()) == 61, done.stderr


@pytest.mark.parametrize("limit, value", [("v", 200_000), ("v", 900_000), ("n", 8)])
def test_too_little_memory_and_too_few_open_files_are_one_error_line(small_matcher, small_data, limit, value):
    """Regression: with little memory, the import of a library never ended."""
    line = f"ulimit -{limit} {value}; {sys.executable} predict.py --model_name_or_path {small_matcher / 'best'} --engine fp32 --input_file"
    done = subprocess.run(
        ["bash", "-c", f"{line} {small_data / 'test.tsv'}"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=100
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and done.stderr.startswith("error: "), done.stderr
    assert not list(small_data.glob("*scor*"))


def test_64_open_files_are_enough(small_matcher, small_data, tmp_path):
    line = f"ulimit -n 64; {sys.executable} predict.py --model_name_or_path {small_matcher / 'best'} --engine fp32"
    files = f"--input_file {small_data / 'test.tsv'} --result_file {tmp_path / 'out.tsv'}"
    done = subprocess.run(["bash", "-c", f"{line} {files}"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0 and "60 rows" in done.stdout, done.stderr


def test_too_many_threads_are_one_error_line():
    """Regression: a library ended the process, which was reported as too little memory."""
    done = run_app("doctor", env={**os.environ, "OMP_NUM_THREADS": "99999"})
    assert done.returncode == 2 and done.stderr.startswith("error: OMP_NUM_THREADS=99999: at most "), done.stderr


@pytest.mark.parametrize("vendor, expected", [("AuthenticAMD", "5"), ("GenuineIntel", "None")])
def test_the_setting_of_mkl_is_for_amd_only(vendor, expected):
    code = f"from app import machine, runtime; machine.cpu_vendor = lambda: '{vendor}'; runtime.prepare(); import os; print(os.environ.get('MKL_DEBUG_CPU_TYPE'))"
    others = {key: value for key, value in os.environ.items() if key != "MKL_DEBUG_CPU_TYPE"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=others, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected


@pytest.mark.skipif(paddle.is_compiled_with_cuda(), reason="this Paddle is built for GPU")
def test_a_missing_gpu_is_a_clear_error():
    with pytest.raises(UserError, match="--device gpu:3.*CPU only"):
        runtime.choose_device("gpu:3")
    assert runtime.choose_device("auto") == runtime.choose_device("cpu") == "cpu"


@pytest.mark.gpu
@pytest.mark.skipif(not paddle.is_compiled_with_cuda() or not paddle.device.cuda.device_count(), reason="no GPU")
def test_devices_on_a_gpu_machine():
    assert runtime.choose_device("auto") == "gpu:0"
    with pytest.raises(UserError, match="are visible"):
        runtime.choose_device("gpu:99")


def test_the_same_seed_gives_the_same_classifier():
    """A reference script sets its seed after the classification head has been created."""
    from app.encoder.from_scratch import encoder_from_scratch
    from app.match.model import PairClassifier

    def classifier_weights(seed):
        runtime.set_seed(seed)
        return PairClassifier(encoder_from_scratch("tiny", 50), 2).classifier.weight.numpy()

    np.testing.assert_array_equal(classifier_weights(1), classifier_weights(1))
    assert np.abs(classifier_weights(1) - classifier_weights(2)).max() > 0


def test_import_app_loads_no_library():
    code = "import sys, app; print([name for name in ('paddle', 'numpy', 'app.predict') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout.strip() == "[]"


def test_app_text_does_not_import_paddle():
    code = (
        "import sys, importlib; [importlib.import_module('app.text.' + n) for n in "
        "('pair_file', 'lines', 'vocabulary', 'fast_tokenizer', 'features', 'batch_sampler', 'data_audit')]; print('paddle' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout.strip() == "False"


@pytest.mark.skipif(paddle.is_compiled_with_cuda(), reason="this Paddle is built for GPU")
@pytest.mark.parametrize("visible", ["0,1", "0", "GPU-8f6e, GPU-91a0"])
def test_paddle_for_cpu_trains_in_one_process_on_any_number_of_gpus(monkeypatch, visible):
    from app.train.launcher import processes_wanted

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    runtime.gpu_count.cache_clear()
    try:
        assert runtime.visible_gpus() == len(visible.split(",")) and runtime.gpu_count() == 0
        assert [processes_wanted(0, device) for device in ("auto", "cpu", "gpu")] == [1, 1, 1]
        assert processes_wanted(3, "auto") == 3 and not runtime.uses_gpu("auto")
    finally:
        runtime.gpu_count.cache_clear()


def test_two_processes_on_cpu_use_gloo_if_a_gpu_is_visible(small_data, tmp_path):
    flags = ["--train_set", str(small_data / "dev.tsv"), "--dev_set", str(small_data / "dev.tsv"), "--model_name_or_path", "scratch:nano"]
    done = run_app(
        "match", *flags, "--max_steps", "2", "--device", "cpu", "--num_processes", "2", "--output_dir", str(tmp_path / "run"),
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "0"},
    )  # fmt: skip
    assert done.returncode == 0 and "2 processes" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("device, backend", [("cpu", "gloo"), ("gpu:0", None)])
def test_cpu_never_uses_nccl(monkeypatch, device, backend):
    """The backend is decided by a variable that must be set before Paddle joins the processes."""
    import paddle.distributed

    from app.train import distributed

    backends = []
    monkeypatch.setattr(paddle.distributed, "init_parallel_env", lambda: backends.append(os.environ.get("PADDLE_DISTRI_BACKEND")))
    monkeypatch.setenv("PADDLE_TRAINER_ENDPOINTS", "127.0.0.1:1,127.0.0.1:2")
    monkeypatch.setenv("PADDLE_TRAINERS_NUM", "2")
    monkeypatch.setenv("PADDLE_DISTRI_BACKEND", "unset")
    monkeypatch.delenv("PADDLE_DISTRI_BACKEND")
    distributed.start(device)
    assert backends == [backend]


@pytest.mark.parametrize("home", ["/proc/none", "/dev/null", "~"])
def test_libraries_get_a_writable_home_if_the_users_is_read_only(monkeypatch, home):
    monkeypatch.setenv("HOME", home)
    monkeypatch.delenv("PPNLP_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path.replace("~", home))
    assert home in caches.unwritable_caches()
    with caches.writable_home():
        assert os.path.isdir(os.environ["HOME"]) and os.environ["PPNLP_HOME"] == os.environ["HOME"]
    assert os.environ["HOME"] == home and "PPNLP_HOME" not in os.environ


def test_a_writable_home_is_not_changed(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PPNLP_HOME", str(tmp_path / "models"))
    with caches.writable_home():
        assert os.environ["HOME"] == str(tmp_path) and os.environ["PPNLP_HOME"] == str(tmp_path / "models")
    assert os.listdir(tmp_path) == []
    monkeypatch.setenv("PPNLP_HOME", "/proc/none")
    assert caches.unwritable_caches() == ["/proc/none"]
