"""How the window looks at the moment: its colours, typeface, size of letters and rows."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase, QFontMetrics, QGuiApplication
from PySide6.QtWidgets import QApplication, QHeaderView, QWidget
from shiboken6 import isValid

from mat_desktop.app.resources import resource
from mat_desktop.gui.colors import DARK, DARK_HIGH, LIGHT, LIGHT_HIGH, Theme

FAMILY = "Inter"
BODY = 13
"""Pixels of the body text at 100 %."""

SIZES = (11, 12, BODY, 14, 16, 20, 24)
"""Pixels of all text at 100 %."""

ROWS = {"compact": 28, "comfortable": 32}
"""Pixels of a row in tables and lists, at the usual size of letters."""

SYSTEM = "system"

_FIRST_FONT = "_q_styleSheetWidgetFont"
"""Property in which Qt's style sheets keep the font that a widget had first."""

CONTRASTS = (SYSTEM, "normal", "high")

SMALLEST_TEXT, LARGEST_TEXT = 75, 200
"""Per cent."""


def _all_widgets(application: QApplication) -> list[QWidget]:
    """Listed while Python collects no garbage: that may delete widgets which the half made list names."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return application.allWidgets()
    finally:
        if collects:
            gc.enable()


class Appearance(QObject):
    """How the window looks. Parts that paint or lay out listen to ``changed``; there is one of it."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._mode, self._contrast = SYSTEM, SYSTEM
        self._moves = True
        self._text = 100
        self._sheet_waits = False
        self.theme = DARK
        self._row = ROWS["compact"]
        self.family = FAMILY

    @property
    def mode(self) -> str:
        """``system``, ``dark`` or ``light``."""
        return self._mode

    @property
    def moves(self) -> bool:
        """Whether something may move only to show where it went; playhead and progress are data."""
        return self._moves

    @property
    def text_scale(self) -> float:
        """By how much letters are larger than at 100 %: the user's own wish times the system's."""
        screen = QGuiApplication.primaryScreen()
        system = screen.logicalDotsPerInch() / 96 if screen is not None and sys.platform != "darwin" else 1.0
        return min(max(self._text / 100 * system, SMALLEST_TEXT / 100), LARGEST_TEXT / 100)

    @property
    def row(self) -> int:
        """Pixels of a row in tables and lists; larger letters have more room."""
        return self._row + self.more

    @property
    def more(self) -> int:
        """Pixels that a line of the body text is higher than rows of 28 leave room for."""
        return max(0, round(BODY * 1.5 * self.text_scale) - 23)

    def use(self, mode: str) -> None:
        """Dark, light, or as the system."""
        self._mode = mode if mode in ("dark", "light") else SYSTEM
        self.refresh()

    def use_density(self, density: str) -> None:
        """:param density: one of :data:`ROWS`"""
        if ROWS[density] != self._row:
            self._row = ROWS[density]
            self.changed.emit()

    def use_typeface(self, typeface: str) -> None:
        """:param typeface: ``inter`` or ``system``"""
        general = QFontDatabase.SystemFont.GeneralFont
        family = FAMILY if typeface == "inter" else QFontDatabase.systemFont(general).family()
        if family != self.family:
            self._dress(family=family)

    def use_contrast(self, wish: str) -> None:
        """One of :data:`CONTRASTS`: as the system, never or always high."""
        self._contrast = wish if wish in CONTRASTS else SYSTEM
        self.refresh()

    def use_motion(self, on: bool) -> None:
        """Whether menus and the like may slide and fade; Qt does not tell what the system wishes."""
        self._moves = on
        for effect in (Qt.UIEffect.UI_AnimateMenu, Qt.UIEffect.UI_FadeMenu, Qt.UIEffect.UI_AnimateCombo):
            QApplication.setEffectEnabled(effect, on)

    def use_text(self, percent: int) -> None:
        """Size of all letters, those on the screen already included.

        :param percent: of the usual size
        """
        percent = min(max(percent, SMALLEST_TEXT), LARGEST_TEXT)
        if percent != self._text:
            self._dress(text=percent)

    def watch_system(self) -> None:
        """Follow later changes of the system's colours and contrast; once, after the application exists."""
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self.refresh)
        if hasattr(hints, "accessibility"):  # since Qt 6.10
            hints.accessibility().contrastPreferenceChanged.connect(self.refresh)

    def _wanted(self) -> Theme:
        """The theme that the user's and the system's wishes ask for."""
        mode, hints = self._mode, QGuiApplication.styleHints()
        if mode == SYSTEM:
            mode = "light" if hints.colorScheme() is Qt.ColorScheme.Light else "dark"
        high = self._contrast == "high"
        if self._contrast == SYSTEM:
            high = _system_wants_contrast()
        if mode == "light":
            return LIGHT_HIGH if high else LIGHT
        return DARK_HIGH if high else DARK

    def refresh(self) -> None:
        """Apply the theme that the wishes ask for."""
        application, theme = QApplication.instance(), self._wanted()
        if isinstance(application, QApplication) and (
            theme is not self.theme or not application.styleSheet()
        ):
            self._dress(theme=theme)

    @contextmanager
    def sheet_last(self) -> Iterator[None]:
        """Make many parts, and set the style sheet once they are there.

        Beside a sheet Qt tells all that lies in a part of its style whenever that is put into another, which
        took more than half of the time in which a window is made.
        """
        application = QApplication.instance()
        self._sheet_waits = True
        try:
            yield
        finally:
            self._sheet_waits = False
            if isinstance(application, QApplication) and not application.styleSheet():
                application.setStyleSheet(self.theme.style_sheet())

    def _dress(self, *, theme: Theme | None = None, family: str = "", text: int = 0) -> None:
        """Other colours, typeface or size of letters, everywhere.

        A style sheet gives each widget back the font that it had first, so their own are set anew.
        """
        application = QApplication.instance()
        if not isinstance(application, QApplication):
            return
        before, scale = self.family, self.text_scale
        sizes = {round(size * scale): size for size in SIZES}
        own = [
            (widget, widget.font())
            for widget in _all_widgets(application)
            if widget.testAttribute(Qt.WidgetAttribute.WA_SetFont)
        ]
        self.theme, self.family, self._text = theme or self.theme, family or before, text or self._text
        application.setFont(font())
        if theme is not None:  # the sheet is about colours only, and with it every widget is polished anew
            # A sheet in the place of another polishes each widget once for each that it lies in.
            application.setStyleSheet("")
            application.setPalette(self.theme.palette())
            if not self._sheet_waits:
                application.setStyleSheet(self.theme.style_sheet())
        else:
            for widget in _all_widgets(application):
                if not widget.testAttribute(Qt.WidgetAttribute.WA_SetFont):
                    widget.setFont(QFont())  # beside a sheet it takes on the application's only when asked
        for widget, face in own:
            if not isValid(widget):
                continue
            if face.family() == before:
                face.setFamily(self.family)
            if face.pixelSize() in sizes:
                face.setPixelSize(round(sizes[face.pixelSize()] * self.text_scale))
            widget.setProperty(_FIRST_FONT, None)  # what Qt gives back when a hidden widget is shown
            widget.setFont(face)
            if isinstance(widget, QHeaderView):  # what it paints on would keep the letters of before
                widget.viewport().setFont(face)
        self.changed.emit()
        if family or text:
            for widget in _all_widgets(application):
                widget.updateGeometry()


def _system_wants_contrast() -> bool:
    """Qt tells it since 6.10."""
    hints = QGuiApplication.styleHints()
    return hasattr(hints, "accessibility") and (
        hints.accessibility().contrastPreference() is Qt.ContrastPreference.HighContrast
    )


appearance = Appearance()


def current() -> Theme:
    """The theme in use."""
    return appearance.theme


_SAMPLE, _USUAL = "Genre in file, suggested, 12 of 40", 203
"""Words, and how wide they are in the bundled typeface at 100 %."""


def wider(pixels: int) -> int:
    """Room for words: grows with letters that are larger or broader than usual."""
    share = _breadth(appearance.family, round(BODY * appearance.text_scale)) / _USUAL
    return round(pixels * share) if share > 1.04 else pixels


@lru_cache(maxsize=16)
def _breadth(family: str, size: int) -> int:
    return QFontMetrics(_font(family, size, 400, False, False)).horizontalAdvance(_SAMPLE)


def load_fonts() -> None:
    """Make the bundled typeface known to Qt; the system's stands in where it cannot be read."""
    for weight in ("Regular", "Medium", "SemiBold"):
        QFontDatabase.addApplicationFont(str(resource("fonts", f"Inter-{weight}.ttf")))


def font(size: int = BODY, weight: int = 400, *, strike: bool = False, figures: bool = False) -> QFont:
    """The interface's typeface.

    :param size: pixels at 100 %
    :param weight: 400, 500 or 600
    :param figures: all digits equally wide, for numbers under each other or that change in place
    """
    return _font(appearance.family, round(size * appearance.text_scale), weight, strike, figures)


@lru_cache(maxsize=128)
def _font(family: str, size: int, weight: int, strike: bool, figures: bool) -> QFont:
    made = QFont(family)
    made.setPixelSize(size)
    made.setWeight(QFont.Weight(weight))
    made.setStrikeOut(strike)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if figures:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made
