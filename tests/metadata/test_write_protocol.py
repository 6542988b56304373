"""The protocol: conflicts, links, failures at every step, and what they leave behind: nothing."""

from __future__ import annotations

import errno
import os
import stat
import threading

import pytest
from writing import prepared, taken_back, temps, write

from mat_desktop import whole_file
from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp
from mat_desktop.errors import Conflict, TagFault
from mat_desktop.metadata import replace
from mat_desktop.metadata import write as write_module
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.write import Step, commit, discard, prepare

GENRE = {Field.GENRE: ("Rock",)}
STEPS = ["create_temp", "open_container", "gather", "verify", "copy_attributes", "sync_file", "make_delta"]


def test_prepare_leaves_the_file_alone_and_discard_removes_the_rest(music):
    path = music("mp3")
    before, stamp = path.read_bytes(), FileStamp.of(path.stat())
    ready = prepared(path, GENRE)
    assert path.read_bytes() == before and FileStamp.of(path.stat()) == stamp
    assert temps(path) == [ready.temp] and replace.is_stray_temp(ready.temp)
    assert ready.temp.parent == path.parent and ready.before_stamp == stamp
    discard(ready)
    discard(ready)
    assert temps(path) == [] and path.read_bytes() == before


def test_commit_returns_the_new_stamp(music):
    path = music("mp3")
    stamp = commit(prepared(path, GENRE))
    assert stamp == FileStamp.of(path.stat())


@pytest.mark.parametrize("name", [".mat-0123456789.tmp", ".mat-abcdefabcd.tmp"])
def test_names_of_leftovers(tmp_path, name):
    assert replace.is_stray_temp(tmp_path / name)
    assert not replace.is_stray_temp(tmp_path / f"x{name}")
    assert not replace.is_stray_temp(tmp_path / f"{name}.mp3")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "x"), KeyboardInterrupt(), MemoryError()],
    ids=["full", "ctrl-c", "memory"],
)
def test_a_failure_before_the_swap_leaves_the_old_file_and_nothing_else(music, monkeypatch, step, error):
    path = music("m4a")
    before, stamp = path.read_bytes(), FileStamp.of(path.stat())

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(f"mat_desktop.metadata.write.{step}", fail)
    expected = TagFault if isinstance(error, OSError) else type(error)
    with pytest.raises(expected) as caught:
        prepare(path, [Change(Field.GENRE, (), ("Rock",))], stamp)
    if expected is TagFault:
        assert caught.value.cause == "no space left on the disk"
    assert path.read_bytes() == before and FileStamp.of(path.stat()) == stamp and temps(path) == []


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.EACCES, "permission denied"),
        (errno.EROFS, "its drive is read-only"),
        (errno.EXDEV, "the folder lies on two disks"),
        (errno.EIO, "the disk reports a read or write error"),
    ],
)
def test_a_swap_that_fails_leaves_the_old_file(music, monkeypatch, number, cause):
    path = music("flac")
    before = path.read_bytes()
    ready = prepared(path, GENRE)

    def fail(*_: object) -> None:
        raise OSError(number, "words of the system")

    monkeypatch.setattr("os.replace", fail)
    monkeypatch.setattr("mat_desktop.metadata.write.swap", fail)
    with pytest.raises(TagFault) as caught:
        commit(ready)
    assert caught.value.cause == cause
    assert path.read_bytes() == before and temps(path) == []


def test_the_disk_fills_up_in_the_middle_of_the_copy(music, monkeypatch):
    path = music("wav")
    before = path.read_bytes()
    monkeypatch.setattr("mat_desktop.metadata.source._BLOCK", 1000)

    def short(source, start, stop):
        yield source.read(start, 10)
        raise OSError(errno.ENOSPC, "x")

    monkeypatch.setattr("mat_desktop.metadata.source.Source.blocks", short)
    monkeypatch.setattr("mat_desktop.metadata.source.Source.digest", lambda *_: b"")
    with pytest.raises(TagFault, match="no space left"):
        prepared(path, GENRE)
    assert path.read_bytes() == before and temps(path) == []


@pytest.mark.skipif(os.name != "posix", reason="folders can be synced on POSIX only")
def test_content_is_on_the_disk_before_the_swap_and_the_new_name_after_it(music, monkeypatch):
    path = music("flac")
    steps: list[str] = []
    real_sync, real_swap = os.fsync, whole_file.swap

    def sync(handle: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        real_sync(handle)

    def swap(temp, target):
        steps.append("swap")
        real_swap(temp, target)

    monkeypatch.setattr("os.fsync", sync)
    monkeypatch.setattr("mat_desktop.metadata.write.swap", swap)
    write(path, GENRE)
    assert steps == ["file", "swap", "folder"]


def test_a_folder_that_cannot_be_synced_does_not_undo_the_write(music, monkeypatch):
    path = music("flac")
    ready = prepared(path, GENRE)

    def fail(_: int) -> None:
        raise OSError(errno.EIO, "x")

    monkeypatch.setattr("os.fsync", fail)
    commit(ready)
    assert read_tags(path).tags[Field.GENRE] == ("Rock",)


def sharing_violation() -> PermissionError:
    error = PermissionError(13, "in use")
    error.winerror = 32
    return error


@pytest.mark.parametrize(("failures", "works"), [(3, True), (99, False)])
def test_windows_refusals_are_tried_again_and_not_for_ever(music, monkeypatch, failures, works):
    path = music("flac")
    before = path.read_bytes()
    ready = prepared(path, GENRE)
    waits: list[float] = []
    real = os.replace
    calls = iter(range(1000))

    def busy(temp, target):
        if next(calls) < failures:
            raise sharing_violation()
        real(temp, target)

    monkeypatch.setattr("pathlib.Path.replace", busy)
    monkeypatch.setattr("mat_desktop.whole_file.time.sleep", waits.append)
    if works:
        commit(ready)
        assert read_tags(path).tags[Field.GENRE] == ("Rock",) and len(waits) == 3
    else:
        with pytest.raises(TagFault, match="in use by another program"):
            commit(ready)
        assert path.read_bytes() == before and temps(path) == [] and sum(waits) == pytest.approx(2.5)


def change_content(path):
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def touch(path):
    os.utime(path, ns=(1, 1))


def remove(path):
    path.unlink()


def exchange(path):
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize("meddle", [change_content, touch, remove, exchange])
def test_a_change_after_the_plan_is_a_conflict(music, meddle):
    path = music("flac")
    stamp = FileStamp.of(path.stat())
    os.utime(path, ns=(stamp.mtime_ns - 10**10, stamp.mtime_ns - 10**10))
    stamp = FileStamp.of(path.stat())
    meddle(path)
    with pytest.raises(Conflict):
        prepare(path, [Change(Field.GENRE, (), ("Rock",))], stamp)
    assert temps(path) == []


@pytest.mark.parametrize("meddle", [change_content, touch, remove, exchange])
def test_a_change_between_prepare_and_commit_is_a_conflict(music, meddle):
    path = music("flac")
    ready = prepared(path, GENRE)
    meddle(path)
    after = path.read_bytes() if path.exists() else None
    with pytest.raises(Conflict):
        commit(ready)
    assert temps(path) == []
    assert (path.read_bytes() if path.exists() else None) == after


def test_a_field_that_is_not_as_planned_is_a_conflict(music):
    path = music("flac")
    write(path, GENRE)
    with pytest.raises(Conflict, match="genre"):
        prepare(path, [Change(Field.GENRE, ("Jazz",), ("Pop",))], FileStamp.of(path.stat()))
    assert temps(path) == []


def test_where_the_way_back_is_not_known_only_the_field_goes_back(music):
    path = music("flac")
    done = write(path, GENRE)
    write(path, {Field.MOOD: ("Happy",)})
    commit(taken_back(path, done))
    tags = read_tags(path).tags
    assert Field.GENRE not in tags and tags[Field.MOOD] == ("Happy",)


def test_several_writes_are_taken_back_in_one_step(music):
    path = music("mp3")
    before = path.read_bytes()
    done = [write(path, {Field.GENRE: (name * 500,)}) for name in ("Rock", "Pop", "Jazz")]
    steps = [Step(write.delta, write.before_sha256) for write in reversed(done)]
    change = Change(Field.GENRE, ("Jazz" * 500,), ())
    ready = prepare(path, [change], FileStamp.of(path.stat()), lambda digest: steps)
    assert temps(path) == [ready.temp]
    commit(ready)
    assert path.read_bytes() == before and temps(path) == []


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("damage", [b"", b"MATD\x01" + bytes(40), None])
def test_a_way_back_with_a_damaged_record_is_refused(music, damage, number):
    path = music("flac")
    done = [write(path, {Field.GENRE: (name,)}) for name in ("Rock", "Pop", "Jazz")]
    after = path.read_bytes()
    steps = [Step(write.delta, write.before_sha256) for write in reversed(done)]
    hurt = steps[number]
    steps[number] = Step(hurt.delta, "0" * 64) if damage is None else Step(damage, hurt.sha256)
    with pytest.raises(TagFault, match="record of the old file is damaged"):
        prepare(path, [Change(Field.GENRE, ("Jazz",), ())], FileStamp.of(path.stat()), lambda digest: steps)
    assert path.read_bytes() == after and temps(path) == []


def test_the_disk_fills_up_on_the_way_back(music, monkeypatch):
    path = music("flac")
    done = [write(path, {Field.GENRE: (name,)}) for name in ("Rock", "Pop", "Jazz")]
    after = path.read_bytes()
    steps = [Step(write.delta, write.before_sha256) for write in reversed(done)]
    real, calls = write_module.apply_delta, []

    def full(source, delta, out):
        calls.append(out)
        real(source, delta, out)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(write_module, "apply_delta", full)
    with pytest.raises(TagFault, match="no space left on the disk"):
        prepare(path, [Change(Field.GENRE, ("Jazz",), ())], FileStamp.of(path.stat()), lambda digest: steps)
    assert path.read_bytes() == after and temps(path) == []


def test_a_verification_that_finds_another_change_refuses(music, monkeypatch):
    from mat_desktop.metadata.dialects.vorbis import VorbisComment

    path = music("flac")
    before = path.read_bytes()
    honest = VorbisComment.set

    def careless(self, field, values):
        honest(self, field, values)
        self.comments = [comment for comment in self.comments if not comment.startswith(b"encoder=")]

    monkeypatch.setattr(VorbisComment, "set", careless)
    assert b"encoder=" in before
    with pytest.raises(TagFault, match="not ours"):
        prepared(path, GENRE)
    assert path.read_bytes() == before and temps(path) == []


def test_a_link_stays_a_link(music, tmp_path):
    path = music("mp3")
    folder = tmp_path / "links"
    folder.mkdir()
    link = folder / "link.mp3"
    link.symlink_to(path)
    done = write(link, GENRE)
    assert link.is_symlink() and done.path == path
    assert read_tags(path).tags[Field.GENRE] == ("Rock",)
    assert temps(link) == temps(path) == []


def test_a_link_that_leads_nowhere(tmp_path):
    link = tmp_path / "a.mp3"
    link.symlink_to(link)
    with pytest.raises((TagFault, Conflict)):
        prepare(link, [Change(Field.GENRE, (), ("Rock",))], FileStamp(0, 0, 0))


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no extended attributes here")
def test_extended_attributes_stay(music):
    path = music("flac")
    try:
        os.setxattr(path, "user.rating", b"five")
    except OSError:
        pytest.skip("the file system has no extended attributes")
    write(path, GENRE)
    assert os.getxattr(path, "user.rating") == b"five"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to be root")
def test_the_owner_stays(music, monkeypatch):
    path = music("flac")
    os.chown(path, 1234, 2345)
    write(path, GENRE)
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)

    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EPERM, "x")

    monkeypatch.setattr("os.chown", forbidden)
    with pytest.raises(TagFault, match="another user or group"):
        write(path, {Field.GENRE: ("Jazz",)})
    assert temps(path) == []


def test_long_and_strange_names(music):
    path = music("mp3")
    for name in ("ü" * 120 + ".MP3", "new\nline.mp3", "😀 .mp3", os.fsdecode(b"\xff\xfe.mp3")):
        path = path.rename(path.with_name(name))
        write(path, {Field.GENRE: (ascii(name[:5]),)})
        assert read_tags(path).tags[Field.GENRE] == (ascii(name[:5]),)


def test_files_are_written_in_threads(music):
    paths = [music(extension) for extension in ("mp3", "flac", "ogg", "m4a", "wma", "wv")]
    faults: list[BaseException] = []

    def work(path):
        try:
            for genre in ("Rock", "Jazz", "Pop"):
                write(path, {Field.GENRE: (genre,)})
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults and all(read_tags(path).tags[Field.GENRE] == ("Pop",) for path in paths)


def test_two_writers_of_one_file(music):
    path = music("mp3")
    first, second = prepared(path, GENRE), prepared(path, {Field.GENRE: ("Jazz",)})
    commit(first)
    with pytest.raises(Conflict):
        commit(second)
    assert read_tags(path).tags[Field.GENRE] == ("Rock",) and temps(path) == []


def test_a_drive_that_is_read_only_is_told(music, monkeypatch):
    path = music("flac")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert write_module.obstacle(path) == "permission denied"
    monkeypatch.setattr(write_module, "is_read_only", lambda folder: folder == path.parent)
    assert write_module.obstacle(path) == "its drive is read-only"
