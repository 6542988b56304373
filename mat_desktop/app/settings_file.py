"""The file with the settings: TOML beside the library, for window, command line and the user's editor.

Each setting stands in it with what it means; one that is as by default is commented out. What this version
does not know is kept. A value that cannot be used costs only itself.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mat_desktop.app.own_file import alone, put, put_aside, toml
from mat_desktop.app.tag_file import Slip
from mat_desktop.domain.settings import SPECS, Settings, Spec, Value, shown
from mat_desktop.errors import MatError, UsageFault, printable
from mat_desktop.malformed import flaw

NAME = "settings.toml"
EARLIER_CHOICE = "model.txt"
"""Where the choice of the model lay before there were settings."""

HEAD = """\
# Settings of mat-desktop, for the window and the command line; both read them when they start.
# A setting with a # before it is as by default: take the # away to change it.
"""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says.

    :param given: keys of the settings that it has a usable value for
    :param slips: what in it cannot be used
    :param fault: why nothing in it can be used
    """

    settings: Settings
    given: frozenset[str] = frozenset()
    slips: tuple[Slip, ...] = ()
    fault: UsageFault | None = None


class SettingsFile:
    """The file; it need not exist."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / NAME

    def read(self) -> Reading:
        """The settings as far as they can be used; never fails."""
        try:
            return understood(self._document(), self.path)
        except UsageFault as fault:
            return Reading(
                Settings(), slips=(Slip(str(fault), "all settings are as by default"),), fault=fault
            )

    def change(self, changes: Mapping[str, Value]) -> Reading:
        """Change settings by key; all else in the file stays, the user's own remarks among it.

        :raises UsageFault: a value may not be, or the file is not usable; it is as it was then
        :raises StoreFault: the file cannot be written; it is as it was
        """
        for key, value in changes.items():
            checked(key, value)
        with alone(self.path):
            present, document = read_document(self.path), self._document()
            for key, value in changes.items():
                _set(document, SPECS[key], value)
            new = {
                spec: document[spec.section][spec.name]
                for spec in SPECS.values()
                if _has(document, spec) and (spec.key in changes or not _has(present, spec))
            }
            there = self.path.read_text(encoding="utf-8-sig") if self.path.exists() else ""
            text = edited(there, new) if there.strip() else ""
            put(self.path, text if _says(text, document) else as_toml(document))
            with suppress(OSError):
                self._earlier.unlink()  # what it said is in the file now
        return understood(document, self.path)

    def set_aside(self) -> Path:
        """Rename the file, so that all is as by default; returns the new name."""
        return put_aside(self.path)

    def take_over(self) -> None:
        """Move what an earlier version kept elsewhere into the file, once."""
        if self._earlier.is_file():
            with suppress(MatError):  # the next start tries again
                self.change({})

    @property
    def _earlier(self) -> Path:
        return self.path.with_name(EARLIER_CHOICE)

    def _document(self) -> Document:
        """The file's content, with what an earlier version kept elsewhere."""
        document = read_document(self.path)
        spec = SPECS["listening.model"]
        try:
            name = self._earlier.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return document
        if name and not _has(document, spec):
            _set(document, spec, name)
        return document


def sections() -> set[str]:
    """Names of the sections that settings lie in."""
    return {spec.section for spec in SPECS.values()}


def spec_of(key: str) -> Spec:
    """A setting by its key. :raises UsageFault: there is none"""
    if key not in SPECS:
        raise UsageFault(f"there is no setting {key!r}; there are: {', '.join(SPECS)}")
    return SPECS[key]


def checked(key: str, value: object) -> Value:
    """A value for a setting. :raises UsageFault: there is no such setting, or it may not be that"""
    try:
        return spec_of(key).check(value)
    except ValueError as error:
        raise UsageFault(f"{key}: {error}") from error


def read_document(path: Path) -> Document:
    """What a TOML file holds, nothing where there is none. :raises UsageFault: it cannot be read"""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageFault(f"{printable(path)} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:  # of TOML and of UTF-8
        raise UsageFault(f"{printable(path)} is not usable: {flaw(error)}") from error


def understood(document: Document, path: Path, other: Iterable[str] = ()) -> Reading:
    """What a document says of settings.

    :param path: where it was read, for the sentences
    :param other: sections that are no settings and none of our business here
    """
    values: dict[str, Value] = {}
    slips: list[Slip] = []
    where = printable(path)
    for section, content in document.items():
        if section in other:
            continue
        if section not in sections() or not isinstance(content, dict):
            slips.append(Slip(f"{where}: there is no section or setting “{section}”", "it is passed over"))
            continue
        for name, value in content.items():
            spec = SPECS.get(f"{section}.{name}")
            if spec is None:
                slips.append(Slip(f"{where}: there is no setting “{section}.{name}”", "it is passed over"))
                continue
            try:
                values[spec.key] = spec.check(value)
            except ValueError as error:
                slips.append(Slip(f"{where}: {spec.key}: {error}", f"{shown(spec.default)} counts", spec.key))
    return Reading(Settings().having(values), frozenset(values), tuple(slips))


def as_toml(document: Document) -> str:
    """All settings with what they mean; those that the document does not have as by default."""
    lines = [HEAD.rstrip("\n")]
    lines += [
        # What has the name of a section cannot stand beside it.
        f"{'# ' if key in sections() else ''}{_key(key)} = {toml(value)}"
        for key, value in document.items()
        if not isinstance(value, dict)
    ]
    for section in dict.fromkeys(spec.section for spec in SPECS.values()):
        content = document.get(section)
        have = content if isinstance(content, dict) else {}
        lines += ["", f"[{section}]"]
        for spec in SPECS.values():
            if spec.section == section:
                lines += [_remark(spec), _line(spec, have.get(spec.name, spec.default))]
        known = {spec.name for spec in SPECS.values() if spec.section == section}
        lines += [f"{_key(name)} = {toml(value)}" for name, value in have.items() if name not in known]
    for section, content in document.items():
        if isinstance(content, dict) and section not in sections():
            lines += ["", f"[{_key(section)}]"]
            lines += [f"{_key(name)} = {toml(value)}" for name, value in content.items()]
    return "\n".join(lines) + "\n"


def edited(text: str, values: Mapping[Spec, object]) -> str:
    """A file with other values where a line each is enough; the caller sees whether it was."""
    lines = text.splitlines()
    for spec, value in values.items():
        head = next((n for n, line in enumerate(lines) if _heading(line) == spec.section), None)
        if head is None:
            lines += ["", f"[{spec.section}]", _remark(spec), _line(spec, value)]
            continue
        end = next((n for n in range(head + 1, len(lines)) if _heading(lines[n])), len(lines))
        at = [n for n in range(head + 1, end) if re.match(rf"\s*{spec.name}\s*=", lines[n])]
        at += [n for n in range(head + 1, end) if lines[n].startswith(f"#{spec.name} = ")]
        if at:
            remark = _REMARK.search(lines[at[0]])
            lines[at[0]] = _line(spec, value) + (remark[1] if remark else "")
        else:
            lines[head + 1 : head + 1] = [_remark(spec), _line(spec, value)]
    return "\n".join(lines) + "\n"


_REMARK = re.compile(r"""=\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"']+)(\s*#.*)$""")
"""After a value, what the user says of it."""


def _heading(line: str) -> str:
    """The section that a line begins, else empty."""
    found = re.match(r"\s*\[+\s*([^\[\]]+?)\s*\]", line)
    return found[1] if found else ""


def _remark(spec: Spec) -> str:
    return f"# {spec.meaning}{f': {spec.allowed}' if spec.choices or spec.most else ''}."


def _line(spec: Spec, value: object) -> str:
    given = (type(value), value) != (type(spec.default), spec.default)
    return f"{'' if given else '#'}{spec.name} = {toml(value)}"


def _says(text: str, document: Document) -> bool:
    """Whether a text holds a document, but for settings that are as by default."""
    try:
        return bool(text) and _told(tomllib.loads(text)) == _told(document)
    except (ValueError, RecursionError):
        return False


def _told(document: Document) -> Document:
    told: Document = {}
    for section, content in document.items():
        if isinstance(content, dict) and section in sections():
            specs = {name: SPECS.get(f"{section}.{name}") for name in content}
            content = {
                name: (type(value), value)
                for name, value in content.items()
                if (spec := specs[name]) is None or (type(value), value) != (type(spec.default), spec.default)
            }
            if not content:
                continue
        told[section] = content
    return told


def _has(document: Document, spec: Spec) -> bool:
    content = document.get(spec.section)
    return isinstance(content, dict) and spec.name in content


def _set(document: Document, spec: Spec, value: Value) -> None:
    content = document.get(spec.section)
    if not isinstance(content, dict):
        content = document[spec.section] = {}
    content[spec.name] = value


def _key(name: str) -> str:
    """A key as it may stand: bare, or in quotes."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml(name)
