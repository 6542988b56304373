"""``mat-desktop compare MODEL [PATH…]``: what another model would suggest otherwise. Writes to no file."""

from __future__ import annotations

import argparse
import json
import os
from hashlib import sha256
from pathlib import Path
from threading import Event

from mat_desktop.app.compare import Comparison, Differences
from mat_desktop.app.said import said_of
from mat_desktop.app.scan import scan
from mat_desktop.app.score import Heard, score
from mat_desktop.app.session import Session
from mat_desktop.cli.opening import opened
from mat_desktop.cli.output import errors, list_failures, progress
from mat_desktop.domain.counting import count
from mat_desktop.domain.track import Track, TrackId
from mat_desktop.errors import FileFault, UsageFault, printable

SHOWN_TRACKS = 20


def run(options: argparse.Namespace, cancel: Event) -> int:
    """Exit status 0, or 1 when a file failed."""
    with opened(options.data_dir, options.against, options.device, looking=True) as session:
        return _run(session, options, cancel)


def _run(session: Session, options: argparse.Namespace, cancel: Event) -> int:
    comparison = Comparison(session, options.model)
    paths = options.paths or session.roots()
    if not paths:
        raise UsageFault("the library has no folders yet; name some")
    faults: list[FileFault] = []
    tracks = _present(comparison, session, paths, options.sample, faults, cancel)
    differences = comparison.differences()
    with progress() as bar:
        task = bar.add_task(f"Comparing with {comparison.name}", total=len(tracks))
        for item in comparison.run(tracks, cancel, shift=session.settings.shift):
            bar.advance(task)
            if isinstance(item, FileFault):
                faults.append(item)
            else:
                differences.add(item)
    if options.json:
        print(json.dumps(_as_json(comparison, differences, faults), indent=1))
    else:
        _print(comparison, differences)
    list_failures(faults)
    return 1 if faults else 0


def _present(
    comparison: Comparison,
    session: Session,
    paths: list[Path],
    number: int | None,
    faults: list[FileFault],
    cancel: Event,
) -> list[Track]:
    """Tracks to compare. The present model hears now what it has not, as far as so many are wanted."""
    library, digest = session.library, session.card.digest
    known: list[tuple[Track, TrackId, bool]] = []
    new: dict[Path, Track] = {}

    def add(track: Track, track_id: TrackId) -> None:
        known.append((track, track_id, bool(said_of(session, track_id, track.path).verdicts)))

    for item in scan(session, paths, cancel):
        if isinstance(item, FileFault):
            faults.append(item)
        elif (kept := library.scores(item, digest)) is not None:
            add(item, kept.scores.track_id)
        else:
            new[item.path] = item
    # In the order of digests of their names tracks are as good as shuffled.
    order = sorted(new, key=lambda path: sha256(os.fsencode(path)).digest())
    wanted = [new[path] for path in order[: None if number is None else max(0, number - len(known))]]
    with progress() as bar:
        task = bar.add_task(f"Listening with {session.model}", total=len(wanted))
        for heard in score(session, wanted, cancel):
            bar.advance(task)
            if isinstance(heard, Heard):
                add(new[heard.path], heard.scores.track_id)
            else:
                faults.append(heard)
    return comparison.sample(known, number)


def _print(comparison: Comparison, differences: Differences) -> None:
    lines = differences.by_tag()
    if lines:
        errors.print(differences.TABLE)
        wide = max(len(line.tag.shown) for line in lines)
        heads = ("stay", "come", "go", "decisions", "present agrees", "other agrees")
        print(f"{'tag':<{wide}}  {'  '.join(heads)}")
        for line in lines:
            figures = (line.stay, line.come, line.go, line.decisions, line.present_right, line.other_right)
            cells = (f"{figure:>{len(head)}}" for figure, head in zip(figures, heads, strict=True))
            print(f"{line.tag.shown:<{wide}}  {'  '.join(cells)}")
    for track in differences.biggest(SHOWN_TRACKS):
        print(printable(track.path))
        for mark, names in (("+", track.come), ("-", track.go)):
            if names:
                print(f"  {mark} {', '.join(differences.shown(names))}")
    more = differences.changed() - SHOWN_TRACKS
    if more > 0:
        print(f"… and {count(more, 'track')} more; --json lists all")
    errors.print(f"{comparison.present_name} (present) and {comparison.name} (other). {differences.summary}")
    errors.print(differences.conclusion)
    for note in comparison.notes:
        errors.print(note)


def _as_json(comparison: Comparison, differences: Differences, faults: list[FileFault]) -> dict[str, object]:
    total = differences.total
    return {
        "present": {"name": comparison.present_name, "digest": comparison.present_card.digest},
        "other": {"name": comparison.name, "digest": comparison.card.digest},
        "tracks": len(differences.tracks),
        "stay": total.stay,
        "come": total.come,
        "go": total.go,
        "decisions": total.decisions,
        "present_agrees": total.present_right,
        "other_agrees": total.other_right,
        "summary": differences.summary,
        "conclusion": differences.conclusion,
        "notes": list(comparison.notes),
        "tags": [
            {
                "key": line.tag.key,
                "name": line.tag.name,
                "label": line.tag.shown,
                "stay": line.stay,
                "come": line.come,
                "go": line.go,
                "decisions": line.decisions,
                "present_agrees": line.present_right,
                "other_agrees": line.other_right,
            }
            for line in differences.by_tag()
        ],
        "files": [
            {
                "path": str(track.path),
                "stay": track.stay,
                "come": track.come,
                "go": track.go,
                "decisions": [
                    {"name": d.tag, "accepted": d.right, "present": d.present, "other": d.other}
                    for d in track.decided
                ],
            }
            for track in sorted(differences.tracks, key=lambda track: track.path)
        ],
        "failed": [{"path": str(fault.path), "error": fault.cause} for fault in faults],
    }
