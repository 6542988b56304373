"""Every data set by its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mat_desktop.errors import printable
from training.datasets.corpus import read_corpus
from training.datasets.dataset import Dataset, DatasetFault, check_option
from training.datasets.folder import read_folder
from training.datasets.jamendo import read_jamendo
from training.datasets.msd import read_msd
from training.datasets.mtat import read_mtat

READERS: dict[str, Callable[..., Dataset]] = {
    "mtat": read_mtat,
    "jamendo": read_jamendo,
    "msd": read_msd,
    "corpus": read_corpus,
    "folder": read_folder,
}


def open_dataset(name: str, folder: Path, **options: Any) -> Dataset:
    """Read a data set as it was downloaded.

    :param name: one of ``READERS``
    :param options: of its reader, see there
    :raises DatasetFault: there is no such data set or option, or its files are not as they should be
    """
    check_option("the data set", name, tuple(READERS))
    allowed = list(inspect.signature(READERS[name]).parameters)[1:]
    unknown = [option for option in options if option not in allowed]
    if unknown:
        raise DatasetFault(f"no option {', '.join(unknown)}; those of {name} are: {', '.join(allowed)}")
    if not folder.is_dir():
        raise DatasetFault(f"{printable(folder)} is {'not a folder' if folder.exists() else 'not there'}")
    return READERS[name](folder, **options)
