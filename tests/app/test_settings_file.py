"""The file with the settings."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from threading import Event

import pytest

from mat_desktop.app.session import Session
from mat_desktop.app.settings_file import SettingsFile
from mat_desktop.domain.plan import Policy
from mat_desktop.domain.settings import SPECS, Settings
from mat_desktop.domain.tags import Field
from mat_desktop.errors import EngineFault, UsageFault
from tests.models import tiny_model


@pytest.fixture
def file(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "deep")


def write(file: SettingsFile, text: str) -> None:
    file.path.parent.mkdir(exist_ok=True)
    file.path.write_text(text, encoding="utf-8")


def test_without_a_file_all_is_as_by_default(file: SettingsFile) -> None:
    reading = file.read()
    assert reading.settings == Settings()
    assert (reading.given, reading.slips, reading.fault) == (frozenset(), (), None)
    assert not file.path.exists()


def test_what_is_changed_comes_back_and_the_rest_is_commented_out(file: SettingsFile) -> None:
    changes = {
        "listening.device": "cpu",
        "listening.threads": 3,
        "writing.keep_time": True,
        "writing.mood": "append",
        "player.device": 'Kopfhörer "é" \\',
    }
    file.change(changes)
    reading = file.read()
    assert reading.settings == Settings().having(changes)
    assert reading.given == set(changes)
    assert reading.settings.policy(Field.MOOD) is Policy.APPEND
    text = file.path.read_text(encoding="utf-8")
    assert "\nthreads = 3\n" in text
    assert '\n#model = "fcn2d"\n' in text
    for spec in SPECS.values():
        assert f"# {spec.meaning}" in text
    file.change({"listening.threads": 0})
    assert "\n#threads = 0\n" in file.path.read_text(encoding="utf-8")


def test_a_number_among_words_needs_no_quotes(file: SettingsFile) -> None:
    write(file, "[appearance]\ntext = 125\n")
    assert file.read().settings.text == "125"
    assert file.read().slips == ()


def test_every_default_may_stand_in_the_file() -> None:
    for spec in SPECS.values():
        assert spec.check(spec.default) == spec.default
        text = str(spec.default).lower() if isinstance(spec.default, bool) else str(spec.default)
        assert spec.parse(text) == spec.default


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('listening.device = "abacus"', "listening.device: abacus is not one of auto, cuda, mps, xpu or cpu"),
        ("listening.threads = -1", "listening.threads: -1 is not a whole number from 0 to 256"),
        ("listening.threads = 2.5", "listening.threads: 2.5 is not a whole number"),
        ("listening.threads = true", "listening.threads: true is not a whole number"),
        ("writing.keep_time = 1", "writing.keep_time: 1 is not true or false"),
        ('writing.genre = ["append"]', "writing.genre: ['append'] is not one of fill-empty, append"),
        ('player.device = "a\\u0007b"', "player.device: a\\u0007b is not a printable text"),
        ("writing.colour = 1", "there is no setting “writing.colour”"),
        ("later.thing = 1", "there is no section or setting “later”"),
        ("listening = 1", "there is no section or setting “listening”"),
    ],
)
def test_what_cannot_be_used_costs_only_itself_and_stays(file: SettingsFile, line: str, said: str) -> None:
    write(file, f'{line}\nappearance.theme = "dark"\n')
    before = tomllib.loads(file.path.read_text(encoding="utf-8"))
    reading = file.read()
    assert reading.settings == Settings().having({"appearance.theme": "dark"})
    (slip,) = reading.slips
    assert str(file.path) in slip.why
    assert said in slip.why.replace("\x07", "\\u0007")
    if line == "listening = 1":
        return
    file.change({"player.volume": 50})
    after = tomllib.loads(file.path.read_text(encoding="utf-8"))
    for section, content in before.items():
        assert {name: after[section][name] for name in content} == content
    assert file.read().settings.volume == 50


def test_what_a_later_version_wrote_is_kept(file: SettingsFile) -> None:
    text = """
edition = 2
[listening]
"own key" = [1, {deep = 1979-05-27T07:32:00}]
[future]
list = ["a", true, 0.5]
[future.deeper]
"x y" = "\\u007f"
"""
    write(file, text)
    before = tomllib.loads(file.path.read_text(encoding="utf-8"))
    file.change({"player.volume": 50})
    after = tomllib.loads(file.path.read_text(encoding="utf-8"))
    assert after.pop("player") == {"volume": 50}
    assert {name: content for name, content in after.items() if content} == before


@pytest.mark.parametrize("content", [b"[listening\nthreads = 2", b"\xff\xfe", b"a = 1\na = 2"])
def test_a_file_that_is_no_toml_is_left_alone_until_it_is_set_aside(
    file: SettingsFile, content: bytes
) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(content)
    reading = file.read()
    assert reading.settings == Settings()
    assert reading.fault is not None
    (slip,) = reading.slips
    assert f"{file.path} is not usable: " in slip.why
    with pytest.raises(UsageFault, match="is not usable"):
        file.change({"listening.threads": 2})
    assert file.path.read_bytes() == content
    aside = file.set_aside()
    assert aside.read_bytes() == content
    file.change({"listening.threads": 2})
    assert file.read().settings.threads == 2


def test_wrong_changes_change_nothing(file: SettingsFile) -> None:
    file.change({"listening.threads": 2})
    before = file.path.read_bytes()
    for changes in ({"listening.threads": 999}, {"listening.colour": 1}, {"writing.genre": "maybe"}):
        with pytest.raises(UsageFault):
            file.change({"player.volume": 1, **changes})
    assert file.path.read_bytes() == before


def test_remarks_and_order_of_the_user_stay(file: SettingsFile) -> None:
    text = """# only mine
[later]
a = 1
[player]
volume = 50   # quiet # at night
# device = "Speakers" for parties
[listening] # ears
threads = 3
"""
    write(file, text)
    file.change({"player.volume": 40, "player.device": "a # b", "appearance.theme": "dark"})
    now = file.path.read_text(encoding="utf-8")
    for line in text.splitlines():
        assert line.replace("= 50", "= 40") in now.splitlines()
    settings = file.read().settings
    assert (settings.volume, settings.player_device, settings.theme, settings.threads) == (
        40,
        "a # b",
        "dark",
        3,
    )
    file.change({"player.volume": 100, "player.device": "c"})
    now = file.path.read_text(encoding="utf-8")
    assert "\n#volume = 100   # quiet # at night\n" in now
    assert '\ndevice = "c"\n' in now
    assert file.read().settings == Settings().having(
        {"player.device": "c", "appearance.theme": "dark", "listening.threads": 3}
    )


@pytest.mark.parametrize(
    "text",
    [
        "player = {volume = 50}\nlistening.threads = 3\n",
        'foreign = """\n[player]\nvolume = 1\n"""\nlistening.threads = 3\n',
        "[player]\nvolume = [\n1,\n2]\n[listening]\nthreads = 3\n",
        "# nothing yet but this\n[listening]\nthreads = 3",
    ],
)
def test_however_it_is_written_nothing_is_lost(file: SettingsFile, text: str) -> None:
    write(file, text)
    foreign = tomllib.loads(text).get("foreign")
    file.change({"player.volume": 40})
    reading = file.read()
    assert reading.fault is None
    assert (reading.settings.volume, reading.settings.threads) == (40, 3)
    assert tomllib.loads(file.path.read_text(encoding="utf-8")).get("foreign") == foreign


def test_a_value_in_the_place_of_a_section_spoils_nothing_else(file: SettingsFile) -> None:
    write(file, "listening = 3\nplayer.volume = 50\n")
    file.change({"player.volume": 40})
    assert (file.read().fault, file.read().settings.volume) == (None, 40)
    assert "listening = 3" in file.path.read_text(encoding="utf-8")
    file.change({"listening.threads": 2})
    assert (file.read().fault, file.read().settings.threads) == (None, 2)


def test_a_second_unusable_file_does_not_replace_the_first(file: SettingsFile) -> None:
    kept = []
    for text in ("a = [", "b = ["):
        write(file, text)
        kept.append((file.set_aside(), text))
    assert [aside.read_text(encoding="utf-8") for aside, _ in kept] == [text for _, text in kept]


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    one, other = SettingsFile(tmp_path), SettingsFile(tmp_path)
    one.read()
    other.change({"listening.threads": 2})
    one.change({"player.volume": 7})
    assert (other.read().settings.threads, other.read().settings.volume) == (2, 7)


def test_the_model_chosen_in_an_earlier_version_is_taken_over_once(file: SettingsFile) -> None:
    old = file.path.with_name("model.txt")
    old.parent.mkdir()
    old.write_text("mine\n", encoding="utf-8")
    assert file.read().settings.model == "mine"
    assert old.exists()  # who only reads changes nothing
    file.take_over()
    assert not old.exists()
    assert file.read().settings.model == "mine"
    old.write_text("other\n", encoding="utf-8")  # as an earlier version would, used again
    assert file.read().settings.model == "mine"
    file.take_over()
    assert not old.exists()


def test_a_link_to_the_file_stays_one(file: SettingsFile, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "mat.toml"
    real.parent.mkdir()
    real.write_text("[player]\nvolume = 3\n", encoding="utf-8")
    file.path.parent.mkdir()
    try:
        file.path.symlink_to(real)
    except OSError:
        pytest.skip("no links here")
    file.change({"listening.threads": 2})
    assert file.path.is_symlink()
    assert "volume = 3" in real.read_text(encoding="utf-8")
    assert "threads = 2" in real.read_text(encoding="utf-8")
    assert list(real.parent.iterdir()) == [real]


def test_the_session_starts_with_the_settings_and_flags_win(tmp_path: Path) -> None:
    data = tmp_path / "data"
    tiny_model(tmp_path / "model")
    SettingsFile(data).change(
        {
            "listening.device": "xpu",
            "listening.threads": 1,
            "listening.model": str(tmp_path / "model"),
            "writing.genre": "replace",
        }
    )
    session = Session(data)
    try:
        assert session.card.name == "model"
        assert session.policies[Field.GENRE] is Policy.REPLACE
        assert session.policies[Field.MOOD] is Policy.FILL_EMPTY
        session.start_engine()
        assert "no xpu device" in session.engine.instead
        assert session.engine._threads == 1
        session.use_settings({"writing.genre": "skip"})
        assert session.policies[Field.GENRE] is Policy.SKIP
    finally:
        session.close()
    session = Session(data, "fcn2d", "cpu")
    try:
        assert session.model == "fcn2d"
        assert session.settings.model == str(tmp_path / "model")
        session.start_engine()
        assert session.engine.instead == ""
    finally:
        session.close()


def test_the_engine_is_started_anew_with_other_settings_or_goes_on_as_before(tmp_path: Path) -> None:
    tiny_model(tmp_path / "model")
    session = Session(tmp_path / "data", str(tmp_path / "model"))
    try:
        session.start_engine()
        before = session.engine
        session.use_settings({"listening.threads": 1})
        cancel = Event()
        cancel.set()
        with pytest.raises(EngineFault):
            session.restart_engine(cancel)
        assert session.engine is before
        assert before.device is not None
        session.restart_engine(Event())
        assert session.engine is not before
        assert session.engine._threads == 1
        assert session.device is not None
    finally:
        session.close()


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_a_file_that_is_closed_to_others_stays_so(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path)
    file.change({"player.volume": 3})
    file.path.chmod(0o600)
    file.change({"player.volume": 4})
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_mended_is_not_set_aside_and_no_fault_is_left(session: Session) -> None:
    path = session.settings_file.path

    def spoil() -> None:
        path.write_text("[player]\nvolume = ", encoding="utf-8")
        reading = session.settings_file.read()
        session.settings_fault, session.settings_slips = reading.fault, reading.slips

    spoil()
    assert not session.look_at_settings()
    aside = session.set_settings_aside()
    assert aside is not None and aside.exists() and not path.exists()
    assert (session.settings_fault, session.settings_slips) == (None, ())

    spoil()
    path.write_text("[player]\nvolume = 40\n", encoding="utf-8")
    assert session.set_settings_aside() is None
    assert path.read_text(encoding="utf-8") == "[player]\nvolume = 40\n"
    assert (session.settings_fault, session.settings_slips) == (None, ())

    spoil()
    path.unlink()
    session.keep_settings({"player.volume": 7})
    assert (session.settings_fault, session.settings_slips) == (None, ())
