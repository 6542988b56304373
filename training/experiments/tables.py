"""Tables 1, 2 and 3 of the paper as data: which network each row trains, and with which settings.

The paper states dropout 0.5, batch normalisation, ADAM and binary cross-entropy, and nothing else of the
training. The rest of :data:`PAPER` is ours: ADAM's usual rate, whole clips, no augmentation, and an end when
the validation PR-AUC has not grown for ten epochs. Two more things are ours, in every network: its input is
standardised in each band, and the bias of its head begins where the answers are the tags' frequencies.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from training.published import PaperRow, TableNumber, paper_table
from training.results import Budget
from training.settings import Settings, SettingsFault

PAPER = Settings(
    width=1.0,
    dropout=0.5,
    epochs=100,
    batch_size=32,
    optimiser="adam",
    learning_rate=1e-3,
    weight_decay=0.0,
    schedule="constant",
    patience=10,
    crop_frames=0,
    gain_db=0.0,
    mel_mask=0,
    time_mask=0,
    mix=0.0,
)

BUDGETS: dict[Budget, dict[str, Any]] = {
    "full": {},
    "short": {"epochs": 10, "patience": 3},
    "smoke": {"epochs": 2, "clips": 32, "batch_size": 4},
}
"""What a budget changes. "smoke" trains the whole networks, on so few clips that the figures say nothing."""


BESIDE = ("dataset", "reader", "seed", "precision", "checkpoint_minutes")
"""Settings that a row is free to have: they say on what and how it is computed."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A row of a table.

    :param key: its name in the table
    :param layers: 0 for networks of one depth
    :param changes: of :data:`PAPER`
    """

    table: TableNumber
    key: str
    network: str
    layers: int = 0
    changes: dict[str, Any] = field(default_factory=dict)

    def settings(self, budget: Budget, **more: Any) -> Settings:
        """What to train it with.

        :param more: takes precedence
        """
        told = {"network": self.network, "layers": self.layers, **self.changes, **BUDGETS[budget], **more}
        return replace(PAPER, **told)

    def changed(self, settings: Settings, budget: Budget = "full") -> dict[str, Any]:
        """What is other in these settings than in those of the row."""
        row = self.settings(budget)
        names = (field.name for field in fields(Settings) if field.name not in BESIDE)
        return {name: value for name in names if (value := getattr(settings, name)) != getattr(row, name)}

    def budget(self, settings: Settings, asked: Budget) -> Budget:
        """Whose settings these are; "own" where more was changed than a budget does.

        :param asked: a smoke run stays one whatever is changed
        """
        same = [budget for budget in BUDGETS if not self.changed(settings, budget)]
        return same[0] if same else "smoke" if asked == "smoke" else "own"

    @property
    def cost(self) -> int:
        """Millions of multiply-adds for a clip."""
        return COSTS[self.key]

    @property
    def paper(self) -> PaperRow:
        """What the paper reports."""
        row = paper_table(self.table).row(self.key)
        assert row is not None
        return row

    @property
    def split(self) -> str:
        """On which the paper measured it."""
        return paper_table(self.table).split


COSTS = {
    "Control": 13,
    "Type A": 13,
    "Type B": 37,
    "Type C": 22,
    "Type D": 14,
    "Type E": 53,
    "Type F": 55,
    "Type G": 55,
    "1D FCN C=3": 102,
    "1D FCN C=4": 149,
    "1D FCN C=5": 418,
    "2D FCN C=3": 3484,
    "2D FCN C=4": 5880,
    "2D FCN C=5": 14931,
    "2D CRNN C=3": 3251,
    "2D CRNN C=4": 10551,
    "2D CRNN C=5": 16856,
}
"""As counted for 50 tags; kept here, as to count those of a recurrent network takes long."""

_FAMILIES = {"1D FCN": "fcn1d", "2D FCN": "fcn2d", "2D CRNN": "crnn2d"}


def _architecture(table: TableNumber, family: str, layers: int) -> Experiment:
    return Experiment(table, f"{family} C={layers}", _FAMILIES[family], layers)


EXPERIMENTS: tuple[Experiment, ...] = (
    Experiment("1", "Control", "experiment1_control"),
    *(Experiment("1", f"Type {kind}", f"experiment1_{kind.lower()}") for kind in "ABCDEFG"),
    *(_architecture("2", family, layers) for family in _FAMILIES for layers in (3, 4, 5)),
    _architecture("3", "1D FCN", 4),
    _architecture("3", "2D FCN", 5),
    _architecture("3", "2D CRNN", 4),
)


def rows_of(table: str, wanted: list[str]) -> tuple[Experiment, ...]:
    """Rows of a table: all, or those whose key contains one of the words ("CRNN", "C=5", "Type E").

    :raises SettingsFault: a word names no row
    """
    rows = [row for row in EXPERIMENTS if row.table == table]
    for word in wanted:
        if not any(_names(word, row) for row in rows):
            known = ", ".join(row.key for row in rows)
            raise SettingsFault(f"table {table} has no row {word!r}; it has {known}")
    return tuple(row for row in rows if not wanted or any(_names(word, row) for word in wanted))


def _names(word: str, row: Experiment) -> bool:
    return word.casefold() in row.key.casefold()
