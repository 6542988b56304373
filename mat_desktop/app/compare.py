"""Two models on the user's own library: what another one would suggest otherwise than the one in use.

Each model suggests at its own measured thresholds: those of the user are for the scores of one model, and
would make it look better or worse than it is.

The other model listens in an engine process of its own. What it hears is kept by its digest, as everything
that a model hears is; the model in use, the files, and what the user said of them stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from heapq import nsmallest
from pathlib import Path
from threading import Event, RLock

from mat_desktop.app.decide import suggest
from mat_desktop.app.models import find_model
from mat_desktop.app.said import said_of
from mat_desktop.app.schemes import with_library_tags
from mat_desktop.app.score import LOOK_SECONDS, Answer, Fault, as_kept, listen
from mat_desktop.app.session import Session
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.counting import count
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.scores import Scores, Suggestion, Verdict
from mat_desktop.domain.track import Track, TrackId
from mat_desktop.errors import FileFault, UsageFault
from mat_desktop.inference.cards import open_card
from mat_desktop.inference.client import Engine

NO_TRACK = TrackId("")


@dataclass(frozen=True, slots=True)
class Decided:
    """A tag of a track that the user decided on.

    :param right: whether it was accepted
    :param present: whether the model in use suggests it
    :param other: whether the other one does
    """

    tag: str
    right: bool
    present: bool
    other: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """One track; tags by name.

    :param stay: suggested by both
    :param come: suggested by the other model alone
    :param go: suggested by the model in use alone
    :param moved: largest change of a score among those that come or go, 0..1
    :param track_id: of what was heard in it
    :param known: tags that either model says something of
    """

    path: Path
    stay: tuple[str, ...]
    come: tuple[str, ...]
    go: tuple[str, ...]
    decided: tuple[Decided, ...] = ()
    moved: float = 0.0
    track_id: TrackId = NO_TRACK
    known: frozenset[str] = frozenset()

    def beside(self, verdicts: Mapping[str, Verdict]) -> Compared:
        """The same track beside what the user says of it; the suggestions do not depend on that."""
        decided = tuple(
            Decided(
                name,
                verdict is Verdict.ACCEPTED,
                name in self.stay or name in self.go,
                name in self.stay or name in self.come,
            )
            for name, verdict in sorted(verdicts.items())
            if name in self.known
        )
        return replace(self, decided=decided)

    @property
    def changes(self) -> int:
        """Suggestions that come or go."""
        return len(self.come) + len(self.go)


@dataclass(slots=True)
class TagDifference:
    """What happens to one tag.

    :param present_right: decisions that the model in use agrees with
    :param other_right: those that the other one does
    """

    tag: DisplayTag
    stay: int = 0
    come: int = 0
    go: int = 0
    decisions: int = 0
    present_right: int = 0
    other_right: int = 0


SURE = 1.96
"""Deviations from an even split from which on it is no accident, in one case of twenty."""

ONE_SIDED = 0.8
"""Share of the decisions on what the model in use suggests from which on they say little of the other."""


LEFT_OUT = "On tracks left out of its training"
"""How the figures of these begin, in a note and in a conclusion: one of the two is enough."""


class Differences:
    """Adds up tracks as they are compared.

    ``open`` suggestions come and were not decided on; ``own`` decisions are on what the model in use
    suggests; with ``present_only`` and ``other_only`` one model agrees and the other does not.
    """

    TABLE = (
        "For each tag: on how many tracks both models suggest it (stays), only the other one does (comes) "
        "and only the one in use does (goes); then how often you decided on it, and with how many of these "
        "decisions each model agrees. What is suggested counts: not a tag that contradicts a surer one or is "
        "beyond its category's limit, and as strict as the slider is set."
    )
    """What the figures of the tags are."""

    def __init__(
        self, scheme: TagScheme, present: str, other: str, *, learned: bool = False, held_out: str = ""
    ) -> None:
        """:param present: what the model in use is called
        :param other: what the other one is
        :param learned: the other one was trained on the user's decisions
        :param held_out: how it fared where they were left out, to be put behind a sentence
        """
        self._held_out = held_out
        self.present, self.other, self._learned = f"“{present}”", f"“{other}”", learned
        self.present_only = self.other_only = 0
        self._tags = {tag.name: tag for tag in scheme.tags}
        self._by_tag: dict[str, TagDifference] = {}
        self.tracks: list[Compared] = []
        self.open = self.own = 0
        self.total = TagDifference(DisplayTag("all", scheme.tags[0].category, ("all",)))

    def add(self, compared: Compared) -> None:
        """One more track."""
        self.tracks.append(compared)
        decided = {decision.tag for decision in compared.decided}
        self.open += sum(name not in decided for name in compared.come)
        for names, what in ((compared.stay, "stay"), (compared.come, "come"), (compared.go, "go")):
            for name in names:
                for line in (self._line(name), self.total):
                    setattr(line, what, getattr(line, what) + 1)
        self.own += sum(decision.present for decision in compared.decided)
        for decision in compared.decided:
            if decision.present is not decision.other:
                self.present_only += decision.present is decision.right
                self.other_only += decision.other is decision.right
            for line in (self._line(decision.tag), self.total):
                line.decisions += 1
                line.present_right += decision.present is decision.right
                line.other_right += decision.other is decision.right

    def _line(self, name: str) -> TagDifference:
        if name not in self._by_tag:
            self._by_tag[name] = TagDifference(self._tags[name])
        return self._by_tag[name]

    def shown(self, names: Iterable[str]) -> list[str]:
        """Tags as they are called on screen."""
        return [self._tags[name].shown for name in names]

    def by_tag(self) -> list[TagDifference]:
        """Those with most changes first."""
        return sorted(
            self._by_tag.values(),
            key=lambda line: (-(line.come + line.go), -line.stay, line.tag.shown.casefold()),
        )

    def biggest(self, number: int, tag: str = "") -> list[Compared]:
        """Tracks with changes, the biggest first.

        :param tag: only those where this one comes or goes
        """
        changed = (
            one for one in self.tracks if one.changes and (not tag or tag in one.come or tag in one.go)
        )
        return nsmallest(number, changed, key=lambda one: (-one.changes, -one.moved, one.path))

    def changed(self, tag: str = "") -> int:
        """How many tracks :meth:`biggest` has."""
        if not tag:
            return sum(one.changes > 0 for one in self.tracks)
        return sum(tag in one.come or tag in one.go for one in self.tracks)

    @property
    def summary(self) -> str:
        """What it comes to, in a sentence or two."""
        if not self.tracks:
            return "No track was compared yet."
        t = self.total
        text = (
            f"On {count(len(self.tracks), 'track')}: {count(t.stay, 'suggestion')} "
            f"stay{'s' if t.stay == 1 else ''}, {t.come:,} come{'s' if t.come == 1 else ''}, "
            f"{t.go:,} go{'es' if t.go == 1 else ''}"
        )
        if t.decisions:
            text += (
                f". Of your {count(t.decisions, 'decision')} {self.present} agrees with {t.present_right:,}, "
                f"{self.other} with {t.other_right:,}"
            )
        return f"{text}."

    def repeats(self, note: str) -> bool:
        """Whether the conclusion says what a note says as well."""
        return note.startswith(LEFT_OUT) and LEFT_OUT in self.conclusion

    @property
    def conclusion(self) -> str:
        """What the user can make of it, in a sentence or two; empty where nothing was compared."""
        if not self.tracks:
            return ""
        better, worse = self.other_only, self.present_only
        differ = better + worse
        if not self.total.decisions:
            return (
                "You decided on none of these tracks yet: this shows what would change, not which model is "
                "better. Review some of them first."
            )
        if not differ:
            text = "On all that you decided both say the same: for that it does not matter which one you use."
        elif abs(better - worse) - 1 <= SURE * differ**0.5:
            text = (
                f"Where they differ, {self.present} is right {count(worse, 'time')} and {self.other} "
                f"{count(better, 'time')}: too close to say which one is better for your music."
            )
        elif worse > better:
            text = f"{self.present} fits your decisions better: keep it."
        elif self._learned:
            return (
                f"{self.other} agrees with you more often, but it learned from these decisions"
                f"{self._held_out or ': decide on some of the tags that come to see whether it is better.'}"
            )
        else:
            text = f"{self.other} fits your decisions better: it is worth using."
        # What one suggests is judged more often than what it does not.
        if self.open and self.own >= ONE_SIDED * self.total.decisions:
            text += (
                f" You judged mostly what {self.present} suggests; decide on some of the {self.open:,} "
                "that come before you rely on it."
            )
        return text


class Comparison:
    """Of the model in use, as it is now, with another."""

    def __init__(self, session: Session, name: str) -> None:
        """Reads the other model's card; no process is started.

        :param name: a bundled or imported model, or a folder
        :raises UsageFault: there is no such model, or it is the one in use
        :raises ModelFault: it is broken
        """
        if name == session.model:
            raise UsageFault(f"“{name}” is the model in use; another one can be compared with it")
        self._session = session
        self._folder = find_model(session.data_dir, name)
        self.name, self.card = name, open_card(self._folder)
        self.present_name, self.present_card = session.model, session.card
        every = session.library.every_threshold()
        self._own = sum(len(every.get(card.digest, ())) for card in (self.card, self.present_card))
        # A taught tag hears with the features of one model: another has to be taught it first.
        untaught = tuple(tag for tag in session.scheme.tags if not tag.taught)
        self.scheme = with_library_tags(replace(session.scheme, tags=untaught, taught={}), self.card)
        trunk = session.trunks.of(self._folder, self.card) if session.taught.tags else ""
        self._same_trunk = bool(trunk) and trunk == session.taught.trunk
        self._lock = RLock()
        self._engine: Engine | None = None
        self._held = False
        self._known: dict[frozenset[str], frozenset[str]] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be known of the figures, in sentences."""
        notes = []
        learned = self._corrections
        if isinstance(learned, Mapping):
            text = (
                f"“{self.name}” was trained on {learned.get('verdicts')} of your decisions, so that it "
                "agrees with them says little"
            )
            notes.append(f"{text}.")
            before, after = learned.get("agreement_before"), learned.get("agreement_held_out")
            if isinstance(before, float) and isinstance(after, float):
                notes.append(f"{LEFT_OUT} it agreed with {after:.0%} of them, and before with {before:.0%}.")
        if self._own:
            notes.append(
                f"Your own {'threshold does' if self._own == 1 else f'{self._own:,} thresholds do'} not "
                "count here: one is for the scores of one model. Each suggests from its measured thresholds "
                "on, moved by the slider alike."
            )
        if self._session.taught.tags:
            notes.append(
                "Taught tags are left out: both models hear the same in them, and they come along."
                if self._same_trunk
                else "Taught tags are left out: the other model hears otherwise, and has to learn them anew."
            )
        return tuple(notes)

    def differences(self) -> Differences:
        """To add up what :meth:`run` yields."""
        learned, held_out = self._corrections, ""
        if isinstance(learned, Mapping):
            before, after = learned.get("agreement_before"), learned.get("agreement_held_out")
            if isinstance(before, float) and isinstance(after, float):
                better = after > before
                held_out = (
                    f". {LEFT_OUT} it agrees with {after:.0%} of them, the one it "
                    f"comes from with {before:.0%}: "
                    f"{'it is better there too.' if better else 'no better, so keep the old one.'}"
                )
        told = isinstance(learned, Mapping)
        return Differences(self.scheme, self.present_name, self.name, learned=told, held_out=held_out)

    @property
    def _corrections(self) -> object:
        """What its card says of the decisions that it learned from."""
        return self.card.metrics.get("corrections")

    @staticmethod
    def sample(candidates: Iterable[tuple[Track, TrackId, bool]], number: int | None) -> list[Track]:
        """Tracks that tell most: those that the user decided on, then any, always the same ones.

        Of several files with the same sound one is taken, such as the user decided on first.

        :param candidates: a track, what was heard in it, and whether the user decided on it
        :param number: at most so many; None takes all
        """
        distinct: dict[TrackId, tuple[bool, Track]] = {}
        for track, track_id, decided in candidates:
            if track_id not in distinct or (decided and distinct[track_id][0]):
                distinct[track_id] = (not decided, track)
        # Identities are digests: in their order tracks are as good as shuffled.
        order = sorted(distinct, key=lambda track_id: (distinct[track_id][0], track_id))
        return [distinct[track_id][1] for track_id in order[:number]]

    def anew(self, tracks: Iterable[Compared]) -> list[Compared]:
        """Tracks that were compared before, beside what the user says of them by now."""
        return [one.beside(said_of(self._session, one.track_id, one.path).verdicts) for one in tracks]

    def heard(self, tracks: Iterable[Track]) -> int:
        """How many of some tracks the other model has heard already."""
        known = self._session.library.heard_paths(self.card.digest)
        return sum(track.path in known for track in tracks)

    def hold(self, on: bool) -> None:
        """Let the other model rest, or go on; any thread may say so."""
        with self._lock:
            self._held = on
            if self._engine is not None:
                self._engine.hold(on)

    def run(
        self,
        tracks: Sequence[Track],
        cancel: Event,
        tell: Callable[[Path, float], None] = lambda path, share: None,
        shift: float = 0.0,
    ) -> Iterator[Compared | FileFault]:
        """Compare tracks that the model in use has heard: first those that the other has heard as well.

        :param tell: is told now and then, in another thread, which share of a file is done
        :param shift: of the precision that thresholds stand for, as in :func:`suggest`
        :raises EngineFault: the other model's process cannot be started
        :raises ModelFault: the other model cannot be used
        """
        library = self._session.library
        unheard = []
        for track in tracks:
            if cancel.is_set():
                return
            present = library.scores(track, self.present_card.digest)
            other = library.scores(track, self.card.digest)
            if present is None:
                yield FileFault(track.path, f"“{self.present_name}” has not heard it as it is now")
            elif other is None:
                unheard.append(track)
            else:
                yield self._compare(track.path, present.scores, other.scores, shift)
        if unheard:
            yield from self._listen(unheard, cancel, tell, shift)

    def _listen(
        self, tracks: Sequence[Track], cancel: Event, tell: Callable[[Path, float], None], shift: float
    ) -> Iterator[Compared | FileFault]:
        library, digest = self._session.library, self.card.digest
        engine = self._session.engine_of(self._folder)
        with self._lock:
            self._engine = engine
            engine.hold(self._held)
        try:
            if not _start(engine, cancel):
                return
            for item in listen(engine, tracks, _nothing, cancel, tell):
                if isinstance(item, Fault):
                    yield item.fault
                elif isinstance(item, Answer):
                    kept, path = as_kept(digest, item.scored), item.track.path
                    present = library.scores(item.track, self.present_card.digest)
                    if present is None or present.scores.track_id != kept.scores.track_id:
                        yield FileFault(path, f"it changed since “{self.present_name}” heard it")
                    else:
                        library.add_scores(kept)
                        yield self._compare(path, present.scores, kept.scores, shift)
        finally:
            with self._lock:
                self._engine = None
            engine.close()

    def _compare(self, path: Path, present: Scores, other: Scores, shift: float) -> Compared:
        old = self._suggestions(self.present_card, present, shift)
        new = self._suggestions(self.card, other, shift)
        olds = {name for name, s in old.items() if s.suggested}
        news = {name for name, s in new.items() if s.suggested}
        moved = [
            abs((new[name].score if name in new else 0.0) - (old[name].score if name in old else 0.0))
            for name in olds ^ news
        ]
        order = [*new, *(name for name in old if name not in new)]
        known = frozenset(order)
        compared = Compared(
            path,
            tuple(name for name in order if name in olds and name in news),
            tuple(name for name in order if name in news - olds),
            tuple(name for name in order if name in olds - news),
            moved=max(moved, default=0.0),
            track_id=present.track_id,
            # As good as every track has the same: one set for all.
            known=self._known.setdefault(known, known),
        )
        return compared.beside(said_of(self._session, present.track_id, path).verdicts)

    def _suggestions(self, card: ModelCard, scores: Scores, shift: float) -> dict[str, Suggestion]:
        found = suggest(self.scheme, card, scores, shift=shift)
        return {suggestion.tag.name: suggestion for suggestion in found}


def _start(engine: Engine, cancel: Event) -> bool:
    """Start a process, which takes seconds; says whether nobody cancelled that meanwhile."""
    with ThreadPoolExecutor(1, "start") as pool:
        starting = pool.submit(engine.start)
        while not starting.done():
            wait([starting], timeout=LOOK_SECONDS)
            if cancel.is_set():
                engine.close()
                return False
        starting.result()
    return True


def _nothing(_: Track) -> Compared | None:
    return None
