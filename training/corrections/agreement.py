"""How a model that learned from a user's verdicts fares with each tag, counted in verdicts.

Counts, not shares: on one tag there are often too few for a share to mean much.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True, slots=True)
class TagAgreement:
    """One entry a tag, those with the most verdicts first.

    :param verdicts: on the tag, one a track
    :param accepted: of them, those that the tag is right
    :param before: of them, those that the old model agrees with; it learned from none of them
    :param held_out: the same of the new one, each on a track of an artist that was left out of the training;
        None where none were left out
    :param after: the same of the new one, on the tracks that it learned from
    """

    tags: tuple[str, ...]
    verdicts: tuple[int, ...]
    accepted: tuple[int, ...]
    before: tuple[int, ...]
    held_out: tuple[int, ...] | None
    after: tuple[int, ...]


def agreement_table(found: TagAgreement) -> Table:
    """For a terminal."""
    table = Table(title="Verdicts that the model agrees with")
    held_out = found.held_out
    columns = ["verdicts", "accepted", "before", *(["held out"] if held_out else []), "on what it learned"]
    for heading in ("", *columns):
        table.add_column(heading, justify="left" if not heading else "right", no_wrap=True)
    for place, tag in enumerate(found.tags):
        counts = [found.verdicts[place], found.accepted[place], found.before[place]]
        counts += [held_out[place]] if held_out else []
        table.add_row(tag, *map(str, [*counts, found.after[place]]))
    return table
