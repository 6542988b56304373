"""Starts the window, or says in one line why there is none."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mat_desktop.display import missing_display
from mat_desktop.endings import endings

if TYPE_CHECKING:
    from mat_desktop.audio.player import Player

OPEN_ALREADY = "the window is open already and comes to the front"
NO_ANSWER = "another mat-desktop has this data folder open and does not answer"
HEADLESS = "without a window there are: mat-desktop tag PATH…, mat-desktop info FILE"
PACKAGES = "libgl1 libegl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libdbus-1-3"


def run(data_dir: Path | None, paths: Sequence[Path], demo: bool) -> int:
    """Show the window until it is closed.

    :param data_dir: where the databases lie; the platform's place by default
    :param paths: folders and files to open, relative to the current folder
    :param demo: open the demo tracks
    :returns: exit status where no window was shown, 2 where none can be; else the process ends here
    """
    end_at_once()
    reason = missing_display()
    if reason:
        print(f"mat-desktop: {reason}; {HEADLESS}", file=sys.stderr)
        return 2
    # Classes made on first use crash where a worker (importing the plots) and the UI thread need one at once.
    os.environ.setdefault("PYSIDE6_OPTION_LAZY", "0")
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        print(
            f"mat-desktop: Qt cannot be loaded ({error}); "
            f"on Debian and Ubuntu: apt install {PACKAGES}; {HEADLESS}",
            file=sys.stderr,
        )
        return 2
    stop_searching()
    return _run(QApplication, data_dir, paths, demo)


def end_at_once() -> None:
    """Until the window is there nothing has begun that has to be ended: signals end the process, silently."""
    for number in endings():
        signal.signal(number, signal.SIG_DFL)


def stop_searching() -> None:
    """Keep PySide6 from reading the source of every module that is imported after it.

    It looks for its own name there, for the sake of features that are not used here; that is a tenth of what
    the imports take.
    """
    feature = sys.modules.get("shibokensupport.feature")
    if hasattr(feature, "_mod_uses_pyside"):
        feature._mod_uses_pyside = lambda *_: False  # type: ignore[union-attr]


def keep_turning() -> None:
    """Keep the event loop from waiting for Python itself.

    Painting asks for the interpreter at every cell, and while a worker computes each wait lasts a switch
    interval. A full garbage collection visits every object of a big library, half a second long; rows and
    plans have no cycles, so that only the young generations are looked through.
    """
    sys.setswitchinterval(0.0002)
    gc.set_threshold(5_000, 20, 100_000)


def _run(application: type, data_dir: Path | None, paths: Sequence[Path], demo: bool) -> int:
    from PySide6.QtCore import QTimer

    from mat_desktop.app.session import Session, default_data_dir
    from mat_desktop.errors import MatError, StoreFault
    from mat_desktop.gui import theme
    from mat_desktop.gui.app_services import AppServices
    from mat_desktop.gui.instance import Instance, Start
    from mat_desktop.gui.window import Window

    keep_turning()
    app = application(["mat-desktop"])
    app.setApplicationName("mat-desktop")
    app.setDesktopFileName("mat-desktop")
    places = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 - resolve() follows links
    folder: Path | None = data_dir or default_data_dir()
    styled = False
    while folder is not None:
        instance = Instance(folder)
        start = instance.start(places, demo)
        if start is not Start.MINE:
            understood = start is Start.HANDED_OVER
            print(f"mat-desktop: {OPEN_ALREADY if understood else NO_ANSWER}", file=sys.stderr)
            return 0 if understood else 1
        if not styled:
            styled = True
            app.setStyle("Fusion")
            theme.load_fonts()
            app.setFont(theme.font())
            theme.appearance.watch_system()
        try:
            session = Session(folder)
            break
        except MatError as error:
            from mat_desktop.gui.no_start import WAY_OUT, ask_for_folder

            instance.close()
            way_out = f"; {WAY_OUT} starts with another one" if isinstance(error, StoreFault) else ""
            print(f"mat-desktop: {error}{way_out}", file=sys.stderr)
            folder = ask_for_folder(error, folder)
    else:
        return 1
    window = Window(AppServices(session), make_player=_player)
    if places or demo:
        window.opening.expect()
    window.show()
    instance.asked.connect(window.come_forward)
    window.closing.connect(instance.leave)
    QTimer.singleShot(0, lambda: window.begin(places, demo=demo))
    # Ctrl+C in the terminal and the end of the login close the window as its button does. Not in the handler,
    # which Python calls in the middle of anything, even of painting; the timer lets Python look for signals.
    for number in endings():
        signal.signal(number, lambda *_: QTimer.singleShot(0, window.quit))
    wake = QTimer()
    wake.start(250)
    wake.timeout.connect(lambda: None)
    status = int(app.exec())
    instance.close()
    window.bridge.shut(2_000)  # a decoder may hang in a file; nothing is being written any more
    # All is closed. To take Python and Qt apart, object by object, would take seconds, and might crash.
    os._exit(status)


def _player() -> Player:
    from mat_desktop.audio.player import Player

    return Player()
