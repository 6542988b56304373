"""A constructed case: a model's "guitar" is wrong on high tones, and a user says so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mat_desktop.domain.corrections import Corrections
from mat_desktop.inference.cards import open_card, read_weights, write_card
from mat_desktop.inference.tagger import Tagger
from tests.models import tiny_model
from tests.sounds import encode, tone
from training.__main__ import main
from training.corrections.file import read_corrections
from training.corrections.head import Problem
from training.corrections.learn import correct
from training.corrections.outcome import Outcome, moved
from training.datasets.dataset import DatasetFault
from training.track_inference import track_log_mel

TAGS = {"guitar": ["mtat/guitar"], "vocals": ["mtat/vocals"]}


def corrected(folder: Path, tracks: int = 16) -> Path:
    """Low tones have a guitar, high ones none; of vocals nothing is said. Two tracks an artist."""
    told = []
    for number in range(tracks):
        path = folder / f"{number}.flac"
        high = number % 2
        encode(path, tone(3.0, hz=3_000 + 97 * number if high else 200 + 13 * number))
        artists = [f"Artist {number // 2}"]
        told.append({"path": str(path), "artists": artists, "verdicts": {"guitar": not high}})
    text = json.dumps({"format": 1, "model": "", "tags": TAGS, "tracks": told})
    (folder / "corrections.json").write_text(text, encoding="utf-8")
    return folder


def test_the_model_learns_what_was_said_and_keeps_the_rest_to_the_bit(tmp_path: Path) -> None:
    card = tiny_model(tmp_path / "tiny")
    (tmp_path / "said").mkdir()
    corrections = read_corrections(corrected(tmp_path / "said"))
    heard: list[int] = []
    fits: list[tuple[int, int]] = []
    new, outcome, skipped = correct(
        tmp_path / "tiny",
        corrections,
        tmp_path / "cache",
        tmp_path / "mine",
        lambda n, _: heard.append(n),
        {},
        lambda done, of: fits.append((done, of)),
    )
    assert not skipped
    assert heard[-1] == 16
    assert fits == [(done, 91) for done in range(92)], "each of the fits is told of, and none is left"
    assert outcome.before <= 0.5  # it says the same of all of them
    assert outcome.after == 1.0
    assert outcome.held_out is not None
    assert outcome.held_out > 0.8
    assert outcome.better
    assert outcome.advice.startswith("Better on tracks left out (0.")
    by_tag = outcome.by_tag
    assert (by_tag.tags, by_tag.verdicts, by_tag.accepted) == (("guitar",), (16,), (8,))
    assert by_tag.held_out == (round(16 * outcome.held_out),), "of one tag alone it is the figure of all"
    assert (by_tag.before, by_tag.after) == ((round(16 * outcome.before),), (16,))
    assert [tag.key for tag in new.tags] == [tag.key for tag in card.tags]
    assert [tag.threshold for tag in new.tags] == [tag.threshold for tag in card.tags]
    before, after = read_weights(tmp_path / "tiny", card), read_weights(tmp_path / "mine", new)
    guitar = [tag.name for tag in card.tags].index("guitar")
    for name, array in before.items():
        if name.startswith("head."):
            assert not np.array_equal(array[guitar], after[name][guitar])
            assert np.array_equal(np.delete(array, guitar, 0), np.delete(after[name], guitar, 0))
        else:
            assert np.array_equal(array, after[name])
    # What reaches the head is kept: a second time nothing is decoded.
    for path in corrections.tracks:
        assert path.exists()
    heard.clear()
    correct(
        tmp_path / "tiny",
        corrections,
        tmp_path / "cache",
        tmp_path / "again",
        lambda n, _: heard.append(n),
        {},
    )
    assert heard == []


def test_each_tag_has_its_own_counts(tmp_path: Path) -> None:
    """Two tags on what two parts of the sound say; one of them is said of a third of the tracks."""
    card = tiny_model(tmp_path / "tiny")
    channels = read_weights(tmp_path / "tiny", card)["head.weight"].shape[1]
    random = np.random.default_rng(7)
    sound = random.standard_normal((60, channels))
    verdicts: list[dict[str, bool]] = [{"vocals": bool(values[0] > 0)} for values in sound]
    for number in range(0, 60, 3):
        verdicts[number]["guitar"] = bool(random.integers(2))  # of no sound
    said = Corrections(
        {"guitar": ("mtat/guitar",), "vocals": ("mtat/vocals",)},
        tuple(Path(f"/music/{number}/a.flac") for number in range(60)),
        tuple(verdicts),
        tuple((f"Artist {number // 2}",) for number in range(60)),
        tuple({card.digest: values.astype("<f2").tobytes()} for values in sound),
    )
    places = (tmp_path / "tiny", said, tmp_path / "cache", tmp_path / "mine")
    new, outcome, _ = correct(*places, lambda done, of: None, {})
    found = outcome.by_tag
    assert (found.tags, found.verdicts) == (("vocals", "guitar"), (60, 20))
    assert found.accepted[0] == sum(said["vocals"] for said in verdicts)
    assert found.held_out is not None
    assert outcome.held_out == round(sum(found.held_out) / 80, 4)
    assert outcome.before == round(sum(found.before) / 80, 4)
    assert outcome.after == round(sum(found.after) / 80, 4)
    assert found.held_out[0] > 40, "that can be learned"
    assert found.held_out[1] < 16, "that cannot"
    assert new.metrics["corrections"]["by_tag"]["verdicts"] == (60, 20)
    few = replace(said, artists=tuple((f"Artist {number % 4}",) for number in range(60)))
    assert correct(tmp_path / "tiny", few, *places[2:], lambda done, of: None, {})[1].by_tag.held_out is None


def test_what_is_no_better_on_tracks_left_out_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The user agrees with all that the model says: there is nothing to gain."""
    tiny_model(tmp_path / "tiny")
    folder = tmp_path / "said"
    folder.mkdir()
    corrections = read_corrections(corrected(folder, 10))

    def say(right: bool) -> Corrections:
        return replace(corrections, verdicts=({"guitar": right},) * 10)

    def learn(said: Corrections) -> Outcome:
        places = (tmp_path / "tiny", said, tmp_path / "cache", tmp_path / "mine")
        return correct(*places, lambda done, of: None, {})[1]

    right = learn(say(True)).before == 1.0
    outcome = learn(say(right))
    assert outcome.before == 1.0
    assert outcome.better is False
    advice = f"Not better on tracks left out (1.00 before, {outcome.held_out:.2f} after): keep the old model."
    assert outcome.advice == advice

    (folder / "corrections.json").write_bytes(say(right).encode())
    words = ["finetune", "--model", str(tmp_path / "tiny"), "--data", str(folder), "--progress", "json"]
    assert main([*words, "--cache", str(tmp_path / "cache"), "--export", str(tmp_path / "mine")]) == 0
    out, err = capsys.readouterr()
    assert advice in err
    assert json.loads(out.splitlines()[-1])["figures"]["better"] is False
    card = open_card(tmp_path / "mine")  # written all the same: whoever asked for it may look at it
    assert card.metrics["corrections"]["better"] is False


def test_the_command_takes_a_folder_with_corrections(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_model(tmp_path / "tiny")
    (tmp_path / "said").mkdir()
    corrected(tmp_path / "said", 4)
    (tmp_path / "said" / "0.flac").unlink()
    words = ["finetune", "--model", str(tmp_path / "tiny"), "--data", str(tmp_path / "said")]
    places = ["--cache", str(tmp_path / "cache"), "--export", str(tmp_path / "mine")]
    assert main([*words, *places, "--whole", "--epochs", "3"]) == 2
    assert "epochs, whole: on corrections only the head is trained" in capsys.readouterr().err
    assert main([*words, *places, "--progress", "json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-1]["event"] == "exported"
    assert {"event": "fit", "done": 0, "of": 1}.items() <= events[-3].items(), "before it is measured"
    figures = events[-1]["figures"]
    assert figures["tracks"] == 3
    assert figures["better"] is None
    assert figures["by_tag"]["tags"] == ["guitar"]
    assert figures["by_tag"]["verdicts"] == [3]
    assert figures["by_tag"]["held_out"] is None, "too few to leave some out"
    assert "decisions on 10 tracks by 5 artists are needed to leave some out" in figures["advice"]
    assert figures["advice"].endswith("and there are 3 by 2.")
    assert (tmp_path / "mine" / "card.json").exists()
    kept = next((tmp_path / "cache").rglob("features-*.npz"))
    kept.write_bytes(kept.read_bytes()[:200])  # cut off: it is made anew
    assert main([*words, *places, "--progress", "json"]) == 0
    assert len(np.load(kept)["key"]) == 3


def albums(digest: str, channels: int) -> Corrections:
    """Twelve artists, each with one sound in all tracks; in whose there is a guitar is a coin's toss."""
    random = np.random.default_rng(5)
    artists = np.repeat(np.arange(12), 8)
    sound = random.standard_normal((12, channels))[artists] + 0.05 * random.standard_normal((96, channels))
    right = (np.arange(12) % 2 == 0)[random.permutation(12)][artists]
    return Corrections(
        {"guitar": ("mtat/guitar",)},
        tuple(Path(f"/music/{artist}/{track}.flac") for track, artist in enumerate(artists)),
        tuple({"guitar": bool(said)} for said in right),
        tuple((f"Artist {artist}",) for artist in artists),
        tuple({digest: values.astype("<f2").tobytes()} for values in sound),
    )


def test_what_is_only_known_of_an_album_does_not_count_as_learned(tmp_path: Path) -> None:
    card = tiny_model(tmp_path / "tiny")
    channels = read_weights(tmp_path / "tiny", card)["head.weight"].shape[1]

    def learn(said: Corrections) -> Outcome:
        places = (tmp_path / "tiny", said, tmp_path / "cache", tmp_path / "mine")
        return correct(*places, lambda done, of: None, {})[1]

    said = albums(card.digest, channels)
    outcome = learn(said)
    assert (outcome.tracks, outcome.artists) == (96, 12)
    assert outcome.after == 1.0
    assert outcome.held_out is not None
    assert outcome.held_out < 0.8
    unnamed = replace(said, artists=((),) * 96)
    assert learn(unnamed) == outcome, "without artists each folder is one"
    four = replace(said, artists=tuple((f"Artist {track % 4}",) for track in range(96)))
    assert learn(four).held_out is None
    assert learn(four).advice.endswith("by 5 artists are needed to leave some out, and there are 96 by 4.")


def test_what_the_program_heard_is_not_listened_to_again(tmp_path: Path) -> None:
    card = tiny_model(tmp_path / "tiny")
    (tmp_path / "said").mkdir()
    said = read_corrections(corrected(tmp_path / "said", 10))
    heard: list[int] = []

    def learn(corrections: Corrections, cache: str) -> Outcome:
        places = (tmp_path / "tiny", corrections, tmp_path / cache, tmp_path / "mine")
        return correct(*places, lambda done, of: heard.append(done), {})[1]

    before = learn(said, "first")
    kept = np.load(next((tmp_path / "first").glob("features-*.npz")))["value"]
    heard.clear()
    for path in said.tracks[:9]:
        path.unlink()
    features = [{card.digest: values.astype("<f2").tobytes()} for values in kept]
    features[9] = {card.digest: b"odd", "another model": features[9][card.digest]}
    told = Corrections.decode(replace(said, features=tuple(features)).encode())
    after = learn(told, "second")
    assert heard == [10]  # the last of them alone
    assert (after.tracks, after.verdicts, after.before) == (10, 10, before.before)
    assert after.after == before.after == 1.0


@pytest.mark.usefixtures("float32")
def test_training_hears_what_the_program_hears(tmp_path: Path) -> None:
    """Silence within a track left out, the last window by the share of it that is new, raised to a level."""
    card = replace(tiny_model(tmp_path / "tiny"), level=30.0)
    write_card(tmp_path / "tiny", card)
    parts = (tone(40.0, hz=500), np.zeros_like(tone(30.0)), tone(25.0, hz=2_000))
    path = encode(tmp_path / "odd.flac", np.concatenate(parts, axis=1))
    short = encode(tmp_path / "short.flac", tone(3.0, hz=700))
    nothing = encode(tmp_path / "nothing.flac", np.zeros_like(tone(3.0)))
    verdicts = ({"guitar": True},) * 3
    said = Corrections({"guitar": ("mtat/guitar",)}, (path, short, nothing), verdicts, ((),) * 3, ({},) * 3)
    places = (tmp_path / "tiny", said, tmp_path / "cache", tmp_path / "mine")
    _, outcome, skipped = correct(*places, lambda done, of: None, {})
    assert outcome.tracks == 2
    assert [str(clip) for clip in skipped] == [f"{nothing}: nothing can be heard in it"]
    kept = np.load(next((tmp_path / "cache").glob("features-*.npz")))["value"]
    tagger = Tagger.open(tmp_path / "tiny", torch.device("cpu"))
    for file, features in zip((path, short), kept, strict=True):
        judged = tagger.judge(track_log_mel(file, card.mel))
        assert features == pytest.approx(judged.features.astype(np.float32), rel=2e-3, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[", "not a list of corrections"),
        ('{"format": 2}', "format 2"),
        ('{"format": 1, "tags": {}, "tracks": []}', "no tag was accepted"),
        (
            '{"format": 1, "tags": {}, "tracks": [{"path": "a", "verdicts": {}, "features": {"m": "ä"}}]}',
            "not a list of corrections",
        ),
    ],
)
def test_what_is_no_list_of_corrections_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "corrections.json").write_text(text, encoding="utf-8")
    with pytest.raises(DatasetFault, match=reason):
        read_corrections(tmp_path)


def test_undecided_tags_that_come_and_go_are_counted() -> None:
    old = torch.tensor([[-0.1, 0.1], [-0.1, 0.1]])
    said = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    problem = Problem(torch.zeros(2, 1), old, torch.eye(2), said, said == 0)
    assert moved(problem, torch.tensor([[0.1, -0.1], [0.1, 0.2]])) == (1, 1)
