"""Whether a window can be shown: looked at before Qt, which ends the process where there is no display."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

CONNECT_SECONDS = 2.0


def missing_display() -> str:
    """Why no window can be shown; empty where one can. Always empty on Windows and macOS."""
    if not sys.platform.startswith(("linux", "freebsd", "openbsd")):
        return ""
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    if platform and platform not in ("xcb", "wayland", "wayland-egl"):
        return ""
    display, wayland = os.environ.get("DISPLAY", ""), os.environ.get("WAYLAND_DISPLAY", "")
    if not display and not wayland:
        return "no display: neither DISPLAY nor WAYLAND_DISPLAY is set"
    if (wayland and _wayland_answers(wayland)) or (display and _x11_answers(display)):
        return ""
    return f"no display: nothing answers at {display or wayland}"


def _wayland_answers(name: str) -> bool:
    return _connects(str(Path(os.environ.get("XDG_RUNTIME_DIR", "/run/user/0")) / name))


def _x11_answers(display: str) -> bool:
    """``host:number.screen``; without a host a local socket, by name or in the abstract namespace."""
    host, _, rest = display.rpartition(":")
    number = rest.split(".")[0]
    if not number.isdigit():
        return False
    if host.startswith("/"):  # macOS's XQuartz and some sandboxes give the socket's path
        return _connects(display) or _connects(host)
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        return _connects(path) or _connects("\0" + path)
    try:
        with socket.create_connection((host.strip("[]"), 6000 + int(number)), CONNECT_SECONDS):
            return True
    except OSError:
        return False


def _connects(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(CONNECT_SECONDS)
        try:
            connection.connect(path)
        except OSError:
            return False
    return True
