"""What the heads of the models at hand listen to: a taught tag hears with every model of the same trunk."""

from __future__ import annotations

from pathlib import Path

from mat_desktop.app.models import Model, list_models
from mat_desktop.domain.card import ModelCard
from mat_desktop.errors import ModelFault
from mat_desktop.inference.cards import trunk_digest


class Trunks:
    """Digests of trunks by the digest of a model's weights. Weights are read when first asked for."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._known: dict[str, str] = {}

    def of(self, folder: Path, card: ModelCard) -> str:
        """Of a model; empty where its weights cannot be read."""
        if card.digest not in self._known:
            try:
                self._known[card.digest] = trunk_digest(folder, card)
            except ModelFault:
                return ""
        return self._known[card.digest]

    def named(self, model: str) -> str:
        """Of a bundled or imported model by its digest; empty where it is not here."""
        if model not in self._known:
            for found in list_models(self._data_dir):
                if isinstance(found, Model) and found.card.digest == model:
                    return self.of(found.folder, found.card)
        return self._known.get(model, "")
