"""What a teacher asks of a session, on the double."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.taught import Shelf, with_taught
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.scheme import TagScheme
from mat_desktop.domain.scores import Thresholds, Verdict
from mat_desktop.domain.taught import TaughtTag
from mat_desktop.domain.track import TrackId
from tests.gui.double_model import CARD, SCHEME

if TYPE_CHECKING:
    from tests.gui.double import FakeServices


class Classroom:
    """What a teacher asks of a session; the library's features are those that the test gives."""

    def __init__(self, services: FakeServices) -> None:
        self._services = services
        self.library = self
        self.use(CARD)
        self.teaching = False
        self.rows: dict[TrackId, NDArray[np.float16]] = {}

    def use(self, card: ModelCard) -> None:
        """Another model, with a trunk of its own."""
        self.card = card
        self.taught = Shelf(self._services.data_dir / "taught", card, lambda model: f"trunk of {model}")

    @property
    def scheme(self) -> TagScheme:
        return self._services.scheme

    @property
    def bundled_scheme(self) -> TagScheme:
        return self._services.bundled_scheme

    @property
    def thresholds(self) -> Thresholds:
        return self._services.thresholds

    def copy_change(self, before: str, name: str) -> bool:
        return False

    def reread_thresholds(self) -> None:
        pass

    def keep_taught(self, tag: TaughtTag, before: str = "") -> None:
        self.taught.put(tag)
        self._services.scheme = with_taught(SCHEME, self.taught.tags)

    def remove_taught(self, name: str) -> TaughtTag:
        tag = self.taught.remove(name)
        self._services.scheme = with_taught(SCHEME, self.taught.tags)
        return tag

    def set_threshold(self, tag: str, value: float | None) -> None:
        self._services.set_threshold(tag, value)

    def features(self, model: str) -> list[tuple[TrackId, bytes]]:
        return [(track_id, row.tobytes()) for track_id, row in self.rows.items()]

    def without_features(self, model: str) -> list[Path]:
        return [
            path for path, heard in self._services.heard.items() if heard.scores.track_id not in self.rows
        ]

    def verdicts_on(self, tag: str) -> dict[TrackId, Verdict]:
        return {i: said[tag] for i, said in self._services.kept.items() if tag in said}

    def files_on(self, tag: str) -> list[tuple[TrackId, Path, Verdict]]:
        said = self.verdicts_on(tag)
        heard = [(h.scores.track_id, path) for path, h in self._services.heard.items()]
        return [(track_id, path, said[track_id]) for track_id, path in heard if track_id in said]

    def copied(self) -> set[TrackId]:
        return set()

    def add_verdicts(
        self,
        tag: str,
        verdicts: Mapping[TrackId, Verdict],
        files: Sequence[tuple[TrackId, Path, Verdict]] = (),
    ) -> None:
        for track_id, verdict in verdicts.items():
            self._services.kept[track_id] = {**self._services.kept.get(track_id, {}), tag: verdict}

    def put_marks(
        self,
        models: Collection[str],
        tag: str,
        said: Mapping[TrackId, Verdict],
        taken_back: Iterable[TrackId] = (),
        before: str = "",
    ) -> None:
        moved = self.verdicts_on(before) if before else {}
        self.drop_tag(before)
        self.add_verdicts(tag, {**moved, **said})
        for track_id in taken_back:
            self._services.kept[track_id] = {
                name: verdict for name, verdict in self._services.kept[track_id].items() if name != tag
            }

    def drop_tag(self, tag: str) -> None:
        for track_id, said in self._services.kept.items():
            self._services.kept[track_id] = {name: v for name, v in said.items() if name != tag}
