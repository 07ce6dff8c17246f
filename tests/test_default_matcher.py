"""Which matcher answers if none is named: the user's own, else the shipped one, and the user is told."""

import pytest
from conftest import ROOT

from app import default_matcher, shell
from app.default_matcher import OWN, SHIPPED, chosen, say_if_shipped
from app.errors import UserError
from app.flags import parse
from app.match.matcher_config import read_matcher_config
from app.options import PredictOptions


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """An empty folder in place of the repository."""
    for module in (default_matcher, shell):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    return tmp_path


def predict_folder() -> str:
    return parse(PredictOptions, "predict.py", ["--text_a", "甲", "--text_b", "乙"]).model_name_or_path


def test_the_users_own_matcher_comes_first(repository, capsys):
    assert predict_folder() == str(repository / SHIPPED)
    (repository / OWN).mkdir(parents=True)
    assert predict_folder() == str(repository / OWN)
    say_if_shipped(predict_folder())
    assert capsys.readouterr() == ("", "")


def test_a_users_matcher_that_cannot_be_read_is_not_replaced_by_the_shipped_one(repository):
    """For example a link to a disk that is not mounted."""
    (repository / "output").symlink_to(repository / "nowhere")
    assert predict_folder() == str(repository / OWN)
    (repository / "output").unlink()
    (repository / "output").mkdir()
    (repository / "output/match").write_text("a file")
    assert predict_folder() == str(repository / OWN)
    (repository / "output/match").unlink()
    (repository / "output/match").mkdir()
    (repository / OWN).symlink_to(repository / "nowhere")
    assert predict_folder() == str(repository / OWN)
    with pytest.raises(UserError, match="no such folder"):
        read_matcher_config(repository / OWN)


def test_a_matcher_whose_replacement_was_killed_is_still_the_users_own(repository):
    best = repository / OWN
    best.with_name(f".{best.name}.previous").mkdir(parents=True)
    assert predict_folder() == str(best) and best.is_dir()


def test_the_shipped_matcher_is_announced_on_standard_error(repository, capsys):
    say_if_shipped(predict_folder())
    out, err = capsys.readouterr()
    assert not out and err.startswith("model: ") and SHIPPED in err and err.count("\n") == 1


def test_an_empty_name_is_not_the_default():
    assert chosen("") == ""
    with pytest.raises(UserError, match="no matcher.json"):
        read_matcher_config(chosen(""))


def test_the_shipped_matcher_is_complete():
    assert read_matcher_config(ROOT / SHIPPED).labels == ["0", "1"]
