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
from training.report.pictures import pictures
from training.report.unfinished import begun
from training.results import read_run


def write_report(
    runs: Sequence[Path],
    out: Path,
    title: str = "",
    table: TableNumber | None = None,
) -> tuple[Path, Path]:
    """Write ``report.html``, and ``report.md`` with its pictures, into a folder.

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
    read = [read_run(folder) for folder in runs]
    page = compose(read, title, table, begun(read))
    out.mkdir(parents=True, exist_ok=True)
    written = out / "report.html", out / "report.md"
    drawn = pictures(page)
    texts = {written[0].name: html(page)}
    texts |= {picture.name: picture.svg for picture in drawn.values()}
    texts[written[1].name] = markdown(page, written[0].name, drawn)
    for name, text in texts.items():
        _write(out / name, text)
    return written


def _write(path: Path, text: str) -> None:
    write_whole(path, lambda file: file.write(text.encode()))
