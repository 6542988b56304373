from __future__ import annotations

from dataclasses import replace
from math import exp
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from mat_desktop.app.decide import choose, own_thresholds, suggest, sum_up, tag_taggram
from mat_desktop.app.plan import checked, plan_file
from mat_desktop.app.resources import resource
from mat_desktop.app.schemes import read_scheme
from mat_desktop.app.session import Session
from mat_desktop.cli.report import Record, text_of
from mat_desktop.domain.card import ModelCard, TagSpec
from mat_desktop.domain.plan import Change, FilePlan, Policy
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.scores import Scores, Suggestion, Thresholds, Verdict
from mat_desktop.domain.settings import Settings
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.errors import UsageFault
from mat_desktop.inference.cards import open_card
from mat_desktop.metadata.write import commit, prepare
from tests.models import tiny_card
from tests.sounds import encode, tone

CARD = tiny_card()
SCHEME = TagScheme(
    "test",
    "Test",
    (
        DisplayTag("rock", Category.GENRE, ("mtat/rock",)),
        DisplayTag("guitar", Category.INSTRUMENT, ("mtat/guitar", "msd/guitar")),
        DisplayTag("vocals", Category.VOICE, ("mtat/vocals",)),
        DisplayTag("instrumental", Category.VOICE, ("mtat/no vocals",)),
        DisplayTag("happy", Category.MOOD, ("mtg_jamendo/mood/theme---happy",), write=False),
        DisplayTag("unknown", Category.GENRE, ("msd/unknown",)),
    ),
    exclusive=(("vocals", "instrumental"),),
    fields={Category.GENRE: Field.GENRE, Category.MOOD: Field.MOOD, Category.VOICE: Field.VOICE},
)


def scores(*values: float, silent: bool = False) -> Scores:
    return Scores("digest", TrackId("id"), 60.0, values, silent)


def named(suggestions: tuple[Suggestion, ...]) -> dict[str, Suggestion]:
    return {s.tag.name: s for s in suggestions}


def chosen(suggestions: tuple[Suggestion, ...]) -> list[str]:
    return [s.tag.name for s in suggestions if s.chosen]


def test_scores_reach_their_own_thresholds() -> None:
    found = suggest(SCHEME, CARD, scores(0.41, 0.29, 0.6, 0.1, 0.2))
    assert chosen(found) == ["rock", "vocals"]
    assert named(found)["rock"].score == pytest.approx(0.41)
    assert named(found)["rock"].threshold == pytest.approx(0.4)


def test_tags_without_a_source_in_the_model_are_not_shown() -> None:
    assert "unknown" not in named(suggest(SCHEME, CARD, scores(0.5, 0.5, 0.5, 0.5, 0.5)))


def test_they_come_by_category_and_surest_first() -> None:
    names = [s.tag.name for s in suggest(SCHEME, CARD, scores(0.5, 0.5, 0.1, 0.2, 0.9))]
    assert names == ["rock", "happy", "guitar", "instrumental", "vocals"]


def test_the_surer_of_two_contradicting_tags_stays() -> None:
    found = named(suggest(SCHEME, CARD, scores(0.1, 0.1, 0.7, 0.8, 0.1)))
    assert found["instrumental"].suggested
    assert not found["vocals"].suggested
    assert "instrumental" in found["vocals"].left_out


def test_the_user_decides_against_everything_else() -> None:
    verdicts = {"vocals": Verdict.ACCEPTED, "rock": Verdict.REJECTED}
    found = suggest(SCHEME, CARD, scores(0.9, 0.1, 0.7, 0.8, 0.1), verdicts)
    assert chosen(found) == ["instrumental", "vocals"]


def test_silence_suggests_nothing() -> None:
    assert chosen(suggest(SCHEME, CARD, scores(0.9, 0.9, 0.9, 0.9, 0.9, silent=True))) == []


def test_a_category_has_a_limit() -> None:
    scheme = TagScheme("t", "T", SCHEME.tags[2:4], limits={Category.VOICE: 1})
    found = named(suggest(scheme, CARD, scores(0, 0, 0.9, 0.8, 0)))
    assert found["vocals"].suggested
    assert "at most" in found["instrumental"].left_out


def test_a_taught_tag_neither_takes_a_place_nor_needs_one() -> None:
    mine = DisplayTag("mine", Category.VOICE, ("taught/mine",))
    scheme = TagScheme(
        "t", "T", (*SCHEME.tags[2:4], mine), limits={Category.VOICE: 1}, taught={"taught/mine": 0.5}
    )
    for score in (0.6, 0.99):  # the least sure of them, and the surest
        heard = replace(scores(0, 0, 0.9, 0.8, 0), taught={"taught/mine": score})
        assert set(chosen(suggest(scheme, CARD, heard))) == {"vocals", "mine"}


def test_own_thresholds_are_listed_with_the_models() -> None:
    less = replace(SCHEME, tags=SCHEME.tags[1:])  # "rock" was dropped
    own = own_thresholds(less, CARD, Thresholds(None, {"vocals": 0.25, "gone": 0.5, "rock": 0.4}), SCHEME)
    assert [(one.shown, one.value) for one in own] == [("gone", 0.5), ("rock", 0.4), ("vocals", 0.25)]
    assert [(one.measured is None, one.dropped) for one in own[:2]] == [(True, False), (True, True)]
    own = own[1:]
    vocals = named(suggest(SCHEME, CARD, scores(0, 0, 0.9, 0, 0)))["vocals"]
    assert own[1].measured == pytest.approx(vocals.threshold)


def test_several_sources_count_on_average_in_logit_space() -> None:
    scheme = TagScheme("t", "T", (DisplayTag("x", Category.GENRE, ("mtat/rock", "mtat/guitar")),))
    (below,) = suggest(scheme, CARD, scores(0.2, 0.45, 0, 0, 0))
    (above,) = suggest(scheme, CARD, scores(0.3, 0.45, 0, 0, 0))
    assert not below.suggested
    assert above.suggested
    assert above.threshold == pytest.approx(0.3486, abs=1e-3)  # between 0.3 and 0.4
    assert (above.score >= above.threshold) is above.suggested


def test_the_slider_moves_every_threshold() -> None:
    values = scores(0.41, 0.29, 0.6, 0.1, 0.2)
    assert chosen(suggest(SCHEME, CARD, values, shift=1.0)) == []
    assert len(chosen(suggest(SCHEME, CARD, values, shift=-1.5))) > 2


def test_own_thresholds() -> None:
    values = scores(0.41, 0.29, 0.6, 0.1, 0.2)
    assert chosen(suggest(SCHEME, CARD, values, thresholds=Thresholds(every=0.25))) == [
        "rock",
        "guitar",
        "vocals",
    ]
    mixed = Thresholds(every=0.9, by_name={"rock": 0.1})
    assert chosen(suggest(SCHEME, CARD, values, thresholds=mixed)) == ["rock"]


def test_the_slider_moves_own_thresholds_too() -> None:
    values = scores(0.41, 0.29, 0.6, 0.1, 0.2)
    own = Thresholds(by_name={"rock": 0.4})
    for shift in (-1.5, 0.0, 1.0):
        moved = named(suggest(SCHEME, CARD, values, shift=shift, thresholds=own))["rock"]
        assert moved.own
        assert moved.threshold == pytest.approx(
            named(suggest(SCHEME, CARD, values, shift=shift))["rock"].threshold
        )


def test_a_threshold_that_is_raised_beside_the_slider_is_higher_without_it() -> None:
    values = scores(0.41, 0.29, 0.6, 0.1, 0.2)
    more = named(suggest(SCHEME, CARD, values, shift=-2.0))["rock"]
    assert more.threshold < 0.4
    kept = more.at_rest(more.threshold + 0.02)
    own = Thresholds(by_name={"rock": kept})
    assert named(suggest(SCHEME, CARD, values, shift=-2.0, thresholds=own))[
        "rock"
    ].threshold == pytest.approx(more.threshold + 0.02)
    assert named(suggest(SCHEME, CARD, values, thresholds=own))["rock"].threshold > 0.4
    assert 0 < more.at_rest(0.0) < more.at_rest(1.0) < 1


def test_a_tag_that_gives_way_itself_takes_no_other_with_it() -> None:
    scheme = replace(SCHEME, exclusive=(("guitar", "vocals"), ("guitar", "rock")))
    found = suggest(scheme, CARD, scores(0.99, 0.9, 0.6, 0.1, 0.1))
    assert chosen(found) == ["rock", "vocals"]
    assert "rock" in named(found)["guitar"].left_out


def test_two_that_are_seldom_true_together_stay_where_both_are_sure() -> None:
    scheme = replace(SCHEME, exclusive=(), seldom_both=(("vocals", "instrumental"),))
    unsure = named(suggest(scheme, CARD, scores(0.1, 0.1, 0.55, 0.9, 0.1)))
    assert "instrumental" in unsure["vocals"].left_out
    assert chosen(suggest(scheme, CARD, scores(0.1, 0.1, 0.8, 0.9, 0.1))) == ["instrumental", "vocals"]


def test_which_tag_is_surer_does_not_depend_on_the_slider() -> None:
    flat = {"precision": 0.5, "recall": 0.5, "roc_auc": 0.6}
    steep = {"precision": 0.5, "recall": 0.5, "roc_auc": 0.99}
    card = replace(
        CARD,
        tags=(
            TagSpec("vocals", "mtat", 0.4, steep),
            TagSpec("no vocals", "mtat", 0.4, flat),
        ),
    )
    scheme = TagScheme("t", "T", SCHEME.tags[2:4], limits={Category.VOICE: 1})
    for shift in (-3.0, 0.0):
        assert chosen(suggest(scheme, card, scores(0.8, 0.7), shift=shift)) == ["vocals"]


def test_many_tracks_at_once_are_judged_as_each_alone() -> None:
    mine = DisplayTag("mine", Category.VOICE, ("taught/mine",))
    scheme = replace(
        SCHEME,
        tags=(*SCHEME.tags, mine, DisplayTag("by hand", Category.MOOD, (), own=True)),
        limits={Category.VOICE: 1},
        taught={"taught/mine": 0.5},
    )
    values = np.random.default_rng(1).random((60, 5)).tolist()
    heard = [scores(*row, silent=number % 20 == 0) for number, row in enumerate(values)]
    heard[1::3] = [replace(track, taught={"taught/mine": track.values[0]}) for track in heard[1::3]]
    said: list[dict[str, Verdict]] = [{} for _ in heard]
    said[2::4] = [{"by hand": Verdict.ACCEPTED, "rock": Verdict.REJECTED} for _ in said[2::4]]
    said[3::4] = [{"mine": Verdict.ACCEPTED, "gone": Verdict.ACCEPTED} for _ in said[3::4]]
    own = Thresholds(by_name={"guitar": 0.5})
    for shift in (0.0, -1.0):
        many = choose(scheme, CARD, heard, said, shift, own)
        for track, verdicts, choice in zip(heard, said, many, strict=True):
            alone = suggest(scheme, CARD, track, verdicts, shift, own)
            assert choice.tags == tuple(s for s in alone if s.chosen)
            levels = {s.tag.name: s.score for s in alone}
            assert choice.names == tuple(sorted(levels))
            assert list(choice.levels) == pytest.approx([levels[name] for name in choice.names])
        every = [
            s
            for track, v in zip(heard, said, strict=True)
            for s in suggest(scheme, CARD, track, v, shift, own)
        ]
        added_up = sum_up(scheme, CARD, heard, said, shift, own)
        assert [total.first.tag.name for total in added_up] == [
            t.name for t in scheme.tags if any(s.tag is t for s in every)
        ]
        for total in added_up:
            same = [s for s in every if s.tag is total.first.tag]
            assert (
                total.tracks,
                total.suggested,
                total.undecided,
                total.chosen,
                total.accepted,
                total.rejected,
            ) == (
                len(same),
                sum(s.suggested for s in same),
                sum(s.suggested and s.verdict is Verdict.UNDECIDED for s in same),
                sum(s.chosen for s in same),
                sum(s.verdict is Verdict.ACCEPTED for s in same),
                sum(s.verdict is Verdict.REJECTED for s in same),
            )
            assert total.score == pytest.approx(sum(s.score for s in same))
    assert choose(scheme, CARD, [], []) == []
    assert sum_up(scheme, CARD, [], []) == []


def test_taggram_rows_are_merged_as_scores_are() -> None:
    found = suggest(SCHEME, CARD, scores(0.5, 0.5, 0.5, 0.5, 0.5))
    taggram = np.linspace(0, 1, 15, dtype=np.float16).reshape(5, 3)
    rows = tag_taggram(SCHEME, CARD, taggram, found)
    assert rows.shape == (5, 3)
    assert rows[0] == pytest.approx(taggram[0].astype(float), abs=1e-3)
    assert tag_taggram(SCHEME, CARD, taggram, []).shape == (0, 3)


def plan(
    tags: dict[Field, tuple[str, ...]],
    values: Scores,
    policy: Policy = Policy.FILL_EMPTY,
    settings: Settings = Settings(),  # noqa: B008 - it is frozen
) -> dict[str, object]:
    session = SimpleNamespace(
        scheme=SCHEME,
        card=SimpleNamespace(name="fcn2d", digest="abc"),
        policies=dict.fromkeys(Field, policy),
        settings=settings,
    )
    track = Track(Path("/a.mp3"), FileStamp(1, 2, 3), 60.0, tags)
    found = plan_file(cast(Session, session), track, suggest(SCHEME, CARD, values))
    return {change.field: change.after for change in found.changes} if found else {}


HEARD = scores(0.9, 0.9, 0.9, 0.1, 0.9)


def test_empty_fields_are_filled_and_the_model_is_noted() -> None:
    after = plan({}, HEARD)
    assert after[Field.GENRE] == ("Rock",)
    assert after[Field.VOICE] == ("Vocals",)
    assert Field.MOOD not in after, "happy is shown, but not written unasked"
    assert after[Field.MAT_TAGS] == ("genre:rock", "instrument:guitar", "voice:vocals")
    assert str(after[Field.MAT_MODEL]).startswith("('fcn2d sha256:abc date:")


def test_fields_of_the_program_itself_can_be_left_out() -> None:
    fields = {Field.GENRE, Field.VOICE, Field.MAT_MODEL}
    assert set(plan({}, HEARD, settings=Settings(mat_tags=False))) == fields
    assert Field.MAT_MODEL not in plan({}, HEARD, settings=Settings(mat_model=False))
    same = {Field.GENRE: ("Rock",), Field.VOICE: ("Vocals",)}
    assert plan(same, HEARD, settings=Settings(mat_tags=False)) == {}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy.FILL_EMPTY, None),
        (Policy.APPEND, ("Pop", "Rock")),
        (Policy.REPLACE, ("Rock",)),
        (Policy.SKIP, None),
    ],
)
def test_policies(policy: Policy, expected: tuple[str, ...] | None) -> None:
    assert plan({Field.GENRE: ("Pop",)}, HEARD, policy).get(Field.GENRE) == expected


def test_appending_knows_values_in_any_case() -> None:
    assert Field.GENRE not in plan({Field.GENRE: ("ROCK",)}, HEARD, Policy.APPEND)


def test_a_second_run_changes_nothing() -> None:
    first = plan({}, HEARD)
    assert plan(cast(dict[Field, tuple[str, ...]], first), HEARD) == {}


def test_nothing_heard_changes_nothing() -> None:
    assert plan({Field.GENRE: ("Pop",)}, scores(0, 0, 0, 0, 0), Policy.REPLACE) == {}


def test_the_bundled_scheme_is_sound() -> None:
    scheme = read_scheme(resource("tag_schemes", "default.toml"))
    assert len(scheme.tags) > 80
    assert scheme.fields[Category.GENRE] is Field.GENRE
    values = [tag.value for tag in scheme.tags]
    assert len(set(values)) == len(values)
    assert {"Hip-Hop", "Rock", "Guitar", "Female vocals"} <= set(values)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name = ", "Invalid value"),
        ('name = "x"\ntitle = "x"\n', "is missing"),
        ('name="x"\ntitle="x"\n[[tags]]\nname="a/b"\ncategory="genre"\nsources=["m/a"]', "must not contain"),
        ('name="x"\ntitle="x"\n[[tags]]\nname="a"\ncategory="colour"\nsources=["m/a"]', "colour"),
        (
            'name="x"\ntitle="x"\nexclusive=[["b"]]\n[[tags]]\nname="a"\ncategory="genre"\nsources=["m/a"]',
            "unknown",
        ),
    ],
)
def test_unsound_schemes_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "scheme.toml"
    path.write_text(text)
    with pytest.raises(UsageFault, match=reason):
        read_scheme(path)


def test_a_plan_says_which_other_fields_come_into_a_new_tag(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", tone(0.2))
    data = path.read_bytes()
    info = b"INFO" + b"".join(
        name + len(text).to_bytes(4, "little") + text
        for name, text in ((b"IART", b"Ann\0"), (b"IGNR", b"Pop\0"), (b"INAM", b"One\0"), (b"ICMT", b"Mine"))
    )
    body = data[8:] + b"LIST" + len(info).to_bytes(4, "little") + info
    path.write_bytes(b"RIFF" + len(body).to_bytes(4, "little") + body)

    def copied(*changes: Change) -> tuple[str, ...]:
        plan = checked(FilePlan(path, FileStamp.of(path.stat()), changes))
        assert plan is not None and not plan.fault
        return plan.copied

    mood, genre = Change(Field.MOOD, (), ("Happy",)), Change(Field.GENRE, ("Pop",), ("Rock",))
    assert copied(mood) == (Field.TITLE, Field.ARTIST, Field.GENRE, "comment")
    assert copied(mood, genre) == (Field.TITLE, Field.ARTIST, "comment"), "a change itself stands there"
    text = text_of(Record(path, "planned", changes=(mood,), copied=copied(mood)))
    assert text.endswith("its other fields are copied into the new tag: title, artist, genre, comment")
    commit(prepare(path, [mood], FileStamp.of(path.stat())))
    assert copied(Change(Field.VOICE, (), ("Female",))) == (), "the tag is there by now"


IGNR = "the genre is written to IGNR of RIFF INFO too: Folk; Pop"


@pytest.mark.parametrize(
    ("name", "values", "told", "joins"),
    [
        (
            "a.wav",
            {Field.GENRE: ("Folk", "Pop")},
            (IGNR,),
            False,
        ),
        ("a.wma", {Field.VOICE: ("Female",)}, ("voice is called MAT/Voice in WMA files",), False),
        ("a.flac", {Field.GENRE: ("Folk", "Pop"), Field.VOICE: ("Female",)}, (), False),
        ("a.mp3", {Field.GENRE: ("Folk", "Pop")}, (), True),
        ("a.mp3", {Field.GENRE: ("Folk",)}, (), False),
    ],
)
def test_a_plan_says_how_values_are_written_where_a_user_would_not_expect_it(
    tmp_path: Path, name: str, values: dict[Field, tuple[str, ...]], told: tuple[str, ...], joins: bool
) -> None:
    path = encode(tmp_path / name, tone(0.2))
    if name == "a.mp3":
        path.write_bytes(b"ID3\3" + bytes(6) + path.read_bytes())
    changes = tuple(Change(field, (), after) for field, after in values.items())
    plan = checked(FilePlan(path, FileStamp.of(path.stat()), changes))
    assert plan is not None and (plan.told, plan.joins) == (told, joins)
    record = Record(path, "planned", changes=changes, told=plan.told)
    assert all(text in text_of(record) for text in told)


def test_a_plan_for_a_file_that_cannot_be_written_has_the_reason_and_no_change(tmp_path: Path) -> None:
    change = Change(Field.GENRE, (), ("Rock",))
    mark = Change(Field.MAT_TAGS, (), ("genre:rock",))

    def planned(name: str, *changes: Change) -> FilePlan | None:
        path = encode(tmp_path / name, tone(0.2))
        return checked(FilePlan(path, FileStamp.of(path.stat()), changes))

    flac = planned("a.flac", change)
    assert flac is not None and flac.changes == (change,)
    assert planned("a.mka", mark) is None, "nothing of the user's is lost"
    matroska = planned("a.mka", change, mark)
    assert matroska is not None
    assert matroska.fault == "Matroska and WebM files are only read"
    assert (matroska.wanted, matroska.changes) == ((change, mark), ())


def test_a_chance_is_that_one_of_the_raw_tags_is_right() -> None:
    tags = (
        DisplayTag("both", Category.GENRE, ("mtat/rock", "mtat/guitar")),
        DisplayTag("vocals", Category.VOICE, ("mtat/vocals",)),
        DisplayTag("instrumental", Category.VOICE, ("mtat/no vocals",)),
    )
    scheme, heard = TagScheme("t", "T", tags), scores(0.5, 0.3, 0.6, 0.2, 0.2)
    platt = {"mtat/rock": (2.0, 1.0), "mtat/guitar": (1.0, 0.0), "mtat/vocals": (1.0, 0.0)}
    found = named(suggest(scheme, calibrated(platt), heard))
    rock = 1 / (1 + exp(-1))  # log odds 2 * 0 + 1
    assert found["both"].chance == pytest.approx(1 - (1 - rock) * 0.7)
    assert found["vocals"].chance == pytest.approx(0.6)
    assert found["instrumental"].chance is None
    half = named(suggest(scheme, calibrated({"mtat/guitar": (1.0, 0.0)}), heard))
    assert half["both"].chance == pytest.approx(0.3)


def test_the_surest_is_the_likeliest_and_not_the_farthest_above_its_threshold() -> None:
    general = DisplayTag("general", Category.GENRE, ("mtat/rock",))
    special = DisplayTag("special", Category.GENRE, ("mtat/guitar",))
    scheme = TagScheme("t", "T", (general, special), limits={Category.GENRE: 1})
    heard = scores(*(0.6 for _ in CARD.tags))
    limits = {"mtat/rock": 0.55, "mtat/guitar": 0.01}
    assert chosen(suggest(scheme, calibrated({}, limits), heard)) == ["special"]
    card = calibrated({"mtat/rock": (1.0, 2.0), "mtat/guitar": (1.0, -2.0)}, limits)
    found = suggest(scheme, card, heard)
    assert [s.tag.name for s in found] == ["general", "special"]
    assert chosen(found) == ["general"]
    assert "general" in found[1].left_out or "at most" in found[1].left_out


def test_of_the_bundled_models_a_rare_tag_at_its_threshold_is_no_sure_thing() -> None:
    scheme = read_scheme(resource("tag_schemes", "default.toml"))
    for name in ("fcn2d", "fcn2d-small"):
        card = open_card(resource("models", name))
        at_thresholds = scores(*(tag.threshold for tag in card.tags))
        told = named(suggest(scheme, card, at_thresholds))
        for rare in ("party", "60s", "sad"):
            assert 0.1 < (told[rare].chance or 0) < 0.5, rare
            assert not told[rare].tag.write
        for kept in ("metal", "sitar", "choir", "heavy metal"):
            assert told[kept].tag.write


def test_the_command_line_says_which_suggestions_are_not_written() -> None:
    found = suggest(SCHEME, CARD, scores(0.9, 0.1, 0.1, 0.1, 0.9))
    text = text_of(Record(Path("a.flac"), "planned", suggestions=found))
    assert "rock 0.90\n" in text
    assert "happy 0.90 (not written)" in text
    found = suggest(SCHEME, CARD, scores(0.9, 0.1, 0.1, 0.1, 0.9), {"happy": Verdict.ACCEPTED})
    assert "not written" not in text_of(Record(Path("a.flac"), "planned", suggestions=found))


def calibrated(pairs: dict[str, tuple[float, float]], limits: dict[str, float] | None = None) -> ModelCard:
    tags = []
    for tag in CARD.tags:
        slope, shift = pairs.get(tag.key, (None, None))
        metrics = {} if slope is None or shift is None else {"platt_slope": slope, "platt_shift": shift}
        tags.append(replace(tag, threshold=(limits or {}).get(tag.key, tag.threshold), metrics=metrics))
    return replace(CARD, tags=tuple(tags))
