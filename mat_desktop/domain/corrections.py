"""What a user said of tags of tracks, as the program writes it down and training reads it.

A file ``corrections.json``: the outputs of a network that each tag stands for, and for each track its file,
whose it is, which tags are right there and which are wrong, and what models heard in it.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mat_desktop.malformed import flaw

CORRECTIONS_FILE = "corrections.json"
CORRECTIONS_FORMAT = 1
"""Version that this program reads and writes."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """What a user said.

    :param sources: outputs that each tag stands for, as ``vocabulary/name``
    :param tracks: files
    :param verdicts: by tag, True where it is right; of each track
    :param artists: of each track, as its file says; may be none
    :param features: what reached the last layer of a model, by the model's digest, as half precision numbers,
        little end first; of each track. Nobody need listen to these tracks again
    """

    sources: Mapping[str, tuple[str, ...]]
    tracks: tuple[Path, ...]
    verdicts: tuple[Mapping[str, bool], ...]
    artists: tuple[tuple[str, ...], ...]
    features: tuple[Mapping[str, bytes], ...]

    def encode(self) -> bytes:
        """As it lies in the file. Names of files that are no text are kept as they are."""
        told = {
            "format": CORRECTIONS_FORMAT,
            "tags": {tag: list(sources) for tag, sources in self.sources.items()},
            "tracks": [
                {
                    "path": str(path),
                    "artists": list(artists),
                    "verdicts": dict(said),
                    "features": {model: b64encode(values).decode() for model, values in heard.items()},
                }
                for path, said, artists, heard in zip(
                    self.tracks, self.verdicts, self.artists, self.features, strict=True
                )
            ],
        }
        return json.dumps(told, indent=1).encode() + b"\n"

    @classmethod
    def decode(cls, content: bytes) -> Corrections:
        """Inverse of :meth:`encode`; verdicts on tags without sources are left out.

        :raises ValueError: it is of another format, or not as it should be
        """
        try:
            told = json.loads(content)
            if told["format"] != CORRECTIONS_FORMAT:
                raise ValueError(f"format {told['format']!r} is not {CORRECTIONS_FORMAT}")
            sources = {str(tag): tuple(map(str, outputs)) for tag, outputs in told["tags"].items()}
            tracks = tuple(Path(track["path"]) for track in told["tracks"])
            verdicts = tuple(
                {tag: bool(right) for tag, right in track["verdicts"].items() if tag in sources}
                for track in told["tracks"]
            )
            artists = tuple(tuple(map(str, track.get("artists", ()))) for track in told["tracks"])
            features = tuple(
                {str(m): b64decode(text, validate=True) for m, text in track.get("features", {}).items()}
                for track in told["tracks"]
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(flaw(error)) from error
        return cls(sources, tracks, verdicts, artists, features)
