"""Train, measure and export networks that tag music.

Begin with train: it prepares what it needs. prepare, evaluate, reproduce, finetune, export and report do the
rest of it. extend makes a corpus larger by mixes that a teacher labels, nothing makes speech and noise that
should get no tag. benchmark, robustness, pooling, merging and speed measure further. describe and look print
JSON for programs that offer training. Each command's --help says more.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import get_args, get_type_hints

from mat_desktop.arguments import Parser
from mat_desktop.errors import MatError
from training.stopping import EXIT_STATUS, Stop, Stopped

# Everything that imports torch is imported where it is needed: until then Ctrl+C ends the process at once.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Exit status 0, 1 for a fault of data or disk, 2 for wrong usage, 130 when stopped."""
    options = _parser().parse_args(arguments)
    try:
        from training import commands  # so that --help does not wait for everything that trains
    except ModuleNotFoundError as missing:
        print(f"{missing.name} is missing: pip install -c constraints.txt '.[train]'", file=sys.stderr)
        return 1
    from training.saying import Reporter, console
    from training.settings import SettingsFault

    with Stop() as stop:
        reporter = Reporter(stop, getattr(options, "progress", "bar") == "json")
        try:
            status: int = getattr(commands, options.command)(options, reporter)
        except SettingsFault as fault:
            console.print(str(fault), style="red")
            return 2
        except MatError as fault:
            console.print(str(fault), style="red")
            return 1
        except BrokenPipeError:  # whoever read the output has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is flushed at exit
            return 1
        except OSError as error:
            console.print(f"{error.filename or 'disk'}: {error.strerror}", style="red")
            return 1
        except RuntimeError as error:
            from training.devices import lost_process

            if not lost_process(error):
                raise
            text = f"Another process of this training ended or cannot be reached. {stop.kept()}"
            console.print(text.rstrip(), style="red")
            return 1
        except Stopped:
            console.print(stop.message)
            return EXIT_STATUS
    return status


def _parser() -> argparse.ArgumentParser:
    from training.experiments import BUDGETS
    from training.options import BEGIN, TAKES

    parser = Parser(prog="python -m training", description=__doc__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return subparsers.add_parser(name, help=text, description=text)

    prepare = add("prepare", "decode a data set once into the cache that a network needs")
    train = add("train", "train a network; under torchrun, on many devices and machines")
    evaluate = add("evaluate", "measure a model on the splits of a data set")
    reproduce = add(
        "reproduce",
        "train the networks of one of the paper's tables; rows that are finished stay, and one that was "
        "interrupted goes on",
    )
    finetune = add(
        "finetune", "put a model to the tags of another data set, or right by a user's corrections"
    )
    export = add("export", "export the best epoch of a run as a model")
    extend = add("extend", "add mixes of its training clips to a corpus, with labels of a teacher")
    teacher = add("teacher", "convert the published weights of musicnn (J. Pons, ISC licence) for extend")
    nothing = add("nothing", "make speech and noise, from which a network learns to say nothing")
    report = add("report", "write a page on one or several finished runs")
    benchmark = add("benchmark", "measure the speed of the loop against a plain one")
    robustness = add("robustness", "measure how steady a model is, on encoded clips and on what is no music")
    pooling = add("pooling", "compare ways to pool the windows of a track")
    merging = add("merging", "compare merged tags with those of single vocabularies")
    speed = add("speed", "measure the time that models take to listen")
    add("describe", "settings, networks and tables as JSON, for other programs")
    look = add("look", "say as JSON what a folder holds or lacks")

    look.add_argument("--data", type=Path, required=True, help="folder of a data set, or of music")
    measures = (robustness, pooling, merging)
    prepared = (prepare, train, evaluate, reproduce, finetune, export, benchmark, *measures)
    for command in (*prepared, speed):
        corrections = ", or of corrections" if command is finetune else ""
        command.add_argument("--data", type=Path, required=True, help=f"folder of the data set{corrections}")
    for command in prepared:
        command.add_argument(
            "--cache", type=Path, default=Path("cache"), help="folder for prepared audio (default ./cache)"
        )
    for command in (train, reproduce, finetune):
        command.add_argument(
            "--runs", type=Path, default=Path("runs"), help="folder for runs (default ./runs)"
        )
    for command in (prepare, train, reproduce, finetune, export, extend, nothing):
        command.add_argument(
            "--progress", choices=("bar", "json"), default="bar", help="json: lines on stdout"
        )
    for command in (train, finetune):
        way = command.add_mutually_exclusive_group()
        way.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
        way.add_argument("--again", action="store_true", help="begin anew, and delete what there is of it")
    for command in (evaluate, finetune, extend, *measures):
        command.add_argument("--model", type=Path, required=True, help="model folder")
    for command in (train, finetune, export):
        needed = command is not train
        command.add_argument("--export", type=Path, required=needed, help="model folder to write, e.g. fcn2d")
    for name, settings in TAKES.items():
        # Rows of a table bring their own values, and a model that is fine-tuned wants gentler ones.
        own = None if name in ("reproduce", "finetune") else BEGIN.get(name, {})
        _add_settings(subparsers.choices[name], settings, own)

    reproduce.add_argument("--table", choices=("1", "2", "3"), required=True, help="of the paper")
    reproduce.add_argument(
        "--rows",
        nargs="+",
        metavar="NAME",
        help='rows with one of these in their names, in quotes where it has a space: "CRNN C=5" "Type E"',
    )
    reproduce.add_argument(
        "--budget",
        choices=tuple(BUDGETS),
        default="full",
        help="full: as in the paper; short: 10 epochs; smoke: 32 clips and 2 epochs, to see that it runs "
        "(default full)",
    )
    finetune.add_argument("--whole", action="store_true", help="train the whole network, not only a new head")
    export.add_argument("--from", dest="folder", type=Path, required=True, help="folder of a run")
    export.add_argument("--last", action="store_true", help="the last epoch, not the best one")
    export.add_argument(
        "--blend",
        type=Path,
        metavar="MODEL",
        help="mix in the weights of the model that the run started from",
    )
    export.add_argument("--share", type=float, help="of that model in the blend (default 0.3)")
    export.add_argument(
        "--level", type=float, metavar="DB", help="raise quieter tracks to this mean power before it listens"
    )
    extend.add_argument("corpus", type=Path, metavar="CORPUS", help="folder of a corpus with soft labels")
    extend.add_argument("--out", type=Path, required=True, help="folder to write, a corpus as well")
    extend.add_argument("--teacher", type=Path, required=True, metavar="WEIGHTS", help="what teacher wrote")
    extend.add_argument("--count", type=int, default=1300, help="of mixes (default 1300)")
    extend.add_argument("--seed", type=int, default=7000, help="of the first mix (default 7000)")
    teacher.add_argument(
        "place", type=Path, metavar="WHEEL", help="of musicnn 0.1.0, or the folder it was unpacked into"
    )
    teacher.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    nothing.add_argument("out", type=Path, metavar="DIR", help="folder to write; it gets train and test")
    nothing.add_argument(
        "--speech", type=Path, metavar="DIR", help="recorded speech besides, with a folder for each voice"
    )
    report.add_argument("folders", nargs="+", type=Path, metavar="RUN", help="folder of a finished run")
    report.add_argument("--out", type=Path, default=Path("report"), help="folder to write (default ./report)")
    for command in (robustness, merging):
        command.add_argument(
            "--scheme", type=Path, required=True, help="tag scheme, a TOML file, as in resources/tag_schemes"
        )
    speed.add_argument("--models", type=Path, nargs="+", required=True, help="model folders")
    robustness.add_argument("--nothing", type=Path, help="folder of sounds that should get no tag")
    robustness.add_argument("--note", action="store_true", help="write the figures into the model's card")
    benchmark.add_argument("--seconds", type=float, default=10.0, help="for each loop (default 10)")
    return parser


def _add_settings(
    command: argparse.ArgumentParser, settings: Sequence[str], own: Mapping[str, object] | None
) -> None:
    """Flags.

    :param own: defaults of the command where they are not those of the settings; None: its help names none
    """
    from mat_desktop.networks.registry import names
    from training.settings import Settings, meanings

    texts = {name: text.replace("%", "%%") for name, text in meanings().items()}
    hints = get_type_hints(Settings)
    texts["network"] += f": {', '.join(names())}"
    group = command.add_argument_group("settings", "where flag and file name the same one, the flag counts")
    group.add_argument("--config", type=Path, help="TOML or JSON file with settings, also of other commands")
    for field in fields(Settings):
        if field.name not in settings:
            continue
        flag = "--" + field.name.replace("_", "-")
        if field.name in ("options", "reader"):
            group.add_argument(flag, nargs="+", metavar="NAME=VALUE", help=texts[field.name])
        else:
            begin = "" if own is None else own.get(field.name, field.default)
            default = "" if begin == "" else f" (default {begin})"
            choices = get_args(hints[field.name]) or None
            metavar = None if choices else "VALUE"
            group.add_argument(flag, choices=choices, metavar=metavar, help=texts[field.name] + default)


def _run() -> None:
    # While torch is loading nothing can be lost, and Python would notice Ctrl+C only afterwards.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Without waiting for threads that still decode; and under torchrun without tearing down the threads of
    # its process group, which at times end the process with "terminate called without an active exception".
    if status == EXIT_STATUS or "TORCHELASTIC_RUN_ID" in os.environ:
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    _run()
