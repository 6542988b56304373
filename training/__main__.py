"""``python -m training prepare | train | evaluate | export``."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from mat_desktop.domain.melspec import MelSpec
from mat_desktop.errors import MatError
from training.datasets.corpus import Dataset, read_corpus
from training.datasets.features import Features, prepare
from training.settings import Settings

console = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Exit status 0, 1 for a fault of data or disk, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except MatError as fault:
        console.print(f"[red]{fault}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped. The last epoch's checkpoint is kept: the same command with --resume goes on.")
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, text in (
        ("prepare", _prepare, "decode a data set once into a cache of log-mel spectrograms"),
        ("train", _train, "train a network and export it as a model"),
        ("export", _export, "export the best epoch of a run as a model"),
        ("evaluate", _evaluate, "measure a model on the splits of a data set"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        command.add_argument("--data", type=Path, required=True, help="folder of a corpus with soft labels")
        command.add_argument(
            "--cache", type=Path, default=Path("cache"), help="folder for log-mel spectrograms"
        )
        if name in ("train", "export"):
            command.add_argument(
                "--export", type=Path, required=True, help="model folder to write, e.g. fcn2d"
            )
        if name == "export":
            command.add_argument("--from", dest="folder", type=Path, required=True, help="folder of a run")
        if name == "train":
            command.add_argument(
                "--runs", type=Path, default=Path("runs"), help="folder for checkpoints and curves"
            )
            command.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
            for field in fields(Settings):
                kind = type(field.default)
                flag = "--" + field.name.replace("_", "-")
                command.add_argument(flag, type=kind, default=field.default, help=f"default {field.default}")
        if name == "evaluate":
            command.add_argument("--model", type=Path, required=True, help="model folder")
    return parser


def _open(options: argparse.Namespace) -> tuple[Dataset, Features]:
    dataset = read_corpus(options.data)
    with Progress(console=console) as progress:
        task = progress.add_task("Preparing", total=len(dataset.clips))

        def report(done: int, total: int, message: str) -> None:
            progress.update(task, completed=done, total=total)
            if message:
                progress.console.print(f"skipped {message}", soft_wrap=True)

        return dataset, prepare(dataset, options.cache, MelSpec(), report)


def _prepare(options: argparse.Namespace) -> int:
    _, features = _open(options)
    console.print(f"{int(features.usable.sum())} of {len(features.usable)} clips are ready")
    return 0


def _train(options: argparse.Namespace) -> int:
    from training.export import export
    from training.loop import Epoch, epoch_as_dict, fit

    settings = Settings(**{field.name: getattr(options, field.name) for field in fields(Settings)})
    dataset, features = _open(options)
    folder = options.runs / f"fcn2d-{settings.digest()}"
    folder.mkdir(parents=True, exist_ok=True)
    settings.save(folder / "settings.json")
    log = folder / "epochs.jsonl"
    if not options.resume:
        log.unlink(missing_ok=True)

    def report(epoch: Epoch) -> None:
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(epoch_as_dict(epoch)) + "\n")
        figures = "  ".join(f"{name} {f['roc_auc']:.3f}/{f['pr_auc']:.3f}" for name, f in epoch.valid.items())
        left = (epoch.of - epoch.number) * epoch.seconds / 60
        console.print(
            f"epoch {epoch.number}/{epoch.of}  loss {epoch.train_loss:.4f}  valid {epoch.valid_loss:.4f}  "
            f"ROC-AUC/PR-AUC {figures}  {left:.0f} min left",
            soft_wrap=True,
            highlight=False,
        )

    command = "python -m training " + shlex.join(_without_paths(sys.argv[1:]))
    (folder / "command.txt").write_text(command + "\n", encoding="utf-8")
    module = fit(dataset, features, settings, folder, report, options.resume)
    card = export(module, dataset, features, settings, options.export, command, _seconds(folder))
    console.print_json(data=card.metrics)
    return 0


def _export(options: argparse.Namespace) -> int:
    from mat_desktop.networks.registry import build
    from training.checkpoints import load_checkpoint
    from training.export import export
    from training.loop import network_of

    folder = options.folder
    try:
        settings = Settings.load(folder / "settings.json")
        command = (folder / "command.txt").read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise MatError(f"{folder} is not the folder of a run: {error}") from error
    dataset, features = _open(options)
    module = build(network_of(settings), len(dataset.tags))
    load_checkpoint(folder, module, best=True)
    card = export(module.eval(), dataset, features, settings, options.export, command, _seconds(folder))
    console.print_json(data=card.metrics)
    return 0


def _seconds(folder: Path) -> float:
    """Time that the run took, over all its epochs."""
    lines = (folder / "epochs.jsonl").read_text(encoding="utf-8").splitlines()
    return float(sum(json.loads(line)["seconds"] for line in lines))


def _without_paths(arguments: Sequence[str]) -> list[str]:
    """The command as anyone can give it: folders by their last name only."""
    return [Path(word).name if "/" in word else word for word in arguments if word != "--resume"]


def _evaluate(options: argparse.Namespace) -> int:
    from training.evaluate import evaluate

    dataset, features = _open(options)
    console.print_json(data=evaluate(options.model, dataset, features))
    return 0


if __name__ == "__main__":
    sys.exit(main())
