"""Small data sets in the public layouts. Their audio files are only bytes unless a test needs more."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from training.datasets.jamendo import COLUMNS
from training.datasets.mtat import INFO_COLUMNS
from training.datasets.tables import vocabulary

TAGGED, UNTAGGED = 60, 4


def touch(path: Path, data: bytes = b"audio") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def mtat_path(clip: int) -> str:
    return f"{clip % 16:x}/someone-album-{clip:02}-title-30-59.mp3"


def make_mtat(folder: Path) -> Path:
    """60 clips, of which clip n has the 60 - n most frequent tags (50 at most), and 4 without any of them."""
    tags, top = vocabulary("mtat"), vocabulary("mtat_top50")
    rows, infos = [["clip_id", *tags, "mp3_path"]], [list(INFO_COLUMNS)]
    for clip in range(TAGGED + UNTAGGED):
        marked = set(top[: max(0, TAGGED - clip)])
        path = mtat_path(clip)
        rows.append([str(clip + 2), *("1" if tag in marked else "0" for tag in tags), path])
        infos.append(
            [str(clip + 2), "1", "t", 'the "one"'.replace('"', '""'), "a", "u", "30", "59", "o", path]
        )
        touch(folder / path)
    infos.append(["99999", "1", "no audio", "", "", "", "0", "29", "", ""])
    for name, lines in (("annotations_final.csv", rows), ("clip_info_final.csv", infos)):
        text = "".join("\t".join(f'"{cell}"' for cell in line) + "\r\n" for line in lines)
        (folder / name).write_bytes(text.encode())
    return folder


def make_jamendo(folder: Path) -> Path:
    """Nine tracks, three a split, as a clone of the repository with audio unpacked in two qualities."""
    lists = folder / "data" / "splits" / "split-0"
    lists.mkdir(parents=True)
    top = vocabulary("jamendo_top50")
    for start, name in ((0, "train"), (3, "validation"), (6, "test")):
        lines = ["\t".join(COLUMNS)]
        for track in range(start, start + 3):
            path = f"{track:02}/10{track:02}.mp3"
            tags = [top[track], top[track + 20]]
            cells = [f"track_00010{track:02}", "artist_1", "album_1", path, "61.2", *tags]
            lines.append("\t".join(cells))
            low = track % 2 == 0
            touch(
                folder / ("audio-low" if low else "audio") / path.replace(".mp3", ".low.mp3" * low or ".mp3")
            )
        (lists / f"autotagging_top50tags-{name}.tsv").write_text("\n".join(lines) + "\n")
    return folder


def msd_track(number: int) -> str:
    return f"TR{number:016}"


def make_msd(folder: Path, database: bool = True) -> Path:
    """Six tracks, two a split, with Choi's lists and Last.fm's database."""
    folder.mkdir(parents=True, exist_ok=True)
    for start, name in ((0, "train"), (2, "valid"), (4, "test")):
        tracks = range(start, start + 2)
        (folder / f"{name}_x_msd_id.txt").write_text("".join(f"{msd_track(n)}\n" for n in tracks))
        (folder / f"{name}_x_7d_id.txt").write_text("".join(f"{8900 + n}\n" for n in tracks))
        for number in tracks:
            touch(folder / "audio" / "8" / "9" / f"{8900 + number}.clip.mp3")
    if database:
        make_lastfm(
            folder / "lastfm_tags.db", [(msd_track(n), {"rock": 100, "sad": 20 * n}) for n in range(6)]
        )
    return folder


def make_lastfm(path: Path, tracks: Sequence[tuple[str, dict[str, object]]]) -> None:
    tags = ["a tag of no interest", *vocabulary("msd_top50")]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE tags (tag TEXT)")
        database.execute("CREATE TABLE tids (tid TEXT)")
        database.execute("CREATE TABLE tid_tag (tid INT, tag INT, val FLOAT)")
        database.executemany("INSERT INTO tags VALUES (?)", [(tag,) for tag in tags])
        for row, (track, values) in enumerate(tracks, start=1):
            database.execute("INSERT INTO tids VALUES (?)", (track,))
            for tag, value in values.items():
                database.execute("INSERT INTO tid_tag VALUES (?, ?, ?)", (row, tags.index(tag) + 1, value))


def make_report(path: Path, entries: Sequence[tuple[str, dict[str, list[str]]]]) -> Path:
    """What ``mat-desktop info --json`` prints, as far as it is read."""
    path.write_text(json.dumps([{"path": name, "tags": tags, "notes": []} for name, tags in entries]))
    return path
