"""Teaching a tag: examples from the library, what can be learned from them, and what to mark next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.classifier import LEAST_EXAMPLES, LEAST_OTHERS, Lesson, learn, logit
from mat_desktop.app.session import Session
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.taught import TAUGHT_FORMAT, Marks, TaughtTag
from mat_desktop.domain.track import TrackId
from mat_desktop.errors import UsageFault

MOST_MARKS = 1000
"""Examples, and counter-examples, that are taken up again; years of review add more than are of use."""

UNSURE = 6
"""Tracks that are proposed to be marked next."""


@dataclass(frozen=True, slots=True)
class Study:
    """What can be learned from some marks.

    :param marks: those of them whose features are known
    :param lesson: None while there is too little to learn from
    :param lacking: examples that are missing; where none is, other tracks are
    :param right: of the marks, judged by what the others taught
    :param wrong: those that were judged otherwise than marked
    :param likely: tracks of the library, and ``tracks`` of how many, that have the tag by what was learned
    :param unsure: tracks to mark next: those that the threshold decides on most narrowly
    """

    marks: Marks
    lesson: Lesson | None
    lacking: int = 0
    right: int = 0
    wrong: tuple[TrackId, ...] = ()
    likely: int = 0
    tracks: int = 0
    unsure: tuple[tuple[TrackId, float], ...] = ()


class Teacher:
    """Holds the library's features while someone teaches: [tracks, channels], 1 KB a track."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ids: list[TrackId] = []
        self._rows: dict[TrackId, int] = {}
        self._features: NDArray[np.float16] = np.zeros((0, 0), np.float16)

    @property
    def tags(self) -> tuple[TaughtTag, ...]:
        """What this model was taught; at once."""
        return self._session.taught.tags

    @property
    def faults(self) -> Sequence[str]:
        """Files that cannot be used, with the reason; at once."""
        return self._session.taught.faults

    def load(self) -> int:
        """Read the features of the library; says of how many tracks."""
        rows = self._session.library.features(self._session.card.digest)
        width = max((len(values) for _, values in rows), default=0)
        usable = [(track_id, values) for track_id, values in rows if len(values) == width]
        matrix = np.frombuffer(b"".join(values for _, values in usable), np.float16)
        features = matrix.reshape(len(usable), width // 2)
        sounding = np.flatnonzero(features.any(axis=1))  # of silence there is nothing to learn
        self._ids = [usable[place][0] for place in sounding]
        self._rows = {track_id: row for row, track_id in enumerate(self._ids)}
        self._features = features[sounding]
        self._session.teaching = True
        return len(self._ids)

    def forget(self) -> None:
        """Give the memory back."""
        self._session.teaching = False
        self._ids, self._rows = [], {}
        self._features = np.zeros((0, 0), np.float16)

    def without_features(self) -> list[Path]:
        """Files that were heard before features were kept."""
        return self._session.library.without_features(self._session.card.digest)

    def study(self, marks: Marks) -> Study:
        """Learn from the marks, as far as they go."""
        rows = self._rows
        known = Marks(
            tuple(track_id for track_id in marks.examples if track_id in rows),
            tuple(track_id for track_id in marks.counter_examples if track_id in rows),
        )
        yes = [rows[track_id] for track_id in known.examples]
        no = [rows[track_id] for track_id in known.counter_examples]
        if len(yes) < LEAST_EXAMPLES or len(self._ids) - len(yes) < LEAST_OTHERS:
            return Study(known, None, max(0, LEAST_EXAMPLES - len(yes)), tracks=len(self._ids))
        lesson = learn(self._features, yes, no)
        scores = lesson.scores(self._features)
        on_the_right_side = (lesson.margins >= 0) == (np.arange(len(known)) < len(yes))
        judged = (*known.examples, *known.counter_examples)
        return Study(
            known,
            lesson,
            right=int(on_the_right_side.sum()),
            wrong=tuple(judged[place] for place in np.flatnonzero(~on_the_right_side)),
            likely=int((scores >= lesson.threshold).sum()),
            tracks=len(self._ids),
            unsure=self._unsure(scores, lesson.threshold, yes + no),
        )

    def _unsure(
        self, scores: NDArray[np.float32], threshold: float, marked: Sequence[int]
    ) -> tuple[tuple[TrackId, float], ...]:
        distance = np.abs(logit(scores) - log(threshold / (1 - threshold)))
        distance[list(marked)] = np.inf
        nearest = np.argsort(distance, kind="stable")[:UNSURE]
        return tuple((self._ids[row], float(scores[row])) for row in nearest if np.isfinite(distance[row]))

    def marks(self, name: str) -> Marks:
        """What was said of a tag: when it was taught, and in review since. :raises UsageFault: no such tag"""
        tag = self._session.taught.find(name)
        said: dict[TrackId, Verdict] = dict.fromkeys(tag.examples, Verdict.ACCEPTED)
        said |= dict.fromkeys(tag.counter_examples, Verdict.REJECTED)
        return _marks(said | self._session.library.verdicts_on(tag.name))

    def said(self, name: str) -> Marks:
        """What was said in review of a tag that is not taught yet, as one that was added by hand."""
        return _marks(self._session.library.verdicts_on(name))

    def check_name(self, name: str, before: str = "") -> str:
        """Why a tag cannot have this name, empty where it can; at once.

        :param before: the name that it has now
        """
        if not name.strip():
            return "The tag needs a name"
        wanted = name.strip().casefold()
        if wanted == before.casefold():
            return ""
        for tag in self._session.scheme.tags:
            if tag.name.casefold() == wanted and tag.sources:
                return f"There is a tag “{tag.name}” already"
        return ""

    def save(
        self, name: str, category: Category, field: Field | None, study: Study, before: str = ""
    ) -> TaughtTag:
        """Keep what was learned; the marks become verdicts.

        :param before: name of the tag that this one replaces
        :raises UsageFault: the name cannot be used, too little was learned, or the file cannot be written
        """
        lesson = study.lesson
        fault = self.check_name(name, before)
        if fault or lesson is None:
            raise UsageFault(fault or "there are too few examples to learn from")
        card = self._session.card
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
            )
        except ValueError as error:
            raise UsageFault(str(error)) from error
        if before and before != tag.name:
            self.remove(before)
        self._session.keep_taught(tag)
        verdicts = dict.fromkeys(tag.examples, Verdict.ACCEPTED)
        verdicts |= dict.fromkeys(tag.counter_examples, Verdict.REJECTED)
        self._session.library.add_verdicts(tag.name, verdicts)
        return tag

    def remove(self, name: str) -> tuple[TaughtTag, Mapping[TrackId, Verdict]]:
        """Forget a tag and what was said of it; returns both. :raises UsageFault: there is none"""
        tag = self._session.remove_taught(name)
        said = self._session.library.verdicts_on(tag.name)
        self._session.library.drop_tag(tag.name)
        self._session.set_threshold(tag.name, None)
        return tag, said

    def restore(self, tag: TaughtTag, said: Mapping[TrackId, Verdict]) -> None:
        """Take a removal back. :raises UsageFault: it cannot be written"""
        self._session.keep_taught(tag)
        self._session.library.add_verdicts(tag.name, said)

    def export(self, name: str, path: Path) -> None:
        """Copy a tag into a file. :raises UsageFault: it cannot be written"""
        self._session.taught.export(name, path)

    def take(self, path: Path) -> TaughtTag:
        """Take a tag in from a file.

        :raises ForeignTag: it was taught to another model
        :raises UsageFault: the file is not a taught tag, or there is a tag of its name
        """
        tag = self._session.taught.read(path)
        fault = self.check_name(tag.name)
        if fault:
            raise UsageFault(f"{fault}; rename or remove it first")
        self._session.keep_taught(tag)
        return tag

    def scores(self) -> Mapping[TrackId, Mapping[str, float]]:
        """Of the whole library, by key of the tag."""
        if not self._ids:
            self.load()
        by_tag = self._session.taught.all_scores(self._features)
        if not by_tag:
            return {}
        keys, table = list(by_tag), np.stack(list(by_tag.values()), axis=1).tolist()
        return {
            track_id: dict(zip(keys, row, strict=True))
            for track_id, row in zip(self._ids, table, strict=True)
        }


def _marks(said: Mapping[TrackId, Verdict]) -> Marks:
    return Marks(
        tuple(track_id for track_id, verdict in said.items() if verdict is Verdict.ACCEPTED)[:MOST_MARKS],
        tuple(track_id for track_id, verdict in said.items() if verdict is Verdict.REJECTED)[:MOST_MARKS],
    )
