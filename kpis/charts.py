"""Facts become Plotly figures. Colours are the theme's tokens, so that a chart follows light and dark."""

import gc
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from inventory.currencies import SYMBOLS, exponent

from .metrics import Unit

A_WEEK = 7  # of days that each have a mark on the axis; left to itself it marks a day twice


@cache
def _plotly() -> Any:
    """Plotly, loaded where the first chart is drawn: 30 MB and 0.3 s.

    What it keeps stays for good: frozen, a full collection need not look through it, 100 ms of a page's time.
    """
    import plotly.graph_objects as go

    go.Figure(layout={"template": "none"}).add_scatter(y=[0]).add_hline(y=0)
    gc.collect()
    gc.freeze()
    return go


def trend(
    *,
    unit: Unit,
    name: str,
    first_day: date,
    values: Sequence[float | None],
    before: Sequence[float | None],
    before_name: str,
    target: float | None,
    target_name: str,
    marks: Sequence[tuple[date, str]],
    currency: str = "USD",
) -> dict[str, Any]:
    """A figure by day: this period as a line, the one before dotted, the target dashed, and a mark per version.

    `values` and `before` hold an entry a day in the figure's own unit (minor units, shares, minutes) or None.
    Nothing `before` leaves that line out. Returns the figure as plain data for the page.
    """
    days = [(first_day + timedelta(days=place)).isoformat() for place in range(len(values))]
    divisor, axis = _scale(unit, currency)
    if unit is Unit.SHARE and not any([*values, *before, target]):
        axis["range"] = [0, 1]  # around a line of zeros the axis would begin below what a share can be
    hover = f"{axis.get('tickprefix', '')}%{{y:{axis['tickformat']}}}{axis.get('ticksuffix', '')}"
    figure = _plotly().Figure(layout={"template": "none"})
    if before:
        figure.add_scatter(
            x=days,
            y=[None if value is None else round(value / divisor, 4) for value in before],
            name=before_name,
            mode="lines",
            line={"color": "var(--tblr-secondary)", "width": 1.5, "dash": "dot"},
            hovertemplate=hover,
        )
    figure.add_scatter(
        x=days,
        y=[None if value is None else round(value / divisor, 4) for value in values],
        name=name,
        mode="lines+markers",
        line={"color": "var(--tblr-primary)", "width": 2.5},
        marker={"size": 5},
        hovertemplate=hover,
    )
    if target is not None:
        height = target / divisor
        figure.add_hline(y=height, line={"color": "var(--good-fill)", "width": 1.5, "dash": "dash"})
        figure.add_annotation(
            x=1, xref="paper", y=height, text=target_name, showarrow=False, xanchor="right", yanchor="bottom",
            font={"color": "var(--tblr-body-color)"},
        )  # fmt: skip
    for day, label in marks:
        x = day.isoformat()
        figure.add_shape(
            type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", line={"color": "var(--tblr-secondary)", "width": 1}
        )
        figure.add_annotation(
            x=x, y=1, yref="paper", yanchor="bottom", text=label, showarrow=False, font={"weight": 600},
            bgcolor="var(--tblr-body-color)", bordercolor="var(--tblr-body-color)", borderpad=3,
        )  # fmt: skip
        figure.layout.annotations[-1].font.color = "var(--tblr-bg-surface)"
    figure.update_layout(
        yaxis=axis,
        xaxis={"tickformat": "%-d %b", "type": "date"} | ({"tickvals": days} if len(days) <= A_WEEK else {}),
        margin={"l": 56, "r": 16, "t": 40, "b": 64},
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": -0.12, "yanchor": "top"},  # the marks of the versions are above
    )
    plain: dict[str, Any] = json.loads(figure.to_json())
    plain["layout"].pop("template", None)
    return plain


def _scale(unit: Unit, currency: str) -> tuple[int, dict[str, Any]]:
    """What a value in the figure's own unit is divided by for its axis, and how the axis writes it."""
    if unit is Unit.SHARE:
        return 1, {"tickformat": ".1%"}
    if unit is Unit.MINUTES:
        return 60, {"ticksuffix": " h", "tickformat": ",.1f"}
    digits, symbol = exponent(currency), SYMBOLS.get(currency)
    sign = {"tickprefix": symbol} if symbol else {"ticksuffix": f" {currency}"}
    return 10**digits, {"tickformat": f",.{digits}f", **sign}


def by_hour(
    hours: Sequence[datetime], *, pickup: tuple[str, Sequence[int]], ship: tuple[str, Sequence[int]]
) -> dict[str, Any]:
    """A figure of orders by hour, two areas on top of each other; each is (name, an entry an hour).

    The axis shows `hours` by the clock of their own time zone.
    """
    areas = ((*pickup, "--tblr-teal"), (*ship, "--tblr-primary"))
    return {
        "data": [
            {
                "x": [hour.replace(tzinfo=None).isoformat() for hour in hours],
                "y": list(counts),
                "name": name,
                "mode": "lines",
                "stackgroup": "orders",
                "line": {"color": token, "width": 1.5, "shape": "spline"},
                "fillcolor": f"{token}/35",
                "hovertemplate": "%{y}",
            }
            for name, counts, token in areas
        ],
        "layout": {"xaxis": {"tickformat": "%H:%M\n%-d %b"}, "margin": {"l": 36, "r": 8, "t": 28, "b": 40}},
    }
