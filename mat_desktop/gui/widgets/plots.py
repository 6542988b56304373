"""The two plots of a track, without anything in them; each takes a while to be made."""

from __future__ import annotations

import pyqtgraph as pg

from mat_desktop.gui.widgets.plot_axes import HertzAxis, TagAxis, TimeAxis
from mat_desktop.gui.widgets.plot_box import TimeBox


def upper_plot() -> pg.PlotItem:
    """For the spectrogram."""
    plot = _plot({"left": HertzAxis()})
    plot.hideAxis("bottom")
    return plot


def lower_plot() -> pg.PlotItem:
    """For the taggram."""
    return _plot({"left": TagAxis(), "bottom": TimeAxis()})


def _plot(axes: dict[str, pg.AxisItem]) -> pg.PlotItem:
    plot = pg.PlotItem(axisItems=axes, viewBox=TimeBox(enableMenu=False), enableMenu=False)
    plot.hideButtons()
    plot.setMouseEnabled(x=True, y=False)
    plot.setContentsMargins(0, 0, 0, 0)
    plot.layout.setContentsMargins(0, 0, 0, 0)
    plot.getViewBox().setDefaultPadding(0)
    plot.getViewBox().enableAutoRange(enable=False)
    return plot
