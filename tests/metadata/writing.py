"""Short ways to write fields into a file in a test."""

from __future__ import annotations

from pathlib import Path

from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.write import Prepared, commit, prepare

Values = dict[Field, tuple[str, ...]]


def prepared(path: Path, values: Values) -> Prepared:
    before = read_tags(path).tags
    changes = [Change(field, before.get(field, ()), after) for field, after in values.items()]
    return prepare(path, changes, FileStamp.of(path.stat()))


def write(path: Path, values: Values) -> Prepared:
    done = prepared(path, values)
    commit(done)
    return done


def temps(path: Path) -> list[Path]:
    return list(path.parent.glob(".mat-*"))
