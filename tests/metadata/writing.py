"""Short ways to write fields into a file in a test."""

from __future__ import annotations

from pathlib import Path

from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.write import Prepared, Step, commit, prepare

Values = dict[Field, tuple[str, ...]]


def prepared(path: Path, values: Values) -> Prepared:
    before = read_tags(path).tags
    changes = [Change(field, before.get(field, ()), after) for field, after in values.items()]
    return prepare(path, changes, FileStamp.of(path.stat()))


def write(path: Path, values: Values) -> Prepared:
    done = prepared(path, values)
    commit(done)
    return done


def taken_back(path: Path, done: Prepared) -> Prepared:
    """The file as it was before a write, ready to be put in place."""

    def way(digest: str) -> list[Step]:
        return [Step(done.delta, done.before_sha256)] if digest == done.after_sha256 else []

    backwards = [change.reversed() for change in done.changes]
    return prepare(path, backwards, FileStamp.of(path.stat()), way)


def temps(path: Path) -> list[Path]:
    return list(path.parent.glob(".mat-*"))
