"""What a training can be told, for programs that offer it: settings, networks, tables of the paper."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, get_args, get_type_hints

import msgspec

from mat_desktop.errors import MatError
from mat_desktop.networks.registry import names
from training.experiments import BUDGETS, EXPERIMENTS, PAPER
from training.export import check_exportable
from training.finetune import SETTINGS as FINETUNE
from training.inputs import CLIP_SECONDS
from training.network import input_of
from training.published import paper_tables
from training.settings import LEAST, MOST, Settings, meanings

OFFERED = (
    *("epochs", "batch_size", "learning_rate", "patience", "clips", "seed", "precision"),
    *("dropout", "optimiser", "weight_decay", "schedule", "crop_frames", "short_epochs"),
    *("gain_db", "eq_db", "low_pass", "mel_mask", "time_mask", "mix", "ema_decay", "checkpoint_minutes"),
)
"""Settings of a single run, those that are changed most first."""


def describe_training() -> dict[str, Any]:
    """Plain values, for JSON."""
    return {
        "settings": _settings(),
        "networks": [_network(name, entry) for name, entry in names().items()],
        "tables": [
            {
                **msgspec.to_builtins(table),
                "experiments": [
                    {"key": row.key, "network": row.network, "layers": row.layers}
                    for row in EXPERIMENTS
                    if row.table == table.number
                ],
            }
            for table in paper_tables()
        ],
        "finetune": FINETUNE,
        "budgets": {name: dict(changes) for name, changes in BUDGETS.items()},
        "clip_seconds": CLIP_SECONDS,
    }


def _settings() -> list[dict[str, Any]]:
    hints = get_type_hints(Settings)
    texts = meanings()
    known = {field.name: field for field in fields(Settings)}
    told = []
    for name in OFFERED:
        default = known[name].default
        assert default is not MISSING
        told.append(
            {
                "name": name,
                "default": default,
                "paper": getattr(PAPER, name),
                "choices": list(get_args(hints[name])),
                "least": LEAST.get(name),
                "most": MOST.get(name),
                "text": texts.get(name, ""),
            }
        )
    return told


def _network(name: str, entry: Any) -> dict[str, Any]:
    usable = True
    try:
        check_exportable(input_of(Settings(network=name)), name)
    except MatError:
        usable = False
    return {
        "name": name,
        "text": entry.text,
        "source": entry.source,
        "depths": list(entry.depths),
        "exportable": usable,
    }
