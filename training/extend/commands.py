"""What ``extend`` and ``teacher`` do, in order."""

from __future__ import annotations

import argparse

from mat_desktop.domain.counting import count
from mat_desktop.errors import printable
from training.checkpoints import write_whole
from training.evaluate import check_tags, open_model
from training.extend.folder import begin
from training.extend.musicnn import convert, open_teacher
from training.saying import KEPT, Reporter, console
from training.settings import SettingsFault


def teacher(options: argparse.Namespace, _: Reporter) -> int:
    """Convert musicnn's weights: from TensorFlow's checkpoints to one file for ``extend``."""
    content = convert(options.place)
    write_whole(options.out, lambda file: file.write(content))
    console.print(f"{printable(options.out)}: weights of musicnn 0.1.0 (J. Pons, ISC licence)")
    return 0


def extend(options: argparse.Namespace, reporter: Reporter) -> int:
    """Mix training clips of a corpus, and label the mixes; what is there of it is not made anew."""
    if options.count < 1:
        raise SettingsFault(f"--count must be at least 1, not {options.count}")
    if options.seed < 0:
        raise SettingsFault(f"--seed must be 0 or more, not {options.seed}")
    listener = open_teacher(options.teacher)
    card, trained = open_model(options.model)
    extension = begin(options.corpus, options.out, options.seed, options.count)
    check_tags(card, extension.corpus)
    kept = KEPT["extend"]
    with reporter.progress(options.count, "Mixing", kept) as report:
        extension.make_mixes(report)
    with reporter.progress(len(extension.rows) + options.count, "Listening as the teacher", kept) as report:
        heard = extension.heard_by_teacher(listener, report)
    with reporter.progress(options.count, "Listening as the model", kept) as report:
        scores = extension.heard_by_model(card, trained, report)
    extension.write(heard, scores)
    clips = count(len(extension.rows), "clip")
    console.print(f"{printable(options.out)}: {clips}, and {options.count:,} more that are mixes of these")
    return 0
