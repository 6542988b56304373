"""What the search field asks for: understood while it is typed, with completion from the library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from mat_desktop.app.complete import SCORES, Completion, complete
from mat_desktop.app.find import asks_of_sound
from mat_desktop.domain.query import (
    Query,
    QueryError,
    Vocabulary,
    begun_field,
    begun_states,
    comparisons,
    fold,
    parse,
)
from mat_desktop.domain.tags import Field
from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.models.row import Row, State
from mat_desktop.gui.models.tracks import TracksModel
from mat_desktop.gui.services import Services

PAUSE = 800
"""Milliseconds after the last key from which on an unfinished query counts as wrong."""

SAMPLE = 2000
"""Tracks that are looked at to know the scale of scores."""

OFFERED = (Field.ARTIST, Field.ALBUM, Field.GENRE, Field.MOOD, Field.INSTRUMENT, Field.VOICE, Field.GROUPING)
"""Fields whose values are offered."""


class Search(QObject):
    """``asked`` says that other tracks are wanted, ``wrong`` hands over an error or None, ``explained`` what
    to say where nothing fits. ``reading``: there may be more tracks, ``weighing``: or more tags of them.
    """

    asked = Signal()
    wrong = Signal(object)
    explained = Signal(str)

    def __init__(self, services: Services, bridge: Bridge, tracks: TracksModel) -> None:
        super().__init__()
        self._services, self._bridge, self._tracks = services, bridge, tracks
        self.query: Query | None = None
        self.reading = self.weighing = False
        self._text = ""
        self._values: Mapping[str, Sequence[str]] = {}
        self._counted = (-1, -1)
        self._error: QueryError | None = None
        self._told: QueryError | None = None
        self._typed = self._offered = self._meant = ""
        self._begun = False
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(60)
        self._typing.timeout.connect(self._ask)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._say_wrong)

    @property
    def vocabulary(self) -> Vocabulary:
        """What can be named just now."""
        tags = {tag.shown: tag.name for tag in self._services.scheme.tags}
        return Vocabulary(tags, [state.value for state in State])

    @property
    def text(self) -> str:
        """The query whose tracks are shown, as it was typed; empty where nothing was asked."""
        return self._text if self.query is not None else ""

    def type(self, text: str) -> None:
        """The text is another. Where it cannot be understood the table answers what stands before that."""
        self._pause.stop()
        self._typed, self._begun = text, False
        try:
            query = parse(text, self.vocabulary)
        except QueryError as error:
            self._error, query = error, error.meant
            if query is None:
                text, query = self._understood(text[: error.start])
        else:
            self._error = None
            text, query = self._without_begun(text, query)
        # The text too: where nothing fits it is said in these words.
        if (query, text.strip()) != (self.query, self._text):
            self.query, self._text = query, text.strip()
            self._typing.start()
        self._tell_soon(self._error)

    def _understood(self, text: str) -> tuple[str, Query | None]:
        """The whole words from the beginning on that are a query: what was typed last may be half a word."""
        words = text.split()
        while words:
            part = " ".join(words)
            with suppress(QueryError):
                return part, parse(part, self.vocabulary)
            words.pop()
        return "", None

    def renew(self, *, ask: bool = False) -> None:
        """Tags may be others, or called otherwise: what is typed may mean something else now, or nothing.

        :param ask: scores are others too, so that the same query finds other tracks
        """
        if self._typed.strip():
            self.type(self._typed)
            if ask and self.query is not None:
                self._typing.start()

    def insist(self) -> bool:
        """What is typed is meant as it is: whether it is wrong, which is said at once."""
        self._pause.stop()
        self._mean()
        if self._error is not None:
            self._tell(self._error)
        return self._error is not None

    def _without_begun(self, text: str, query: Query | None) -> tuple[str, Query | None]:
        """Less the last word where it begins the name of a field and is found nowhere, until it is meant so.

        Typing ``state:new`` would show no track on its way there.
        """
        before = begun_field(text)
        if before is None or text == self._meant:
            return text, query
        word = fold(text[len(before) :])
        if any(word in row.text or word in row.heard for row in self._tracks.rows()):
            return text, query
        self._begun = True
        return before, parse(before, self.vocabulary)

    def _mean(self) -> None:
        """What was taken for the beginning of a field's name is a word."""
        if self._begun:
            self._meant = self._typed
            self.type(self._typed)

    def _tell_soon(self, error: QueryError | None) -> None:
        """At once, but for what typing on may mend: that is told after a pause, and stays while it is so."""
        told = (str(self._told), self._told.start) if self._told is not None else None
        if error is None or not error.unfinished or told == (str(error), error.start):
            self._tell(error)
        else:
            self._tell(None)
            self._pause.start()

    def _tell(self, error: QueryError | None) -> None:
        self._told = error
        self.wrong.emit(error)

    def _say_wrong(self) -> None:
        """The user rests, and not because there is something to choose from."""
        if self._typed != self._offered:
            self._tell(self._error)

    def _ask(self) -> None:
        self.asked.emit()

    def explain(self, where: str) -> None:
        """Say why nothing fits; of a score that no track reaches, soon after, how far they go.

        :param where: which tracks were asked for beside the query, as in "with the state New"; else empty
        """
        so_far = self._so_far()
        nothing = f"No track {where}".strip()
        if self.query is None or so_far:
            self._bridge.forget("highest")
            fits = f" fits “{self._text}”" if self.query is not None else "" if where else " here"
            self.explained.emit(nothing + fits + so_far)
            return
        nothing += f" fits “{self._text}”."
        if meant := begun_states(self.query):
            states = ", ".join(self.vocabulary.states)
            nothing += f" The state was taken as {' or '.join(meant)}. There are: {states}."
        self.explained.emit(nothing)
        wanted = [c for c in comparisons(self.query) if c.sign in (">", ">=")]
        rows, shown = self._tracks.rows(), {tag.name: tag.shown for tag in self._services.scheme.tags}

        def work() -> list[float]:
            return [max((row.level(c.what) or 0.0 for row in rows), default=0.0) for c in wanted]

        def done(found: list[float]) -> None:
            said = []
            for condition, highest in zip(wanted, found, strict=True):
                if 0 < highest < condition.number:
                    name = shown.get(condition.what, condition.what)
                    asks = f"tag:{name}" if name.isalnum() else f'tag:"{name}"'
                    said.append(f"The highest score of {name} is {highest:.2f}; try {asks}.")
            self.explained.emit(" ".join([nothing, *said]))

        self._bridge.ask("highest", work, done)

    def _so_far(self) -> str:
        """Why that may change by itself."""
        if self.reading:
            return " so far: the library is still being read."
        if self.weighing and self.query is not None and asks_of_sound(self.query):
            return " so far: the tags of some tracks are still being worked out."
        return ""

    # completion

    def complete(self, text: str, cursor: int) -> Completion:
        """How the text may go on."""
        completion = complete(text, cursor, self.vocabulary, self._values)
        self._offered = text if completion.choices else ""
        return completion

    def offer_no_more(self) -> None:
        """The choices went: what is unfinished may be meant so."""
        if self._offered:
            self._offered = ""
            self._mean()
            if self._error is not None and self._error.unfinished:
                self._pause.start()

    def forget_scores(self) -> None:
        """They are others now, of as many tracks: those of another model, or of a tag just taught."""
        self._bridge.forget("values")
        self._counted = (-1, -1)
        self._values = {what: some for what, some in self._values.items() if not what.startswith(SCORES)}

    def count_values(self) -> None:
        """Look in a worker which artists, genres and scores there are; once as long as no track is added."""
        rows, heard = self._tracks.rows(), self._tracks.tally().heard
        if self._counted == (len(rows), heard):
            return
        self._counted = (len(rows), heard)

        def done(values: Mapping[str, Sequence[str]]) -> None:
            self._values = values

        self._bridge.ask("values", lambda: {**_values(rows), **_scores(rows)}, done)


def _values(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Values by field, the most frequent first."""
    counts: dict[Field, Counter[str]] = {field: Counter() for field in OFFERED}
    for row in rows:
        if row.track is not None:
            for field, values in row.track.tags.items():
                if field in counts:
                    counts[field].update(values)
    return {field.value: [value for value, _ in count.most_common()] for field, count in counts.items()}


def _scores(rows: Sequence[Row]) -> dict[str, list[str]]:
    """By tag the scores that half, a fifth and a twentieth of the tracks exceed, as they are written."""
    heard = [row.levels for row in rows if row.levels is not None]
    some = heard[:: max(1, len(heard) // SAMPLE)]
    names = list(some[0].names) if some else []
    alike = [levels.values for levels in some if levels.names is some[0].names]
    if not alike:
        return {}
    shares = np.quantile(np.array(alike, np.float32), (0.5, 0.8, 0.95), axis=0)
    written = [[f"{score:.2f}" for score in scores] for scores in shares.T]
    by_tag = zip(names, written, strict=True)
    return {f"{SCORES}{name}": list(dict.fromkeys(scores)) for name, scores in by_tag}
