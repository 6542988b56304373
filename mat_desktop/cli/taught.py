"""``mat-desktop taught``: the tags that were taught to the model in use."""

from __future__ import annotations

import argparse
import json
from threading import Event

from mat_desktop.app.session import Session
from mat_desktop.app.teach import Teacher
from mat_desktop.cli.opening import opened
from mat_desktop.cli.output import command, errors
from mat_desktop.domain.counting import count
from mat_desktop.domain.taught import TaughtTag
from mat_desktop.errors import UsageFault, printable


def run(options: argparse.Namespace, cancel: Event) -> int:
    """List, export, import or remove. Exit status 1 if a file of a tag cannot be used."""
    if options.json and options.do:
        raise UsageFault("taught: --json lists; it cannot be given with export, import or remove")
    with opened(options.data_dir, options.model, looking=options.do in (None, "export")) as session:
        teacher = Teacher(session)
        match options.do:
            case "export":
                teacher.export(options.name, options.file)
                errors.print(f"“{options.name}” is exported to {printable(options.file)}.")
            case "import":
                tag = teacher.take(options.file).tag
                errors.print(f"“{tag.name}” is imported: {_told(tag)}.")
            case "remove":
                removed = teacher.remove(options.name)
                decisions = count(len(removed.said), "decision")
                errors.print(f"“{removed.tag.name}” is removed, with {decisions} on it.")
                model = ["--model", options.model] if options.model else []
                errors.print(f"{command(options, 'taught', 'import', removed.kept, *model)} takes it back.")
            case _:
                if options.json:
                    return _list_json(teacher)
                return _list(session, teacher)
        return 0


def _list(session: Session, teacher: Teacher) -> int:
    wide = max((len(tag.name) for tag in teacher.tags), default=0)
    for tag in teacher.tags:
        print(f"{tag.name:<{wide}}  {_told(tag)}")
    if not teacher.tags:
        errors.print(f"Nothing was taught to {session.card.name}; the window does, with the key T.")
    for tag in teacher.elsewhere:
        errors.print(f"“{tag.name}” was taught to {tag.model_name} alone, which hears otherwise.")
    for fault in teacher.faults:
        errors.print(fault)
    return 1 if teacher.faults else 0


def _list_json(teacher: Teacher) -> int:
    rows: list[dict[str, object]] = [
        {
            "key": tag.key,
            "name": tag.name,
            "category": tag.category,
            "model": {"name": tag.model_name, "digest": tag.model},
            "created": tag.created,
            "threshold": tag.threshold,
            "examples": len(tag.examples),
            "counter_examples": len(tag.counter_examples),
            "right": tag.right,
            "marked": tag.marked,
            "error": None,
        }
        for tag in teacher.tags
    ]
    rows += [{"error": fault} for fault in teacher.faults]
    print(json.dumps(rows, indent=1))
    return 1 if teacher.faults else 0


def _told(tag: TaughtTag) -> str:
    marks = f"{count(len(tag.examples), 'example')}, {len(tag.counter_examples)} against"
    return f"{tag.category}; {marks}; {tag.right} of {tag.marked} guessed right; {tag.created}"
