"""Standard output when nobody reads it. Apart from the rest of what prints, as the window needs only this."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def silence_stdout() -> None:
    """What is still buffered would fail once more when Python ends."""
    with suppress(OSError):  # not a file at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
