"""What a track says of itself."""

from __future__ import annotations

from pathlib import Path

from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track


def test_values_of_blanks_say_nothing() -> None:
    tags = {Field.TITLE: (" ",), Field.ARTIST: (" ", "Queen", "\t"), Field.ALBUM: ("\u3000",)}
    track = Track(Path("one.mp3"), FileStamp(1, 2, 3), tags=tags)
    assert track.title == "one"
    assert track.told(Field.ARTIST) == ("Queen",)
    assert track.first(Field.ARTIST) == "Queen"
    assert track.first(Field.ALBUM) == ""
    assert track.tags is tags, "what the file has is as it was"
