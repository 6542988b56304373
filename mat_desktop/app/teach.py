"""Teaching a tag: examples from the library, what can be learned from them, and what to mark next."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import UTC, datetime
from itertools import islice
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.classifier import LEAST_EXAMPLES, LEAST_OTHERS, Lesson, learn, logit
from mat_desktop.app.session import Session
from mat_desktop.app.taught import Said, read_said
from mat_desktop.domain.counting import count
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.taught import MOST_MARKS, TAUGHT_FORMAT, Marks, TaughtTag
from mat_desktop.domain.track import TrackId
from mat_desktop.errors import MatError, UsageFault
from mat_desktop.store.library import Library

UNSURE = 6
"""Tracks that are proposed to be marked next."""


@dataclass(frozen=True, slots=True)
class Study:
    """What can be learned from some marks.

    :param model: digest of the weights that heard the features
    :param given: the marks
    :param marks: those of them whose features are known, one of each sound
    :param copies: given marks whose sound another one of them has, and which
    :param lesson: None while there is too little to learn from
    :param lacking: examples that are missing; where none is, other tracks are
    :param right: of ``marks``, judged by what the others taught
    :param wrong: those that were judged otherwise than marked
    :param likely: tracks of the library, and ``tracks`` of how many, that have the tag by what was learned
    :param unsure: tracks to mark next: those that the threshold decides on most narrowly
    """

    model: str
    given: Marks
    marks: Marks
    lesson: Lesson | None
    lacking: int = 0
    right: int = 0
    wrong: tuple[TrackId, ...] = ()
    likely: int = 0
    tracks: int = 0
    unsure: tuple[tuple[TrackId, float], ...] = ()
    copies: Mapping[TrackId, TrackId] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Removed:
    """A tag that was removed, with all that is needed to put it back.

    :param said: of sounds, when it was taught and in review
    :param threshold: the user's own
    :param files: what was said of those sounds that several files have, file by file, the oldest first
    :param kept: file that :meth:`Teacher.take` brings all of it back from
    """

    tag: TaughtTag
    said: Mapping[TrackId, Verdict]
    threshold: float | None
    files: tuple[tuple[TrackId, Path, Verdict], ...] = ()
    kept: Path | None = None


@dataclass(frozen=True, slots=True)
class Anew:
    """What became of tags that other models were taught.

    :param learned: by this one as well now
    :param left: what is wanting, by name of a tag that was not
    """

    learned: tuple[TaughtTag, ...]
    left: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Features:
    """What a model's last layer heard in the tracks of a library: [tracks, channels], 1 KB a track.

    In files that hold the same sound in another container it heard the same.

    :param model: digest of its weights
    """

    model: str
    ids: list[TrackId]
    values: NDArray[np.float16]

    @classmethod
    def of(cls, library: Library, model: str) -> _Features:
        """Read anew."""
        rows = library.features(model)
        width = max((len(values) for _, values in rows), default=0)
        usable = [(track_id, values) for track_id, values in rows if len(values) == width]
        matrix = np.frombuffer(b"".join(values for _, values in usable), np.float16)
        return cls(model, [track_id for track_id, _ in usable], matrix.reshape(len(usable), width // 2))

    def sounding(self) -> _Features:
        """Without tracks that are silent: of those there is nothing to learn."""
        places = np.flatnonzero(self.values.any(axis=1))
        return _Features(self.model, [self.ids[place] for place in places], self.values[places])

    def of_sounds(self) -> tuple[_Features, dict[TrackId, int]]:
        """One row for each sound, and the row of each track."""
        first: dict[bytes, int] = {}
        rows: dict[TrackId, int] = {}
        kept: list[int] = []
        for place, (track_id, values) in enumerate(zip(self.ids, self.values, strict=True)):
            rows[track_id] = first.setdefault(values.tobytes(), len(first))
            if len(first) > len(kept):
                kept.append(place)
        return _Features(self.model, [self.ids[place] for place in kept], self.values[kept]), rows


@dataclass(frozen=True, slots=True)
class _Sounds:
    """Marks by what was heard.

    :param copies: given marks whose sound another one of them has, and which
    :param enough: something can be learned from them
    """

    marks: Marks
    copies: Mapping[TrackId, TrackId]
    enough: bool


_NONE = _Features("", [], np.zeros((0, 0), np.float16))


class Teacher:
    """Holds the library's features while someone teaches."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._heard = _NONE
        self._rows: dict[TrackId, int] = {}

    @property
    def tags(self) -> tuple[TaughtTag, ...]:
        """What this model was taught; at once."""
        return self._session.taught.tags

    @property
    def elsewhere(self) -> tuple[TaughtTag, ...]:
        """What only models that hear otherwise were taught; at once."""
        return self._session.taught.elsewhere

    @property
    def faults(self) -> Sequence[str]:
        """Files that cannot be used, with the reason; at once."""
        return self._session.taught.faults

    def load(self) -> int:
        """Read the features of the library; says of how many tracks."""
        heard = _Features.of(self._session.library, self._session.card.digest).sounding()
        self._heard, self._rows = heard.of_sounds()
        self._session.teaching = True
        return len(self._rows)

    def forget(self) -> None:
        """Give the memory back."""
        self._session.teaching = False
        self._heard, self._rows = _NONE, {}

    def without_features(self) -> list[Path]:
        """Files that were heard before features were kept."""
        return self._session.library.without_features(self._session.card.digest)

    def study(self, marks: Marks) -> Study:
        """Learn from the marks, as far as they go."""
        if self._session.teaching and self._heard.model != self._session.card.digest:
            self.load()
        heard, rows = self._heard, self._rows
        sounds = self._sounds(marks)
        known, copies = sounds.marks, sounds.copies
        yes = [rows[track_id] for track_id in known.examples]
        no = [rows[track_id] for track_id in known.counter_examples]
        if not sounds.enough:
            lacking = max(0, LEAST_EXAMPLES - len(yes))
            return Study(heard.model, marks, known, None, lacking, tracks=len(rows), copies=copies)
        lesson = learn(heard.values, yes, no)
        scores = lesson.scores(heard.values)
        on_the_right_side = (lesson.margins >= 0) == (np.arange(len(known)) < len(yes))
        judged = (*known.examples, *known.counter_examples)
        every = scores[list(rows.values())]
        return Study(
            heard.model,
            marks,
            known,
            lesson,
            right=int(on_the_right_side.sum()),
            wrong=tuple(judged[place] for place in np.flatnonzero(~on_the_right_side)),
            likely=int((every >= lesson.threshold).sum()),
            tracks=len(rows),
            unsure=self._unsure(scores, lesson.threshold, yes + no),
            copies=copies,
        )

    def _sounds(self, marks: Marks) -> _Sounds:
        """Marked tracks whose features are known, one of each sound; a sound that is both is an example."""
        first: dict[int, TrackId] = {}
        copies: dict[TrackId, TrackId] = {}
        for track_id in (*marks.examples, *marks.counter_examples):
            row = self._rows.get(track_id)
            if row is not None and first.setdefault(row, track_id) != track_id:
                copies[track_id] = first[row]
        examples = set(marks.examples)
        yes = tuple(track_id for track_id in first.values() if track_id in examples)
        no = tuple(track_id for track_id in first.values() if track_id not in examples)
        enough = len(yes) >= LEAST_EXAMPLES and len(self._heard.ids) - len(yes) >= LEAST_OTHERS
        return _Sounds(Marks(yes, no), copies, enough)

    def _unsure(
        self, scores: NDArray[np.float32], threshold: float, marked: Sequence[int]
    ) -> tuple[tuple[TrackId, float], ...]:
        distance = np.abs(logit(scores) - log(threshold / (1 - threshold)))
        distance[list(marked)] = np.inf
        nearest = np.argsort(distance, kind="stable")[:UNSURE]
        return tuple(
            (self._heard.ids[row], float(scores[row])) for row in nearest if np.isfinite(distance[row])
        )

    def marks(self, name: str) -> Marks:
        """What was said of a tag: when it was taught, and in review since. :raises UsageFault: no such tag"""
        tag = self._session.taught.find(name)
        said = _verdicts(Marks(tag.examples, tag.counter_examples))
        return _marks(said | self._session.library.verdicts_on(tag.name))

    def said(self, name: str) -> Marks:
        """What was said in review of a tag that is not taught yet, as one that was added by hand."""
        return _marks(self._session.library.verdicts_on(name))

    def on_files(self, name: str) -> dict[Path, Verdict]:
        """The same file by file: what was said of a sound in review may be another thing for each copy."""
        return {path: verdict for _, path, verdict in self._session.library.files_on(name)}

    def check_name(self, name: str, before: str = "") -> str:
        """Why a tag cannot have this name, empty where it can; at once.

        :param before: the name that it has now
        """
        if not name.strip():
            return "The tag needs a name"
        name, wanted = name.strip(), name.strip().casefold()
        if wanted == before.casefold():
            return ""
        shown = self._session.scheme.tags
        for tag in shown:
            added_by_hand = tag.name == name and not tag.sources  # it can be taught from now on
            if tag.name.casefold() == wanted and not added_by_hand:
                return f"There is a tag “{tag.name}” already"
            if tag.shown.casefold() == wanted and tag.name.casefold() not in (wanted, before.casefold()):
                return f"The tag “{tag.name}” is shown as “{tag.shown}” already"
        dropped = {tag.name for tag in self._session.bundled_scheme.tags} - {tag.name for tag in shown}
        for tag_name in dropped:
            if tag_name.casefold() == wanted:
                return f"There is a tag “{tag_name}” already, which is dropped"
        return ""

    def save(
        self,
        name: str,
        category: Category,
        field: Field | None,
        study: Study,
        before: str = "",
        shown: Marks | None = None,
    ) -> TaughtTag:
        """Keep what was learned; the marks become verdicts, those that are news on all files with the sound.

        :param before: name of the tag that this one replaces
        :param shown: marks to begin with: what is not among the study's is taken back. By default those that
            the tag replaced was taught by
        :raises UsageFault: the name cannot be used, or too little was learned
        :raises StoreFault: it cannot be written
        """
        lesson = study.lesson
        fault = self.check_name(name, before)
        if fault or lesson is None:
            raise UsageFault(fault or "there are too few examples to learn from")
        session, card = self._session, self._session.card
        if study.model != card.digest:
            raise UsageFault("another model listens by now; the tag has to learn from what it hears")
        try:
            tag = TaughtTag(
                TAUGHT_FORMAT,
                name.strip(),
                category,
                card.digest,
                card.name,
                datetime.now(UTC).date().isoformat(),
                tuple(float(weight) for weight in lesson.weights),
                lesson.bias,
                lesson.threshold,
                study.marks.examples,
                study.marks.counter_examples,
                study.right,
                lesson.ranking,
                field,
                session.taught.trunk,
            )
        except ValueError as error:
            raise UsageFault(str(error)) from error
        self._keep(tag, study.given, before, shown)
        return tag

    def learnable(self) -> tuple[TaughtTag, ...]:
        """Which of the tags that other models were taught this one can learn, by what it has heard."""
        with self._loaded():
            return tuple(tag for tag in self.elsewhere if self._sounds(self._given(tag)).enough)

    def learn_anew(self) -> Anew:
        """Teach this model what others were taught, by the same examples and what was said of them since.

        :raises StoreFault: one cannot be written
        """
        learned, left = [], {}
        with self._loaded():
            for tag in self.elsewhere:
                study = self.study(self._given(tag))
                if study.lesson is None:
                    left[tag.name] = self._wanting(study)
                    continue
                try:
                    learned.append(self.save(tag.name, tag.category, tag.field, study))
                except UsageFault as fault:
                    left[tag.name] = str(fault)
        return Anew(tuple(learned), left)

    def _wanting(self, study: Study) -> str:
        """What a tag needs that cannot be learned yet."""
        if not study.lacking:
            return "more tracks that this model has listened to"
        more = count(study.lacking, "more example")
        if all(track_id in self._rows for track_id in study.given.examples):
            return f"{more}: copies of a track count as one" if study.copies else more
        return f"{more} that this model has listened to"

    def _given(self, tag: TaughtTag) -> Marks:
        """What a tag was taught by, and what was said of it since."""
        said = _verdicts(Marks(tag.examples, tag.counter_examples))
        return _marks(said | self._session.library.verdicts_on(tag.name))

    @contextmanager
    def _loaded(self) -> Iterator[None]:
        """With the features as they are now, which are given back where nobody teaches."""
        teaching = self._session.teaching
        self.load()
        try:
            yield
        finally:
            if not teaching:
                self.forget()

    def _keep(self, tag: TaughtTag, marks: Marks, before: str, shown: Marks | None) -> None:
        """The new tag is there before the old one goes, so that a full disk costs neither."""
        session = self._session
        old = next((t for t in session.taught.tags if t.name.casefold() == before.casefold()), None)
        if shown is None:
            shown = Marks(old.examples, old.counter_examples) if old is not None else Marks()
        said = _verdicts(marks)
        taken_back = _verdicts(shown).keys() - said.keys()
        renamed = old is not None and old.name.casefold() != tag.name.casefold()
        changed = old is not None and old.name != tag.name and session.copy_change(old.name, tag.name)
        session.keep_taught(tag, before)
        try:
            session.library.put_marks(
                {tag.model, tag.trunk}, tag.name, said, taken_back, old.name if old is not None else ""
            )
        except MatError:
            with suppress(MatError):
                if old is None or renamed:
                    session.remove_taught(tag.name)
                if old is not None:
                    session.keep_taught(old, tag.name)
            raise
        session.reread_thresholds()
        if old is not None and renamed:
            session.remove_taught(old.name)
        if old is not None and changed:
            with suppress(MatError):  # of a tag that is not there it changes nothing
                session.change_tags({old.name: None})

    def remove(self, name: str) -> Removed:
        """Forget a tag and what was said of it, but for a file in the data folder. Music files keep it.

        :raises UsageFault: there is none
        :raises StoreFault: it cannot be written
        """
        session = self._session
        every = self._all_of(name)
        name = every.tag.name
        files = tuple((i, os.fsencode(path), verdict) for i, path, verdict in every.files)
        kept = session.taught.put_away(every.tag, Said(every.said, every.threshold, files))
        removed = replace(every, kept=kept)
        try:
            session.set_threshold(name, None)
            session.remove_taught(name)
            session.library.drop_tag(name)
        except MatError:
            with suppress(MatError):
                self.restore(removed)
            raise
        return removed

    def _all_of(self, name: str) -> Removed:
        session = self._session
        tag = session.taught.find(name)
        said, threshold = session.library.verdicts_on(tag.name), session.thresholds.by_name.get(tag.name)
        copied = session.library.copied()
        files = tuple(file for file in session.library.files_on(tag.name) if file[0] in copied)
        return Removed(tag, said, threshold, files)

    def restore(self, removed: Removed) -> None:
        """Take a removal back. :raises StoreFault: it cannot be written"""
        tag = removed.tag
        self._session.keep_taught(tag)
        self._session.library.add_verdicts(tag.name, removed.said, removed.files)
        if removed.threshold is not None:
            self._session.set_threshold(tag.name, removed.threshold)
        if removed.kept is not None:
            with suppress(OSError):
                removed.kept.unlink(missing_ok=True)

    def export(self, name: str, path: Path) -> None:
        """Copy a tag into a file. :raises MatError: as the shelf's, whose file it is"""
        self._session.taught.export(name, path)

    def take(self, path: Path) -> Removed:
        """Take a tag in from a file, with what was said of it where it was put away.

        :raises ForeignTag: it was taught to another model
        :raises UsageFault: the file is not a taught tag, or there is a tag of its name
        """
        tag = self._session.taught.read(path)
        fault = self.check_name(tag.name)
        if fault:
            raise UsageFault(f"{fault}; rename or remove it first")
        said = read_said(path)
        files = tuple((i, Path(os.fsdecode(place)), verdict) for i, place, verdict in said.files)
        taken = Removed(tag, said.said, said.own_threshold, files)
        self.restore(taken)
        return taken

    def scores(self) -> Mapping[TrackId, Mapping[str, float]]:
        """Of the whole library as it is now, by key of the tag."""
        shelf = self._session.taught
        heard = _Features.of(self._session.library, shelf.model)
        by_tag = shelf.all_scores(heard.values)
        if not by_tag:
            return {}
        keys, table = list(by_tag), np.stack(list(by_tag.values()), axis=1).tolist()
        return {
            track_id: dict(zip(keys, row, strict=True))
            for track_id, row in zip(heard.ids, table, strict=True)
        }


def _verdicts(marks: Marks) -> dict[TrackId, Verdict]:
    said: dict[TrackId, Verdict] = dict.fromkeys(marks.examples, Verdict.ACCEPTED)
    return said | dict.fromkeys(marks.counter_examples, Verdict.REJECTED)


def _marks(said: Mapping[TrackId, Verdict]) -> Marks:
    some = dict(islice(said.items(), MOST_MARKS))
    return Marks(
        tuple(track_id for track_id, verdict in some.items() if verdict is Verdict.ACCEPTED),
        tuple(track_id for track_id, verdict in some.items() if verdict is Verdict.REJECTED),
    )
