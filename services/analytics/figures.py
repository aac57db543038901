"""The figures of a night: Kaplan-Meier curves, the flow of participants, time on study,
effects in subgroups.

This module and those it draws with need matplotlib: only the run of an analysis
imports it, so that serving finished figures stays quick to start.
"""

from services.analytics.domain.flow_chart import FlowChart
from services.analytics.domain.forest import Forest
from services.analytics.domain.panel import Panel
from services.analytics.domain.results import CLOSED_MARKING, OutputClass
from services.analytics.domain.swimmer import Sheet
from services.analytics.figure_files import Drawing, finished, settings
from services.analytics.figure_flow import flow_page
from services.analytics.figure_forest import forest_page
from services.analytics.figure_page import draw_page
from services.analytics.figure_swimmer import swimmer_page


def draw_kaplan_meier(panel: Panel, *, declared_open: bool = False) -> Drawing:
    """Draw a panel.

    A panel by arm carries the marking of the closed session unless its study
    declares it open; a pooled panel never does.
    """
    with settings():
        figure = draw_page(panel, _marking(panel.output_class, declared_open=declared_open))
        return finished(figure, panel.title, panel.alt_text)


def draw_flow(chart: FlowChart, *, declared_open: bool = False) -> Drawing:
    """Draw the flow of participants, marked as a panel is."""
    with settings():
        figure = flow_page(chart, _marking(chart.output_class, declared_open=declared_open))
        return finished(figure, chart.title, chart.alt_text)


def draw_swimmer(sheet: Sheet, *, declared_open: bool = False) -> Drawing:
    """Draw a sheet of the swimmer plot: it tells single subjects' arms, and is marked."""
    with settings():
        figure = swimmer_page(sheet, _marking(OutputClass.CLOSED, declared_open=declared_open))
        return finished(figure, sheet.title, sheet.alt_text)


def draw_forest(forest: Forest, *, declared_open: bool = False) -> Drawing:
    """Draw an effect in subgroups: it compares arms, and is marked."""
    with settings():
        figure = forest_page(forest, _marking(OutputClass.CLOSED, declared_open=declared_open))
        return finished(figure, forest.title, forest.alt_text)


def _marking(output_class: OutputClass, *, declared_open: bool) -> str | None:
    closed = output_class is OutputClass.CLOSED and not declared_open
    return CLOSED_MARKING if closed else None
