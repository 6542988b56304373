"""``mat-desktop redo [RUN]``."""

from __future__ import annotations

from mat_desktop.cli.undo import run

__all__ = ["run"]
