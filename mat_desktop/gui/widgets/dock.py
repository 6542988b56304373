"""Under the table: header, the two pictures, the player."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from mat_desktop.domain.scores import Suggestion
from mat_desktop.domain.tags import Category
from mat_desktop.gui.colors import Lut
from mat_desktop.gui.models.tags import listed
from mat_desktop.gui.scale import LOWEST, log_odds
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.controls import Button, Panel, Text
from mat_desktop.gui.widgets.levels import LevelPanel, LevelScale
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.player_bar import PlayerBar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mat_desktop.app.draw import Picture
    from mat_desktop.gui.widgets.spectrogram import Spectrogram

HEADER = 40

LONGEST = "experimental at 00:00, score 0.00"
"""What the header may have to say of the place under the pointer."""

TITLE = 64
"""Least pixels of the title, where it is shown and nothing is said of the place under the pointer."""


class Scale(QWidget):
    """A colour map with values at its ends and between."""

    def __init__(self, values: Sequence[str], name: str) -> None:
        """:param values: from the first to the last colour, at equal distances"""
        super().__init__()
        self.setAccessibleName(name)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(Text(values[0], size=11, token="muted"))
        self._bars = [_Bar(self, 64 // (len(values) - 1)) for _ in values[1:]]
        self._texts = [Text(text, size=11, token="muted") for text in values[1:]]
        for bar, text in zip(self._bars, self._texts, strict=True):
            layout.addWidget(bar)
            layout.addWidget(text)
        self._short = False
        self._lut: Lut | None = None

    def width_of(self, *, short: bool) -> int:
        """Pixels that it needs, whole or short."""
        wide = self.sizeHint().width()
        left_out = [*self._bars[1:], *self._texts[:-1]]
        if short == self._short:
            return wide
        more = sum(part.sizeHint().width() + 6 for part in left_out)
        return wide - more if short else wide + more

    def set_short(self, short: bool) -> None:
        """Leave out what stands between the ends; the first bar has all colours then."""
        if short != self._short:
            self._short = short
            for part in (*self._bars[1:], *self._texts[:-1]):
                part.setVisible(not short)
            if self._lut is not None:
                self.set_lut(self._lut)

    def set_lut(self, lut: Lut) -> None:
        """The colours."""
        self._lut = lut
        bars = self._bars[:1] if self._short else self._bars
        for bar, part in zip(bars, np.array_split(lut, len(bars)), strict=True):
            bar.image = QImage(
                np.ascontiguousarray(part).tobytes(), len(part), 1, QImage.Format.Format_RGB888
            ).copy()
            bar.update()


class _Bar(QWidget):
    def __init__(self, parent: QWidget, width: int) -> None:
        super().__init__(parent)
        self.image: QImage | None = None
        self.setFixedSize(QSize(width, 10))

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.image is not None:
            painter.drawImage(QRect(0, 0, self.width(), self.height()), self.image)
        painter.setPen(current().color("border"))
        painter.drawRect(0, 0, self.width() - 1, self.height() - 1)


SHORT = 560
"""A page that is lower than this has tracks, messages and player in view, with little of the pictures."""

NO_LIMIT = (1 << 24) - 1
"""What Qt calls QWIDGETSIZE_MAX."""

LOW = 360
"""A page that is lower than this has no room for tracks, a message under them, and pictures."""

LEAST_PICTURE = 64
"""Pixels of the spectrogram, for which rows of the taggram give way."""


class Dock(Panel):
    """Pictures of the track in view. The spectrogram arrives late: its library loads after the window."""

    plot_ready = Signal()

    def __init__(self) -> None:
        super().__init__("surface")
        self.plot: Spectrogram | None = None
        self._suggestions: tuple[Suggestion, ...] = ()
        self._taggram: NDArray[np.float32] | None = None
        self._note, self._lower_note = "", ""
        self._before: QWidget | None = None
        self._picture: Picture | None = None
        self._seconds: float | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._head = head = QHBoxLayout()
        head.setContentsMargins(16, 4, 16, 0)
        head.setSpacing(12)
        self.title = Text(weight=600, elide=True)
        self.info = Text(size=12, token="muted", elide=True)
        self.info.setMinimumHeight(16)
        self.info.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        head.addWidget(self.title, 1)
        head.addWidget(self.info)
        self.level_scale = LevelScale()
        self.levels = LevelPanel(self)
        self.level_scale.clicked.connect(lambda: self.levels.open_under(self.level_scale))
        self.levels.changed.connect(self._colour)
        self.score_scale = Scale(
            ("score 0.01", "0.5", "0.99"), "Colours of the taggram, from score 0.01 to 0.99"
        )
        self.score_scale.setToolTip(
            "Score over time, drawn as the logarithm of the odds, like the bars. A score that is much for a"
            " rare tag is little for a common one: rows say when a tag is heard, not which is heard most"
        )
        head.addWidget(self.level_scale)
        head.addWidget(self.score_scale)
        self._tools = tools = QHBoxLayout()
        tools.setSpacing(4)
        self.evidence = Button(
            icon="crosshair",
            kind="flat",
            height=28,
            tip="Evidence for the tag (E): half of it lies inside the outline",
        )
        self.evidence.setCheckable(True)
        self.zoom_in = Button(icon="zoom-in", kind="flat", height=28, tip="Zoom in (Ctrl++)")
        self.zoom_out = Button(icon="zoom-out", kind="flat", height=28, tip="Zoom out (Ctrl+−)")
        self.fit = Button(icon="maximize", kind="flat", height=28, tip="Show the whole track (Ctrl+0)")
        self.export = Button(icon="upload", kind="flat", height=28, tip="Export picture… (Ctrl+Shift+E)")
        for button in (self.evidence, self.zoom_in, self.zoom_out, self.fit, self.export):
            tools.addWidget(button)
        nest(head, tools)
        self._top = QWidget()
        self._top.setFixedHeight(HEADER)
        self._top.setLayout(head)
        layout.addWidget(self._top)
        self._stage = QWidget()
        self._stack = QStackedLayout(self._stage)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._waiting = Text("", size=12, token="faint")
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._waiting.setWordWrap(True)
        self._stack.addWidget(self._waiting)
        layout.addWidget(self._stage, 1)
        self.player = PlayerBar()
        layout.addWidget(self.player)
        self._crowded = False
        self.fit_page(SHORT)
        appearance.changed.connect(self._recolor)

    def fit_page(self, high: int) -> None:
        """:param high: pixels of the page that it is a part of"""
        self._high = high
        self._fit_height()

    def crowd(self, on: bool) -> None:
        """Whether something else needs room beside it: in a low page that takes the place of the pictures."""
        self._crowded = on
        self._fit_height()

    @property
    def folded(self) -> bool:
        """Whether the player alone is in view."""
        return self._crowded and self._high < LOW

    def _fit_height(self) -> None:
        for part in (self._top, self._stage):
            part.setHidden(self.folded)
        self.setMinimumHeight(0 if self.folded else 132 if self._high < SHORT else 300)
        self.setMaximumHeight(self.player.minimumHeight() if self.folded else NO_LIMIT)

    def set_plot(self, plot: Spectrogram) -> None:
        """The spectrogram is there now."""
        self.plot = plot
        self._stack.addWidget(plot)
        self._stack.setCurrentWidget(plot)
        if self._before is not None:
            self.tab_after(self._before)
        plot.pointed.connect(self._pointed)
        plot.window_changed.connect(self.player.set_window)
        if self._seconds:
            plot.set_length(self._seconds)
        plot.clear_track(self._note)
        plot.set_lower_note(self._lower_note)
        if self._picture is not None:
            plot.set_picture(self._picture)
        self._show_rows()
        self._recolor()
        self.plot_ready.emit()

    def tab_after(self, before: QWidget) -> None:
        """Its parts come after another one for Tab, wherever it stands now and whenever they were made."""
        self._before, player = before, self.player
        parts: list[QWidget] = [self.level_scale, self.evidence, self.zoom_in, self.zoom_out, self.fit]
        parts += [self.export, *([self.plot] if self.plot is not None else [])]
        parts += [player.previous, player.play, player.stop, player.next, player.name, player.overview]
        parts += [player.look_again, player.loop, player.mute, player.volume, player.devices]
        for part in parts:
            QWidget.setTabOrder(before, part)
            before = part

    def _recolor(self) -> None:
        self.score_scale.set_lut(current().taggram_lut())
        self._fit_header()
        self._colour()
        self._show_rows()

    def _colour(self) -> None:
        """Levels and colours of the spectrogram, as chosen."""
        self.level_scale.set_levels(*self.level_range)
        if self.plot is None:
            return
        from mat_desktop.gui.widgets.spectrogram import lut  # loaded by now, and late

        colours = lut(self.levels.map)
        self.level_scale.set_lut(colours)
        self.plot.set_map(colours)
        if self._picture is not None:
            self.plot.set_levels(*self.levels.levels(self._picture))

    def _pointed(self, text: str) -> None:
        self._points = bool(text)
        self.info.setText(text or self._still)
        self._fit_header()

    def _fit_header(self) -> None:
        """Where there is no room for all, the title goes, rather than show a letter or two, for what is said
        of the place under the pointer, then the taggram's scale is shortened, then it goes; at last what is
        said is cut, with dots. What the picture is gives way to the title.
        """
        metrics, gaps = self.info.fontMetrics(), 4 * self._head.spacing()
        room = self.width() - 32 - gaps - self._tools.sizeHint().width() - self.level_scale.sizeHint().width()
        longest = metrics.horizontalAdvance(LONGEST)
        forms = [(self.score_scale.width_of(short=short), short) for short in (False, True)]
        enough = (longest, 0.7 * longest)  # so much of it says the tag and the time
        found = [form for form, least in zip(forms, enough, strict=True) if room - form[0] >= least]
        scale, short = found[0] if found else (0, True)
        self.score_scale.setVisible(scale > 0)
        self.score_scale.set_short(short)
        room -= scale
        wanted = metrics.horizontalAdvance(self.info.text()) + 2
        shown = not self.title.isHidden()  # Review has it elsewhere, and leaves its room
        whole = self.title.fontMetrics().horizontalAdvance(self._title) if shown else 0
        if not self._points:
            room -= max(TITLE, self.title.minimumSizeHint().width())
        wide = max(0, min(wanted, room))
        if self._says_little and not self._points and room + TITLE - whole < wanted:
            wide = 0
        self.info.setFixedWidth(wide)
        self.info.setVisible(wide > 0)
        self.title.setText(self._title if not self._points or room - wide >= min(TITLE, whole) else "")

    _title = _still = ""
    _points = _says_little = False

    def set_track(self, title: str, seconds: float | None, note: str) -> None:
        """Another track; its pictures will come."""
        self._title = title
        self._fit_header()
        self._picture = None
        self._seconds = seconds
        self.set_info("")
        self.player.set_levels(None)
        self.player.set_track(seconds)
        self.set_note(note, clear=True)
        if self.plot is not None and seconds:
            self.plot.set_length(seconds)

    def set_info(self, text: str) -> None:
        """Words in the header, when the pointer is not over a picture; empty: what the picture is."""
        self._says_little = not text
        if not text and self._picture is not None:
            text = f"log-mel, {self._picture.mel.shape[0]} bands"
        self._still = text
        self._pointed("")

    def set_sign(self, text: str) -> None:
        """Words over the spectrogram, also of what is being worked out of it."""
        if self.plot is not None:
            self.plot.set_sign(text)

    @property
    def seconds(self) -> float | None:
        """Length of the track in view."""
        return self._seconds

    @property
    def level_range(self) -> tuple[float, float]:
        """Levels of the first and the last colour, dB relative to the loudest place of the track."""
        return self.levels.range

    @property
    def picture(self) -> Picture | None:
        """The spectrogram in view."""
        return self._picture

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """The tags of the track in view."""
        return self._suggestions

    def set_note(self, text: str, *, clear: bool = False) -> None:
        """Words in the place of the spectrogram."""
        self._note = text
        self._waiting.setText(text)
        if self.plot is not None:
            if clear:
                self.plot.clear_track(text)
            else:
                self.plot.set_note(text)

    def set_part(self, picture: Picture) -> None:
        """The spectrogram is drawn so far."""
        if self.plot is None:
            return
        self.plot.set_part(picture)
        self.plot.set_levels(*self.levels.levels(picture))
        columns = picture.mel.shape[1]
        whole = (self._seconds or 0.0) * picture.frames_per_second
        rest = max(0, round((whole - columns) / max(1, columns) * len(picture.loudness)))
        self.player.set_levels(np.append(picture.loudness, np.zeros(rest, np.float32)))

    def set_picture(self, picture: Picture) -> None:
        """The spectrogram is drawn."""
        self._picture = picture
        seconds = picture.mel.shape[1] / picture.frames_per_second
        self._seconds = seconds
        self.set_info("")
        self._colour()
        if self.plot is not None:
            self.plot.set_picture(picture)
        self.set_note("")
        self.player.set_track(seconds)
        self.player.set_levels(picture.loudness)

    def set_tags(
        self, suggestions: tuple[Suggestion, ...], taggram: NDArray[np.float32] | None, note: str
    ) -> None:
        """:param taggram: [suggestions, positions]; None where the track was not listened to"""
        self._suggestions, self._taggram = suggestions, taggram
        self._lower_note = note
        if self.plot is not None:
            self.plot.set_lower_note(note)
        self._show_rows()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More rows where there is room."""
        super().resizeEvent(event)
        self._fit_header()
        self._show_rows()

    def _room(self) -> tuple[int, int]:
        space = self.height() - HEADER - self.player.height() - 8 - 6 - 24
        tall = max(14, QFontMetrics(font(11)).height() + 1)
        if space < 230:
            return max(0, min(6 if tall <= 14 else 4, (space - LEAST_PICTURE) // tall)), tall
        tall = max(16, tall)
        return min(14, max(8 if tall == 16 else 5, (space - 144) // tall)), tall

    def _show_rows(self) -> None:
        if self.plot is None:
            return
        count, tall = self._room()
        if self._taggram is None:
            self.plot.set_rows((), None, count, tall)
            return
        chosen = most_telling(self._suggestions, count)
        rows = [self._suggestions[place] for place in chosen]
        self.plot.set_rows(rows, self._taggram[chosen], max(len(rows), min(count, 1)), tall)


def most_telling(suggestions: tuple[Suggestion, ...], count: int) -> list[int]:
    """Places of the tags worth a row, in the order shown: those of the question first, then those that are
    nearest to their thresholds, as long as their scores are on the scale at all.
    """
    places = sorted(
        [place for place, s in enumerate(suggestions) if not s.by_hand and (listed(s) or _has_row(s))],
        key=lambda place: (
            not suggestions[place].chosen,
            not listed(suggestions[place]),
            log_odds(suggestions[place].threshold) - log_odds(suggestions[place].score),
        ),
    )
    order = list(Category)
    return sorted(places[:count], key=lambda place: (order.index(suggestions[place].tag.category), place))


def _has_row(s: Suggestion) -> bool:
    """Whether a tag that is not part of the question has something to show over time."""
    return s.score >= LOWEST and not s.tag.taught
