"""``python -m mat_desktop.gui.check``: what the window would be shown on, as JSON, for the doctor.

In a process of its own: Qt ends the process where it cannot load its platform plugin.
"""

from __future__ import annotations

import json

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication


def main() -> None:
    """Print Qt's version, platform and screens."""
    app = QGuiApplication(["mat-desktop"])
    hints = app.styleHints()
    screens = [
        f"{screen.size().width()}x{screen.size().height()} at {screen.devicePixelRatio():.0%}"
        for screen in app.screens()
    ]
    print(
        json.dumps(
            {
                "qt": qVersion(),
                "platform": app.platformName(),
                "screens": screens,
                "scheme": hints.colorScheme().name.lower(),
            }
        )
    )


if __name__ == "__main__":
    main()
