"""Standard output when nobody reads it. Apart from the rest of what prints, as the window needs only this."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress


def has_no_reader(error: OSError) -> bool:
    """Whether nobody reads what is printed any more; Windows calls that an invalid argument."""
    windows = sys.platform == "win32" and error.errno == errno.EINVAL and error.filename is None
    return isinstance(error, BrokenPipeError) or windows


def silence_stdout() -> None:
    """What is still buffered would fail once more when Python ends."""
    with suppress(OSError):  # not a file at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
