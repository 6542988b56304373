"""What happens to values that a field already has, where it is said and where it counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mat_desktop.domain.plan import Policy
from mat_desktop.domain.tags import Field
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.reviewing import in_view
from tests.gui.test_flow import listen

Key = Qt.Key


@pytest.fixture
def heard(qtbot: QtBot, library: Window) -> Window:
    listen(qtbot, library)
    return library


def test_a_policy_of_the_write_panel_is_for_that_write(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    before = services.policies[Field.GENRE]
    heard.actions_["write"].trigger()
    panel = heard.panels.write
    qtbot.waitUntil(panel.write.isEnabled)
    card = panel.cards[Field.GENRE]
    assert card.note.isHidden()
    assert panel.plan.by_field[Field.GENRE]
    card.combo.setCurrentIndex(list(Policy).index(Policy.SKIP))
    card.combo.activated.emit(card.combo.currentIndex())
    assert card.note.text.text() == "This write only"
    assert services.policies[Field.GENRE] is before
    qtbot.waitUntil(panel.write.isEnabled)
    assert not panel.plan.by_field[Field.GENRE]
    heard.panels.close()
    heard.actions_["write"].trigger()
    assert card.combo.policy is before, "the next one begins with the setting"
    card.combo.setCurrentIndex(list(Policy).index(Policy.REPLACE))
    card.combo.activated.emit(card.combo.currentIndex())
    card.note.link.click()
    assert services.policies[Field.GENRE] is Policy.REPLACE
    assert (card.note.text.text(), card.note.link.text()) == ("For all files from now on", "Undo")
    card.note.link.click()
    assert services.policies[Field.GENRE] is before
    assert (card.combo.policy, card.note.text.text()) == (Policy.REPLACE, "This write only")
    qtbot.waitUntil(panel.write.isEnabled)
    card.note.link.click()
    heard.panels.close()
    heard.actions_["write"].trigger()
    assert card.combo.policy is Policy.REPLACE
    assert card.note.isHidden()


def test_a_policy_of_the_pane_says_that_it_is_the_setting_and_can_be_taken_back(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    before = services.policies[Field.GENRE]
    block = heard.library.pane.changes.blocks[Field.GENRE]
    assert block.combo is not None

    def pick(policy: Policy) -> None:
        block.combo.setCurrentIndex(list(Policy).index(policy))
        block.combo.activated.emit(block.combo.currentIndex())

    assert block.note.isHidden()
    for policy in (Policy.SKIP, Policy.REPLACE):
        pick(policy)
        assert services.policies[Field.GENRE] is policy
        assert block.note.text.text() == "For all files from now on"
    block.note.link.click()
    assert services.policies[Field.GENRE] is before
    assert block.combo.policy is before
    assert block.note.isHidden()
    assert heard.focusWidget() is block.combo

    pick(Policy.SKIP)
    pick(before)
    assert block.note.isHidden(), "as it was"
    pick(Policy.SKIP)
    heard.library.select(1)
    assert block.note.isHidden(), "of another track"
    assert services.policies[Field.GENRE] is Policy.SKIP


def test_policies_show_at_once_on_the_review_page(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    heard.actions_["review"].trigger()
    assert "Indie: not written" not in heard.room.page.written.fields.text()
    heard.review.set_policy(Field.GENRE, Policy.SKIP)
    assert "Indie: not written" in heard.room.page.written.fields.text()
    assert Path(services.data_dir).is_dir()


def test_review_says_which_tag_is_not_written_as_its_field_is_filled(
    qtbot: QtBot, heard: Window, services: FakeServices
) -> None:
    services.policies[Field.GENRE] = Policy.FILL_EMPTY
    heard.actions_["review"].trigger()
    assert in_view(heard).title == "Song 0"  # with Rock as its genre
    text = heard.room.page.written.fields.text()
    assert "Indie: not written, as the field is filled" in text
    assert "Rock" not in text
    heard.review.set_policy(Field.GENRE, Policy.SKIP)
    text = heard.room.page.written.fields.text()
    assert "Indie: not written, as the field is left as it is" in text
    heard.review.set_policy(Field.GENRE, Policy.APPEND)
    assert "not written" not in heard.room.page.written.fields.text()


def test_the_pane_counts_fields_as_the_write_panel_does(qtbot: QtBot, heard: Window) -> None:
    heard.library.select(1)
    said = heard.library.pane.changes.summary.text()
    heard.actions_["review"].trigger()
    in_review = heard.room.page.written.summary.text()
    heard.actions_["library"].trigger()
    heard.actions_["write"].trigger()
    panel = heard.panels.write
    qtbot.waitUntil(panel.write.isEnabled)
    fields = f"{sum(1 for number in panel.plan.by_field.values() if number)} fields"
    assert f" in {fields}." in panel.summary.text()
    assert said == f"{fields}, nothing removed" and in_review == fields
