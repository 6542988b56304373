"""Signals that ask the program to end."""

from __future__ import annotations

import signal


def endings() -> tuple[signal.Signals, ...]:
    """Ctrl+C, the request of a service manager, and a terminal that is closed or a login that ends.

    Whoever started the program with the last one ignored, as ``nohup`` does, wants it to outlive that.
    """
    found = [signal.SIGINT, signal.SIGTERM]
    hung_up = getattr(signal, "SIGHUP", None)  # not on Windows
    if hung_up is not None and signal.getsignal(hung_up) is not signal.SIG_IGN:
        found.append(hung_up)
    return tuple(found)
