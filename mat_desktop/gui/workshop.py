"""The pages on models, with what can be done there."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from mat_desktop.gui import words
from mat_desktop.gui.operations.compare import Compare, Scope
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.models import Models
from mat_desktop.gui.pages import Page, Pages
from mat_desktop.gui.smoke import use_or_ask
from mat_desktop.gui.views.library import Library
from mat_desktop.gui.views.models import ModelsPage
from mat_desktop.gui.widgets.job_bar import count_text, speed_text

RENEW_MS = 400
"""Least time between two looks at what a comparison has found."""


class Workshop(QObject):
    """``model_changed`` says that another model listens from now on."""

    model_changed = Signal()

    def __init__(self, desk: Desk, library: Library, pages: Pages) -> None:
        super().__init__()
        self._desk, self._library, self._pages = desk, library, pages
        self.models = Models(desk)
        self.compare = Compare(desk, library.selected)
        self._came_from: Callable[[], object] | None = None
        self.models_page = ModelsPage()
        self._renewing = QTimer(self)
        self._renewing.setSingleShot(True)
        self._renewing.setInterval(RENEW_MS)
        self._renewing.timeout.connect(self._renew)
        page = self.models_page
        pages.add(Page("models", page, page.list, page.banners, back=self._leave_comparison))
        page.shown.connect(self.models.load)
        page.use.connect(self.models.choose)
        self.models.doubted.connect(self._doubt)
        page.bring.connect(self.models.bring)
        page.send.connect(self.models.send)
        page.delete.connect(self.models.delete)
        self.models.listed.connect(lambda models, heard: page.show_models(models, self.models.chosen, heard))
        self.models.settled.connect(pages.clear_message)
        self.models.brought.connect(page.show_next)
        self.models.changed.connect(self.compare.close)
        self.models.changed.connect(self.model_changed)
        self._connect_comparison()

    def _connect_comparison(self) -> None:
        compare, page, view = self.compare, self.models_page, self.models_page.comparison
        page.compare.connect(self.open_comparison)
        view.back.connect(self._back)
        view.start.connect(compare.start)
        view.stop.connect(compare.cancel)
        view.picked.connect(lambda scope: compare.choose(Scope(scope)))
        view.use.connect(self.models.choose)
        view.chosen.connect(self._look_at)
        compare.opened.connect(self._open)
        compare.counted.connect(self._offer)
        compare.added.connect(self._added)
        compare.ended.connect(self._ended)
        compare.closed.connect(self._closed)
        self._pages.shown.connect(self._shown)
        self._desk.bridge.changed.connect(self._show_progress)

    def _doubt(self, name: str, why: str) -> None:
        use_or_ask(self._pages.current.banners, name, why, lambda: self.models.use(name))

    def decided(self) -> None:
        """Decisions are others: a comparison follows them, at once where it is in view."""
        self.compare.outdate()
        if self.models_page.comparison.isVisible():
            self.compare.follow()

    def _open(self) -> None:
        if self.compare.comparison is not None:
            self.models_page.show_comparison(True)
            self.models_page.comparison.open(self.compare.comparison, self.compare.title)

    def open_comparison(self, name: str, back: Callable[[], object] | None = None) -> None:
        """:param back: leads where the user came from, if that is another page"""
        self.compare.open(name)
        self._came_from = back

    def _closed(self) -> None:
        self._came_from = None
        self.models_page.show_comparison(False)

    def _leave_comparison(self) -> bool:
        compares = self.models_page.compares
        if compares:
            self._back()
        return compares

    def _back(self) -> None:
        back = self._came_from
        self.compare.close()
        if back is not None:
            back()
        self.models.load()  # it may have heard more by now

    def _offer(self) -> None:
        compare = self.compare
        self.models_page.comparison.offer_tracks(
            {str(scope): size for scope, size in compare.sizes.items()},
            compare.scope,
            len(compare.tracks),
            compare.heard,
        )

    def _added(self) -> None:
        self._show_progress()
        if not self._renewing.isActive():
            self._renewing.start()

    def _ended(self) -> None:
        self._renewing.stop()
        if self.compare.left < len(self.compare.tracks):
            self._renew()
        else:
            self._offer()
        self._show_progress()

    def _renew(self) -> None:
        compare = self.compare
        if compare.differences is not None and compare.left < len(compare.tracks):
            began = time.perf_counter()
            self.models_page.comparison.show_differences(compare.differences, compare.failed)
            took = 1000 * (time.perf_counter() - began)
            self._renewing.setInterval(max(RENEW_MS, round(20 * took)))  # it grows with the library

    def _show_progress(self) -> None:
        compare, job, view = self.compare, self.compare.job, self.models_page.comparison
        if job is None:
            stopped = 0 < compare.left < len(compare.tracks)
            left = f"{words.plural(compare.left, 'track')} are left" if stopped else ""
            view.show_progress(None, left)
            return
        if not self._desk.bridge.runs(job):
            text = "Waits until the model in use has listened to its tracks"
        elif job.paused:
            text = "Paused"
        elif not job.amount:
            text = "Starting the other model…"
        else:
            text = " · ".join(filter(None, (count_text(job), speed_text(job))))
        view.show_progress(job.share, text)

    def _shown(self, name: str) -> None:
        if name == "models" and self.models_page.compares:
            self.models_page.comparison.back_button.setFocus()
            self.compare.follow()

    def _look_at(self, path: Path) -> None:
        row = self._desk.tracks.row(path)
        if row is not None:
            self._pages.show("library")
            self._library.look_at(row)
