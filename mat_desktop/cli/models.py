"""``mat-desktop models``: the models that ``--model`` can name."""

from __future__ import annotations

import argparse
import json
from threading import Event

from mat_desktop.app.models import BrokenModel, chosen_model, list_models
from mat_desktop.app.session import default_data_dir
from mat_desktop.cli.output import errors
from mat_desktop.errors import printable


def run(options: argparse.Namespace, cancel: Event) -> int:
    """One line a model; the one in use has a star. Exit status 1 if one of them is broken."""
    data_dir = options.data_dir or default_data_dir()
    models, chosen = list_models(data_dir), chosen_model(data_dir)
    good = [model for model in models if not isinstance(model, BrokenModel)]
    broken = [model for model in models if isinstance(model, BrokenModel)]
    if options.json:
        rows = [
            {
                "name": model.name,
                "title": model.card.title,
                "digest": model.card.digest,
                "tags": len(model.card.tags),
                "bytes": model.card.weights.size,
                "licence": model.card.licence,
                "bundled": model.bundled,
                "chosen": model.name == chosen,
                "folder": str(model.folder),
            }
            for model in good
        ]
        print(json.dumps(rows, indent=1))
    else:
        wide = max((len(model.name) for model in good), default=0)
        for model in good:
            card = model.card
            facts = f"{len(card.tags)} tags, {card.weights.size / 1e6:.1f} MB, {card.licence}"
            origin = "bundled" if model.bundled else "imported"
            star = "*" if model.name == chosen else " "
            print(f"{star} {model.name:<{wide}}  {card.title}; {facts}, {origin}")
    for unusable in broken:
        errors.print(f"{printable(unusable.folder)} cannot be used: {unusable.reason}")
    return 1 if broken else 0
