from __future__ import annotations

from pathlib import Path

from mat_desktop.gui.work import Work


def test_files_of_one_name_have_their_own_progress() -> None:
    work = Work("Listening", total=4)
    first, second = Path("/a/01.flac"), Path("/b/01.flac")
    work.inside(first, 0.5)
    work.inside(second, 0.25)
    assert work.part == ("01.flac", 0.5)
    assert work.amount == 0.75
    work.inside(first, 1)
    assert work.part == ("01.flac", 0.25)
