"""The editor of how tags are shown and written."""

from __future__ import annotations

import threading

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mat_desktop.app.tag_file import Slip, TagChange
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.errors import UsageFault
from mat_desktop.gui.views.mapping import ACCEPTED, NEVER, Mapping, MappingSheet
from mat_desktop.gui.widgets.banner import Banner
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.test_flow import listen


def opened(qtbot: QtBot, window: Window, name: str) -> Mapping:
    window.library.pane.scores.mapping_asked.emit(name)
    sheet = window.pages.stack.currentWidget()
    assert isinstance(sheet, MappingSheet)
    editor = sheet.findChild(Mapping)
    assert isinstance(editor, Mapping)
    qtbot.waitUntil(lambda: editor.tags.rowCount() > 0)
    assert editor.title.text() == name
    return editor


def test_a_tag_gets_another_name_and_field_everywhere(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    editor = opened(qtbot, library, "rock")
    editor.label.setText("rocknroll")
    editor.label.editingFinished.emit()
    qtbot.waitUntil(lambda: editor.title.text() == "rocknroll")
    assert editor.list.currentIndex().data() == "rocknroll"
    editor.field.pick("grouping")
    editor.field.picked.emit("grouping")
    qtbot.waitUntil(lambda: services.tag_changes()["rock"].field is Field.GROUPING)
    qtbot.waitUntil(lambda: Field.GROUPING in services.policies)
    qtbot.keyClick(library.pages.stack.currentWidget(), Qt.Key.Key_Escape)
    assert library.pages.shows(library.library)
    pane = library.library.pane
    qtbot.waitUntil(lambda: "Rocknroll" in pane.changes.blocks[Field.GROUPING].new.text())
    assert not pane.changes.blocks[Field.GROUPING].isHidden()
    assert pane.scores.tags.index(pane.scores.tags.place("rock")).data() == "rocknroll"

    editor = opened_again(qtbot, library)
    editor.reset.click()
    qtbot.waitUntil(lambda: services.tag_changes() == {})
    qtbot.waitUntil(lambda: pane.scores.tags.index(pane.scores.tags.place("rock")).data() == "rock")


def opened_again(qtbot: QtBot, window: Window) -> Mapping:
    window.room.show_mapping("rock")
    editor = window.pages.stack.currentWidget().findChild(Mapping)
    assert isinstance(editor, Mapping)
    qtbot.waitUntil(lambda: editor.title.text() == "rocknroll")
    return editor


def test_a_tag_is_written_only_when_accepted_or_never_shown(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    row = library.library.row
    assert row is not None
    editor = opened(qtbot, library, "indie")
    editor.use.pick(ACCEPTED)
    editor.use.picked.emit(ACCEPTED)
    pane = library.library.pane
    block = pane.changes.blocks[Field.GENRE]
    qtbot.waitUntil(lambda: "Indie" not in block.new.text())
    library.review.decide([row], {"indie": Verdict.ACCEPTED})
    assert "Indie" in block.new.text()
    editor.use.pick(NEVER)
    editor.use.picked.emit(NEVER)
    qtbot.waitUntil(lambda: pane.scores.tags.place("indie") < 0)
    assert "Indie" not in block.new.text()
    qtbot.waitUntil(lambda: editor.use.value == NEVER)  # still listed, to bring it back


def test_a_name_that_is_taken_is_refused_and_nothing_changes(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    editor = opened(qtbot, library, "rock")
    editor.label.setText("Jazz")
    editor.label.editingFinished.emit()
    qtbot.waitUntil(lambda: "Two tags are shown as" in editor.fault.text())
    assert editor.label.text() == "Jazz", "to be mended"
    assert services.tag_changes() == {}
    editor.label.clear()
    editor.label.editingFinished.emit()
    assert not editor.fault.isVisible()
    editor.written.setText("Rock; Pop")
    editor.written.editingFinished.emit()
    qtbot.waitUntil(lambda: "must not contain" in editor.fault.text())
    assert editor.written.text() == "Rock; Pop"
    editor.written.editingFinished.emit()  # and the user goes on to another tag
    editor.go_to("jazz")
    qtbot.waitUntil(lambda: editor.banners.texts() != [])
    assert editor.banners.texts()[0].startswith("“rock” stays as it is: ")
    assert not editor.fault.isVisible()


def test_search_and_own_tags(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    listen(qtbot, library)
    row = library.library.row
    assert row is not None
    library.review.add_tag([row], "shoegaze", Category.GENRE)
    qtbot.waitUntil(lambda: "shoegaze" in row.verdicts)
    editor = opened(qtbot, library, "shoegaze")
    assert editor.count.text().endswith(", 0 changed, 1 added by hand")
    assert not editor.reset_all.isEnabled()
    editor.search.setText("genre")
    assert editor.tags.rowCount() == 4
    editor.search.setText("shoe")
    assert editor.reset.text() == "Forget this tag"
    editor.reset.click()
    qtbot.waitUntil(lambda: services.tag_changes() == {})
    qtbot.waitUntil(lambda: not any(s.tag.name == "shoegaze" for s in library.tracks.suggestions(row)))


def test_a_broken_file_is_named_with_a_way_out(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    services.tags.path.write_text("[tags.rock]\nfield = 'title'\n")
    services.tags_fault = UsageFault("tags.toml is not usable: no")
    library.room.map_tags.warn()
    assert "tags.toml" in library.library.banners.texts()[-1]
    library.room.map_tags._set_aside()
    qtbot.waitUntil(lambda: not services.tags.path.exists())


def test_two_changes_in_a_row_are_both_kept(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    gate = threading.Event()
    library.bridge.ask("long", lambda: gate.wait(5), lambda _: None)
    mapping = library.room.map_tags
    mapping.change("rock", TagChange(label="Rock music"))
    mapping.change("jazz", TagChange(label="Jazz music"))
    gate.set()
    qtbot.waitUntil(lambda: set(services.tag_changes()) == {"rock", "jazz"})


def test_what_does_not_count_is_named(library: Window, services: FakeServices) -> None:
    services.slips = (Slip("two tags are shown as “Shoegaze”: rock and shoegaze", "“shoegaze” is left out"),)
    library.workshop.model_changed.emit()
    assert library.library.banners.texts()[-1] == (
        "Two tags are shown as “Shoegaze”: rock and shoegaze; “shoegaze” is left out. Rename one of them."
    )


def test_what_does_not_count_stands_in_the_editor_as_long_as_that_is_so(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    services.slips = (Slip("two tags are shown as “Shoegaze”: rock and shoegaze", "“shoegaze” is left out"),)
    editor = opened(qtbot, library, "rock")
    qtbot.waitUntil(lambda: editor.amiss.isVisible())
    assert "rock and shoegaze; “shoegaze” is left out" in editor.amiss.text()
    services.slips = ()
    library.room.map_tags.change("rock", TagChange(label="Rock music"))
    qtbot.waitUntil(lambda: not editor.amiss.isVisible())


def pressed(qtbot: QtBot, window: Window, *, again: bool = False) -> None:
    """Ctrl+Z in the editor, or Ctrl+Shift+Z."""
    modifiers = Qt.KeyboardModifier.ControlModifier
    if again:
        modifiers |= Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window.pages.stack.currentWidget().findChild(Mapping).list, Qt.Key.Key_Z, modifiers)


def test_a_change_is_taken_back_and_made_again_where_it_was_made(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    row = library.library.row
    assert row is not None
    editor = opened(qtbot, library, "rock")
    editor.label.setText("rocknroll")
    editor.label.editingFinished.emit()
    qtbot.waitUntil(lambda: editor.title.text() == "rocknroll")
    library.review.decide([row], {"indie": Verdict.ACCEPTED})
    said = library.status.result.text
    pressed(qtbot, library)
    qtbot.waitUntil(lambda: editor.title.text() == "rock")
    assert services.tag_changes() == {} and row.verdicts == {"indie": Verdict.ACCEPTED}
    assert said() == "Taken back: “rock” shown or written otherwise"
    pressed(qtbot, library)
    assert row.verdicts == {"indie": Verdict.ACCEPTED}, "that is not to be seen here"
    pressed(qtbot, library, again=True)
    qtbot.waitUntil(lambda: editor.title.text() == "rocknroll")
    assert said() == "Made again: “rock” shown or written otherwise"
    pressed(qtbot, library)
    qtbot.waitUntil(lambda: services.tag_changes() == {})


def test_all_changes_that_are_taken_out_come_back(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    changes = {"rock": TagChange(label="Rock music"), "indie": TagChange(drop=True)}
    services.change_tags(changes)
    for undo in ("banner", "key"):
        editor = opened_at(qtbot, library)
        editor.reset_all.click()
        qtbot.waitUntil(lambda: services.tag_changes() == {})
        qtbot.waitUntil(lambda: editor.banners.texts() == ["2 tags as in the bundled scheme again."])  # noqa: B023
        if undo == "key":
            pressed(qtbot, library)
        else:
            banner = editor.banners.findChild(Banner)
            assert isinstance(banner, Banner)
            banner.action.click()
            assert not library.review.can_take_back()
        qtbot.waitUntil(lambda: services.tag_changes() == changes)
        qtbot.waitUntil(lambda: editor.banners.texts() == [])  # noqa: B023


def opened_at(qtbot: QtBot, window: Window) -> Mapping:
    window.room.show_mapping()
    editor = window.pages.stack.currentWidget().findChild(Mapping)
    assert isinstance(editor, Mapping)
    qtbot.waitUntil(lambda: editor.reset_all.isEnabled())
    return editor
