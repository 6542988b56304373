"""A run as a table and as JSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from threading import Event

import pytest

from mat_desktop.app.apply import apply
from mat_desktop.app.run_report import export_run
from mat_desktop.app.session import Session
from mat_desktop.app.undo import (
    undoing,
)
from mat_desktop.domain.plan import Change, FilePlan, Plan, WriteStatus
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp
from mat_desktop.errors import StoreFault, UsageFault
from tests.app.undoing import do, retag, write
from tests.sounds import encode, tone


def test_a_run_is_exported_as_a_table_and_as_json(session: Session, tmp_path: Path) -> None:
    path = encode(tmp_path / "a\udcff.flac", tone(0.2))
    retag(path, GENRE="Pop")
    run = write(session, {Field.GENRE: ("Rock", "Indie"), Field.MOOD: ("Happy",)}, path)
    do(session, undoing(session, run, fields=[Field.MOOD]))
    export_run(session.journal, run, tmp_path / "run.csv")
    with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    name = f"{tmp_path}/a\\xff.flac"
    assert rows == [
        ["path", "field", "before", "after", "state"],
        [name, "genre", "Pop", "Rock; Indie", ""],
        [name, "mood", "", "Happy", "undone"],
    ]
    export_run(session.journal, run, tmp_path / "run.json")
    report = json.loads((tmp_path / "run.json").read_text())
    assert (report["run"], report["kind"], report["reason"]) == (run, "write", "tiny")
    (written,) = report["files"]
    assert written["path"] == str(path)
    assert written["changes"][0] == {
        "field": "genre",
        "before": ["Pop"],
        "after": ["Rock", "Indie"],
        "state": "",
    }
    with pytest.raises(UsageFault, match="there is no run 99"):
        export_run(session.journal, 99, tmp_path / "run.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(StoreFault, match="cannot be written"):
        export_run(session.journal, run, tmp_path / "folder.csv")


def test_a_file_that_could_not_be_written_is_in_the_export_with_its_reason(
    session: Session, music: list[Path], tmp_path: Path
) -> None:
    stamps = [FileStamp.of(path.stat()) for path in music]
    retag(music[0], GENRE="Pop")
    genre = (Change(Field.GENRE, (), ("Rock",)),)
    plan = Plan("tiny", tuple(FilePlan(p, stamp, genre) for p, stamp in zip(music, stamps, strict=True)))
    left, *_ = list(apply(session, plan, Event()))
    assert left.status is WriteStatus.CONFLICT
    run = session.journal.own[-1]
    export_run(session.journal, run, tmp_path / "run.csv")
    with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 4
    assert rows[-1] == [str(music[0]), "", "", "", f"left as it was: {left.reason}"]
    export_run(session.journal, run, tmp_path / "run.json")
    report = json.loads((tmp_path / "run.json").read_text())
    assert report["left"] == [{"path": str(music[0]), "reason": left.reason}]

    retag(music[0], GENRE="Pop")
    music[1].unlink()
    results = do(session, undoing(session, run))
    back = session.journal.own[-1]
    reasons = {result.path: result.reason for result in results if result.status is WriteStatus.FAILED}
    assert list(reasons) == [music[1]]
    assert session.journal.refused(back) == list(reasons.items())
