"""Every container: what is written reads back, all else stays, and undo gives the same bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import mutagen
import pytest
import sample_files
from writing import taken_back, temps, write

from mat_desktop.audio.probe import packets_digest
from mat_desktop.domain.tags import Field
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.write import commit

VALUES = {
    Field.GENRE: ("Rock", "Hip-Hop", "Björk-Pop 音"),
    Field.MOOD: ("Happy", "Übermütig ☂"),
    Field.GROUPING: ("Evening",),
    Field.INSTRUMENT: ("Guitar", "Drums"),
    Field.VOICE: ("Female vocals",),
    Field.MAT_TAGS: ("genre:rock", "mood:happy"),
    Field.MAT_SCORES: ('{"rock":0.91,"guitar":0.72}',),
    Field.MAT_MODEL: ("fcn2d@1.0;sha256:0123456789ab;set:f1",),
}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("extension", sample_files.ALL)
def test_values_read_back_audio_stays_and_undo_is_exact(extension, music):
    path = music(extension)
    before, audio = path.read_bytes(), packets_digest(path)
    others = read_tags(path).tags

    done = write(path, VALUES)

    assert read_tags(path).tags == {**others, **VALUES}
    assert packets_digest(path) == audio
    assert sha256(path) == done.after_sha256 and done.before_sha256 == hashlib.sha256(before).hexdigest()
    assert temps(path) == []

    undone = taken_back(path, done)
    commit(undone)
    assert path.read_bytes() == before

    # And the undo can be undone.
    commit(taken_back(path, undone))
    assert sha256(path) == done.after_sha256


@pytest.mark.parametrize("extension", sample_files.ALL)
def test_changing_and_removing_values(extension, music):
    path = music(extension)
    others = read_tags(path).tags
    write(path, VALUES)
    write(path, {Field.GENRE: ("Jazz",), Field.MOOD: (), Field.INSTRUMENT: ("Guitar", "Drums", "Bass")})
    kept = {field: VALUES[field] for field in VALUES if field not in (Field.GENRE, Field.MOOD)}
    changed = {Field.GENRE: ("Jazz",), Field.INSTRUMENT: ("Guitar", "Drums", "Bass")}
    assert read_tags(path).tags == {**others, **kept, **changed}
    write(path, dict.fromkeys(VALUES, ()))
    assert read_tags(path).tags == others


@pytest.mark.parametrize("extension", sample_files.ALL)
def test_a_value_of_a_hundred_kilobytes_moves_everything(extension, music):
    path = music(extension)
    before = path.read_bytes()
    long = tuple(f"tag:{number:06d}" for number in range(9_000))
    if extension == "wma":
        long = ("x" * 100_000,)
    done = write(path, {Field.MAT_TAGS: long})
    assert read_tags(path).tags[Field.MAT_TAGS] == long
    commit(taken_back(path, done))
    assert path.read_bytes() == before


@pytest.mark.parametrize("extension", ["mp3", "flac", "ogg", "m4a", "wv", "wma"])
def test_the_name_does_not_matter(extension, music):
    path = music(extension)
    renamed = path.rename(path.with_name("SONG.WAV"))
    write(renamed, {Field.GENRE: ("Rock",)})
    assert read_tags(renamed).tags[Field.GENRE] == ("Rock",)


@pytest.mark.parametrize("extension", ["flac", "ogg", "m4a", "wv", "wma"])
def test_mutagen_finds_the_values_under_the_usual_keys(extension, music):
    path = music(extension)
    write(path, VALUES)
    tags = mutagen.File(path).tags
    keys = {"flac": "GENRE", "ogg": "GENRE", "m4a": "\xa9gen", "wv": "Genre", "wma": "WM/Genre"}
    assert [str(value) for value in tags[keys[extension]]] == list(VALUES[Field.GENRE])
    moods = {
        "flac": "MOOD",
        "ogg": "MOOD",
        "m4a": "----:com.apple.iTunes:MOOD",
        "wv": "Mood",
        "wma": "WM/Mood",
    }
    values = [v.decode() if isinstance(v, bytes) else str(v) for v in tags[moods[extension]]]
    assert values == list(VALUES[Field.MOOD])


def test_the_modification_time_is_new_and_the_mode_stays(music):
    path = music("flac")
    path.chmod(0o640)
    stamp = path.stat()
    write(path, {Field.GENRE: ("Rock",)})
    assert path.stat().st_mtime_ns > stamp.st_mtime_ns
    assert path.stat().st_mode == stamp.st_mode
