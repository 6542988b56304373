"""The folder of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.runs import finished, opened, shown, without_paths
from training.settings import Settings


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("/home/anna berg/Music/", "Music"),
        (r"C:\Users\Anna Berg\Music", "Music"),
        ("C:\\Users\\Anna Berg\\Music\\", "Music"),
        (r"\\server\anna\Music", "Music"),
        (r"--data=C:\Users\Anna Berg\Music", "--data=Music"),
        ("--data=/home/anna/Music", "--data=Music"),
        ("/home/a=b/Music", "Music"),
        ("Music", "Music"),
        ("min_tracks=5", "min_tracks=5"),
        ("2D FCN C=5", "2D FCN C=5"),
    ],
)
def test_folders_of_a_computer_stay_there(word: str, told: str) -> None:
    expected = f"'{told}'" if " " in told else told
    assert without_paths(["train", word]) == f"python -m training train {expected}"
    assert shown(Settings(reader={"report": word}))["reader"] == {"report": told}


def test_what_a_killed_process_left_half_written_goes(tmp_path: Path) -> None:
    (tmp_path / ".last.pt.d1ef5204.tmp").write_bytes(b"half")
    (tmp_path / "last.pt").write_bytes(b"whole")
    with opened(tmp_path, Settings(), "python -m training train", resume=True):
        assert sorted(path.name for path in tmp_path.iterdir() if "last" in path.name) == ["last.pt"]


def test_a_result_that_a_power_cut_left_empty_is_none(tmp_path: Path) -> None:
    assert not finished(tmp_path)
    (tmp_path / "result.json").touch()
    assert not finished(tmp_path)
    (tmp_path / "result.json").write_text("{}")
    assert finished(tmp_path)
