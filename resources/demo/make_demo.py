#!/usr/bin/env python3
"""Compose, render, encode and tag the eight demo tracks of mat-desktop.

Every piece is a list of notes written below. FluidSynth plays the notes with the FluidR3 GM soundfont,
numpy and scipy do the studio work, PyAV and soundfile encode, mutagen writes the tags:

    python resources/demo/make_demo.py [--soundfont FILE.sf2] [--only 3] [--wav FOLDER]

FluidSynth and the soundfont are needed here only; mat-desktop itself does not use them.
"""

from __future__ import annotations

import argparse
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import mutagen
import numpy as np
import soundfile
from mutagen.flac import FLAC, Picture
from mutagen.ogg import OggPage
from numpy.typing import NDArray
from scipy import signal

RATE = 44_100
DEBIAN_SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
HERE = Path(__file__).resolve().parent
ARTIST, ALBUM, DATE = "mat-desktop demo", "Demo tracks", "2026"

Audio = NDArray[np.float64]
"""Stereo sound: one row per sample, two columns."""
Curve = Sequence[tuple[float, float]]
"""Break points (position, value), joined by straight lines."""


# ------------------------------------------------------------------------------------------------ notes


@dataclass(frozen=True)
class Note:
    """One note; start and length in beats, pitch and velocity as in MIDI."""

    start: float
    length: float
    pitch: int
    velocity: int = 72


@dataclass(frozen=True)
class Control:
    """A MIDI controller change at a beat; number BEND means the pitch wheel, in semitones."""

    start: float
    number: int
    value: float


BEND, EXPRESSION, PEDAL = -1, 11, 64
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def pitch(name: str) -> int:
    """The MIDI number of a note name: ``C4`` is 60, ``Bb3`` 58, ``F#5`` 78."""
    accidental = name.count("#") - name.count("b")
    return 12 * (int(name[-1]) + 1) + STEPS[name[0]] + accidental


def line(text: str, start: float = 0.0, velocity: int = 72, legato: float = 0.95) -> list[Note]:
    """Notes from text: ``C4:1.5 E4 - C3+G3:2``; a length holds until the next one, ``-`` is a rest."""
    notes, beat, length = [], start, 1.0
    for token in text.replace("|", " ").split():
        names, _, value = token.partition(":")
        length = float(value) if value else length
        if names != "-":
            notes += [Note(beat, length * legato, pitch(name), velocity) for name in names.split("+")]
        beat += length
    return notes


def steps(text: str, key: int, start: float = 0.0, step: float = 0.25) -> list[Note]:
    """Drum notes from a grid: ``x`` a hit, ``X`` an accent, ``o`` a soft one, anything else a rest."""
    force = {"X": 118, "x": 96, "o": 58}
    grid = [(i, force[mark]) for i, mark in enumerate(text.replace(" ", "")) if mark in force]
    return [Note(start + i * step, step, key, velocity) for i, velocity in grid]


def shift(notes: Iterable[Note], beats: float = 0.0, semitones: int = 0) -> list[Note]:
    """The notes, later and higher."""
    return [replace(n, start=n.start + beats, pitch=n.pitch + semitones) for n in notes]


def shape(notes: Iterable[Note], dynamics: Curve) -> list[Note]:
    """The notes with velocities that follow a curve over the beats."""
    return [replace(n, velocity=round(at(dynamics, n.start))) for n in notes]


def humanise(notes: Iterable[Note], seed: int, timing: float = 0.012, force: float = 4.0) -> list[Note]:
    """The notes as a hand would play them: a little early or late (in beats), a little soft or loud."""
    rng = np.random.default_rng(seed)
    return [
        replace(
            n,
            start=max(0.0, n.start + float(np.clip(rng.normal(0, timing), -2 * timing, 2 * timing))),
            velocity=int(np.clip(n.velocity + rng.normal(0, force), 1, 127)),
        )
        for n in notes
    ]


def strum(notes: Sequence[Note], spread: float) -> list[Note]:
    """The notes of a chord one after another, ``spread`` beats apart, all ending together."""
    return [replace(n, start=n.start + i * spread, length=n.length - i * spread) for i, n in enumerate(notes)]


def at(curve: Curve, x: Any) -> Any:
    """The value of a curve at ``x``, a number or an array."""
    positions, values = zip(*curve, strict=True)
    return np.interp(x, positions, values)


def swells(*pairs: tuple[float, float], step: float = 0.25) -> list[Control]:
    """Expression changes along a curve of (beat, 0-127), the bowing arm of the strings."""
    beats = np.arange(pairs[0][0], pairs[-1][0] + step, step)
    return [Control(float(b), EXPRESSION, float(at(pairs, b))) for b in beats]


# ----------------------------------------------------------------------------------- MIDI and FluidSynth


@dataclass(frozen=True)
class Tempo:
    """Beats per minute along the beats; turns beats into seconds, slowing down included."""

    curve: Curve

    def seconds(self, beat: float) -> float:
        """The moment of a beat."""
        grid = np.arange(0.0, max(beat, 0.0) + 1.0, 1 / 32)
        passed = np.concatenate([[0.0], np.cumsum(60 / np.asarray(at(self.curve, grid)[:-1])) / 32])
        return float(np.interp(beat, grid, passed))


@dataclass(frozen=True)
class Player:
    """FluidSynth with a soundfont."""

    soundfont: Path

    def play(
        self,
        program: int,
        notes: Iterable[Note],
        tempo: Tempo,
        controls: Iterable[Control] = (),
        drums: bool = False,
        ring: float = 3.0,
    ) -> Audio:
        """The sound of one dry instrument; ``program`` counts from 0, ``ring`` is the tail in seconds."""
        channel = 9 if drums else 0
        events = [(0.0, bytes([0xC0 | channel, program]))]
        for control in controls:
            events.append((tempo.seconds(control.start), control_message(channel, control)))
        for note in released(notes):
            start, end = tempo.seconds(note.start), tempo.seconds(note.start + note.length)
            events.append((start, bytes([0x90 | channel, note.pitch, note.velocity])))
            events.append((end, bytes([0x80 | channel, note.pitch, 0])))
        return self._render(midi_file(events, ring))

    def _render(self, midi: bytes) -> Audio:
        with tempfile.TemporaryDirectory() as folder:
            song, sound = Path(folder, "part.mid"), Path(folder, "part.wav")
            song.write_bytes(midi)
            options = ["-ni", "-q", "-R", "0", "-C", "0", "-g", "0.6", "-r", str(RATE), "-O", "float"]
            command = ["fluidsynth", *options, "-T", "wav", "-F", str(sound), str(self.soundfont), str(song)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with av.open(str(sound)) as container:
                blocks = [frame.to_ndarray() for frame in container.decode(audio=0)]
        return np.concatenate(blocks, axis=1).reshape(-1, 2).astype(np.float64)


def released(notes: Iterable[Note]) -> list[Note]:
    """The notes, each let go before its own pitch sounds again (its note-off would stop the new one)."""
    kept: list[Note] = []
    upcoming: dict[int, float] = {}
    for note in sorted(notes, key=lambda n: -n.start):
        end = min(note.start + note.length, upcoming.get(note.pitch, np.inf) - 0.01)
        kept.append(replace(note, length=max(end - note.start, 0.03)))
        upcoming[note.pitch] = note.start
    return kept


def control_message(channel: int, control: Control) -> bytes:
    """The MIDI bytes of a controller change; the pitch wheel spans two semitones each way."""
    if control.number == BEND:
        wheel = int(np.clip(8192 + control.value / 2 * 8191, 0, 16383))
        return bytes([0xE0 | channel, wheel & 0x7F, wheel >> 7])
    return bytes([0xB0 | channel, control.number, int(np.clip(control.value, 0, 127))])


def midi_file(events: Iterable[tuple[float, bytes]], ring: float) -> bytes:
    """A format 0 MIDI file of (seconds, message) events; one tick is one millisecond."""
    ordered = sorted(events, key=lambda event: (round(event[0] * 1000), event[1][0] & 0xF0 == 0x90))
    track, now = b"\x00\xff\x51\x03" + (1_000_000).to_bytes(3, "big"), 0
    for seconds, message in ordered:
        tick = round(seconds * 1000)
        track += variable_length(tick - now) + message
        now = tick
    track += variable_length(round(ring * 1000)) + b"\xff\x2f\x00"
    return struct.pack(">4sIHHH", b"MThd", 6, 0, 1, 1000) + struct.pack(">4sI", b"MTrk", len(track)) + track


def variable_length(value: int) -> bytes:
    """A number in MIDI's seven bits a byte."""
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.insert(0, 0x80 | value & 0x7F)
    return bytes(octets)


# --------------------------------------------------------------------------------------------- the studio


def mix(*tracks: tuple[Audio, float, float]) -> Audio:
    """The sum of (sound, gain, pan) tracks; pan runs from -1, left, to 1, right."""
    total = np.zeros((max(len(sound) for sound, _, _ in tracks), 2))
    for sound, gain, pan in tracks:
        total[: len(sound)] += sound * gain * np.array([min(1.0, 1 - pan), min(1.0, 1 + pan)])
    return total


def place(sounds: Iterable[tuple[float, NDArray[np.float64], float]], length: float) -> Audio:
    """One-shot mono sounds (seconds, samples, gain) laid on a stereo tape of ``length`` seconds."""
    tape = np.zeros(int(length * RATE))
    for moment, sound, gain in sounds:
        first = int(moment * RATE)
        part = sound[: max(0, len(tape) - first)]
        tape[first : first + len(part)] += part * gain
    return np.stack([tape, tape], axis=1)


def filtered(sound: Audio, kind: str, hertz: float | tuple[float, float], order: int = 2) -> Audio:
    """A Butterworth filter: ``lowpass``, ``highpass`` or ``bandpass``."""
    return signal.sosfilt(signal.butter(order, hertz, kind, fs=RATE, output="sos"), sound, axis=0)


def sweep(sound: Audio, cutoff: Curve, resonance: float = 0.0, slope: float = 4.0) -> Audio:
    """A low-pass filter whose cutoff in Hz moves along a curve of seconds."""
    frequencies, times, spectrum = signal.stft(sound.T, fs=RATE, nperseg=2048)
    logs = [(moment, np.log(hertz)) for moment, hertz in cutoff]
    ratio = np.maximum(frequencies, 1.0)[:, None] / np.exp(at(logs, times))[None, :]
    response = 1 / np.sqrt(1 + ratio ** (2 * slope)) + resonance * np.exp(-((np.log2(ratio) / 0.22) ** 2))
    return signal.istft(spectrum * response, fs=RATE, nperseg=2048)[1].T[: len(sound)]


def reverb(sound: Audio, seconds: float, wet: float, tone: float = 5000.0, seed: int = 1) -> Audio:
    """A room of decaying noise; ``seconds`` is the time to fall by 60 dB, ``tone`` its brightness in Hz."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    room = rng.normal(size=(len(time), 2)) * (10 ** (-3 * time / seconds))[:, None]
    room = np.concatenate([np.zeros((int(0.018 * RATE), 2)), filtered(room, "lowpass", tone, order=1)])
    room = filtered(room, "highpass", 120.0, order=1)
    room /= np.sqrt((room**2).sum(axis=0))
    tail = signal.fftconvolve(sound, room, axes=0)
    return mix((sound, 1.0, 0.0), (tail, wet, 0.0))


def echo(sound: Audio, seconds: float, feedback: float = 0.4, wet: float = 0.4) -> Audio:
    """Repeats that wander between left and right."""
    gap = int(seconds * RATE)
    tracks = [(sound, 1.0, 0.0)]
    for i in range(1, 6):
        late = np.concatenate([np.zeros((i * gap, 2)), sound])
        tracks.append((late, wet * feedback ** (i - 1), 0.7 if i % 2 else -0.7))
    return mix(*tracks)


def amplifier(sound: Audio, drive: float) -> Audio:
    """A guitar amplifier: tight low end, two clipping stages and a loudspeaker that stops at 5 kHz."""
    mono = sound.mean(axis=1, keepdims=True)
    mono = filtered(mono, "highpass", 90.0) / (np.abs(mono).max() + 1e-9)
    stage = np.tanh(filtered(np.tanh(mono * drive), "highpass", 110.0) * 3.0 + 0.15)
    scooped = stage - 0.45 * filtered(stage, "bandpass", (380.0, 800.0), order=1)
    speaker = filtered(filtered(scooped, "lowpass", 5000.0, order=4), "highpass", 85.0)
    return np.repeat(speaker, 2, axis=1) * 0.3


def pump(sound: Audio, kicks: Iterable[float], depth: float = 0.85, release: float = 0.3) -> Audio:
    """Side-chain compression: the sound ducks at each kick (in seconds) and swells back."""
    gain = np.ones(len(sound))
    dip = 1 - depth * (1 - np.linspace(0, 1, int(release * RATE)) ** 1.5)
    for moment in kicks:
        first = int(moment * RATE)
        part = gain[first : first + len(dip)]
        np.minimum(part, dip[: len(part)], out=part)
    return sound * gain[:, None]


def glue(sound: Audio, drive: float) -> Audio:
    """A gentle limiter: loud peaks are rounded off, the rest comes up."""
    return np.tanh(sound / np.abs(sound).max() * drive)


def finish(sound: Audio, seconds: float, peak_db: float, fade: float = 2.0) -> Audio:
    """The master: no silence at the ends, at most ``seconds`` long, faded out, at the wanted peak."""
    sound = filtered(sound, "highpass", 25.0)
    loud = np.flatnonzero(np.abs(sound).max(axis=1) > 0.002 * np.abs(sound).max())
    sound = sound[max(0, loud[0] - RATE // 50) : loud[-1]][: int(seconds * RATE)]
    slope = np.linspace(1, 0, int(fade * RATE)) ** 1.5
    sound[-len(slope) :] *= slope[:, None]
    return sound / np.abs(sound).max() * 10 ** (peak_db / 20)


# ------------------------------------------------------------------------------------- synthetic percussion


def kick_drum() -> NDArray[np.float64]:
    """A dance kick: a sine that falls from 190 to 48 Hz, with a click in front."""
    time = np.arange(int(0.34 * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(48 + 140 * np.exp(-time / 0.028)) / RATE
    return np.tanh(2.2 * np.sin(phase) * np.exp(-time / 0.13)) + 0.25 * np.exp(-time / 0.002)


def noise_hit(seconds: float, low: float, high: float, seed: int) -> NDArray[np.float64]:
    """Decaying band-passed noise: hats, claps and risers are made of it."""
    time = np.arange(int(seconds * 6 * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(size=len(time)) * np.exp(-time / seconds)
    return filtered(noise, "bandpass", (low, high)) * 0.5


def tabla(hertz: float, glide: float, seconds: float, overtones: Sequence[float]) -> NDArray[np.float64]:
    """A tabla stroke: harmonic membrane modes, a pitch that moves by ``glide`` Hz, a finger tap."""
    time = np.arange(int(seconds * 5 * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(hertz + glide * (1 - np.exp(-time / 0.09))) / RATE
    modes = sum(
        level * np.sin(i * phase) * np.exp(-time * i**0.5 / seconds) for i, level in enumerate(overtones, 1)
    )
    tap = np.random.default_rng(7).normal(size=len(time)) * np.exp(-time / 0.004)
    return modes + 0.15 * filtered(tap, "lowpass", 4000.0)


# ---------------------------------------------------------------------------------------------- the pieces


def morning_piano(player: Player) -> Audio:
    """Slow solo piano in E flat: a singing right hand over broken chords, pedalled."""
    tempo = Tempo([(0, 60), (24, 62), (28, 54), (32, 40), (40, 40)])
    melody = line(
        "G4:1.5 Ab4:.5 Bb4:2 | Eb5:1.5 D5:.5 C5:1 Bb4 | C5:1.5 Bb4:.5 Ab4:1 C5 | D5:1 F5 Bb4:2 |"
        "D5:1.5 Eb5:.5 F5:1 G5 | Ab5:1 G5:.5 F5 Eb5:2 | F5:1 Eb5:.5 C5 D5:1 Ab4 | G4:2 Bb4:.5 Eb5 G5:3"
    )
    chords = [
        ("Eb2 Bb2 G3 Bb2 Eb3 Bb2 G3 Bb2", 0),
        ("C3 G3 Eb4 G3 Bb3 G3 Eb4 G3", 4),
        ("Ab2 Eb3 C4 Eb3 Ab3 Eb3 C4 Eb3", 8),
        ("Bb2 F3 D4 F3 Ab3 F3 D4 F3", 12),
        ("G2 D3 Bb3 D3 G3 D3 Bb3 D3", 16),
        ("Ab2 Eb3 C4 Eb3 Ab3 Eb3 C4 Eb3", 20),
        ("F2 C3 Ab3 C3 Bb2 F3 Ab3 D4", 24),
        ("Eb2 Bb2 G3 Bb2", 28),
    ]
    left = [note for text, beat in chords for note in line(halve(text), beat)]
    last = strum(line("Eb2+Bb2+G3+Eb4:4", 31.0, 46), 0.09)
    swell: Curve = [(0, 60), (8, 72), (16, 74), (21, 92), (28, 60), (32, 44)]
    right_hand = humanise(shape(melody, swell), seed=11)
    left_hand = humanise(shape(left, [(beat, force * 0.68) for beat, force in swell]), seed=12)
    changes = [0, 4, 8, 12, 16, 20, 24, 26, 28]
    pedal = [Control(b + 0.1, PEDAL, 127) for b in changes] + [Control(b, PEDAL, 0) for b in changes[1:]]
    piano = player.play(0, right_hand + left_hand + last, tempo, pedal, ring=4.0)
    return reverb(piano, 1.8, 0.16, tone=3500)


def halve(text: str) -> str:
    """The same notes, all in eighths."""
    return " ".join(f"{name}:.5" for name in text.split())


def strings_adagio(player: Player) -> Audio:
    """String orchestra in A minor: four real voices with suspensions, ending in the major."""
    tempo = Tempo([(0, 56), (22, 58), (28, 46), (36, 42)])
    voices = {
        "violins": "E4:2 C5 | A4:3 G#4:1 | A4 B4 C5:2 | D5 E5 | G5 F5 | F5:1 D5 E5 C5 | A4:2 G#4 | A4:5",
        "violas": "C4:2 E4 | F4:2 E4:1 D4 | E4:2 F4 | G4:4 | A4:4 | G4:3 A4:1 | F4:1 E4:3 | E4:5",
        "cellos": "A3:2 C4 | D4:2 B3 | C4:2 A3 | D4:2 C4 | E4:2 D4 | D4:2 C4:2 | D4:1 B3:3 | C#4:5",
        "basses": "A2:2 G2 | F2:2 E2 | A2:2 F2 | B2:2 C3 | C#3:2 D3 | B2:2 C3:1 F2 | D2:1 E2:3 | A2:5",
    }
    arm = swells((0, 64), (4, 88), (7, 70), (12, 88), (18, 122), (22, 92), (28, 70), (30, 78), (33, 30))
    lines = {name: humanise(line(text, legato=1.04), seed=i) for i, (name, text) in enumerate(voices.items())}
    solo = player.play(40, shape(lines["violins"], [(0, 70), (18, 92), (32, 60)]), tempo, arm)
    tracks = [(solo, 0.45, -0.15)]
    for name, pan in (("violins", -0.4), ("violas", 0.15), ("cellos", 0.3), ("basses", 0.4)):
        tracks.append(
            (player.play(48, shape(lines[name], [(0, 78), (18, 100), (32, 66)]), tempo, arm), 1.0, pan)
        )
    tracks.append((player.play(42, lines["basses"], tempo, arm), 0.8, 0.35))
    tracks.append((player.play(43, shift(lines["basses"], semitones=-12), tempo, arm), 0.5, 0.4))
    return reverb(mix(*tracks), 2.6, 0.35, tone=4500)


TECHNO_BARS, TECHNO_BREAK = 17, range(9, 11)


def night_train_techno(player: Player) -> Audio:
    """Techno at 132: four on the floor, an acid line that opens, pumping chords, a break and a return."""
    tempo = Tempo([(0, 132), (80, 132)])
    beat, length = 60 / 132, TECHNO_BARS * 4 * 60 / 132 + 2
    bars = [bar for bar in range(TECHNO_BARS - 1) if bar not in TECHNO_BREAK]
    kicks = [(bar * 4 + i) * beat for bar in bars for i in range(4)] + [(TECHNO_BARS - 1) * 4 * beat]
    acid = [
        note
        for bar in range(TECHNO_BARS - 1)
        for note in line(
            "A2:.25 A2 A3 A2 C3 A2 - E3 A2 G3 A2 - D3 A2 C3 Eb3"
            if bar % 2
            else "A2:.25 A2 A3 A2 C3 A2 - G2 A2 A3 - A2 E3 D3 C3 A2",
            bar * 4,
            92,
            0.7,
        )
    ]
    acid += line("A2:1.5", (TECHNO_BARS - 1) * 4, 110)
    lead = sweep(
        player.play(81, humanise(acid, 31, timing=0.004, force=9), tempo),
        [(0, 350), (15, 2600), (16.4, 500), (20, 4800), (27, 1500), (29, 6000), (31, 300)],
        resonance=1.6,
    )
    lead = echo(np.tanh(lead / np.abs(lead).max() * 3) * 0.3, beat * 0.75, wet=0.25)
    bass = player.play(38, techno_bass(bars), tempo)
    stabs = pump(echo(player.play(90, techno_chords(), tempo), beat * 0.75, 0.5, 0.5), kicks)
    drums = techno_drums(bars, kicks, beat, length)
    bus = mix(
        (lead, 1.3, 0.0),
        (pump(bass, kicks, release=0.22), 1.9, 0.0),
        (reverb(stabs, 1.6, 0.35), 1.1, 0.0),
        (drums, 1.0, 0.0),
    )
    return glue(bus, 1.5)


def techno_bass(bars: Iterable[int]) -> list[Note]:
    """The off-beat bass: sixteenths between the kicks, on the roots of the chords."""
    roots = ["A1", "A1", "F1", "G1"]
    return [
        Note(bar * 4 + i + step, 0.22, pitch(roots[bar // 2 % 4]), 112 if step == 0.5 else 88)
        for bar in bars
        if bar >= 2
        for i in range(4)
        for step in (0.25, 0.5, 0.75)
    ]


def techno_chords() -> list[Note]:
    """Minor chords on syncopated sixteenths, from the fifth bar on."""
    chords = ["A3+C4+E4+G4", "A3+C4+E4+B4", "A3+C4+F4+G4", "B3+D4+G4+A4"]
    notes = []
    for bar in range(4, TECHNO_BARS - 1):
        for beat, force in ((0.0, 84), (0.75, 70), (1.5, 92), (2.75, 76), (3.5, 64)):
            notes += line(chords[bar // 2 % 4] + ":.3", bar * 4 + beat, force)
    return notes + line(chords[0] + ":2", (TECHNO_BARS - 1) * 4, 96)


def techno_drums(bars: Iterable[int], kicks: Iterable[float], beat: float, length: float) -> Audio:
    """Kick, clap and hats, with a noise riser through the break."""
    kick, clap = kick_drum(), noise_hit(0.07, 900, 4500, seed=32)
    closed, opened = noise_hit(0.018, 7000, 15000, seed=33), noise_hit(0.08, 6000, 14000, seed=34)
    hits = [(moment, kick, 0.42) for moment in kicks]
    for start in (bar * 4 for bar in bars):
        hits += [((start + i + 0.5) * beat, opened, 0.5) for i in range(4)]
        hits += [((start + i / 4) * beat, closed, 0.2 + 0.18 * (i % 4 == 3)) for i in range(16)]
        if start >= 8:
            hits += [((start + i) * beat + delay, clap, 0.5) for i in (1, 3) for delay in (0, 0.011)]
    first, last = TECHNO_BREAK[0] * 4, TECHNO_BREAK[-1] * 4 + 4
    hits += [((first + 4 + i / 4) * beat, clap, 0.08 + 0.025 * i) for i in range(16)]
    riser = np.random.default_rng(35).normal(size=int((last - first) * beat * RATE)) * 0.05
    riser = filtered(riser * np.linspace(0, 1, len(riser)) ** 2, "highpass", 2500.0)
    return place([*hits, (first * beat, riser, 1.0)], length)


METAL_RIFF = (
    "E2:.25 E2 E2 E2 G2:.5 E2:.25 E2 Bb2:.5 E2:.25 E2 A2:.5 E2:.25 E2 |"
    "E2:.25 E2 E2 E2 G2:.5 E2:.25 E2 F2:1 D2:.5 D2:.25 D2"
)
METAL_ROOTS = ["E2", "C3", "D3", "A2", "E2", "G2", "F2", "B2"]


def iron_weather(player: Player) -> Audio:
    """Metal at 152: a palm-muted riff, a refrain of power chords with a lead guitar, the riff again."""
    tempo = Tempo([(0, 152), (74, 152), (80, 140)])
    riff = [note for i in range(4) for note in line(METAL_RIFF, i * 8, 104)] + line(METAL_RIFF, 64, 108)
    refrain = [
        note
        for bar, root in enumerate(METAL_ROOTS)
        for note in line(f"{root}:1 {root}:.5 {root} {root}:.75 {root} {root}:.5", 32 + bar * 4, 108)
    ]
    ending = line("E2:.5 - E2 - F2:1 G2:1 | E2:9", 72, 116)
    roots = riff + refrain + ending
    guitars = [metal_guitar(player, roots, tempo, seed) for seed in (41, 42)]
    bass = player.play(34, humanise(shift(roots, semitones=-12), 43, 0.006), tempo)
    bass = np.tanh(bass / np.abs(bass).max() * 2.5) * 0.35
    lead = player.play(29, humanise(metal_lead(), 44, 0.01), tempo)
    lead = echo(amplifier(lead, 5.0), 60 / 152 * 0.75, 0.35, 0.3)
    drums = reverb(player.play(16, humanise(metal_drums(), 45, 0.006, 5), tempo, drums=True), 0.9, 0.14)
    bus = mix(
        (guitars[0], 0.8, -0.9),
        (guitars[1], 0.8, 0.9),
        (bass, 0.6, 0.0),
        (lead, 0.85, 0.1),
        (drums, 1.35, 0.0),
    )
    return glue(bus, 1.6)


def metal_guitar(player: Player, roots: Sequence[Note], tempo: Tempo, seed: int) -> Audio:
    """One rhythm guitar: open power chords and palm-muted sixteenths through the amplifier."""
    muted = [replace(n, length=0.16) for n in roots if n.length < 0.3]
    opened = [n for n in roots if n.length >= 0.3]
    chords = [replace(n, pitch=n.pitch + interval) for n in opened for interval in (0, 7, 12)]
    chugs = [replace(n, pitch=n.pitch + interval) for n in muted for interval in (0, 7)]
    palm = player.play(28, humanise(chugs, seed, 0.008), tempo)
    power = player.play(30, humanise(chords, seed + 10, 0.008), tempo)
    clean = player.play(27, humanise(chords + chugs, seed + 20, 0.008), tempo)
    return amplifier(mix((palm, 1.4, 0.0), (power, 0.8, 0.0), (clean, 0.7, 0.0)), drive=9.0)


def metal_lead() -> list[Note]:
    """The lead guitar over the refrain: long notes, then a run into the riff."""
    return line(
        "B4:1.5 G4:.5 A4:1 B4 | C5:2 E5:1 D5 | F#5:1.5 E5:.5 D5:2 | C5:1 B4 A4:2 |"
        "B4:1 E5 G5:2 | D5:1 B4:.5 D5 G5:2 | A5:1.5 G5:.5 F5:1 C5 |"
        "B4:.25 C5 D#5 F#5 A5 F#5 D#5 C5 B4 D#5 F#5 A5 B5:1",
        32,
        104,
    )


def metal_drums() -> list[Note]:
    """The kit: kick with the riff, snare on two and four, double bass drum in the refrain, fills."""
    kick, snare, hat, ride, crash, china = 36, 38, 42, 53, 49, 52
    notes = steps("X", crash) + steps("X", crash, 16) + steps("X", crash, 32) + steps("X", crash, 64)
    for bar in [*range(8), 16, 17]:
        start = bar * 4
        notes += steps("X.xx x.x. X.x. x.xx" if bar % 2 else "X.xx x.xx x.xx x.xx", kick, start)
        notes += steps(".... X... .... X..." if bar != 7 else ".... X... xxxx XXXX", snare, start)
        notes += steps("X.x. x.x. X.x. x.x.", hat, start)
    for bar in range(8, 16):
        start = bar * 4
        notes += steps("XxxxXxxxXxxxXxxx", kick, start) + steps(".... X... .... X.o.", snare, start)
        notes += steps("X... x... X... x...", ride, start)
        notes += steps("X", crash if bar % 2 else china, start)
    for i, tom in enumerate((48, 48, 47, 45, 45, 43, 41, 41)):
        notes += steps("X", tom, 62 + i * 0.25)
    for beat in (72, 73, 74, 75, 76):
        notes += steps("X", crash, beat) + steps("X", kick, beat) + steps("X", snare, beat)
    return notes


def courtyard_guitar(player: Player) -> Audio:
    """Solo nylon-string guitar in D minor: plucked arpeggios under a melody, in three."""
    tempo = Tempo([(0, 84), (30, 86), (36, 78), (42, 56), (48, 56)])
    chords = [
        "D3 A3 D4", "G2 Bb3 D4", "C3 G3 C4", "F2 A3 C4", "Bb2 F3 D4", "E2 G3 Bb3", "A2 G3 D4",
        "A2 G3 C#4", "D3 A3 F4", "Bb2 F3 D4", "G2 Bb3 D4", "A2 E3 G3",
    ]  # fmt: skip
    arpeggio = []
    for bar, chord in enumerate(chords):
        low, middle, high = chord.split()
        arpeggio += [replace(n, length=2.9) for n in line(low, bar * 3, 84)]
        arpeggio += line(f"-:.5 {middle} {high} - {high} {middle}", bar * 3, 54, legato=2.5)
    melody = line(
        "A4:2 G4:1 | Bb4:2 A4:1 | G4:1.5 E4 | A4:3 | D5:2 C5:1 | Bb4:2 D5:1 | D5:1.5 E5:.5 D5:1 |"
        "E5:1 C#5 A4 | D5:2 E5:1 | F5:1.5 E5:.5 D5:1 | D5:1 Bb4 G4 | C#5:1.5 E5:.5 A4:1 |"
        "D4:.5 F4 A4 D5 F5 A5",
        velocity=86,
        legato=1.0,
    )
    bass = line("D3:3", 36, 76, legato=1.0)
    last = strum(line("D3+A3+D4+F4+A4+D5:5", 39.2, 74), 0.07)
    notes = (
        shape(melody, [(0, 78), (14, 96), (20, 84), (28, 102), (36, 70), (39, 84)]) + arpeggio + bass + last
    )
    guitar = player.play(24, humanise(notes, seed=51, timing=0.014, force=5), tempo, ring=5.0)
    return reverb(guitar, 1.3, 0.13, tone=4000)


def slow_light(player: Player) -> Audio:
    """Ambient: four overlapping pads that open and close, a few bells, no beat at all."""
    tempo = Tempo([(0, 60), (60, 60)])
    chords = [
        "F2+C3+G3+A3+E4", "D2+A2+G3+C4+F4", "Bb1+F2+A3+D4+E4", "C2+G2+G3+D4+F4", "F2+C3+A3+E4+G4",
    ]  # fmt: skip
    pads = [note for i, chord in enumerate(chords) for note in line(chord + ":8", i * 6.6, 70, legato=0.95)]
    bells = line("E5:3.3 G5 - C6 A5:3.3 D6 - E5 G5:1.65 C6:4", 3.3, 48)
    air = player.play(88, humanise(shift(pads, semitones=12), 61, 0.1), tempo)
    warm = player.play(89, humanise(pads, 62, 0.05), tempo)
    halo = player.play(94, humanise(pads, 63, 0.2), tempo)
    drift = sweep(
        mix((warm, 1.0, -0.3), (halo, 0.5, 0.4), (air, 0.25, 0.0)),
        [(0, 700), (9, 4500), (15, 1200), (24, 6000), (30, 2000), (38, 500)],
        slope=2,
    )
    chimes = echo(player.play(98, humanise(bells, 64, 0.1), tempo), 0.9, 0.55, 0.6)
    cloud = reverb(mix((drift, 1.0, 0.0), (chimes, 2.0, 0.0)), 5.5, 0.9, tone=3500)
    attack = np.minimum(1, np.arange(len(cloud)) / (1.5 * RATE))
    return cloud * (0.15 + 0.85 * attack)[:, None]


def two_part_invention(player: Player) -> Audio:
    """Harpsichord, two voices in G minor: a subject, its answer, sequences, a close in the major."""
    tempo = Tempo([(0, 86), (38, 86), (43, 72), (44, 54), (50, 54)])
    upper = line(
        "-:.25 G4 A4 Bb4 C5 D5 Bb4 D5 G5:.5 F#5 G5 D5 |"
        "D5:.5 Bb4 A4 G4 Bb4:.25 D5 A4 C5 Bb4 A4 Bb4 G4 |"
        "G5:.25 F5 Eb5 D5 C5:.5 Eb5 F5:.25 Eb5 D5 C5 A4:.5 C5 |"
        "F5:.25 Eb5 D5 C5 Bb4:.5 D5 Eb5:.25 D5 C5 Bb4 G4:.5 Bb4 |"
        "Eb5:.25 D5 C5 Bb4 A4:.5 C5 D5:.25 C5 Bb4 A4 F#4:.5 A4 |"
        "G4:.5 Bb4 D5 Bb4 C5 Eb5 C5 A4 |"
        "F5:.5 D5 C5 Bb4 D5:.25 F5 C5 Eb5 D5 C5 D5 Bb4 |"
        "-:.25 C5 D5 Eb5 F5 G5 Eb5 G5 C6:.5 B5 C6 G5 |"
        "G5:.25 F5 Eb5 D5 C5:.5 Eb5 D5:.25 Eb5 C5 D5 A4:.5 F#4 |"
        "-:.25 G4 A4 Bb4 C5 D5 Bb4 D5 G5:.5 F#5 G5 D5 |"
        "Eb5:.25 F5 G5 Eb5 C5 D5 Eb5 C5 Bb4 C5 Bb4 G4 Bb4:.125 A4 Bb4 A4 Bb4 A4 G4 A4",
        legato=0.85,
    )
    lower = line(
        "G3:.5 - - - Bb3 A3 Bb3 G3 |"
        "-:.25 G3 A3 Bb3 C4 D4 Bb3 D4 G4:.5 F#4 G4 D4 |"
        "C4:.5 G3 Eb3 C3 F3 C4 A3 F3 |"
        "Bb3:.5 F3 D3 Bb2 Eb3 Bb3 G3 Eb3 |"
        "A3:.5 Eb3 C3 A2 D3 A3 F#3 D3 |"
        "G3:.25 A3 Bb3 C4 Bb3 A3 G3 F3 Eb3:.5 C3 F3 F2 |"
        "-:.25 Bb2 C3 D3 Eb3 F3 D3 F3 Bb3:.5 A3 Bb3 F3 |"
        "G3:.5 Eb3 D3 C3 Eb3:.25 G3 D3 F3 Eb3 D3 Eb3 C3 |"
        "C3:.25 D3 Eb3 F3 G3:.5 Eb3 F#3 A3 D3 C3 |"
        "Bb2:.5 G2 A2 G2 Bb3:.25 D4 A3 C4 Bb3 A3 Bb3 G3 |"
        "Eb3:.5 G3 C3 Eb3 D3:1 D2",
        legato=0.85,
    )
    last = strum(line("G2+D3+G3+B3+D4+G4:4", 44), 0.06)
    harpsichord = player.play(6, humanise(upper + lower, seed=71, timing=0.008) + last, tempo)
    return reverb(harpsichord, 1.2, 0.15, tone=6000)


def evening_sitar(player: Player) -> Audio:
    """Sitar over a drone: free phrases with glides first, then a pulse with tabla, a triple close."""
    tempo = Tempo([(0, 116), (80, 116)])
    free = line("C4:2.5 Db4:.5 C4:2 | B3:1 C4:1 E4:3 F4:.5 E4 Db4:1 C4:2 | E4:.5 F4 G4:2", 0, 96)
    theme = "G4:.5 Ab4 G4 F4 E4:1 F4:.5 E4 Db4:1 C4:.5 Db4 E4 F4 G4:1"
    reply = "C5:.5 B4 Ab4 G4 F4:.5 G4 Ab4 G4 F4 E4 Db4 E4 F4 E4 Db4 C4"
    climb = "E4:.25 F4 G4 Ab4 B4:.5 C5 Db5:1 C5:.5 B4 C5:.25 B4 Ab4 G4 F4:.5 E4 Db4:.5 E4 C4:1"
    gat = [n for i, t in enumerate((theme, reply, theme, climb, reply)) for n in line(t, 17 + i * 8, 100)]
    close = [n for i in range(3) for n in line("E4:.25 F4 G4:.5 Db4 C4:1", 57 + i * 2.5, 108)]
    melody = free + gat + close + line("C4:4", 64.5, 104)
    glides = [bend for n in melody if n.length > 0.9 for bend in glide(n.start, n.length)]
    sitar = player.play(104, humanise(melody, 81, 0.01, 7), tempo, glides)
    pulse = [Note(b, 0.2, pitch("C5"), 40) for b in np.arange(17.5, 57, 1.0)]
    drone = [n for i in range(17) for n in line("G2:1 C3 C3 C2", i * 4, 62, legato=3.0)]
    strings = player.play(104, humanise(drone + pulse, 82, 0.02, 5), tempo)
    drums = tabla_part(60 / 116)
    return reverb(mix((sitar, 1.1, -0.1), (strings, 1.5, 0.15), (drums, 0.1, 0.1)), 1.4, 0.18, tone=4500)


def glide(start: float, length: float) -> list[Control]:
    """A pull on the string: up from a semitone below, then a slow shake, back to rest."""
    curve: Curve = [(0, -1.0), (0.22, 0.0), (0.5, 0.0)]
    rise = [Control(start + x, BEND, float(at(curve, x))) for x in np.arange(0, 0.3, 0.02)]
    shake = np.arange(0.5, length * 0.9, 0.04)
    return (
        rise
        + [Control(start + x, BEND, 0.18 * float(np.sin(11 * x))) for x in shake]
        + [Control(start + length, BEND, 0.0)]
    )


def tabla_part(beat: float) -> Audio:
    """The tabla from the seventeenth beat on: an eight-beat cycle in eighths with soft fillers."""
    strokes = {
        "d": [tabla(98, 18, 0.34, [1.0, 0.2]), tabla(261, 0, 0.2, [0.5, 0.6, 0.4, 0.2])],
        "g": [tabla(92, 26, 0.3, [1.0, 0.2])],
        "n": [tabla(261, 0, 0.16, [0.4, 0.7, 0.5, 0.3, 0.2])],
        "t": [tabla(340, 0, 0.03, [0.6, 0.3, 0.2])],
    }
    cycle = "d.tn g.nt dtn. t.nt".replace(" ", "")
    rng = np.random.default_rng(83)
    hits = []
    for i in range(80):
        for sound in strokes.get(cycle[i % 16], []):
            hits.append(((17 + i / 2 + rng.normal(0, 0.008)) * beat, sound, 0.8 + rng.normal(0, 0.08)))
        if i % 4 == 3:
            hits.append(((17.25 + i / 2) * beat, strokes["t"][0], 0.45))
    for moment in (57, 57.5, 58.5, 59.5, 60, 61, 62, 62.5, 63.5, 64.5):
        hits += [(moment * beat, sound, 0.95) for sound in strokes["d"]]
    return place(hits, 39.0)


# ----------------------------------------------------------------------------------------- files and tags


@dataclass(frozen=True)
class Track:
    """One demo file: how it is made, how long it is, how it is encoded, what its tags say at first."""

    file: str
    compose: Callable[[Player], Audio]
    seconds: float
    codec: str
    kbps: int = 0
    mono: bool = False
    rate: int = RATE
    genre: str = ""
    id3_version: int = 4
    cover: bool = False
    peak_db: float = -1.2

    @property
    def title(self) -> str:
        """The title, from the file name without its number."""
        return Path(self.file).stem[3:]


TRACKS = [
    Track(
        "01 Morning Piano.flac", morning_piano, 35, "flac", mono=True, rate=32_000, cover=True, peak_db=-1.0
    ),
    Track("02 Adagio for Evening Strings.m4a", strings_adagio, 36, "aac", 96, genre="Classical"),
    Track("03 Night Train Circuit.ogg", night_train_techno, 31.5, "vorbis", 112),
    Track("04 Iron Weather.mp3", iron_weather, 33, "libmp3lame", 192, id3_version=3),
    Track("05 Courtyard Guitar.ogg", courtyard_guitar, 35, "vorbis", 80, mono=True),
    Track("06 Slow Light.opus", slow_light, 36, "libopus", 80, rate=48_000),
    Track("07 Clockwork Invention.mp3", two_part_invention, 34, "libmp3lame", 80, mono=True, genre="Pop"),
    Track("08 Evening Raga Sketch.opus", evening_sitar, 36.5, "libopus", 64, mono=True, rate=48_000),
]


def encode(sound: Audio, track: Track, path: Path) -> None:
    """Write the sound as the track wants it, without any time stamp or random number in the file."""
    if track.mono:
        mono = sound.mean(axis=1, keepdims=True)
        sound = mono * (np.abs(sound).max() / np.abs(mono).max())
    if track.codec == "vorbis":
        encode_vorbis(sound, track, path)
        return
    layout = "mono" if track.mono else "stereo"
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream(track.codec, rate=track.rate, layout=layout)
        coder = stream.codec_context
        coder.flags |= av.codec.context.Flags.bitexact
        if track.kbps:
            coder.bit_rate = track.kbps * 1000
        if track.codec == "flac":
            coder.format, coder.options = "s16", {"compression_level": "12"}
        samples = np.ascontiguousarray(sound.T, dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.sample_rate = RATE
        resampler = av.AudioResampler(coder.format, layout, track.rate)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))


def encode_vorbis(sound: Audio, track: Track, path: Path) -> None:
    """Ogg Vorbis through libsndfile, as PyAV comes without that encoder; the serial number becomes 1."""
    level = 0.7 if track.mono else 0.65
    with soundfile.SoundFile(
        path, "w", RATE, sound.shape[1], "VORBIS", format="OGG", compression_level=level
    ) as file:
        for first in range(0, len(sound), RATE):
            file.write(sound[first : first + RATE])
    pages = []
    with path.open("rb") as stream:
        while stream.tell() < path.stat().st_size:
            pages.append(OggPage(stream))
    for page in pages:
        page.serial = 1
    path.write_bytes(b"".join(page.write() for page in pages))


def write_tags(track: Track, path: Path) -> None:
    """Title, artist, album, date and number; a genre only where the track already has one."""
    file = mutagen.File(path, easy=True)
    if file.tags is None:
        file.add_tags()
    fields = {"title": track.title, "artist": ARTIST, "album": ALBUM, "date": DATE}
    fields |= {"tracknumber": str(int(track.file[:2]))} | ({"genre": track.genre} if track.genre else {})
    for name, value in fields.items():
        file[name] = value
    if path.suffix == ".mp3":
        file.save(v2_version=track.id3_version)
    else:
        file.save()
    if track.cover:
        embed_cover(path)


def embed_cover(path: Path) -> None:
    """Put the generated picture into a FLAC file."""
    picture = Picture()
    picture.type, picture.mime, picture.desc = 3, "image/png", "Cover"
    picture.width = picture.height = 160
    picture.depth, picture.data = 24, sunrise(160)
    file = FLAC(path)
    file.add_picture(picture)
    file.save()


def sunrise(size: int) -> bytes:
    """A small PNG: a sun over a horizon, in a few flat colours so that it packs well."""
    y, x = np.mgrid[0:size, 0:size] / size
    sky = np.floor((1 - y) * 8)[..., None] / 8
    image = np.array([250.0, 200, 140]) * (1 - sky) + np.array([70.0, 90, 150]) * sky
    image[(x - 0.5) ** 2 + (y - 0.62) ** 2 < 0.2**2] = (255, 236, 170)
    image[y > 0.62 + 0.02 * np.sin(14 * x)] = (36, 52, 84)
    rows = np.insert(image.astype(np.uint8).reshape(size, -1), 0, 0, axis=1)
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")]
    packed = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def save_wav(sound: Audio, path: Path) -> None:
    """An uncompressed copy, to listen to while composing."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        frame = av.AudioFrame.from_ndarray(
            (sound.reshape(1, -1) * 32767).astype(np.int16), format="s16", layout="stereo"
        )
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make the demo tracks of mat-desktop again.")
    parser.add_argument("--soundfont", type=Path, default=DEBIAN_SOUNDFONT, help="FluidR3 GM (.sf2)")
    parser.add_argument("--output", type=Path, default=HERE, help="folder for the tracks")
    parser.add_argument("--only", type=int, nargs="+", help="numbers of the tracks to make")
    parser.add_argument("--wav", type=Path, help="folder for uncompressed copies as well")
    return parser.parse_args()


def main() -> int:
    """Make the tracks, one after another."""
    options = arguments()
    if shutil.which("fluidsynth") is None or not options.soundfont.is_file():
        print("This needs fluidsynth and the FluidR3 GM soundfont (see README.md).", file=sys.stderr)
        return 1
    player = Player(options.soundfont)
    for number, track in enumerate(TRACKS, 1):
        if options.only and number not in options.only:
            continue
        sound = finish(track.compose(player), track.seconds, track.peak_db)
        path = options.output / track.file
        encode(sound, track, path)
        write_tags(track, path)
        if options.wav:
            save_wav(sound, options.wav / f"{path.stem}.wav")
        print(f"{track.file:36} {len(sound) / RATE:5.1f} s {path.stat().st_size / 1000:7.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
