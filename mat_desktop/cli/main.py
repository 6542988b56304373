"""Understands the command line and runs a command.

Exit status: 0 all went well, 1 some files failed, 2 wrong usage, 130 stopped by Ctrl+C, 143 asked to end.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from difflib import get_close_matches
from io import TextIOWrapper
from pathlib import Path
from threading import Event

from mat_desktop import __version__
from mat_desktop.arguments import Parser
from mat_desktop.cli.streams import has_no_reader, silence_stdout
from mat_desktop.domain.settings import DEVICES
from mat_desktop.endings import endings
from mat_desktop.errors import MatError, UsageFault, printable

OK, SOME_FAILED, WRONG_USAGE, STOPPED_BY = 0, 1, 2, 128

_EPILOG = """\
Without a command the window opens, with the files and folders that are named.
Each command takes --data-dir DIR, the folder of library, journal, settings and imported models; it may
stand before the command too, and without one it is the window's.
tag and remove-all change files only with --write; undo and redo do it at once, or show it with --dry-run.
Exit status: 0 all went well, 1 some files failed, or would, 2 wrong usage, 130 stopped by Ctrl+C."""

_LOOKS_BACK = ("undo", "redo", "remove-all", "history", "corrections")
"""Commands that are about what was done before: none of them begins a data folder."""

_FIELDS = "genre, mood, instrument, voice, grouping, mat_tags or mat_model"
_DEVICE = (
    "what the network runs on; auto is the first of cuda, mps, xpu and cpu that is there; "
    "as in the settings by default"
)


class TopParser(Parser):
    """The parser of the whole command line.

    :ivar commands: their names
    """

    commands: Collection[str] = ()


def parser() -> TopParser:
    """Every command with its options."""
    top = TopParser(
        prog="mat-desktop",
        description="Listens to music with a neural network on this computer and writes genre, mood,\n"
        "instruments and voice into the files' tags.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"mat-desktop {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)

    window = commands.add_parser("open", help="open the window, with these files and folders")
    window.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="music files, or folders with them; what was open before stays open",
    )
    demo = commands.add_parser("demo", help="show the demo tracks: in the window, or here without a display")

    tag = commands.add_parser(
        "tag",
        help="listen to files and folders and show (with --write: write) their tags",
        description="Listens to every track under the paths and shows the tags it suggests and the changes "
        "that they would make. Files are changed only with --write; Matroska and WebM "
        "are heard and never written.",
    )
    tag.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="music files, or folders with them")
    tag.add_argument("--write", action="store_true", help="write the changes into the files")
    tag.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="write a report as JSON ('-': to standard output); a tag's name and key stay when its label "
        "changes, and digest names the model's weights as MAT_MODEL does",
    )
    tag.add_argument(
        "--csv", type=Path, metavar="FILE", help="write a report as CSV ('-': to standard output)"
    )
    tag.add_argument(
        "--model",
        metavar="NAME",
        help="a bundled or imported model, or a model's folder; the one in the settings by default",
    )
    tag.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="[TAG=]SCORE",
        help="suggest from this score on (0 to 1) instead of the model's own threshold; for all tags (0.5), "
        "or for one, by its name or as it is shown (guitar=0.3); may be given more than once; as set in the "
        "window by default: thresholds of tags, and its slider (review.strictness in the settings)",
    )
    tag.add_argument(
        "--policy",
        action="append",
        default=[],
        metavar="[FIELD=]POLICY",
        help="what happens to values of yours that a field has: fill-empty leaves such a field as it is, "
        "append adds, replace takes their place, skip never writes the field; for one field (genre, mood, "
        "instrument, voice or grouping: genre=append) or for all (append); may be given more than once; as "
        "in the settings by default",
    )
    tag.add_argument("--device", choices=DEVICES, help=_DEVICE)

    info = commands.add_parser("info", help="show the tags that files have now")
    info.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="music files, or folders with them")
    info.add_argument("--json", action="store_true", help="as JSON")

    undo = commands.add_parser(
        "undo",
        help="take a run back: every file as it was before",
        description="Takes back what a run wrote: byte for byte where a file is as the run left it, else "
        "field by field. What another program changed since is left alone, and said. Files are changed at "
        "once; --dry-run shows it.",
    )
    undo.add_argument(
        "run",
        nargs="?",
        type=_whole,
        metavar="RUN",
        help="number of the run, as history lists it; the last by default",
    )
    redo = commands.add_parser(
        "redo",
        help="take an undo back: what was written stands in the files again",
        description="Writes again what an undo took back, at once; --dry-run shows it.",
    )
    redo.add_argument(
        "run",
        nargs="?",
        type=_whole,
        metavar="RUN",
        help="number of the undo, or of the run that it took back; the last undo by default",
    )
    for part in (undo, redo):
        part.add_argument(
            "--file",
            action="append",
            default=[],
            type=Path,
            metavar="PATH",
            help="only this file of it, or the files in this folder; may be given more than once",
        )
        part.add_argument(
            "--field",
            action="append",
            default=[],
            metavar="NAME",
            help=f"only this field of it: {_FIELDS}; may be given more than once. MAT_TAGS loses its tags "
            "too; with the last field of the run the rest of MAT_TAGS goes, and MAT_MODEL",
        )
        part.add_argument("--dry-run", action="store_true", help="show what would change, and write nothing")
        part.add_argument("--json", action="store_true", help="tell each file as JSON")
        part.add_argument(
            "--force", action="store_true", help="also fields that another program changed since"
        )
    remove_all = commands.add_parser(
        "remove-all",
        help="take all that the program ever wrote out of the files: show it, or with --write do it",
        description="Every field that still holds what this program wrote goes back to what it was before "
        "its first write, and MAT_TAGS and MAT_MODEL go. What another program changed since is left alone. "
        "Files are changed only with --write.",
    )
    remove_all.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="only these files, and those in these folders; all by default",
    )
    remove_all.add_argument(
        "--field",
        action="append",
        default=[],
        metavar="NAME",
        help=f"only this field: {_FIELDS}; may be given more than once",
    )
    remove_all.add_argument("--write", action="store_true", help="do it")
    remove_all.add_argument("--json", action="store_true", help="tell each file as JSON")
    history = commands.add_parser(
        "history",
        help="list the runs that wrote to files",
        description="Lists the runs that wrote to files, the newest first, each with its number; with a RUN "
        "what it did.",
    )
    history.add_argument(
        "run",
        nargs="?",
        type=_whole,
        metavar="RUN",
        help="what this run wrote into which file, and the files that it left, with the reasons",
    )
    history.add_argument("--json", action="store_true", help="print it as JSON")
    history.add_argument(
        "--export",
        type=Path,
        metavar="FILE",
        help="write what RUN did, and what it left and why, into FILE: a table (.csv) or JSON (.json)",
    )

    settings = commands.add_parser(
        "settings",
        help="show the settings, or change one of them",
        description="Shows every setting, what is in force and whether the file says so; with a KEY only "
        "its value, and with a VALUE sets it, for the window as well, which reads it when it starts.",
    )
    settings.add_argument("key", nargs="?", metavar="KEY", help="e.g. writing.genre")
    settings.add_argument(
        "value", nargs="?", metavar="VALUE", help="what it is to be; the list of settings says what it may be"
    )
    settings.add_argument("--json", action="store_true", help="show them, or KEY alone, as JSON")
    settings.add_argument("--default", action="store_true", help="set KEY back to what it is by default")
    settings.add_argument(
        "--save",
        type=Path,
        metavar="FILE",
        help="write settings, changes to tags and own thresholds into one file, for another computer "
        "('-': to standard output)",
    )
    settings.add_argument(
        "--load",
        type=Path,
        metavar="FILE",
        help="take over what such a file says; what counted before is kept in a file",
    )

    models = commands.add_parser(
        "models",
        help="list, import or remove models",
        description="Lists the models at hand; the one in use has a star. settings listening.model NAME "
        "takes another into use.",
    )
    models.add_argument("--json", action="store_true", help="as JSON")
    of_models = models.add_subparsers(dest="do", metavar="import|remove")
    get = of_models.add_parser("import", help="check a model and copy it into the data folder")
    get.add_argument("path", type=Path, metavar="PATH", help="a model's folder, or a zip of one")
    drop = of_models.add_parser("remove", help="delete an imported model; what it heard stays")
    drop.add_argument("name", metavar="NAME", help="as models lists it")
    compare = commands.add_parser(
        "compare",
        help="what another model would suggest otherwise than the one in use",
        description="Lets another model listen to tracks that the model in use has heard, and shows which "
        "suggestions stay, come and go, and with how many of your decisions each model agrees. No file is "
        "written, and the model in use stays.",
    )
    compare.add_argument("model", metavar="MODEL", help="a bundled or imported model, or a model's folder")
    compare.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files and folders; the library by default"
    )
    compare.add_argument("--against", metavar="NAME", help="compare with this model, not the one in use")
    compare.add_argument(
        "--sample", type=_whole, metavar="N", help="only N tracks, those that you decided on first"
    )
    compare.add_argument("--json", action="store_true", help="as JSON")
    compare.add_argument("--device", choices=DEVICES, help=_DEVICE)
    corrections = commands.add_parser(
        "corrections",
        help="write down what was accepted and rejected, to fine-tune a model on it",
        description="Writes corrections.json and prints its folder, which python -m training finetune "
        "takes as --data.",
    )
    corrections.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for corrections.json; one in the data folder by default",
    )
    taught = commands.add_parser(
        "taught",
        help="list, export, import or remove tags that were taught",
        description="Lists the tags that were taught to a model in the window, with the key T.",
    )
    taught.add_argument("--model", metavar="NAME", help="a model, or its folder; the one in use by default")
    taught.add_argument("--json", action="store_true", help="list them as JSON")
    what = taught.add_subparsers(dest="do", metavar="export|import|remove")
    export = what.add_parser("export", help="copy a taught tag into a file")
    take = what.add_parser("import", help="take a tag in that was exported")
    remove = what.add_parser(
        "remove",
        help="put a taught tag and the decisions on it away into a file; music stays as it is",
    )
    for part in (export, remove):
        part.add_argument("name", metavar="TAG", help="as taught lists it")
    for part in (export, take):
        part.add_argument("file", type=Path, metavar="FILE", help="of the tag, in JSON")
    for part in (export, take, remove, get, drop):
        part.add_argument("--data-dir", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    for part in (export, take, remove):
        part.add_argument("--model", default=argparse.SUPPRESS, help=argparse.SUPPRESS)

    doctor = commands.add_parser(
        "doctor",
        help="look at this installation and say what is wrong with it",
        description="Looks at versions, data, models, sound, display and the engine, and changes nothing. "
        "Music is only counted, so that the report can be shown to others. "
        "Exit status 1 if something is broken.",
    )
    doctor.add_argument("--json", action="store_true", help="as JSON")
    doctor.add_argument("--device", choices=DEVICES, help=_DEVICE)

    every = (
        *(window, demo, tag, info, undo, redo, remove_all, history, settings, models),
        *(compare, corrections, taught, doctor),
    )
    for command in every:
        command.add_argument(
            "--data-dir",
            type=Path,
            metavar="DIR",
            help="folder of library, journal, settings and imported models; by default the one that doctor "
            "names",
        )
    top.commands = commands.choices
    return top


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Run one of the commands of this package and return the exit status."""
    _mend_streams()
    cancel = Event()
    signals = _stop_on_signals(cancel)
    status = OK
    try:
        _check_data_dir(options)
        module = importlib.import_module(f"mat_desktop.cli.{options.command.replace('-', '_')}")
        status = module.run(options, cancel)
        sys.stdout.flush()
    except KeyboardInterrupt:
        pass  # the second Ctrl+C
    except UsageFault as fault:
        print(f"mat-desktop: {fault}", file=sys.stderr)
        return WRONG_USAGE
    except MatError as fault:
        print(f"mat-desktop: {fault}", file=sys.stderr)
        return SOME_FAILED
    except OSError as error:
        if has_no_reader(error):  # head or less have seen enough
            silence_stdout()
            return status
        where = "the output cannot be written"
        if isinstance(error.filename, str | bytes):
            where = printable(os.fsdecode(error.filename))
        else:
            silence_stdout()
        print(f"mat-desktop: {where}: {error.strerror or error}", file=sys.stderr)
        return SOME_FAILED
    return STOPPED_BY + signals[0] if signals else status


def _check_data_dir(options: argparse.Namespace) -> None:
    """:raises UsageFault: what was written is asked of a folder that is not there"""
    folder = options.data_dir
    if options.command in _LOOKS_BACK and folder is not None and not os.path.lexists(folder):
        raise UsageFault(f"--data-dir {printable(folder)}: no such folder")


def _mend_streams() -> None:
    """Names of files are in any language, whatever the terminal or the pipe takes; a stream may be closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115 - until the program ends
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Options as a namespace; leaves with status 2 where they are wrong. A path alone opens the window."""
    top = parser()
    arguments = _behind_command(arguments, top.commands)
    first = arguments[0] if arguments else "open"
    if first not in top.commands and not first.startswith("-"):
        with suppress(OSError, ValueError):
            if first and Path(first).exists():
                return top.parse_args(["open", *arguments])
        known = ", ".join(get_close_matches(first, top.commands) or top.commands)
        top.error(f"'{printable(first)}' is neither a command ({known}) nor a file or folder that is there")
    return top.parse_args(arguments)


def _behind_command(arguments: Sequence[str], commands: Collection[str]) -> Sequence[str]:
    """The folder of the data, where it stands first, behind what says what to do: by default the window.

    Behind all paths that are to be opened: argparse does not take those that stand on both sides of it.
    """
    if not arguments or arguments[0].partition("=")[0] != "--data-dir":
        return arguments
    words = 1 if "=" in arguments[0] else 2
    folder, rest = arguments[:words], arguments[words:]
    if rest and rest[0] in ("-h", "--help", "--version"):
        return rest
    if not rest or rest[0].startswith("-"):
        return ["open", *folder, *rest]
    if rest[0] not in commands:
        return [*rest, *folder]
    return [rest[0], *folder, *rest[1:]]


def _stop_on_signals(cancel: Event) -> list[int]:
    """The first Ctrl+C stops cleanly after the file at hand, a second one at once; returns what came."""
    came: list[int] = []

    def stop(number: int, frame: object) -> None:
        came.append(number)
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()
        with suppress(OSError):  # the terminal may be what was closed
            print("\nStopping…", file=sys.stderr)

    for ending in endings():
        signal.signal(ending, stop)
    return came
