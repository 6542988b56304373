"""``mat-desktop settings``: what is in force and where it was said; one of them, or another value for it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event

from mat_desktop.app import carry
from mat_desktop.app.models import find_model, usable_model
from mat_desktop.app.own_file import put, spare, toml
from mat_desktop.app.session import Session, default_data_dir
from mat_desktop.app.settings_file import NAME, Reading, SettingsFile, checked, spec_of
from mat_desktop.app.tag_file import Slip
from mat_desktop.cli.opening import say
from mat_desktop.cli.output import errors
from mat_desktop.domain.settings import SPECS, Spec, Value
from mat_desktop.errors import UsageFault, printable
from mat_desktop.inference.cards import open_card

BEFORE = "settings-before.toml"
"""What counted until a file was loaded; a number is added for each further one."""


def run(options: argparse.Namespace, cancel: Event) -> int:
    """Print, or set. Exit status 1 if something in the file cannot be used."""
    data_dir = options.data_dir or default_data_dir()
    file = SettingsFile(data_dir)
    changes = options.value is not None or options.default or options.save or options.load
    if options.json and changes:
        raise UsageFault("settings: --json shows settings; it takes no VALUE, --default, --save or --load")
    if options.save is not None or options.load is not None:
        return _carry(options)
    if options.default:
        if options.key is None or options.value is not None:
            raise UsageFault("settings: --default takes a KEY and no VALUE")
        return _say(file.change({options.key: spec_of(options.key).default}).slips)
    if options.key is not None and options.value is not None:
        value = _meant(data_dir, options.key, options.value)
        return _say(file.change({options.key: value}).slips)
    reading = file.read()
    _, slip = usable_model(data_dir, reading.settings.model)
    slips = (*reading.slips, *([slip] if slip else []))
    if options.key is not None:
        spec_of(options.key)
        value = reading.settings[options.key]
        if options.json:
            print(json.dumps(_as_object(SPECS[options.key], reading), indent=1))
        else:
            print(value if isinstance(value, str) else toml(value))
        return _say([slip for slip in slips if reading.fault is not None or slip.key == options.key])
    if options.json:
        print(json.dumps([_as_object(spec, reading) for spec in SPECS.values()], indent=1))
        return _say(slips)
    _list(reading)
    errors.print(f"The file: {printable(file.path)}")
    return _say(slips)


def _carry(options: argparse.Namespace) -> int:
    if options.key is not None or options.default or (options.save is not None and options.load is not None):
        raise UsageFault("settings: KEY, --default, --save and --load cannot be given together")
    session = Session(options.data_dir, looking=options.save is not None)
    try:
        if options.save is not None:
            if str(options.save) == "-":
                sys.stdout.write(carry.text_of(session))
                return 0
            spare(options.save, carry.read)
            carry.save(session, options.save)
            return 0
        carry.read(options.load)  # one that cannot be used replaces nothing
        before = _keep(session.data_dir, carry.text_of(session))
        loaded = carry.load(session, options.load)
        if loaded.changed:
            errors.print(f"What counted before lies in {printable(before)}; --load takes it back.")
        else:
            errors.print("Nothing is otherwise than before.")
        return _say((*loaded.slips, *session.slips))
    finally:
        session.close()


def _keep(folder: Path, text: str) -> Path:
    """Put what counts into a file that is not there yet, unless one of those before holds the same."""
    path, number = folder / BEFORE, 1
    while path.exists():
        with suppress(OSError, ValueError):
            if path.read_text(encoding="utf-8") == text:
                return path
        number += 1
        path = (folder / BEFORE).with_stem(f"{Path(BEFORE).stem}-{number}")
    put(path, text)
    return path


def _meant(data_dir: Path, key: str, text: str) -> Value:
    """:raises UsageFault: no such setting, or nothing that it may be"""
    spec = spec_of(key)
    try:
        value = checked(key, spec.parse(text))
    except ValueError as error:
        raise UsageFault(f"{key}: {error}") from error
    if key == "listening.model":
        folder = find_model(data_dir, text)
        open_card(folder)
        if folder == Path(text):  # by its place, which has to be the same wherever the program is started
            value = checked(key, str(folder.absolute()))
    return value


def _list(reading: Reading) -> None:
    wide = max(len(key) for key in SPECS)
    for key, spec in SPECS.items():
        origin = NAME if key in reading.given else "default"
        allowed = f" ({spec.allowed})" if spec.choices else ""
        print(f"{key:<{wide}} = {toml(reading.settings[key]):<12}  {origin:<13}  {spec.meaning}{allowed}")


def _as_object(spec: Spec, reading: Reading) -> dict[str, object]:
    return {
        "key": spec.key,
        "value": reading.settings[spec.key],
        "default": spec.default,
        "given": spec.key in reading.given,
        "meaning": spec.meaning,
        "allowed": spec.allowed,
    }


def _say(slips: Sequence[Slip]) -> int:
    say(slips)
    return 1 if slips else 0
