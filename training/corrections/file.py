"""The file that the application writes a user's verdicts into."""

from __future__ import annotations

from pathlib import Path

from mat_desktop.domain.corrections import CORRECTIONS_FILE, Corrections
from mat_desktop.errors import printable
from mat_desktop.malformed import flaw
from training.datasets.dataset import DatasetFault


def is_corrections(folder: Path) -> bool:
    """Whether a folder holds corrections, and no data set."""
    return (folder / CORRECTIONS_FILE).is_file()


def read_corrections(folder: Path) -> Corrections:
    """:raises DatasetFault: the file is missing, or is not as it should be"""
    path = folder / CORRECTIONS_FILE
    try:
        corrections = Corrections.decode(path.read_bytes())
    except OSError as error:
        raise DatasetFault(f"{printable(path)}: {error.strerror}") from error
    except ValueError as error:
        raise DatasetFault(f"{printable(path)} is not a list of corrections: {flaw(error)}") from error
    if not any(corrections.verdicts):
        raise DatasetFault(f"{printable(path)}: no tag was accepted or rejected in it")
    return corrections
