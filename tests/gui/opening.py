"""How long a library that is known takes to show.

``python -m tests.gui.opening [TRACKS]``: a library that is made up, with files that are empty, is opened by
the real window. Prints when the first rows, all of them and the suggestions of all were there, by the clock
and in processor time of the process, and how long the event loop stood still. No test, as its numbers depend
on what else the computer does.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

from mat_desktop.app.score import pack
from mat_desktop.app.session import Session
from mat_desktop.domain.scores import Scores
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.store.library import KeptScores
from tests.gui import real
from tests.gui.gaps import memory
from tests.gui.heartbeat import Control, Heart, said

IN_FOLDER, ALIKE, POSITIONS = 100, 500, 60


def make(folder: Path, count: int) -> tuple[Path, Path]:
    """Files that are empty and a library that knows them: data folder and music."""
    data, music = folder / "data", folder / "music"
    session = Session(data)
    model, tags = session.card.digest, len(session.card.tags)
    made = random.Random(1)
    taggram = pack(np.random.default_rng(1).random((tags, POSITIONS)).astype(np.float16))
    scores = [[round(made.random() ** 6, 6) for _ in range(tags)] for _ in range(ALIKE)]
    for first in range(0, count, IN_FOLDER):
        album = music / f"Band {first // 1000:04}" / f"Album {first // IN_FOLDER:05}"
        album.mkdir(parents=True)
        tracks, same = [], {}
        for number in range(first, min(first + IN_FOLDER, count)):
            path = album / f"{number:06}.flac"
            path.touch()
            known = {
                Field.TITLE: (f"Song {number}",),
                Field.ARTIST: (f"Band {first // 1000}",),
                Field.ALBUM: (f"Album {first // IN_FOLDER}",),
                Field.GENRE: ("Rock",),
            }
            tracks.append(Track(path, FileStamp.of(path.stat()), 200.0, known))
            same[path] = TrackId(f"{number:064x}")
        session.library.put_tracks(tracks, same)
        for number, track in enumerate(tracks, first):
            heard = Scores(model, same[track.path], 200.0, scores[number % ALIKE])
            session.library.add_scores(KeptScores(heard, taggram, POSITIONS))
    session.library.add_roots([music])
    session.close()
    return data, music


def main() -> None:
    """Open it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        data, _ = make(Path(folder), count)
        window = real.start(data)
        heart, control = Heart(), Control(Path(folder) / "control")
        tracks, before = window.tracks, memory()
        start, used = time.monotonic(), time.process_time()

        def when(what: str, is_so: Callable[[], bool]) -> None:
            while not is_so():
                real.QTest.qWait(20)
            print(
                f"{what}: {time.monotonic() - start:.1f} s, {time.process_time() - used:.1f} s of processor",
                flush=True,
            )

        window.begin()
        when("first rows", lambda: tracks.rowCount() > 0)
        when("all rows", lambda: tracks.tally().heard == count)

        def weighed() -> bool:
            real.QTest.qWait(300)
            return all(row.last_chosen is not None for row in tracks.rows())

        when("all suggestions", weighed)
        when("files looked at", lambda: not window.bridge.busy)
        ours, idle = heart.since(start), control.between(start, time.monotonic())
        longest, busiest = max(ours, key=lambda beat: beat.gap), max(ours, key=lambda beat: beat.used)
        print(
            f"{memory():.0f} MB, {before:.0f} without tracks; longest gap at {longest.at - start:.1f} s,"
            f" busiest at {busiest.at - start:.1f} s",
            f"  by the clock        {said(beat.gap for beat in ours)}",
            f"  idle loop meanwhile {said(beat.gap for beat in idle)}",
            f"  processor time      {said(beat.used for beat in ours)}",
            sep="\n",
        )
        control.close()
        window.quit()


if __name__ == "__main__":
    main()
