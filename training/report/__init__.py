"""``report``: one HTML page and one Markdown file on a run, or on several beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mat_desktop.errors import UsageFault
from training.checkpoints import write_whole
from training.published import TableNumber
from training.report.content import compose
from training.report.html import html
from training.report.markdown import markdown
from training.results import read_run


def report(
    runs: Sequence[Path], out: Path, title: str = "", table: TableNumber | None = None
) -> tuple[Path, Path]:
    """Write ``report.html`` and ``report.md`` into a folder.

    :param runs: folders of finished runs
    :param out: made if it is not there
    :param title: of the page; empty: the names of the runs
    :param table: of the paper, whose rows the runs are; it stands first
    :returns: the HTML page and the Markdown file
    :raises DiskFault: a file could not be written; the report before stays
    :raises UsageFault: no run is given
    :raises ResultFault: a folder holds no result, or a broken one
    """
    if not runs:
        raise UsageFault("a report needs at least one run")
    page = compose([read_run(folder) for folder in runs], title, table)
    out.mkdir(parents=True, exist_ok=True)
    written = out / "report.html", out / "report.md"
    write_whole(written[0], lambda file: file.write(html(page).encode()))
    write_whole(written[1], lambda file: file.write(markdown(page, written[0].name).encode()))
    return written
