"""The pages on models, with what can be done there."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.models import Models
from mat_desktop.gui.pages import Page, Pages
from mat_desktop.gui.views.models import ModelsPage


class Workshop(QObject):
    """``model_changed`` says that another model listens from now on."""

    model_changed = Signal()

    def __init__(self, desk: Desk, pages: Pages) -> None:
        super().__init__()
        self.models = Models(desk)
        self.models_page = ModelsPage()
        page = self.models_page
        pages.add(Page("models", page, page.list, page.banners))
        page.shown.connect(self.models.load)
        page.use.connect(self.models.use)
        page.bring.connect(self.models.bring)
        page.send.connect(self.models.send)
        page.delete.connect(self.models.delete)
        self.models.listed.connect(lambda models, heard: page.show_models(models, self.models.chosen, heard))
        self.models.changed.connect(self.model_changed)
