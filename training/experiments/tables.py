"""Tables 1, 2 and 3 of the paper as data: which network each row trains, and with which settings.

The paper states dropout 0.5, batch normalisation, ADAM and binary cross-entropy, and nothing else of the
training. The rest of :data:`PAPER` is ours: ADAM's usual rate, whole clips, no augmentation, and an end when
the validation PR-AUC has not grown for ten epochs. Two more things are ours, in every network: its input is
standardised in each band, and the bias of its head begins where the answers are the tags' frequencies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from mat_desktop.networks.registry import parameter_count
from training.published import PaperRow, TableNumber, paper_table, row_of
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

NETWORK = ("network", "layers", "width", "options")
"""Settings that say which network is trained: in these alone the rows differ."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A row of a table: a network at its published width, trained as :data:`PAPER` says.

    :param key: its name in the table
    :param layers: 0 for networks of one depth
    """

    table: TableNumber
    key: str
    network: str
    layers: int = 0

    def settings(self, budget: Budget, **more: Any) -> Settings:
        """What to train it with.

        :param more: takes precedence
        """
        return self.trained_as(replace(PAPER, **{**BUDGETS[budget], **more}))

    def trained_as(self, settings: Settings) -> Settings:
        """The same training, of the network of this row."""
        return replace(settings, network=self.network, layers=self.layers, width=PAPER.width, options={})

    @property
    def parameters(self) -> int:
        """Trainable numbers of its network with the paper's 50 tags."""
        return parameter_count(self.settings("full").spec)

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


def row_named(table: str, key: str) -> Experiment | None:
    """The row of a table, if there is such a one."""
    return next((row for row in EXPERIMENTS if (row.table, row.key) == (table, key)), None)


def changed(told: Mapping[str, Any], budget: Budget = "full") -> dict[str, Any]:
    """What is other than in a training of the paper's rows.

    :param told: settings by name, those that are known
    """
    rows = {**msgspec.to_builtins(PAPER), **BUDGETS[budget]}
    return {
        name: told[name]
        for name, value in rows.items()
        if name not in (*BESIDE, *NETWORK) and name in told and told[name] != value
    }


def budget_of(settings: Settings) -> Budget:
    """Of a training by its settings alone, whichever command began it: the same run never has two.

    It is that of a row of the paper with these settings. With as few clips as a smoke run it is one, whatever
    else is changed; everything else, and of a network that is in no row, is "own".
    """
    if row_of(settings.spec) is None:
        return "own"
    told = msgspec.to_builtins(settings)
    same = [budget for budget in BUDGETS if not changed(told, budget)]
    few = 0 < settings.clips <= BUDGETS["smoke"]["clips"]
    return same[0] if same else "smoke" if few else "own"


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
