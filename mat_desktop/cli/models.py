"""``mat-desktop models``: the models that ``--model`` can name; imports and removes them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from threading import Event

from mat_desktop.app.models import BrokenModel, delete_model, import_model, list_models, usable_model
from mat_desktop.app.session import default_data_dir
from mat_desktop.app.settings_file import SettingsFile
from mat_desktop.cli.opening import say
from mat_desktop.cli.output import command, errors
from mat_desktop.domain.counting import count
from mat_desktop.errors import UsageFault, printable


def run(options: argparse.Namespace, cancel: Event) -> int:
    """One line a model; the one in use has a star. Exit status 1 if one of them, or the choice, is broken."""
    if options.json and options.do:
        raise UsageFault("models: --json lists; it cannot be given with import or remove")
    data_dir = options.data_dir or default_data_dir()
    match options.do:
        case "import":
            return _import(data_dir, options)
        case "remove":
            delete_model(data_dir, options.name)
            errors.print(f"{options.name} is removed.")
            return 0
    models, reading = list_models(data_dir), SettingsFile(data_dir).read()
    chosen, slip = usable_model(data_dir, reading.settings.model)
    good = [model for model in models if not isinstance(model, BrokenModel)]
    broken = [model for model in models if isinstance(model, BrokenModel)]
    if options.json:
        rows: list[dict[str, object]] = [
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
                "error": None,
            }
            for model in good
        ]
        rows += [
            {
                "name": model.name,
                "chosen": model.name == chosen,
                "folder": str(model.folder),
                "error": model.reason,
            }
            for model in broken
        ]
        print(json.dumps(rows, indent=1))
    else:
        wide = max((len(printable(model.name)) for model in models), default=0)
        for model in good:
            card = model.card
            facts = f"{count(len(card.tags), 'tag')}, {card.weights.size / 1e6:.1f} MB, {card.licence}"
            star = "*" if model.name == chosen else " "
            print(f"{star} {model.name:<{wide}}  {card.title}; {facts}, {model.origin}")
        for unusable in broken:
            star = "*" if unusable.name == chosen else " "
            print(f"{star} {printable(unusable.name):<{wide}}  cannot be used")
    for unusable in broken:
        name, way_out = printable(unusable.name), unusable.way_out
        if unusable.name == chosen:
            name = f"{name}, which is in use,"
            if others := [model.name for model in good if model.bundled]:
                use = command(options, "settings", "listening.model", others[0])
                way_out = f"{way_out}; {use} takes another one into use"
        errors.print(f"{name} cannot be used: {unusable.reason}; {way_out}")
    slips = [*reading.slips, *([slip] if slip is not None else [])]
    slips = [slip for slip in slips if reading.fault is not None or slip.key == "listening.model"]
    say(slips)
    return 1 if broken or slips else 0


def _import(data_dir: Path, options: argparse.Namespace) -> int:
    before = {model.name for model in list_models(data_dir)}
    model = import_model(data_dir, options.path)
    what = "is here already" if model.name in before else f"is imported: {model.card.title}"
    use = command(options, "settings", "listening.model", model.name)
    errors.print(f"{model.name} {what}. {use} takes it into use.")
    return 0
