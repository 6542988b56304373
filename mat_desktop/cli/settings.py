"""``mat-desktop settings``: what is in force and where it was said; one of them, or another value for it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from mat_desktop.app import carry
from mat_desktop.app.models import find_model, usable_model
from mat_desktop.app.own_file import toml
from mat_desktop.app.session import Session, default_data_dir
from mat_desktop.app.settings_file import NAME, Reading, SettingsFile, checked, spec_of
from mat_desktop.app.tag_file import Slip
from mat_desktop.cli.output import errors
from mat_desktop.domain.settings import SPECS, Value
from mat_desktop.errors import UsageFault, printable
from mat_desktop.inference.cards import open_card

BEFORE = "settings-before.toml"
"""What counted until a file was loaded."""


def run(options: argparse.Namespace, cancel: Event) -> int:
    """Print, or set. Exit status 1 if something in the file cannot be used."""
    data_dir = options.data_dir or default_data_dir()
    file = SettingsFile(data_dir)
    if options.save is not None or options.load is not None:
        return _carry(options)
    if options.key is not None and options.value is not None:
        value = _meant(data_dir, options.key, options.value)
        _say(file.change({options.key: value}).slips)
        return 0
    reading = file.read()
    _, slip = usable_model(data_dir, reading.settings.model)
    slips = (*reading.slips, *([slip] if slip else []))
    if options.key is not None:
        spec_of(options.key)
        value = reading.settings[options.key]
        print(value if isinstance(value, str) else toml(value))
        return 0
    _list(reading)
    errors.print(f"The file: {printable(file.path)}")
    return _say(slips)


def _carry(options: argparse.Namespace) -> int:
    if options.key is not None or (options.save is not None and options.load is not None):
        raise UsageFault("settings: KEY, --save and --load cannot be given together")
    session = Session(options.data_dir)
    try:
        if options.save is not None:
            _spare(options.save)
            carry.save(session, options.save)
            return 0
        carry.read(options.load)  # one that cannot be used replaces nothing
        before = session.data_dir / BEFORE
        if before.resolve() != options.load.resolve():
            carry.save(session, before)
        _, slips = carry.load(session, options.load)
        errors.print(f"What counted before lies in {printable(before)}; --load takes it back.")
        return _say((*slips, *session.slips))
    finally:
        session.close()


def _spare(path: Path) -> None:
    """:raises UsageFault: a file that is there already is of something else"""
    if not path.exists():
        return
    try:
        carry.read(path)
    except UsageFault as error:
        raise UsageFault(f"{error}; it is there already and stays as it is") from error


def _meant(data_dir: Path, key: str, text: str) -> Value:
    """:raises UsageFault: no such setting, or nothing that it may be"""
    spec = spec_of(key)
    try:
        value = checked(key, spec.parse(text))
    except ValueError as error:
        raise UsageFault(f"{key}: {error}") from error
    if key == "listening.model":
        open_card(find_model(data_dir, text))
    return value


def _list(reading: Reading) -> None:
    wide = max(len(key) for key in SPECS)
    for key, spec in SPECS.items():
        origin = NAME if key in reading.given else "default"
        allowed = f" ({spec.allowed})" if spec.choices else ""
        print(f"{key:<{wide}} = {toml(reading.settings[key]):<12}  {origin:<13}  {spec.meaning}{allowed}")


def _say(slips: Sequence[Slip]) -> int:
    for slip in slips:
        errors.print(f"{slip.why}; {slip.cost}")
    return 1 if slips else 0
