"""What each command does, in the order in which it does it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
from lightning_fabric import Fabric
from numpy.typing import NDArray
from rich.console import Console

from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.counting import count
from mat_desktop.errors import printable
from mat_desktop.inference.cards import open_card, write_card
from mat_desktop.networks.base import InputSpec
from mat_desktop.networks.registry import parameter_count
from training.benchmark import measure_loops
from training.checkpoints import BEST, LAST, check_room, load_checkpoint
from training.clip_inference import predict
from training.corrections.agreement import agreement_table
from training.corrections.file import is_corrections, read_corrections
from training.corrections.learn import correct
from training.datasets.corpus import sounds_of
from training.datasets.dataset import SPLITS, Dataset
from training.datasets.recognise import look_into
from training.describe import describe_training
from training.devices import in_turn, launch
from training.display import read_sources
from training.evaluate import check_tags, evaluate_model, open_model, outputs_for
from training.experiments import NETWORK, Experiment, rows_of
from training.export import check_exportable, export_model
from training.extend.commands import extend as extend
from training.extend.commands import teacher as teacher
from training.finetune import SETTINGS as FINETUNE
from training.finetune import Head, blended, new_head, own_head, shared_tags, starts
from training.identity import check_data, with_columns
from training.inputs import Clips, prepare_clips
from training.loop import fit
from training.merging import compare_merging
from training.network import Trained, input_of
from training.nothing.commands import nothing as nothing
from training.options import BEGIN, DATA, flags_told, open_data, read_data, settings_of
from training.pooling import compare_poolings
from training.progress import Event, Exported, Fitting, RunOpened, TableBegun, without_nan
from training.report import write_report
from training.reproduction import Reproduction
from training.results import Budget, read_run
from training.robustness import compare_variants, nothing_heard
from training.runs import (
    best_network,
    check_goes_on,
    check_possible,
    check_unused,
    finish,
    finished,
    folder_of,
    has_no_checkpoint,
    how,
    note_place,
    note_start,
    opened,
    read_settings,
    shown,
    start_of,
    without_paths,
)
from training.saying import IS_FIRST, KEPT, NOT_KEPT, PLAIN, Reporter, console, print_figures
from training.settings import Settings, SettingsFault
from training.speed import ROUNDS, measure_models

COPIES = 4
"""Sizes of the weights in a run's checkpoints: of one with two moments of each, and of the kept one."""

SHARE = 0.3
"""Of the model that a run started from, in a blend."""


def prepare(options: argparse.Namespace, reporter: Reporter) -> int:
    """Fill the cache that a network needs."""
    settings, dataset = open_data(options.data, settings_of(options), reporter)
    clips = _prepared(options, reporter, dataset, input_of(settings))
    listed = len(clips.usable) + len(dataset.skipped)
    console.print(f"{int(clips.usable.sum()):,} of {count(listed, 'clip')} are ready")
    return 0


def train(options: argparse.Namespace, reporter: Reporter) -> int:
    """Train a network; export it if a folder for it is given."""
    settings = settings_of(options)
    check_possible(settings)
    settings, dataset = open_data(options.data, settings, reporter)
    if options.export:
        check_exportable(input_of(settings), settings.network)
    _check_folder(options, settings, dataset)
    fabric = launch()
    folder, clips, trained = _run(options, reporter, settings, dataset, fabric, resume=options.resume)
    if options.export:
        _export(options, reporter, trained, clips, settings, folder, fabric)
    return 0


def export(options: argparse.Namespace, reporter: Reporter) -> int:
    """Export the best epoch of a run, or the last one, or that blended with the model it started from."""
    share = SHARE if options.share is None else options.share
    if not 0 <= share <= 1:
        raise SettingsFault(f"--share must be in 0..1, not {share:g}")
    if options.share is not None and not options.blend:
        raise SettingsFault("--share is that of the model which --blend names")
    settings, command = read_settings(options.folder)
    settings, dataset = open_data(options.data, settings, reporter)
    fabric = launch()
    clips = _clips(options, reporter, dataset, input_of(settings), fabric)
    trained, clips, differs = best_network(options.folder, settings, clips, options.last)
    clips = replace(clips, level=options.level)
    about = {
        "command": command,
        **how(options.folder),
        "settings": shown(settings),
        **start_of(options.folder),
    }
    if options.last or options.blend or options.level is not None:
        about["export"] = without_paths(sys.argv[1:])
    if differs:
        about["measured"] = f"not on the clips of the run: {differs}"
        console.print(
            f"The clips are not those of the run ({differs}). The figures are of these; "
            "it may have trained on some of them.",
        )
    if options.blend:
        before, start = open_model(options.blend)
        columns = shared_tags(before, {settings.start, *starts(about)}, clips)
        clips = with_columns(clips, columns)
        kept = own_head(trained, settings, columns, clips.labels(clips.split("train")))
        trained = blended(kept, start, share)
        if before.digest == settings.start:
            about |= _started_from(before)  # a run of an earlier version does not know it itself
    _write_model(options, reporter, trained, clips, settings, about, fabric)
    return 0


def evaluate(options: argparse.Namespace, reporter: Reporter) -> int:
    """Measure a model."""
    _, dataset = open_data(options.data, settings_of(options), reporter)
    card, trained = open_model(options.model)
    fabric = launch()
    clips = _clips(options, reporter, dataset, trained.module.input, fabric)
    print_figures(evaluate_model(card, trained, clips, fabric))
    return 0


def describe(options: argparse.Namespace, _: Reporter) -> int:
    """Settings, networks and tables, for a program that offers them."""
    print(msgspec.json.encode(describe_training()).decode())
    return 0


def look(options: argparse.Namespace, _: Reporter) -> int:
    """What a folder holds, or lacks."""
    settings = settings_of(options)

    def read(name: str) -> Dataset:
        return read_data(options.data, replace(settings, dataset=name))

    print(msgspec.json.encode(look_into(options.data, settings.dataset, read)).decode())
    return 0


def finetune(options: argparse.Namespace, reporter: Reporter) -> int:
    """Give a model a new head for a data set's tags, and with ``--whole`` train all of it after that.

    The whole of a model that has these tags already, among others too, is trained from its own head on.
    A folder with a user's corrections is no data set: they put right the head that the model has.
    """
    if is_corrections(options.data):
        return _correct(options, reporter)
    card, trained = open_model(options.model)
    check_room(options.export, card.weights.size)
    network = {
        "network": card.network.name,
        "layers": card.network.layers,
        "width": card.network.width,
        "options": card.network.options,
        "start": card.digest,
    }
    only_whole = [name for name in flags_told(options) if name not in DATA and not options.whole]
    if only_whole:
        raise SettingsFault(f"{', '.join(only_whole)}: for a new head alone nothing is set; add --whole")
    settings = settings_of(options, FINETUNE, network)
    if options.whole:
        check_possible(settings)
    settings, dataset = open_data(options.data, settings, reporter)
    if options.whole:
        _check_folder(options, settings, dataset)
    fabric = launch()
    clips = _clips(options, reporter, dataset, trained.module.input, fabric)
    clips = replace(clips, level=card.level)  # it goes on hearing as it did
    outputs = outputs_for(card, dataset)
    own = own_head(trained, settings, outputs, clips.labels(clips.split("train")))
    head: Head | None = None
    if not options.whole or outputs == [None] * len(outputs):
        with reporter.progress(len(dataset.clips), "Listening") as report:
            head = new_head(trained, own, clips, fabric, report)
        console.print(
            f"a new head for {count(len(dataset.tags), 'tag')}: validation loss {head.valid_loss:.4f}"
        )
    trained = own
    folder = None
    if options.whole:
        folder, clips, trained = _run(
            options, reporter, settings, dataset, fabric, resume=options.resume, start=trained
        )
        if fabric.is_global_zero:
            note_start(folder, _started_from(card))
    clips, alone = replace(clips, level=card.level), None if options.whole else head
    _export(options, reporter, trained, clips, settings, folder, fabric, card, alone)
    return 0


def _correct(options: argparse.Namespace, reporter: Reporter) -> int:
    """Every output that nothing was said about stays as it is."""
    others = ("whole", "resume", "again", "config")
    told = [*flags_told(options), *(name for name in others if getattr(options, name))]
    if told:
        raise SettingsFault(f"{', '.join(told)}: on corrections only the head is trained, and nothing is set")
    corrections = read_corrections(options.data)
    check_room(options.export, open_card(options.model).weights.size)
    about = {"command": without_paths(sys.argv[1:])}
    with ExitStack() as bars:  # one after the other: a terminal shows one at a time
        report = bars.enter_context(reporter.progress(len(corrections.tracks), "Listening"))
        fits: list[Callable[[int, int], None]] = []

        def fitted(done: int, of: int) -> None:
            if not fits:
                bars.close()
                title = "Training the head"
                fits.append(bars.enter_context(reporter.progress(of, title, event=Fitting)))
            fits[0](done, of)

        card, outcome, skipped = correct(
            options.model, corrections, options.cache, options.export, report, about, fitted
        )
    reporter.say_skipped(skipped, options.cache / "corrections-skipped.txt")
    for sentence in (
        f"{count(outcome.verdicts, 'verdict')} on {count(outcome.tracks, 'track')}: the model agrees "
        f"with {outcome.after:.4f} of them, before with {outcome.before:.4f}",
        outcome.advice,
    ):
        console.print(sentence)
    console.print(agreement_table(outcome.by_tag))
    figures = {**asdict(outcome), "advice": outcome.advice}
    reporter.tell(Exported(str(options.export.resolve()), card.digest, figures))
    return 0


def reproduce(options: argparse.Namespace, reporter: Reporter) -> int:
    """Train the networks of a table, one after another, and put their figures beside the paper's.

    A row that is finished already is not trained again; one that was interrupted goes on. Rows that were not
    asked for and are finished with the same settings stand beside them.
    """
    asked = cast(Budget, options.budget)
    rows = rows_of(options.table, options.rows or [])
    of_rows = [_settings_of_row(options, row, asked) for row in rows]
    for settings in of_rows:
        check_possible(settings)  # of all rows now, not of the last after the trainings before it
    fabric = launch()
    reporter.tell(TableBegun({row.key: row.cost for row in rows}))
    settings, dataset = open_data(options.data, of_rows[0], reporter)
    table = Reproduction(options.table, settings, dataset, options.runs)
    for row in rows:
        check_goes_on(table.folder(row))
    console.print(table.face(rows), style="bold")
    for row in rows:
        console.print(row.key, style="bold")
        _run(options, reporter, row.trained_as(settings), dataset, fabric, resume=True)
    if IS_FIRST:
        _report_table(table, rows)
    return 0


def _settings_of_row(options: argparse.Namespace, row: Experiment, asked: Budget) -> Settings:
    """Those of the command over those of the budget; the network is the row's."""
    below = msgspec.to_builtins(row.settings(asked))
    return settings_of(options, below, {name: below[name] for name in NETWORK})


def _report_table(table: Reproduction, trained: Sequence[Experiment]) -> None:
    """The rows trained now, and those that stand finished beside them."""
    rows, others = table.standing(trained)
    for key, differs in others.items():
        console.print(f"{key} is finished with other data and is left out: {differs}")
    folders = [table.folder(row) for row in rows]
    Console(width=100, **PLAIN).print(table.printed([read_run(f) for f in folders], table.face(rows)))
    written = write_report(folders, table.report, table.title(rows), table.table)
    console.print(f"report: {printable(written[0])}")


def report(options: argparse.Namespace, _: Reporter) -> int:
    """One page on one or several finished runs."""
    written = write_report(options.folders, options.out)
    console.print(", ".join(printable(path) for path in written))
    return 0


def benchmark(options: argparse.Namespace, reporter: Reporter) -> int:
    """Clips per second of this loop and of a plain one."""
    settings = settings_of(options, BEGIN["benchmark"])
    check_possible(settings)
    settings, dataset = open_data(options.data, settings, reporter)
    clips = _prepared(options, reporter, dataset, input_of(settings))
    with console.status("Measuring"):
        rows = measure_loops(clips, settings, options.seconds)
    print_figures([asdict(row) for row in rows])
    return 0


def robustness(options: argparse.Namespace, reporter: Reporter) -> int:
    """Test clips as other files, and sounds that should get no tag; ``--note`` keeps the figures."""
    card, trained = open_model(options.model)
    sources = read_sources(options.scheme)
    _, dataset = open_data(options.data, settings_of(options, BEGIN["robustness"]), reporter)
    clips = [dataset.clips[index] for index in dataset.indices("test")]
    with reporter.progress(len(clips), "Encoding and listening", "") as report:
        found: dict[str, Any] = {
            "clips": len(clips),
            "variants": compare_variants(card, trained, clips, sources, report),
        }
    if options.nothing:
        sounds = sounds_of(options.nothing)
        with reporter.progress(len(sounds), "Listening to what is no music", "") as report:
            found["nothing"], skipped = nothing_heard(card, trained, sounds, sources, report)
        reporter.say_skipped(skipped, options.cache / "nothing-skipped.txt")
    if options.note:
        noted = {**found, "command": without_paths(sys.argv[1:])}
        write_card(options.model, replace(card, metrics={**card.metrics, "robustness": noted}))
    print_figures(found)
    return 0


def pooling(options: argparse.Namespace, reporter: Reporter) -> int:
    """Windows of tracks put together from neighbouring test clips, pooled in several ways."""
    scores, labels, _ = _test_scores(options, reporter)
    print_figures(compare_poolings(scores, labels))
    return 0


def merging(options: argparse.Namespace, reporter: Reporter) -> int:
    """Merged tags against those of single vocabularies, judged by the labels of another vocabulary."""
    scores, labels, card = _test_scores(options, reporter)
    print_figures(compare_merging(card, scores, labels, read_sources(options.scheme)))
    return 0


def speed(options: argparse.Namespace, reporter: Reporter) -> int:
    """Processor time of the front end and of each model, for a minute of music."""
    _, dataset = open_data(options.data, settings_of(options, BEGIN["speed"]), reporter)
    files = [dataset.clips[index] for index in dataset.indices("test")]
    models = [open_model(folder) for folder in options.models]
    with reporter.progress(ROUNDS, "Measuring", "") as report:
        print_figures(measure_models(models, files, report))
    return 0


def _test_scores(
    options: argparse.Namespace, reporter: Reporter
) -> tuple[NDArray[np.float32], NDArray[np.float32], ModelCard]:
    """Scores and labels of the test clips."""
    _, dataset = open_data(options.data, settings_of(options), reporter)
    card, trained = open_model(options.model)
    check_tags(card, dataset)
    fabric = launch()
    clips = _clips(options, reporter, dataset, trained.module.input, fabric)
    indices = clips.split("test")
    clips = replace(clips, level=card.level)
    scores = predict(trained.module, clips, indices, trained.standard, fabric)
    return scores, clips.labels(indices), card


def _check_folder(options: argparse.Namespace, settings: Settings, dataset: Dataset) -> None:
    """Before anything long is done.

    :raises SettingsFault: a training would be lost
    :raises RunFault: the one that is to go on cannot do so here
    """
    folder = folder_of(options.runs, settings, dataset.name)
    if options.resume:
        check_goes_on(folder)
    elif not options.again:
        check_unused(folder)


def _run(
    options: argparse.Namespace,
    reporter: Reporter,
    settings: Settings,
    dataset: Dataset,
    fabric: Fabric,
    *,
    resume: bool,
    start: Trained | None = None,
) -> tuple[Path, Clips, Trained]:
    """Prepare, train and measure, in the folder of these settings."""
    folder = folder_of(options.runs, settings, dataset.name)
    if not (folder / BEST).exists():
        check_room(options.runs, COPIES * 4 * parameter_count(settings.spec, len(dataset.tags)))
    clips = _clips(options, reporter, dataset, input_of(settings), fabric)
    for split in SPLITS:
        clips.split(split)  # an empty one is refused now, not after the training
    reporter.tell(RunOpened(str(folder.resolve())))
    if resume and fabric.broadcast(finished(folder)):
        kept: list[Trained] = []
        if fabric.is_global_zero:  # the others may be on machines that do not have its disk
            check_data(folder, load_checkpoint(folder / BEST), clips)
            kept.append(best_network(folder, settings, clips)[0])
        console.print(f"{printable(folder)} is finished already")
        return folder, clips, fabric.broadcast(kept)[0]
    command = without_paths(sys.argv[1:])
    words = NOT_KEPT[options.command], KEPT[options.command]
    reporter.stop.kept = lambda: words[(folder / LAST).exists()]
    with ExitStack() as stack:
        listeners: list[Callable[[Event], None]] = []
        if fabric.is_global_zero:
            if has_no_checkpoint(folder):
                console.print(f"{printable(folder)} was begun and has no checkpoint: it begins anew")
            log = stack.enter_context(opened(folder, settings, command, resume))
            note_place(folder, sys.argv[1:])
            listeners += [log, stack.enter_context(reporter.of_training())]
        fabric.barrier()

        def say(event: Event) -> None:
            for listener in listeners:
                listener(event)

        trained = fit(clips, settings, folder, say, resume=resume, start=start, stop=reporter.stop)
        finish(folder, trained, clips, settings, fabric)
    return folder, clips, trained


def _export(
    options: argparse.Namespace,
    reporter: Reporter,
    trained: Trained,
    clips: Clips,
    settings: Settings,
    folder: Path | None,
    fabric: Fabric,
    start: ModelCard | None = None,
    head: Head | None = None,
) -> None:
    """:param folder: of the run, which the first process can read
    :param start: of the model it was fine-tuned from
    :param head: that was fitted alone, with none of a training's settings
    """
    took = how(folder) if folder and fabric.is_global_zero else {}
    used = shown(settings)
    if head:
        used = {name: used[name] for name in (*DATA, *NETWORK)}
        took = {"penalty": head.penalty}
    about = {"command": without_paths(sys.argv[1:]), **took, "settings": used}
    if start:
        about |= _started_from(start)
    _write_model(options, reporter, trained, clips, settings, about, fabric)


def _started_from(start: ModelCard) -> dict[str, Any]:
    """For the card: the start's own training and data, which name what that one started from."""
    return {"start": start.digest, "before": {**start.training, "data": start.data}}


def _write_model(
    options: argparse.Namespace,
    reporter: Reporter,
    trained: Trained,
    clips: Clips,
    settings: Settings,
    about: dict[str, Any],
    fabric: Fabric,
) -> None:
    """:param about: the training, for the card"""
    card = export_model(trained, clips, settings.spec, options.export, about, fabric)
    if card:
        if not reporter.as_json:  # a program that listens finds them in the card
            console.print_json(data=without_nan(card.metrics))
        reporter.tell(Exported(str(options.export.resolve()), card.digest))


def _clips(
    options: argparse.Namespace, reporter: Reporter, dataset: Dataset, listens_to: InputSpec, fabric: Fabric
) -> Clips:
    """In each process, one after another: the first of a machine fills its cache."""
    return in_turn(fabric, lambda: _prepared(options, reporter, dataset, listens_to))


def _prepared(
    options: argparse.Namespace, reporter: Reporter, dataset: Dataset, listens_to: InputSpec
) -> Clips:
    """Clips from the cache, which is filled where necessary; what is left out is said."""
    with reporter.progress(len(dataset.clips), "Preparing") as report:
        clips = prepare_clips(dataset, listens_to, options.cache, report)
    reporter.say_skipped(clips.skipped, options.cache / f"{dataset.name}-skipped.txt")
    return clips
