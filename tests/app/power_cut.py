"""The power goes while a file is being written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mat_desktop.app import apply as apply_module
from mat_desktop.app.session import Session
from mat_desktop.domain.track import FileStamp
from mat_desktop.metadata.write import Prepared


class PowerCut(BaseException):
    """Not an Exception: nothing in the program may handle it."""


@contextmanager
def power_cut(session: Session, *, replaced: bool) -> Iterator[None]:
    """Around a write or an undo: it ends just before its first file is replaced, or just after."""
    real = apply_module.commit

    def cut(prepared: Prepared) -> FileStamp:
        if replaced:
            real(prepared)
        raise PowerCut

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apply_module, "commit", cut)
        # What is dead settles nothing and closes no run.
        patch.setattr(apply_module, "settle", lambda session, entry: None)
        patch.setattr(session.journal, "_finish", lambda runs: None)
        with pytest.raises(PowerCut):
            yield
