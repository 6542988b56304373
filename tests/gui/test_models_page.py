"""The page of models, on the double."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mat_desktop.app.models import BrokenModel
from mat_desktop.gui.models.row import State
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices


def names(window: Window) -> list[str]:
    models = window.workshop.models_page.models
    return [models.data(models.index(row)) for row in range(models.rowCount())]


def test_models_are_listed_with_their_cards(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    services.other_models.append(BrokenModel("worn", services.data_dir, "its card is damaged"))
    qtbot.keyClick(library.library.table, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    page = library.workshop.models_page
    assert library.pages.shows(page)
    qtbot.waitUntil(lambda: names(library) == ["double", "worn"], timeout=5000)
    assert page.title.text() == "Double"
    assert page.facts["Data"].text() == "Nothing: a double."
    assert not page.use_button.isEnabled()
    assert not page.remove.isEnabled()
    page.search.setText("voc")
    assert [row[0].text for row in page.tags.rows()] == ["male vocals"]
    page.look_at("worn")
    assert "its card is damaged" in page.why.text()
    assert not page.use_button.isEnabled()
    assert not page.export.isEnabled()
    assert page.remove.isEnabled()


def test_what_is_refused_says_why(qtbot: QtBot, library: Window) -> None:
    library.show_page("models")
    library.workshop.models.bring(Path("evil.pt"))
    banners = library.workshop.models_page.banners
    qtbot.waitUntil(lambda: bool(banners.texts()), timeout=5000)
    assert banners.texts() == ["The model was not imported: evil.pt may hold code"]


def test_import_choose_export_delete(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    window, page = library, library.workshop.models_page
    window.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: window.tracks.tally().heard == 4, timeout=5000)
    window.show_page("models")
    window.workshop.models.bring(services.data_dir / "mine")
    qtbot.waitUntil(lambda: names(window) == ["double", "mine"], timeout=5000)
    page.look_at("mine")
    page.use_button.click()
    qtbot.waitUntil(lambda: services.model == "mine" and not window.bridge.busy, timeout=5000)
    # What the other model heard does not count for this one.
    assert window.tracks.tally().heard == 0
    assert window.tracks.counts()[State.NEW] == 4
    assert "4 tracks not heard by it yet" in page.banners.texts()[-1]
    qtbot.waitUntil(lambda: page.use_button.text() == "In use", timeout=5000)
    assert not page.remove.isEnabled()

    window.workshop.models.use("double")
    qtbot.waitUntil(lambda: services.model == "double" and not window.bridge.busy, timeout=5000)
    qtbot.waitUntil(page.remove.isEnabled, timeout=5000)
    target = services.data_dir / "out.zip"
    current = page.current()
    assert current is not None
    page.send.emit(current, target)
    qtbot.waitUntil(target.exists, timeout=5000)
    page.remove.click()
    assert names(window) == ["double", "mine"]  # asked first, in a banner
    page.delete.emit("mine")
    qtbot.waitUntil(lambda: names(window) == ["double"], timeout=5000)


def test_a_model_that_cannot_be_loaded_leaves_the_one_before(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.show_page("models")
    library.workshop.models.use("broken")
    banners = library.workshop.models_page.banners
    qtbot.waitUntil(lambda: bool(banners.texts()), timeout=5000)
    assert banners.texts() == ["“broken” cannot be used: its weights are damaged"]
    assert services.model == "double"
