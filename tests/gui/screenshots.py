"""A picture of every screen of the window, dark and light: ``python -m tests.gui.screenshots FOLDER``.

On the demo tracks, with the bundled model. The README's pictures are made with it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, Qt
from PySide6.QtWidgets import QApplication

from mat_desktop.app.resources import model_names
from mat_desktop.gui.models.row import State
from mat_desktop.gui.theme import appearance
from mat_desktop.gui.views.about import About
from mat_desktop.gui.window import Window
from tests.gui.real import CONTROL, SHIFT, press, start, wait
from tests.gui.resting import rests
from tests.training.corpora import make_corpus


class Camera:
    """Takes each screen in both themes."""

    def __init__(self, window: Window, folder: Path) -> None:
        self._window, self._folder = window, folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str) -> None:
        """One screen as it is now."""
        for mode in ("light", "dark"):
            appearance.use(mode)
            for _ in range(5):  # layouts settle, then paint
                QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
            self._window.grab().save(str(self._folder / f"{name}-{mode}.png"))
        print(name, flush=True)


def main(folder: Path, home: Path) -> None:
    """Walk through the window."""
    window = start(home / "data")
    camera = Camera(window, folder)
    window.begin([])
    first = window.opening.first
    facts = (first.device, first.model, first.sound)
    wait("what the card says", lambda: all(not fact.text.text().endswith("…") for fact in facts))
    camera.take("first")

    window.opening.open_demo()
    rows = window.tracks.rows
    wait("the demo tracks", lambda: len(rows()) == 8 and not window.bridge.busy)
    press(Qt.Key.Key_L, SHIFT)
    wait("they are heard", lambda: all(row.state is State.TO_REVIEW for row in rows()))
    window.library.select(5)
    wait("the picture", lambda: _has_picture(window))
    camera.take("library")

    for page in window.pages.names:
        if page not in ("first", "library"):
            window.pages.show(page)
            wait(f"{page} has nothing to do", lambda: rests(window) and _has_picture(window))
            if page == "review":
                strip = window.room.page.strip
                wait("small pictures", lambda: all(strip.has(rows()[place].path) for place in strip.places()))  # noqa: B023
            if page == "history":
                wait("what is not written", lambda: window.archive.page.runs.rowCount() > 0)
            if page == "training":
                _train(window, camera, home / "corpus")
            camera.take(page)
            if page == "settings":
                _scroll_settings(window, camera)

    _open_parts(window, camera)
    window.pages.show("library")
    for row in rows()[:6]:
        window.library.select(row.place)
        press(Qt.Key.Key_P, SHIFT)
    press(Qt.Key.Key_S, CONTROL)
    window.panels.write.scopes["all"].click()
    wait("the plan", lambda: window.panels.write.write.isEnabled())
    camera.take("write")
    press(Qt.Key.Key_Return, CONTROL)
    wait("written", lambda: any(r.state is State.WRITTEN for r in rows()) and not window.bridge.busy)
    window.pages.show("history")
    press(Qt.Key.Key_Down)
    wait("the run", lambda: window.archive.undoing.last is not None and not window.bridge.busy)
    camera.take("history-run")
    press(Qt.Key.Key_Space)
    wait("what undo would do", window.archive.page.reversal.do.isEnabled)
    camera.take("history-undo")
    press(Qt.Key.Key_Escape)
    press(Qt.Key.Key_F1)
    camera.take("keys")
    window.close()


def _open_parts(window: Window, camera: Camera) -> None:
    """What lies over a page, or beside it, until it is closed."""
    window.pages.show("models")
    chosen = window.workshop.models.chosen
    window.workshop.open_comparison(next(name for name in model_names() if name != chosen))
    compare = window.workshop.compare
    wait("the comparison", lambda: window.workshop.models_page.compares and bool(compare.tracks))
    compare.start()
    wait("what it would change", lambda: not compare.left and not window.bridge.busy)
    camera.take("compare")
    compare.close()
    window.pages.show("library")
    window.actions_["teach"].trigger()
    wait("the teach panel", lambda: window.school.is_open and not window.bridge.busy)
    camera.take("teach")
    window.school.close()
    for name in ("mapping", "about", "activity"):
        window.actions_[name].trigger()
        wait(f"{name} has nothing to do", lambda: not window.bridge.busy)
        sheet = window.pages.stack.currentWidget()
        if isinstance(sheet, About):
            wait("the diagnosis", sheet.look_again.isEnabled)
        camera.take(name)
        window.pages.drop_sheet()
    window.activity.dismiss()


def _scroll_settings(window: Window, camera: Camera) -> None:
    """Each section that can stand at the top."""
    page = window.preferences.page
    bar = page._scroll.verticalScrollBar()
    for _ in range(1, page.list.model().rowCount()):
        before = bar.value()
        press(Qt.Key.Key_Down)
        if bar.value() != before:
            camera.take(f"settings-{page.list.currentIndex().data().lower()}")


def _train(window: Window, camera: Camera, data: Path) -> None:
    """A small network on a few synthetic clips, long enough for curves."""
    page = window.training.page
    wait("what can be trained", lambda: bool(page.form.settings.all) and page.run.plots is not None)
    page.form.data.use(make_corpus(data))
    wait("the clips are found", lambda: page.form.data.found is not None)
    camera.take("training-form")
    page.form.network.pick("fcn1d")
    page.form.settings.take("recipe")
    for name, value in {"width": 0.2, "epochs": 12, "batch_size": 2, "crop_frames": 300}.items():
        page.form.settings.all[name].set(value)
    page.form.begin.click()
    wait("it trains", lambda: window.training.trainer.running != "")
    wait("it is trained", lambda: not window.training.trainer.running)
    wait("its figures", lambda: page.run.entry is not None and page.run.entry.state.value == "done")


def _has_picture(window: Window) -> bool:
    plot = window.library.dock.plot
    return plot is not None and plot.mel.image is not None


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path, help="where the pictures go")
    folder = arguments.parse_args().folder
    place = Path(tempfile.mkdtemp(prefix="screenshots-"))
    os.environ["HOME"] = str(place)  # so that folders are called as a user's are
    try:
        main(folder, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
