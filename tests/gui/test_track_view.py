"""The pictures of the track in view: zoom, colours, evidence, loop, export, and the player beside them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QImage, QPaintEvent, QRegion, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from mat_desktop.app.evidence import Evidence
from mat_desktop.domain.card import Normalisation
from mat_desktop.domain.plan import Change
from mat_desktop.domain.scheme import DisplayTag
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.errors import DecodeError
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.operations.picture import KINDS, picture, words_of
from mat_desktop.gui.outline import Outline, Places, trace
from mat_desktop.gui.save import with_suffix
from mat_desktop.gui.theme import appearance
from mat_desktop.gui.views.review import _about as about_row
from mat_desktop.gui.widgets.pane import _about as about_track
from mat_desktop.gui.widgets.spectrogram import HANDLE, Spectrogram, lut
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.silent_player import SilentCard
from tests.gui.test_flow import confirm_undo, listen

Key = Qt.Key


@pytest.fixture
def seen(qtbot: QtBot, library: Window) -> Window:
    """The first track listened to, drawn, and in view."""
    listen(qtbot, library)
    library.library.select(0)
    dock = library.library.dock
    qtbot.waitUntil(lambda: dock.picture is not None and bool(dock.suggestions))
    library.library.table.setFocus()
    return library


def test_the_frequencies_are_those_of_the_model_in_use(seen: Window, services: FakeServices) -> None:
    plot = plot_of(seen)
    hertz = plot._hertz
    assert [text for _, text in hertz._marks] == ["200", "500", "1 k", "2 k", "4 k", "8 kHz"]
    services.card = replace(
        services.card,
        mel=replace(services.card.mel, n_mels=48, f_max=5000.0),
        normalisation=Normalisation((0.0,) * 48, (1.0,) * 48),
    )
    seen.workshop.model_changed.emit()
    assert [text for _, text in hertz._marks] == ["200", "500", "1 k", "2 k", "4 kHz"]
    assert plot.upper.viewRange()[1] == [0, 48]
    assert seen.library.dock.picture is None, "drawn anew"


def plot_of(window: Window) -> Spectrogram:
    plot = window.library.dock.plot
    assert plot is not None
    return plot


def place(plot: Spectrogram, seconds: float, share: float = 0.5) -> QPoint:
    """Where in the spectrogram a time is drawn."""
    box = plot.upper.getViewBox()
    area = box.sceneBoundingRect()
    x = box.mapViewToScene(QPointF(seconds, 0)).x()
    return plot.mapFromScene(QPointF(x, area.top() + share * area.height()))


def drag(qtbot: QtBot, plot: Spectrogram, start: float, end: float) -> None:
    viewport = plot.viewport()
    left = Qt.MouseButton.LeftButton
    qtbot.mouseMove(viewport, place(plot, start))  # what is under the pointer takes the drag
    qtbot.wait(50)
    qtbot.mousePress(viewport, left, pos=place(plot, start))
    for share in (0.1, 0.5, 1.0):
        qtbot.mouseMove(viewport, place(plot, start + share * (end - start)))
        QApplication.processEvents()
    qtbot.mouseRelease(viewport, left, pos=place(plot, end))


# zoom and colours


def test_zoom_by_key_button_and_wheel_and_back(qtbot: QtBot, seen: Window) -> None:
    plot = plot_of(seen)
    whole = plot.view
    qtbot.keyClick(seen.library.table, Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    low, high = plot.view
    assert high - low == pytest.approx((whole[1] - whole[0]) / 2)
    seen.library.dock.zoom_in.click()
    assert plot.view[1] - plot.view[0] == pytest.approx((whole[1] - whole[0]) / 4)
    assert plot.lower.viewRange()[0] == pytest.approx(plot.upper.viewRange()[0])
    before = plot.view
    plot.setFocus()
    qtbot.keyClick(plot, Key.Key_PageDown)
    assert plot.view[0] > before[0]
    at = place(plot, sum(plot.view) / 2)
    wheel = QWheelEvent(
        QPointF(at),
        QPointF(plot.viewport().mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    span = plot.view[1] - plot.view[0]
    QApplication.sendEvent(plot.viewport(), wheel)
    assert plot.view[1] - plot.view[0] == pytest.approx(span * 0.8)
    qtbot.keyClick(seen.library.table, Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert plot.view == pytest.approx(whole)


def test_the_handle_of_the_playhead_follows_where_the_view_moves(qtbot: QtBot, seen: Window) -> None:
    plot = plot_of(seen)
    plot.zoom(0.25)
    painted = QRegion()

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            nonlocal painted
            if isinstance(event, QPaintEvent):
                painted += event.region()
            return False

    watch = Watch()
    qtbot.wait(50)
    plot.viewport().installEventFilter(watch)
    plot.pan(0.2)
    qtbot.waitUntil(lambda: not painted.isEmpty())
    qtbot.wait(50)
    strip = QRegion(0, 0, plot.viewport().width(), HANDLE)
    assert strip.subtracted(painted).isEmpty()


def test_colours_and_range_are_chosen_and_remembered(qtbot: QtBot, seen: Window, tmp_path: Path) -> None:
    dock, plot = seen.library.dock, plot_of(seen)
    panel = dock.levels
    dock.level_scale.click()
    assert panel.isVisible()
    panel.maps.pick("grey")
    panel.maps.picked.emit("grey")
    assert np.array_equal(plot.mel.lut, lut("grey"))
    panel.darkest.setValue(-40)
    low, high = plot.mel.levels
    assert (low, high) == pytest.approx((255 * (1 - 40 / 80), 255))
    assert "−40 dB" in panel._values[0].text()
    panel.brightest.setValue(-50)  # the other one gives way
    assert panel.range == (-60, -50)
    panel.close()
    seen.library.dock.levels.save(seen._settings)
    other = QSettings(seen._settings.fileName(), QSettings.Format.IniFormat)
    seen._settings.sync()
    panel.set_range(-80, 0)
    panel.restore(other)
    assert (panel.map, panel.range) == ("grey", (-60, -50))
    assert seen.configure.now.spectrogram == "grey"
    panel.reset.click()
    assert (panel.map, panel.range) == ("magma", (-80, 0))
    seen.configure.put({"appearance.spectrogram": "cividis"})
    assert panel.map == "cividis"
    assert np.array_equal(plot.mel.lut, lut("cividis"))


def test_every_colour_map_has_256_colours() -> None:
    for name in ("magma", "viridis", "cividis", "grey"):
        assert lut(name).shape == (256, 3)
        assert lut(name).dtype == np.uint8
        assert len(np.unique(lut(name), axis=0)) > 200


# evidence


def test_what_the_picture_is_gives_way_to_a_long_title_only_where_that_is(
    qtbot: QtBot, library: Window
) -> None:
    listen(qtbot, library)
    dock = library.library.dock
    qtbot.waitUntil(lambda: dock.picture is not None)
    for page, said in (("library", False), ("review", True), ("library", False)):
        library.pages.show(page)
        qtbot.waitUntil(lambda: dock.picture is not None)
        dock._title = "A title of many words " * 5
        dock.set_info("")
        assert dock.info.isVisible() is said, page


def test_evidence_is_shown_by_key_follows_the_tag_and_goes(
    qtbot: QtBot, seen: Window, services: FakeServices
) -> None:
    plot, dock = plot_of(seen), seen.library.dock
    path = next(iter(services.files))
    qtbot.keyClick(seen.library.table, Key.Key_E)
    qtbot.waitUntil(lambda: plot._evidence.shown)
    assert services.explained == [(path, "rock")]
    assert dock.evidence.isChecked()
    assert "Evidence: rock" in dock.info.text()
    seen.library.pane.scores.step(1)
    qtbot.waitUntil(lambda: len(services.explained) == 2)
    qtbot.waitUntil(lambda: "indie" in dock.info.text() and plot._evidence.shown)
    seen.library.pane.scores.step(-1)  # kept, not asked again
    qtbot.waitUntil(lambda: "rock" in dock.info.text() and plot._evidence.shown)
    assert len(services.explained) == 2
    dock.evidence.click()
    assert not plot._evidence.shown
    assert not dock.evidence.isChecked()
    assert "log-mel" in dock.info.text()


def test_evidence_is_dimmed_outside_and_clear_inside(qtbot: QtBot, seen: Window) -> None:
    plot = plot_of(seen)
    services_length = 200.0

    def brightness(seconds: float, share: float) -> int:
        image = plot.grab().toImage()
        at = place(plot, seconds, share) * image.devicePixelRatio()
        return image.pixelColor(at).lightness()

    before = brightness(10, 0.2), brightness(services_length / 2, 0.2)
    qtbot.keyClick(seen.library.table, Key.Key_E)
    qtbot.waitUntil(lambda: plot._evidence.shown)
    assert brightness(10, 0.2) == pytest.approx(before[0] * 0.62, abs=3)
    assert brightness(services_length / 2, 0.2) == before[1]


def test_the_line_lies_around_the_evidence_after_zoom_and_pan(qtbot: QtBot, seen: Window) -> None:
    strength = np.random.default_rng(0).random((4, 60)).repeat(6, axis=0).repeat(20, axis=1)
    plot, evidence = plot_of(seen), Evidence(strength.astype(np.float32))
    plot.set_levels(255, 511)  # all of the picture is dark
    moves = {"zoom": lambda: plot.zoom(0.8), "pan": lambda: plot.pan(0.1), "fit": plot.fit}
    for name in ("fit", "zoom", "pan", "fit"):
        for _ in range(5):  # each is painted before the line is as fine as it allows
            moves[name]()
            plot.grab()
        outline = trace(evidence, 200.0, plot.view, plot.pixels, 96)
        plot.set_outline(outline)
        assert share_of_line(plot, outline) > 0.98, name


def share_of_line(plot: Spectrogram, outline: Outline) -> float:
    """How much of it is drawn where it lies, of what is in view."""
    image, box = plot.grab().toImage(), plot.upper.getViewBox()
    area, ratio = box.sceneBoundingRect().adjusted(3, 3, -3, -3), image.devicePixelRatio()
    x, y = (places.reshape(-1, 2).mean(axis=1) for places in (outline.x, outline.y))
    lit = []
    for one in zip(x, y, strict=True):
        at = box.mapViewToScene(QPointF(*one))
        if area.contains(at):
            there = plot.mapFromScene(at) * ratio
            near = [
                QPoint(there.x() + right, there.y() + down) for right in (-1, 0, 1) for down in (-1, 0, 1)
            ]
            lit.append(max(image.pixelColor(pixel).lightness() for pixel in near) > 90)
    assert len(lit) > 100
    return sum(lit) / len(lit)


def test_the_playhead_has_the_line_drawn_where_it_is_alone(
    qtbot: QtBot, seen: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = plot_of(seen)
    qtbot.keyClick(seen.library.table, Key.Key_E)
    qtbot.waitUntil(lambda: plot._evidence.shown)
    plot.move_to(100.0)
    qtbot.wait(50)
    drawn: list[int] = []
    stroke = pg.arrayToQPath

    def count(x: Places, *args: object, **kwargs: object) -> object:
        drawn.append(len(x))
        return stroke(x, *args, **kwargs)

    monkeypatch.setattr(pg, "arrayToQPath", count)
    plot.grab()
    whole = max(drawn)
    drawn.clear()
    plot.move_to(100.5)
    qtbot.waitUntil(lambda: bool(drawn))
    assert max(drawn) < whole / 5


def test_what_is_being_worked_out_is_said_over_the_picture(
    qtbot: QtBot, seen: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot, found = plot_of(seen), threading.Event()
    find = services.find_evidence

    def slowly(path: Path, tag: DisplayTag, tell: Callable[[float], None], wanted: object) -> Evidence:
        tell(0.4)
        assert found.wait(10)
        return find(path, tag)

    monkeypatch.setattr(services, "find_evidence", slowly)
    qtbot.keyClick(seen.library.table, Key.Key_E)
    assert "Working out where “rock”" in plot.sign
    assert plot._sign.isVisible()
    seen.library.dock.set_picture(seen.library.dock.picture or pytest.fail())  # as when it is drawn anew
    seen.library.look.drawn.emit(seen.library.dock.picture)
    assert "Working out where “rock”" in seen.library.dock.info.text()
    qtbot.waitUntil(lambda: "40 %" in plot.sign)
    found.set()
    qtbot.waitUntil(lambda: plot._evidence.shown)
    assert plot.sign == ""


def test_a_click_on_a_row_of_the_taggram_goes_there_and_to_its_tag(qtbot: QtBot, seen: Window) -> None:
    plot, scores = plot_of(seen), seen.library.pane.scores
    names = [row.tag.name for row in plot._rows]
    folded = [name for name in names if scores.tags.place(name) < 0]
    scores.tags._nearest = 0  # as where there are many: those below their threshold are folded away
    seen.library.pane.question.show_tags(seen.library.dock.suggestions, new_track=True)
    folded = [name for name in names if scores.tags.place(name) < 0]
    assert folded
    area = plot.lower.getViewBox().sceneBoundingRect()
    for name in (names[1], folded[-1]):
        y = area.top() + (names.index(name) + 0.5) * area.height() / len(names)
        qtbot.wait(QApplication.doubleClickInterval() + 50)
        at = plot.mapFromScene(QPointF(area.center().x(), y))
        qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
        current = scores.current()
        assert current is not None
        assert current.tag.name == name
        assert seen.library.dock.player.now.text() in ("1:39", "1:40")


def test_the_taggram_has_its_scale_beside_it(qtbot: QtBot, seen: Window) -> None:
    dock = seen.library.dock
    assert dock.score_scale.isVisible()
    dock._pointed("experimental at 00:00, score 0.00")
    assert dock.score_scale.isVisible()
    assert dock.info.width() >= dock.info.fontMetrics().horizontalAdvance(dock.info.text())
    dock.setFixedWidth(690)
    assert dock.score_scale.isVisible()
    assert not dock.score_scale._texts[0].isVisible(), "short"


def test_evidence_goes_on_with_the_next_track(qtbot: QtBot, seen: Window, services: FakeServices) -> None:
    qtbot.keyClick(seen.library.table, Key.Key_E)
    qtbot.waitUntil(lambda: plot_of(seen)._evidence.shown)
    qtbot.keyClick(seen.library.table, Key.Key_J)
    assert not plot_of(seen)._evidence.shown
    qtbot.waitUntil(lambda: plot_of(seen)._evidence.shown)
    assert services.explained[-1][0] == list(services.files)[1]


def test_a_click_on_a_name_beside_the_taggram_shows_its_evidence(qtbot: QtBot, seen: Window) -> None:
    plot = plot_of(seen)
    area = plot._names.sceneBoundingRect()
    rows = len(plot._rows)
    at = plot.mapFromScene(QPointF(area.left() + 60, area.top() + 1.5 * area.height() / rows))
    name = plot._rows[1].tag.name
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: plot._evidence.shown)
    assert seen.view.evidence.name == name


def test_what_is_pointed_at_follows_the_zoom(qtbot: QtBot, seen: Window) -> None:
    plot, dock = plot_of(seen), seen.library.dock
    for by in (0, 1):  # the first one tells the window only where the pointer is
        qtbot.mouseMove(plot.viewport(), place(plot, 50.0) + QPoint(by, 0))
    qtbot.waitUntil(lambda: "Hz at 0:50" in dock.info.text())
    title = dock.title.text()
    plot.upper.setXRange(100, 120, padding=0)
    assert "Hz at 1:45" in dock.info.text()
    for wide in (1000, 1040, 1080, 1120, 1160):  # never a letter or two of the title
        seen.resize(wide, 720)
        qtbot.waitUntil(lambda: seen.width() == wide)  # noqa: B023
        least = dock.title.fontMetrics().horizontalAdvance(title)
        qtbot.waitUntil(lambda: dock.title.text() in ("", title))
        qtbot.waitUntil(lambda: not dock.title.text() or dock.title.width() >= least)  # noqa: B023
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    assert "log-mel" in dock.info.text()
    assert dock.title.text() == title


def test_why_there_is_no_evidence(
    qtbot: QtBot, seen: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock = seen.library.dock

    def none(path: Path, tag: DisplayTag, *_: object) -> Evidence:
        raise DecodeError(path, "this network has no maps over time and frequency")

    monkeypatch.setattr(services, "find_evidence", none)
    qtbot.keyClick(seen.library.table, Key.Key_E)
    qtbot.waitUntil(lambda: "no maps over time" in plot_of(seen).sign)
    assert dock.info.text() == "No evidence"  # it has no room for the reason
    monkeypatch.setattr(services, "find_evidence", lambda *_: Evidence(np.zeros((24, 9), np.float32)))
    seen.library.pane.scores.step(1)
    qtbot.waitUntil(lambda: "nothing here speaks for" in plot_of(seen).sign)
    assert dock.info.text() == "No evidence"
    qtbot.keyClick(seen.library.table, Key.Key_E)
    assert plot_of(seen).sign == ""
    assert not plot_of(seen)._evidence.shown


# picture


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_picture_is_saved_with_what_is_in_view(
    qtbot: QtBot, seen: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = tmp_path / f"mine{suffix}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    seen.library.player.seek(50.0)
    appearance.use("light")
    seen.library.dock.export.click()
    qtbot.waitUntil(path.exists)
    qtbot.waitUntil(lambda: any(f"saved as {path}." in text for text in seen.library.banners.texts()))
    assert [file.name for file in tmp_path.glob("*picture-*")] == []
    assert plot_of(seen)._heads[0].opacity() == 1.0
    if suffix == ".svg":
        text = path.read_text()
        assert "Song 0" in text
        assert "<image" in text
        return
    image = QImage(str(path))
    assert image.width() >= 2400
    assert image.pixelColor(4, 4) == appearance.theme.color("surface")


def test_a_rejected_tag_looks_rejected_in_the_saved_picture(seen: Window) -> None:
    (first, *_) = seen.library.dock.suggestions
    drawn = [
        picture(plot_of(seen), (-60.0, 0.0), "A", "B", [replace(first, verdict=verdict)])
        for verdict in (Verdict.ACCEPTED, Verdict.REJECTED, Verdict.ACCEPTED)
    ]
    assert drawn[0] == drawn[2] != drawn[1]


def test_a_picture_never_takes_the_place_of_a_file_unasked(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    assert with_suffix(tmp_path / "a", KINDS, "SVG picture (*.svg)").name == "a.svg"
    assert with_suffix(tmp_path / "a", KINDS, "PNG picture (*.png)").name == "a (2).png"
    assert with_suffix(tmp_path / "a.png", KINDS, "SVG picture (*.svg)").name == "a.png"  # the chooser asked


def test_a_folder_that_cannot_be_written_is_said(
    qtbot: QtBot, seen: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gone" / "mine.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    seen.actions_["picture"].trigger()
    qtbot.waitUntil(
        lambda: any("mine.png cannot be written" in text for text in seen.library.banners.texts()),
    )


# playing


def test_a_drag_marks_a_loop_and_escape_ends_it(qtbot: QtBot, sounding: Window, card: SilentCard) -> None:
    plot, bar = plot_of(sounding), sounding.library.dock.player
    drag(qtbot, plot, 50.0, 80.0)
    assert card.loop == pytest.approx((50.0, 80.0), abs=0.5)
    assert plot.loop == pytest.approx((50.0, 80.0), abs=0.5)
    assert bar.loop.isChecked()
    assert bar.now.text() == "0:50"
    plot.setFocus()
    qtbot.keyClick(plot, Key.Key_Escape)
    assert (card.loop, plot.loop, bar.loop.isChecked()) == (None, None, False)


def test_edges_of_a_loop_can_be_moved(qtbot: QtBot, sounding: Window, card: SilentCard) -> None:
    plot = plot_of(sounding)
    drag(qtbot, plot, 50.0, 80.0)
    drag(qtbot, plot, 80.0, 120.0)
    assert card.loop == pytest.approx((50.0, 120.0), abs=1.0)
    assert plot._loop._regions[1].getRegion() == pytest.approx(card.loop)


def test_a_click_elsewhere_ends_the_loop_and_one_inside_only_seeks(
    qtbot: QtBot, sounding: Window, card: SilentCard
) -> None:
    plot, bar = plot_of(sounding), sounding.library.dock.player
    drag(qtbot, plot, 50.0, 80.0)
    qtbot.wait(QApplication.doubleClickInterval() + 50)
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place(plot, 70.0))
    assert card.loop is not None
    assert bar.now.text() in ("1:09", "1:10")
    qtbot.wait(QApplication.doubleClickInterval() + 50)
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place(plot, 150.0))
    assert card.loop is None
    assert bar.now.text() in ("2:29", "2:30")


def test_the_loop_key_loops_what_is_in_view(qtbot: QtBot, sounding: Window, card: SilentCard) -> None:
    plot = plot_of(sounding)
    qtbot.keyClick(sounding.library.table, Key.Key_O)
    assert card.loop == pytest.approx((0.0, 200.0), abs=0.1)
    qtbot.keyClick(sounding.library.table, Key.Key_O)
    assert card.loop is None
    plot.zoom(0.25)
    sounding.library.dock.player.loop.click()
    assert card.loop == pytest.approx(plot.view)


def test_the_strongest_evidence_is_played(qtbot: QtBot, sounding: Window, card: SilentCard) -> None:
    listen(qtbot, sounding)
    qtbot.waitUntil(lambda: bool(sounding.library.dock.suggestions))
    qtbot.keyClick(sounding.library.table, Key.Key_E, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: card.playing)
    assert card.loop is not None
    assert 66 < card.loop[0] < card.loop[1] < 134
    assert card.position == card.loop[0]


def test_the_loudspeaker_mutes_and_plays_on(qtbot: QtBot, sounding: Window, card: SilentCard) -> None:
    bar = sounding.library.dock.player
    sounding.configure.put({"player.volume": 70})
    assert card.volume == pytest.approx(0.49)
    bar.mute.click()
    assert (card.volume, bar.mute.isChecked(), bar.mute._icon) == (0, True, "volume-x")
    qtbot.keyClick(sounding.library.table, Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert card.volume == pytest.approx(0.49)
    assert (bar.mute.isChecked(), bar.mute._icon) == (False, "volume-2")
    bar.mute.click()
    bar.volume.setValue(30)  # whoever moves it wants to hear
    assert card.volume == pytest.approx(0.09)
    assert (bar.mute.isChecked(), bar.mute._icon) == (False, "volume-1")
    bar.volume.setValue(0)
    assert bar.mute._icon == "volume-x"


def test_what_plays_goes_on_while_files_are_written_and_taken_back(
    qtbot: QtBot, sounding: Window, card: SilentCard, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(qtbot, sounding)
    sounding.library.select(0)
    sounding.library.table.setFocus()
    qtbot.keyClick(sounding.library.table, Key.Key_Space)
    card.position = 42.0
    change, during = services._change, []

    def watched(path: Path, changes: Sequence[Change]) -> None:
        during.append((card.playing, card.lent[-1] == path))
        change(path, changes)

    monkeypatch.setattr(services, "_change", watched)
    qtbot.keyClick(sounding.library.table, Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(sounding.panels.write.write.isEnabled)
    sounding.panels.write.confirm()
    qtbot.waitUntil(lambda: len(services.own_runs) == 1 and not sounding.bridge.busy)
    assert during == [(True, True)]
    sounding.archive.undo_last_run()
    confirm_undo(qtbot, sounding)
    qtbot.waitUntil(lambda: len(during) == 2 and not sounding.bridge.busy)
    assert during == [(True, True)] * 2
    assert (card.playing, card.position) == (True, 42.0)
    assert sounding.library.dock.player.play.playing


def test_the_next_track_plays_when_one_has_ended(qtbot: QtBot, sounding: Window, card: SilentCard) -> None:
    qtbot.keyClick(sounding.library.table, Key.Key_Space)
    assert card.playing
    card.playing, card.ended = False, True
    qtbot.waitUntil(lambda: sounding.library.row is not None and sounding.library.row.title == "Song 1")
    assert sounding.library.row is not None
    assert (card.playing, card.path) == (True, sounding.library.row.path)


def test_a_track_that_is_decided_on_stays_when_it_has_ended(
    qtbot: QtBot, sounding: Window, card: SilentCard
) -> None:
    listen(qtbot, sounding)
    page = sounding.library

    def play_to_the_end() -> None:
        page.table.setFocus()
        qtbot.keyClick(page.table, Key.Key_Space)
        assert card.playing

    page.select(0)
    play_to_the_end()
    page.pane.scores.setFocus()
    card.playing, card.ended = False, True
    qtbot.waitUntil(lambda: not card.ended)
    assert page.row is not None
    assert (page.row.title, card.playing) == ("Song 0", False)
    play_to_the_end()
    qtbot.keyClick(page.table, Key.Key_X)
    card.playing, card.ended = False, True
    qtbot.waitUntil(lambda: not card.ended)
    assert (page.row.title, card.playing) == ("Song 0", False)
    sounding.actions_["next"].trigger()
    play_to_the_end()
    card.playing, card.ended = False, True  # nothing was decided on this one
    qtbot.waitUntil(lambda: page.row is not None and page.row.title == "Song 2")


def test_a_loop_begins_at_its_start_from_the_end_of_the_track(
    qtbot: QtBot, sounding: Window, card: SilentCard
) -> None:
    plot, bar = plot_of(sounding), sounding.library.dock.player
    drag(qtbot, plot, 50.0, 80.0)
    assert card.loop is not None
    qtbot.keyClick(bar.overview, Key.Key_End)
    assert bar.now.text() == "3:20"
    qtbot.keyClick(sounding.library.table, Key.Key_Space)
    assert (card.playing, card.position) == (True, card.loop[0])
    qtbot.keyClick(sounding.library.table, Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    assert (card.playing, bar.now.text()) == (False, "0:50")
    qtbot.keyClick(sounding.library.table, Key.Key_Space)
    assert (card.playing, card.position) == (True, card.loop[0])


def test_a_device_is_chosen_and_remembered(
    qtbot: QtBot, sounding: Window, card: SilentCard, services: FakeServices
) -> None:
    bar = sounding.library.dock.player
    bar.devices.click()
    menu = QApplication.activePopupWidget()
    assert menu is not None
    texts = [action.text() for action in menu.actions()]
    assert texts == ["System default", "Speakers", "Headphones", "", "Look for devices again"]
    assert menu.actions()[0].isChecked()
    menu.actions()[2].trigger()
    menu.close()
    assert card.device == "Headphones"
    qtbot.waitUntil(lambda: services.kept_settings == {"player.device": "Headphones"})


def test_a_lost_device_is_said_and_playing_can_go_on(
    qtbot: QtBot, sounding: Window, card: SilentCard
) -> None:
    bar = sounding.library.dock.player
    qtbot.keyClick(sounding.library.table, Key.Key_Space)
    card.notice = "“Headphones” is gone. Playing on the system default"
    qtbot.waitUntil(lambda: any("is gone" in text for text in sounding.library.banners.texts()))
    card.notice = ""  # as soon as it plays again
    qtbot.waitUntil(lambda: not sounding.library.banners.texts())
    card.reason, card.playing, card.position = "The sound device is gone and there is no other", False, 42.0
    qtbot.waitUntil(lambda: "there is no other" in bar.why.text())
    card.available = False
    assert bar.look_again.isVisible()
    sounding.library.table.setFocus()
    qtbot.keyClick(sounding.library.table, Key.Key_Space)
    text = "Nothing can be played: The sound device is gone and there is no other"
    qtbot.waitUntil(lambda: text in sounding.library.banners.texts())
    assert not card.playing
    card.back = True
    qtbot.keyClick(sounding.library.table, Key.Key_Space)  # no need to look again first
    qtbot.waitUntil(lambda: card.playing)
    assert card.position == 42.0
    assert not bar.why.isVisible()
    assert not sounding.library.banners.texts()


def test_a_look_for_devices_plays_on_where_it_was(
    qtbot: QtBot, sounding: Window, card: SilentCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.keyClick(sounding.library.table, Key.Key_Space)
    card.position = 42.0

    def look() -> bool:
        card.stop()
        return True

    monkeypatch.setattr(card, "look_again", look)
    sounding.library.dock.player.look_again.click()
    qtbot.waitUntil(lambda: card.playing and card.position == 42.0 and not sounding.bridge.busy)


def test_the_scale_of_the_levels_says_what_its_panel_says(seen: Window) -> None:
    dock = seen.library.dock
    assert dock.picture is not None
    at = plot_of(seen).upper.getViewBox().sceneBoundingRect().center()
    said = plot_of(seen)._level_at(at, 1.0)
    assert said.endswith(" dB")
    dock.set_picture(replace(dock.picture, top_db=24.0))
    assert dock.level_range == dock.levels.range == (-80, 0)
    assert plot_of(seen)._level_at(at, 1.0) == said, "relative to the loudest place, too"


def test_what_came_of_looking_for_sound_is_said(qtbot: QtBot, sounding: Window, card: SilentCard) -> None:
    bar = sounding.library.dock.player
    card.reason = "No sound output device found"
    bar.show_reason(card.reason)
    bar.look_again.click()
    assert bar.why.text() == "Looking for a sound device…"
    assert not bar.look_again.isEnabled()
    text = "Looked again: no sound output device found"
    qtbot.waitUntil(lambda: sounding.status.result.text() == text)
    assert bar.why.text() == card.reason
    assert bar.look_again.isEnabled()
    card.reason = ""
    bar.look_again.click()
    text = "Looked again: 2 sound devices found"
    qtbot.waitUntil(lambda: sounding.status.result.text() == text)


def test_the_view_follows_the_playhead_unless_one_looks_elsewhere(qtbot: QtBot, sounding: Window) -> None:
    plot = plot_of(sounding)
    plot.upper.setXRange(0, 20, padding=0)
    plot.move_to(19.9)
    plot.move_to(20.1)
    assert plot.view == pytest.approx((20.1, 40.1))
    plot.upper.setXRange(100, 120, padding=0)
    plot.move_to(20.2)
    assert plot.view == pytest.approx((100, 120))


def test_a_moving_playhead_does_not_draw_the_pictures_again(
    qtbot: QtBot, sounding: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = plot_of(sounding)
    plot.grab()
    renders = 0
    render = type(plot.mel).render

    def counted(item: object) -> None:
        nonlocal renders
        renders += 1
        render(item)

    monkeypatch.setattr(type(plot.mel), "render", counted)
    for step in range(20):
        plot.move_to(step * 1.0)
        QApplication.processEvents()
    assert renders == 0


def test_an_artist_of_blanks_is_none_in_what_is_shown() -> None:
    tags = {Field.TITLE: ("Song",), Field.ARTIST: (" ",), Field.ALBUM: ("TSC",)}
    track = Track(Path("one.mp3"), FileStamp(1, 2, 3), 61.0, tags)
    row = Row.of(track)
    assert row.artist == ""
    assert about_track(track) == "TSC"
    assert about_row(row) == "TSC · MP3, 1:01"
    assert words_of(row, "model") == ("Song", "TSC · model")
