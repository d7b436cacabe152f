"""Draws a dashboard from what Prometheus answered, in the manner of Grafana's dark theme.

usage: dashboard_picture.py OUT.png < {"dashboard": .., "answers": {"IDREF": [series]}}
Run with matplotlib by test_dashboards.py: no Grafana is to be had there.
"""
import json
import math
import re
import sys
import textwrap

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.patches import FancyBboxPatch  # noqa: E402

PAGE, PANEL, LINE, TEXT, DIM = "#111217", "#181b1f", "#2c3235", "#d8d9da", "#8e9297"
NAMED = {"green": "#73bf69", "yellow": "#f2cc0c", "orange": "#ff9830", "red": "#f2495c", "blue": "#5794f2"}
PALETTE = ["#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#96d98d",
           "#ffb357", "#ca95e5"]
COLUMN, ROW, GAP = 62, 32, 6  # pixels of a cell of the grid, and between panels
DPI = 100


def number(value, unit):
    if value is None or not math.isfinite(value):
        return "-"
    if unit == "bool_yes_no":
        return "yes" if value else "no"
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit in ("bytes", "Bps"):
        for name in ("B", "KiB", "MiB", "GiB", "TiB"):
            if abs(value) < 1024 or name == "TiB":
                return f"{value:.3g} {name}" + ("/s" if unit == "Bps" else "")
            value /= 1024
    if unit == "s":
        for size, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs")):
            if abs(value) >= size:
                return f"{value / size:.3g} {name}"
        return "0 s"
    suffix = {"rps": " rec/s", "ops": " ops/s", "reqps": " req/s"}.get(unit, "")
    for size, name in ((1e6, "M"), (1e3, "K")):
        if abs(value) >= size:
            return f"{value / size:.3g}{name}{suffix}"
    return f"{value:.3g}{suffix}" if value % 1 else f"{value:.0f}{suffix}"


def legend(target, metric):
    text = target["legendFormat"]
    if text == "__auto":
        return ", ".join(metric.values()) or "value"
    return re.sub(r"\{\{(\w+)\}\}", lambda match: metric.get(match.group(1), ""), text).strip() or "all"


def threshold_color(panel, value):
    defaults = panel["fieldConfig"]["defaults"]
    for mapping in defaults["mappings"]:
        if f"{value:.0f}" in mapping["options"]:
            return NAMED[mapping["options"][f"{value:.0f}"]["color"]]
    color = "green"
    for step in defaults["thresholds"]["steps"]:
        if step["value"] is None or value >= step["value"]:
            color = step["color"]
    return NAMED[color]


class Picture:
    def __init__(self, dashboard, answers):
        self.dashboard, self.answers = dashboard, answers
        bottom = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in dashboard["panels"])
        self.width, self.height = 24 * COLUMN + GAP, bottom * ROW + GAP + 44
        plt.rcParams.update({"font.family": "DejaVu Sans", "text.color": TEXT, "font.size": 8})
        self.figure = plt.figure(figsize=(self.width / DPI, self.height / DPI), dpi=DPI, facecolor=PAGE)
        self.text(GAP + 6, 24, dashboard["title"], size=13, weight="bold")
        self.text(self.width - GAP - 6, 24, "drawn from Prometheus' answers to the panels' queries",
                  size=8, color=DIM, ha="right")

    def text(self, x, y, words, size=8.5, **more):
        self.figure.text(x / self.width, 1 - y / self.height, words, fontsize=size, va="center", **more)

    def box(self, x, y, width, height):
        self.figure.add_artist(FancyBboxPatch(
            (x / self.width, 1 - (y + height) / self.height), width / self.width, height / self.height,
            boxstyle="square,pad=0", facecolor=PANEL, edgecolor=LINE, linewidth=0.7, zorder=-1,
            transform=self.figure.transFigure))

    def axes(self, x, y, width, height):
        return self.figure.add_axes([x / self.width, 1 - (y + height) / self.height, width / self.width,
                                     height / self.height], facecolor="none")

    def draw(self):
        for panel in self.dashboard["panels"]:
            at = panel["gridPos"]
            x, y = GAP + at["x"] * COLUMN, 44 + at["y"] * ROW
            width, height = at["w"] * COLUMN - GAP, at["h"] * ROW - GAP
            if panel["type"] == "row":
                self.text(x + 4, y + height / 2 + 2, "▾  " + panel["title"], size=10, weight="bold")
                continue
            self.box(x, y, width, height)
            self.text(x + 9, y + 14, panel["title"], weight="bold", color=TEXT)
            {"stat": self.stat, "timeseries": self.lines, "table": self.table}[panel["type"]](
                panel, x, y, width, height)

    def found(self, panel):
        """(target, series) of all its queries."""
        return [(target, one) for target in panel["targets"]
                for one in self.answers[f"{panel['id']}{target['refId']}"]]

    def stat(self, panel, x, y, width, height):
        unit = panel["fieldConfig"]["defaults"]["unit"]
        found = self.found(panel)
        for i, (target, one) in enumerate(found):
            value = one["values"][-1][1]
            shown = number(value, unit)
            for mapping in panel["fieldConfig"]["defaults"]["mappings"]:
                shown = mapping["options"].get(f"{value:.0f}", {"text": shown})["text"]
            middle = x + width * (i + 0.5) / len(found)
            color = threshold_color(panel, value)
            below = len(found) > 1
            self.text(middle, y + height * (0.52 if below else 0.6), shown, size=20, color=color,
                      weight="bold", ha="center")
            if below:
                self.text(middle, y + height * 0.83, legend(target, one["metric"]), ha="center", color=DIM)

    def lines(self, panel, x, y, width, height):
        found = self.found(panel)
        defaults = panel["fieldConfig"]["defaults"]
        fixed = {override["matcher"]["options"]: NAMED[override["properties"][0]["value"]["fixedColor"]]
                 for override in panel["fieldConfig"]["overrides"]}
        named = [(legend(target, one["metric"]), one["values"]) for target, one in found]
        named = [(name, values) for name, values in named if any(math.isfinite(v) for _, v in values)]
        rows = named[:5 if height > 200 else 3]
        axes = self.axes(x + 62, y + 30, width - 76, height - 30 - 24 - 15 * (len(rows) + 1))
        start = min(values[0][0] for _, values in named)
        stacked = defaults["custom"]["stacking"]["mode"] == "normal"
        base = {}
        highest = 0
        for i, (name, values) in enumerate(named):
            color = fixed.get(name, PALETTE[i % len(PALETTE)])
            times = [at - start for at, _ in values]
            low = [base.get(at, 0.0) if stacked else 0.0 for at, _ in values]
            high = [under + (value if math.isfinite(value) else 0 if stacked else math.nan)
                    for under, (_, value) in zip(low, values)]
            if stacked:
                base.update({at: top for (at, _), top in zip(values, high)})
            highest = max([highest] + [top for top in high if math.isfinite(top)])
            if defaults["custom"]["drawStyle"] == "bars":
                axes.fill_between(times, low, high, color=color, alpha=0.75, linewidth=0, step="mid")
            else:
                axes.plot(times, high, color=color, linewidth=1.1)
                axes.fill_between(times, low, high, color=color, linewidth=0,
                                  alpha=defaults["custom"]["fillOpacity"] / 100)
        axes.set_xlim(0, max(values[-1][0] for _, values in named) - start)
        axes.set_ylim(0, highest * 1.1 or 1)
        axes.xaxis.set_major_locator(plt.MultipleLocator(30 if width > 400 else 60))
        for side in axes.spines.values():
            side.set_visible(False)
        axes.grid(True, color=LINE, linewidth=0.6)
        axes.tick_params(colors=DIM, length=0, labelsize=7.5)
        axes.xaxis.set_major_formatter(lambda at, _: f"{int(at) // 60}:{int(at) % 60:02}")
        axes.yaxis.set_major_formatter(lambda value, _: number(value, defaults["unit"]))
        axes.yaxis.set_major_locator(plt.MaxNLocator(4))
        top = y + height - 12 - 15 * len(rows)
        self.text(x + width - 90, top, "Last", size=7.5, color=NAMED["blue"], ha="right")
        self.text(x + width - 12, top, "Max", size=7.5, color=NAMED["blue"], ha="right")
        for i, (name, values) in enumerate(rows):
            at = top + 15 * (i + 1)
            color = fixed.get(name, PALETTE[i % len(PALETTE)])
            numbers = [value for _, value in values if math.isfinite(value)]
            self.text(x + 12, at, "▬", size=8, color=color)
            self.text(x + 28, at, textwrap.shorten(name, int((width - 200) / 5.6), placeholder=" .."), size=8)
            self.text(x + width - 90, at, number(numbers[-1], defaults["unit"]), size=8, ha="right")
            self.text(x + width - 12, at, number(max(numbers), defaults["unit"]), size=8, ha="right")

    def table(self, panel, x, y, width, height):
        organize = next(one["options"] for one in panel["transformations"] if one["id"] == "organize")
        units = {one["matcher"]["options"]: one["properties"][0]["value"]
                 for one in panel["fieldConfig"]["overrides"]}
        columns = list(organize["renameByName"].values())
        rows = {}
        for target, one in self.found(panel):
            key = next(iter(one["metric"].values()), "")
            name = organize["renameByName"][f"Value #{target['refId']}"]
            rows.setdefault(key, {})[name] = one["values"][-1][1]
        order = sorted(rows, key=lambda key: -rows[key].get(columns[0], 0))
        places = [x + width * (0.36 + 0.64 * (i + 1) / len(columns)) - 14 for i in range(len(columns))]
        label = next(iter(self.found(panel)[0][1]["metric"]), "")
        self.text(x + 12, y + 40, label, color=NAMED["blue"])
        for place, name in zip(places, columns):
            self.text(place, y + 40, name, color=NAMED["blue"], ha="right")
        for i, key in enumerate(order[:int((height - 60) / 24)]):
            at = y + 64 + 24 * i
            self.text(x + 12, at, key)
            for place, name in zip(places, columns):
                self.text(place, at, number(rows[key].get(name), units[name]), ha="right")


def main():
    given = json.load(sys.stdin)
    picture = Picture(given["dashboard"], given["answers"])
    picture.draw()
    picture.figure.savefig(sys.argv[1], dpi=DPI, facecolor=PAGE)


if __name__ == "__main__":
    main()
