"""The user's verdicts as something that a model can be trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mat_desktop.app.own_file import put
from mat_desktop.app.session import Session
from mat_desktop.domain.corrections import CORRECTIONS_FILE, Corrections
from mat_desktop.domain.counting import count
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.track import FileStamp, TrackId
from mat_desktop.errors import FileFault, UsageFault
from mat_desktop.store.library import JudgedFile


@dataclass(frozen=True, slots=True)
class Collected:
    """What the user said, and what of it cannot be trained on.

    :param corrections: tags of the scheme that a network hears, on tracks that are there
    :param taught: tags that the user taught: no outputs of a network
    :param other: tags that stand for no output, or that the scheme does not have
    :param skipped: files that are gone or changed, with the reason
    :param lost: tracks that no file in the library belongs to any more
    """

    corrections: Corrections
    taught: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    skipped: tuple[FileFault, ...] = ()
    lost: int = 0

    @property
    def tracks(self) -> int:
        """Tracks with a verdict on a tag that can be trained on."""
        return len(self.corrections.tracks)

    @property
    def tags(self) -> int:
        """Tags that something was said of."""
        return len(self.corrections.sources)

    @property
    def verdicts(self) -> int:
        """On all tracks together."""
        return sum(map(len, self.corrections.verdicts))

    @property
    def accepted(self) -> int:
        """Verdicts that a tag is right, tags added by hand among them."""
        return sum(sum(said.values()) for said in self.corrections.verdicts)

    @property
    def left_out(self) -> tuple[str, ...]:
        """What cannot be trained on and why, in sentences; files are named in ``skipped``."""
        return _reasons(self.taught, self.other, self.lost)


@dataclass(frozen=True, slots=True)
class Counted:
    """How much the user said that can be trained on, as far as no file has to be looked at for it.

    :param verdicts: on all tracks together
    :param tracks: with at least one of them, and a file in the library
    :param left_out: what cannot be trained on and why, in sentences
    """

    verdicts: int
    tracks: int
    left_out: tuple[str, ...] = ()


def count_corrections(session: Session) -> Counted:
    """What :func:`collect_corrections` would find if every file is as it was; in a moment."""
    by_track, taught, other = _said(session)
    there = {file.track_id for file in session.library.judged_files()}
    said = [verdicts for track_id, verdicts in by_track.items() if track_id in there]
    return Counted(sum(map(len, said)), len(said), _reasons(taught, other, len(by_track) - len(said)))


def collect_corrections(session: Session) -> Collected:
    """Accepted and rejected tags of the whole library, tags added by hand included."""
    scheme = {tag.name: tag for tag in session.scheme.tags}
    by_track, taught, other = _said(session)
    files, skipped = _files(session.library.judged_files(), by_track)
    judged = sorted(files.values(), key=lambda file: file.path)
    verdicts = tuple(by_track[file.track_id] for file in judged)
    names = sorted({name for said in verdicts for name in said})
    heard: dict[TrackId, dict[str, bytes]] = {}
    for track_id, model, values in session.library.judged_features():
        heard.setdefault(track_id, {})[model] = values
    return Collected(
        Corrections(
            {name: scheme[name].sources for name in names},
            tuple(file.path for file in judged),
            verdicts,
            tuple(file.artists for file in judged),
            tuple(heard.get(file.track_id, {}) for file in judged),
        ),
        taught,
        other,
        tuple(skipped.values()),
        len(by_track) - len(files) - len(skipped),
    )


def write_corrections(session: Session, folder: Path | None = None) -> tuple[Path, Collected]:
    """Write them where training finds them; returns the folder.

    :param folder: one in the data folder by default
    :raises UsageFault: there are none
    :raises StoreFault: the file cannot be written
    """
    collected = collect_corrections(session)
    if not collected.verdicts:
        why = " ".join(("no tag was accepted or rejected yet on a track that is there.", *collected.left_out))
        raise UsageFault(why.removesuffix("."))
    folder = folder or session.data_dir / "training" / "corrections"
    put(folder / CORRECTIONS_FILE, collected.corrections.encode())
    return folder, collected


def _said(
    session: Session,
) -> tuple[dict[TrackId, dict[str, bool]], tuple[str, ...], tuple[str, ...]]:
    """Verdicts that can be trained on by track, and the tags left out: taught ones, and all others."""
    scheme = {tag.name: tag for tag in session.scheme.tags}
    taught = {tag.name for tag in session.taught.tags}
    by_track: dict[TrackId, dict[str, bool]] = {}
    left_out: set[str] = set()
    for track_id, name, verdict in session.library.all_verdicts():
        tag = scheme.get(name)
        if tag is None or tag.taught or not tag.sources:
            left_out.add(name)
        else:
            by_track.setdefault(track_id, {})[name] = verdict is Verdict.ACCEPTED
    return by_track, tuple(sorted(left_out & taught)), tuple(sorted(left_out - taught))


def _reasons(taught: tuple[str, ...], other: tuple[str, ...], lost: int) -> tuple[str, ...]:
    found = []
    if taught:
        found.append(f"{_listed(taught)} left out: taught tags are no outputs of a network.")
    if other:
        found.append(f"{_listed(other)} left out: no output of a network stands for that.")
    if lost:
        tracks = count(lost, "track")
        found.append(f"{tracks} left out: no file in the library has that sound any more.")
    return tuple(found)


def _files(
    files: list[JudgedFile], wanted: Mapping[TrackId, object]
) -> tuple[dict[TrackId, JudgedFile], dict[TrackId, FileFault]]:
    """One file for each track, and why there is none for others."""
    found: dict[TrackId, JudgedFile] = {}
    faults: dict[TrackId, FileFault] = {}
    for file in files:
        if file.track_id not in wanted or file.track_id in found:
            continue
        try:
            stamp = FileStamp.of(file.path.stat())
        except OSError as error:
            faults.setdefault(file.track_id, FileFault(file.path, error.strerror or str(error)))
            continue
        if stamp != file.stamp:
            faults[file.track_id] = FileFault(file.path, "it changed since it was listened to; scan it again")
            continue
        found[file.track_id] = file
        faults.pop(file.track_id, None)
    return found, faults


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
