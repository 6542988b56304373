"""``mat-desktop info PATH…``: what a file is and which tags it has now."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from threading import Event
from typing import Any

from mat_desktop.app.scan import files_under
from mat_desktop.audio.probe import probe
from mat_desktop.cli.output import errors, list_failures
from mat_desktop.errors import DecodeError, FileFault, harmless, printable
from mat_desktop.metadata.files import read_tags


def run(options: argparse.Namespace, cancel: Event) -> int:
    """Exit status 0, or 1 when a file could not be read."""
    known: list[dict[str, Any]] = []
    faults: list[FileFault] = []
    for path in files_under(options.paths, cancel):
        if cancel.is_set():
            break
        facts = path if isinstance(path, FileFault) else _facts(path)
        if isinstance(facts, FileFault):
            faults.append(facts)
            known.append({"path": str(facts.path), "error": facts.cause})
        else:
            known.append(facts)
            if not options.json:
                _print(facts)
    if options.json:
        print(json.dumps(known, indent=1))
    if not known and not cancel.is_set():
        errors.print("No music found.")
    list_failures(faults)
    return 1 if faults else 0


def _facts(path: Path) -> dict[str, Any] | FileFault:
    try:
        return _look(path)
    except FileFault as fault:
        return fault
    except OSError as error:
        return FileFault(path, error.strerror or str(error))


def _look(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileFault(path, "not a file")
    found = read_tags(path)
    try:
        stream = probe(path)
    except DecodeError as fault:
        audio: dict[str, Any] = {"error": fault.cause}
    else:
        audio = {
            "codec": stream.codec,
            "sample_rate": stream.sample_rate,
            "channels": stream.channels,
            "seconds": None if stream.duration is None else round(stream.duration, 3),
        }
    return {
        "path": str(path),
        "error": None,
        "tag_format": found.format,
        "audio": audio,
        "tags": {field: list(values) for field, values in found.tags.items()},
        "notes": list(found.notes),
    }


def _print(facts: dict[str, Any]) -> None:
    audio = facts["audio"]
    write = sys.stdout.write
    write(f"{printable(Path(facts['path']))}\n")
    if "error" in audio:
        write(f"  {'audio':<11} {audio['error']}\n")
    else:
        length = "" if audio["seconds"] is None else f", {audio['seconds']:.1f} s"
        stream = f"{audio['codec']}, {audio['sample_rate']} Hz, {audio['channels']} channels{length}"
        write(f"  {'audio':<11} {stream}\n")
    write(f"  {'tags':<11} {facts['tag_format']}\n")
    for field, values in facts["tags"].items():
        write(f"  {field:<11} {harmless('; '.join(values))}\n")
    for note in facts["notes"]:
        write(f"  {'note':<11} {harmless(note)}\n")
