"""What is known of the music files: tags and stamps as last read, scores, decisions, opened folders."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from sqlite3 import Connection
from time import time_ns

from mat_desktop.domain.plan import Change
from mat_desktop.domain.scores import Said, Scores, Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, TagSet, Track, TrackId
from mat_desktop.store import decided, known
from mat_desktop.store.database import Database
from mat_desktop.store.decided import Left, OfFile
from mat_desktop.store.known import KnownFile, inode_of, path_of, stamp_of, track_of
from mat_desktop.store.library_tables import MIGRATIONS

_JUDGED = "SELECT d.track_id FROM verdict v JOIN decided d ON d.id = v.decided AND NOT d.taken"


@dataclass(frozen=True, slots=True)
class KeptScores:
    """Scores with the taggram that they came from, packed by the caller: [tags, positions].

    :param features: float16 [channels]; empty where the track was heard before they were kept
    """

    scores: Scores
    taggram: bytes
    positions: int
    features: bytes = b""


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """A file, as it was last looked at, of a track of which the user said something."""

    track_id: TrackId
    path: Path
    stamp: FileStamp
    artists: tuple[str, ...]


class Library:
    """Can be thrown away and rebuilt from the files, except for the verdicts."""

    def __init__(self, path: Path) -> None:
        """:raises StoreFault: the database cannot be opened"""
        self._database = Database(path, MIGRATIONS, synchronous="NORMAL")

    @property
    def state(self) -> tuple[int, int]:
        """Another one after every change, whoever made it."""
        return self._database.state

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def roots(self) -> list[Path]:
        """Folders and files that were opened, in order of name."""
        return [path_of(row[0]) for row in self._database.rows("SELECT path FROM root ORDER BY path")]

    def add_roots(self, roots: Iterable[Path]) -> None:
        """Remember folders and files as opened."""
        with self._database.transaction() as db:
            db.executemany("INSERT OR IGNORE INTO root VALUES (?)", [(os.fsencode(root),) for root in roots])

    def remove_root(self, root: Path) -> None:
        """Open it no more; what is known of its files stays."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM root WHERE path = ?", (os.fsencode(root),))

    def mounts(self) -> list[Path]:
        """Folders with music at which another volume was mounted once."""
        return [path_of(row[0]) for row in self._database.rows("SELECT path FROM mount ORDER BY path")]

    def add_mounts(self, places: Iterable[Path]) -> None:
        """Remember them."""
        with self._database.transaction() as db:
            db.executemany("INSERT OR IGNORE INTO mount VALUES (?)", [(os.fsencode(p),) for p in places])

    def track(self, path: Path) -> Track | None:
        """A file as it was last read."""
        rows = self._database.rows(
            "SELECT size, mtime_ns, inode, duration, tags, fault, outside FROM track WHERE path = ?",
            (os.fsencode(path),),
        )
        return track_of(path, rows[0]) if rows else None

    def tracks(self, paths: Sequence[Path]) -> dict[Path, Track]:
        """Files as they were last read, those of some that are known."""
        return known.tracks(self._database, paths)

    def numbers(self, roots: Iterable[Path]) -> list[int]:
        """Numbers of the files under some folders that are there as far as is known, in order of path."""
        return known.numbers(self._database, roots)

    def count(self, roots: Iterable[Path]) -> int:
        """How many they are."""
        return known.count(self._database, roots)

    def numbered(self, wanted: Sequence[int], model: str, *, features: bool) -> list[KnownFile]:
        """Files by their numbers, with what a model heard in them."""
        return known.numbered(self._database, wanted, model, features=features)

    def files(self, paths: Sequence[Path], model: str, *, features: bool) -> list[KnownFile]:
        """Known files by their paths, in any order, with what a model heard in them."""
        return known.at(self._database, paths, model, features=features)

    def gone(self) -> set[Path]:
        """Files that were not there any more when their folder was last looked through."""
        return {path_of(row[0]) for row in self._database.rows("SELECT path FROM gone")}

    def put_gone(self, paths: Iterable[Path]) -> None:
        """Files, or folders with all in them, are not there any more. What is known of them stays."""
        with self._database.transaction() as db:
            db.executemany(
                f"INSERT OR IGNORE INTO gone SELECT path FROM track WHERE {known.UNDER}",
                [known.span(path) for path in paths],
            )

    def put_found(self, roots: Iterable[Path], found: Collection[str]) -> None:
        """Of all that is under some folders, these files and no others are there."""
        for root in roots:
            rows = self._database.rows(
                f"SELECT path FROM track WHERE {known.UNDER} AND path NOT IN (SELECT path FROM gone)",
                known.span(root),
            )
            self.put_gone([path_of(path) for (path,) in rows if os.fsdecode(path) not in found])

    def put_back(self, paths: Iterable[Path]) -> None:
        """Files are there again."""
        with self._database.transaction() as db:
            _come_back(db, paths, time_ns())

    def never_gone(self, paths: Iterable[Path]) -> None:
        """That files were gone is taken back."""
        with self._database.transaction() as db:
            db.executemany("DELETE FROM gone WHERE path = ?", [(os.fsencode(path),) for path in paths])

    def identity(self, path: Path) -> TrackId | None:
        """What was heard in a file, None where nothing was."""
        rows = self._database.rows("SELECT track_id FROM track WHERE path = ?", (os.fsencode(path),))
        return TrackId(rows[0][0]) if rows and rows[0][0] is not None else None

    def of_sound(self, sound: TrackId) -> list[Path]:
        """Files in which this was heard, gone ones among them, in order of path."""
        rows = self._database.rows("SELECT path FROM track WHERE track_id = ? ORDER BY path", (sound,))
        return [path_of(row[0]) for row in rows]

    def found(self, path: Path) -> float:
        """Since when a file with its sound is known, nanoseconds since 1970; infinite where it is not."""
        rows = self._database.rows("SELECT found FROM track WHERE path = ?", (os.fsencode(path),))
        return rows[0][0] if rows else inf

    def unheard(self, sounds: Collection[TrackId]) -> list[Track]:
        """Files of which it is not known what sounds in them, and that may be some that were written."""
        return known.unheard(self._database, sounds)

    def moved(self, stamp: FileStamp) -> TrackId | None:
        """What was heard in a file that had this very stamp under another name; None where nothing was."""
        rows = self._database.rows(
            "SELECT track_id FROM track WHERE size = ? AND mtime_ns = ? AND inode = ?"
            " AND track_id IS NOT NULL LIMIT 1",
            (stamp.size, stamp.mtime_ns, inode_of(stamp)),
        )
        return TrackId(rows[0][0]) if rows and stamp.inode else None

    def marked(self) -> list[Path]:
        """Files that carried marks of this program when they were last read, in order of path."""
        rows = self._database.rows(f"SELECT path FROM track t WHERE {known.MARKED} ORDER BY path")
        return [path_of(row[0]) for row in rows]

    def put_tracks(self, tracks: Sequence[Track], same: Mapping[Path, TrackId] = {}) -> None:
        """Keep files as just read. A file whose stamp changed loses its identity until it is heard again.

        :param same: identities of files of which it is known what sounds in them
        """
        now = time_ns()
        with self._database.transaction() as db:
            _come_back(db, (track.path for track in tracks), now)
            db.executemany(
                "INSERT INTO track"
                " (path, size, mtime_ns, inode, duration, tags, track_id, fault, outside, found)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET"
                " found = CASE WHEN track_id IS excluded.track_id OR (size = excluded.size"
                " AND mtime_ns = excluded.mtime_ns AND inode = excluded.inode)"
                " THEN found ELSE excluded.found END,"
                " track_id = CASE WHEN size = excluded.size AND mtime_ns = excluded.mtime_ns"
                " AND inode = excluded.inode THEN coalesce(track_id, excluded.track_id)"
                " ELSE excluded.track_id END,"
                " size = excluded.size, mtime_ns = excluded.mtime_ns, inode = excluded.inode,"
                " duration = excluded.duration, tags = excluded.tags,"
                " fault = excluded.fault, outside = excluded.outside",
                [
                    (
                        os.fsencode(track.path),
                        track.stamp.size,
                        track.stamp.mtime_ns,
                        inode_of(track.stamp),
                        track.duration,
                        _tags(track.tags),
                        same.get(track.path),
                        track.fault,
                        track.outside,
                        now,
                    )
                    for track in tracks
                ],
            )

    def put_fault(self, path: Path, stamp: FileStamp, cause: str) -> None:
        """This very file could not be listened to; an empty cause says that it may be tried anew."""
        with self._database.transaction() as db:
            db.execute(
                "UPDATE track SET fault = ? WHERE path = ? AND size = ? AND mtime_ns = ?",
                (cause, os.fsencode(path), stamp.size, stamp.mtime_ns),
            )

    def rewritten(
        self, track: Track, stamp: FileStamp, changes: Sequence[Change], *, seen: bool = True
    ) -> None:
        """This program wrote the file: same audio, so its identity stays; the changed fields are known.

        :param track: as it was before
        :param stamp: of the file as it is now
        :param seen: whether the user saw what was in the file; else a change from outside stays told
        """
        tags = {**track.tags, **{change.field: change.after for change in changes}}
        with self._database.transaction() as db:
            db.execute(
                "UPDATE track SET size = ?, mtime_ns = ?, inode = ?, tags = ?, outside = ? WHERE path = ?",
                (
                    stamp.size,
                    stamp.mtime_ns,
                    inode_of(stamp),
                    _tags(tags),
                    track.outside and not seen,
                    os.fsencode(track.path),
                ),
            )

    def put_scores(self, path: Path, stamp: FileStamp, kept: KeptScores) -> None:
        """Keep what was heard in a file, once for each model; the file gets its identity."""
        with self._database.transaction() as db:
            db.execute(
                "UPDATE track SET track_id = ?, fault = '', outside = 0"
                " WHERE path = ? AND size = ? AND mtime_ns = ?",
                (kept.scores.track_id, os.fsencode(path), stamp.size, stamp.mtime_ns),
            )
            db.execute("DELETE FROM queue WHERE path = ?", (os.fsencode(path),))
            _insert_scores(db, kept)

    def add_scores(self, kept: KeptScores) -> None:
        """Keep what another model heard in a track; nothing else is known of its files by that."""
        with self._database.transaction() as db:
            _insert_scores(db, kept)

    def scores(self, track: Track, model: str) -> KeptScores | None:
        """What a model heard in this very file, None if it has not listened or the file changed since."""
        rows = self._database.rows(
            'SELECT s.track_id, s.model, s.seconds, s."values", s.silent, s.taggram, s.positions, f."values"'
            " FROM track t JOIN score s ON s.track_id = t.track_id"
            " LEFT JOIN feature f ON f.track_id = s.track_id AND f.model = s.model"
            " WHERE t.path = ? AND t.size = ? AND t.mtime_ns = ? AND t.inode = ? AND s.model = ?",
            (
                os.fsencode(track.path),
                track.stamp.size,
                track.stamp.mtime_ns,
                inode_of(track.stamp),
                model,
            ),
        )
        if not rows:
            return None
        track_id, model, seconds, values, silent, taggram, positions, features = rows[0]
        scores = Scores(model, TrackId(track_id), seconds, json.loads(values), bool(silent))
        return KeptScores(scores, taggram, positions, features or b"")

    def features(self, model: str) -> list[tuple[TrackId, bytes]]:
        """What a model's last layer heard in every track of the library, once each, in order of identity."""
        return self._database.rows(
            'SELECT track_id, "values" FROM feature WHERE model = ?'
            " AND track_id IN (SELECT track_id FROM track) ORDER BY track_id",
            (model,),
        )

    def without_features(self, model: str) -> list[Path]:
        """Files that a model heard before features were kept."""
        rows = self._database.rows(
            "SELECT t.path FROM track t JOIN score s ON s.track_id = t.track_id AND s.model = ?"
            " WHERE NOT EXISTS (SELECT 1 FROM feature f WHERE f.track_id = s.track_id AND f.model = s.model)"
            " ORDER BY t.path",
            (model,),
        )
        return [path_of(row[0]) for row in rows]

    def heard_paths(self, model: str) -> set[Path]:
        """Files whose sound a model has heard."""
        rows = self._database.rows(
            "SELECT t.path FROM track t JOIN score s ON s.track_id = t.track_id AND s.model = ?", (model,)
        )
        return {path_of(row[0]) for row in rows}

    def heard_by_model(self) -> dict[str, int]:
        """How many files that are there each model has heard, by its digest."""
        rows = self._database.rows(
            "SELECT t.path, s.model FROM track t JOIN score s ON s.track_id = t.track_id"
        )
        there = {path for path in {path for path, _ in rows} if path_of(path).exists()}
        return dict(Counter(model for path, model in rows if path in there))

    def queue(self) -> list[Path]:
        """Files that are waiting to be listened to, in the order in which they were asked for."""
        return [path_of(row[0]) for row in self._database.rows("SELECT path FROM queue ORDER BY place")]

    def put_queue(self, paths: Iterable[Path]) -> None:
        """More files to listen to. Keeping the scores of one takes it off."""
        with self._database.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO queue (path) VALUES (?)", [(os.fsencode(path),) for path in paths]
            )

    def drop_queue(self, paths: Iterable[Path]) -> None:
        """Files that nobody waits for any more."""
        with self._database.transaction() as db:
            db.executemany("DELETE FROM queue WHERE path = ?", [(os.fsencode(path),) for path in paths])

    def said(self, files: Sequence[tuple[TrackId, Path]]) -> list[OfFile]:
        """What the user said of files, by what is heard in them and their paths; in their order."""
        return decided.of_files(self._database, files)

    def heirs(self, gone: Iterable[Path]) -> list[Path]:
        """Files that came since something was said of others, and may be where those were before."""
        return known.heirs(self._database, gone)

    def take_over(self, heirs: Iterable[tuple[Left, Path]]) -> None:
        """Files were elsewhere when something was said of them: it is said of them where they are now."""
        with self._database.transaction() as db:
            decided.take_over(db, heirs)

    def all_verdicts(self) -> list[tuple[TrackId, str, Verdict]]:
        """What the user said of all sounds: identity, name of the display tag, verdict.

        Of several files with the same sound the one that was decided last counts.
        """
        return decided.of_sounds(self._database)

    def judged_files(self) -> list[JudgedFile]:
        """Files of tracks of which the user said something, in order of path; a track may have several."""
        rows = self._database.rows(
            "SELECT track_id, path, size, mtime_ns, inode, tags FROM track"
            f" WHERE track_id IN ({_JUDGED}) ORDER BY path"
        )
        return [
            JudgedFile(
                TrackId(track_id),
                path_of(path),
                stamp_of(size, mtime_ns, inode),
                tuple(json.loads(tags).get(Field.ARTIST, ())),
            )
            for track_id, path, size, mtime_ns, inode, tags in rows
        ]

    def judged_features(self) -> list[tuple[TrackId, str, bytes]]:
        """What the last layer of each model heard in tracks of which the user said something."""
        return self._database.rows(
            f'SELECT track_id, model, "values" FROM feature WHERE track_id IN ({_JUDGED})'
        )

    def put_said(self, said: Sequence[Said]) -> None:
        """Say something of some tags of several files, and whether they are done with: all or nothing.

        Undecided forgets what was said of a tag. Whoever decides has looked at the file.
        """
        with self._database.transaction() as db:
            decided.put(db, said)

    def thresholds(self, model: str) -> dict[str, float]:
        """The user's own thresholds for a model's scores, by name of the display tag."""
        rows = self._database.rows("SELECT tag, value FROM threshold WHERE model = ?", (model,))
        return dict(rows)

    def put_threshold(self, model: str, tag: str, value: float | None) -> None:
        """Keep a threshold; None goes back to the model's."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM threshold WHERE model = ? AND tag = ?", (model, tag))
            if value is not None:
                db.execute("INSERT INTO threshold VALUES (?, ?, ?)", (model, tag, value))

    def every_threshold(self) -> dict[str, dict[str, float]]:
        """The user's own thresholds by model's digest and name of the display tag."""
        found: dict[str, dict[str, float]] = {}
        for model, tag, value in self._database.rows("SELECT model, tag, value FROM threshold"):
            found.setdefault(model, {})[tag] = value
        return found

    def replace_thresholds(self, thresholds: Mapping[str, Mapping[str, float]]) -> None:
        """Keep these, as :meth:`every_threshold` returns them, and no others."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM threshold")
            db.executemany(
                "INSERT INTO threshold VALUES (?, ?, ?)",
                [(model, tag, value) for model, own in thresholds.items() for tag, value in own.items()],
            )

    def verdicts_on(self, tag: str) -> dict[TrackId, Verdict]:
        """What the user said of one tag, sound by sound: of several files that have one the newest counts."""
        return decided.on_tag(self._database, tag)

    def files_on(self, tag: str) -> list[tuple[TrackId, Path, Verdict]]:
        """What the user said of one tag, file by file, the oldest first."""
        return decided.files_on_tag(self._database, tag)

    def copied(self) -> set[TrackId]:
        """Sounds that several files have, or had."""
        rows = self._database.rows(
            "SELECT track_id FROM (SELECT track_id, path FROM track WHERE track_id IS NOT NULL"
            " UNION SELECT track_id, path FROM decided) GROUP BY track_id HAVING count(*) > 1"
        )
        return {TrackId(row[0]) for row in rows}

    def add_verdicts(
        self,
        tag: str,
        verdicts: Mapping[TrackId, Verdict],
        files: Sequence[tuple[TrackId, Path, Verdict]] = (),
    ) -> None:
        """Say something of one tag of all files with some sounds.

        :param files: of these sounds only such files as are named here, the oldest first
        """
        apart = {track_id for track_id, _, _ in files}
        with self._database.transaction() as db:
            rest = {i: verdict for i, verdict in verdicts.items() if i not in apart}
            decided.put_on_sounds(self._database, db, tag, rest)
            decided.put_on_files(db, tag, files)

    def put_marks(
        self,
        models: Collection[str],
        tag: str,
        said: Mapping[TrackId, Verdict],
        taken_back: Iterable[TrackId] = (),
        before: str = "",
    ) -> None:
        """What a tag was taught by, all of it or nothing.

        :param models: under which its threshold is kept
        :param said: of all files with some sounds, as far as it is news
        :param taken_back: sounds of which nothing is said any more
        :param before: name that the tag had; everything said of it, and its threshold, goes with it
        """
        with self._database.transaction() as db:
            if before and before != tag:
                db.execute("UPDATE OR REPLACE verdict SET tag = ? WHERE tag = ?", (tag, before))
                db.executemany(
                    "UPDATE OR REPLACE threshold SET tag = ? WHERE tag = ? AND model = ?",
                    [(tag, before, model) for model in models],
                )
            decided.take_back(db, tag, taken_back)
            decided.put_on_sounds(self._database, db, tag, said)

    def drop_tag(self, tag: str) -> None:
        """Forget what the user said of a tag that is there no more."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM verdict WHERE tag = ?", (tag,))


def _come_back(db: Connection, paths: Iterable[Path], now: int) -> None:
    for place in map(os.fsencode, paths):
        if db.execute("DELETE FROM gone WHERE path = ?", (place,)).rowcount:
            db.execute("UPDATE track SET found = ? WHERE path = ?", (now, place))


def _insert_scores(db: Connection, kept: KeptScores) -> None:
    scores = kept.scores
    db.execute(
        "INSERT OR REPLACE INTO score VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            scores.track_id,
            scores.model,
            scores.seconds,
            scores.silent,
            json.dumps([round(value, 6) for value in scores.values]),
            kept.taggram,
            kept.positions,
        ),
    )
    if kept.features:
        db.execute(
            "INSERT OR REPLACE INTO feature VALUES (?, ?, ?)",
            (scores.track_id, scores.model, kept.features),
        )


def _tags(tags: TagSet) -> str:
    return json.dumps({field: list(values) for field, values in tags.items() if values})
