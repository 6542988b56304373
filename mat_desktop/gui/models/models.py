"""The list of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from mat_desktop.gui import words

if TYPE_CHECKING:
    from mat_desktop.app.models import BrokenModel, Model

    AnyModel = Model | BrokenModel

Index = QModelIndex | QPersistentModelIndex
MODEL_ROLE = Qt.ItemDataRole.UserRole + 1
_NO_INDEX = QModelIndex()


def reason_of(model: AnyModel) -> str:
    """Why it cannot be used; empty if it can."""
    return str(getattr(model, "reason", ""))


class ModelsModel(QAbstractListModel):
    """Bundled and imported models, the broken ones too."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._models: list[AnyModel] = []
        self.chosen = ""
        self.heard: Mapping[str, int] = {}

    def show(self, models: Sequence[AnyModel], chosen: str, heard: Mapping[str, int]) -> None:
        """All of them anew.

        :param chosen: name of the one in use
        :param heard: tracks in the library that each has heard, by digest
        """
        self.beginResetModel()
        self._models, self.chosen, self.heard = list(models), chosen, heard
        self.endResetModel()

    def model(self, row: int) -> AnyModel | None:
        """By its place."""
        return self._models[row] if 0 <= row < len(self._models) else None

    def row(self, name: str) -> int:
        """Its place, 0 where there is none of that name."""
        return next((n for n, model in enumerate(self._models) if model.name == name), 0)

    def detail(self, model: AnyModel) -> str:
        """The second line."""
        card = getattr(model, "card", None)
        if card is None:
            return "Cannot be used"
        origin = getattr(model, "origin", "")
        return f"{words.plural(len(card.tags), 'tag')} · {words.megabytes(card.weights.size)} · {origin}"

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Models."""
        return 0 if parent.isValid() else len(self._models)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The model, or what a screen reader says of it."""
        model = self.model(index.row()) if index.isValid() else None
        if model is None:
            return None
        if role == MODEL_ROLE:
            return model
        if role == Qt.ItemDataRole.DisplayRole:
            return model.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            use = ", in use" if model.name == self.chosen else ""
            return f"{model.name}{use}, {self.detail(model)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return reason_of(model) or str(model.folder)
        return None
