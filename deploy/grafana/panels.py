"""Grafana panels and dashboards as values: what operations.py and security.py are written with.

A panel's query may use the macros WHERE (job and instance of the variables), and whatever Grafana
replaces itself. A Board places panels from left to right, a new line when 24 columns are full.
"""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
WHERE = 'job=~"$job", instance=~"$instance"'
GREEN, YELLOW, ORANGE, RED, BLUE = "green", "yellow", "orange", "red", "blue"
SEVERITIES = {"High": RED, "Medium": ORANGE, "Low": YELLOW, "Informational": BLUE}


def query(expr, legend="__auto", instant=False, as_table=False):
    return {"expr": " ".join(expr.replace("WHERE", WHERE).split()), "legendFormat": legend,
            "instant": instant, "range": not instant, "editorMode": "code", "datasource": DATASOURCE,
            "format": "table" if as_table else "time_series"}


def steps(*pairs):
    """Thresholds: a colour, then (value, colour) above which another holds."""
    return {"mode": "absolute", "steps": [{"color": pairs[0], "value": None}] + [
        {"color": color, "value": value} for value, color in pairs[1:]]}


def _panel(kind, title, about, queries, defaults, options, width, height):
    targets = [{"refId": chr(ord("A") + i), **one} for i, one in enumerate(queries)]
    return {"type": kind, "title": title, "description": about, "datasource": DATASOURCE,
            "targets": targets, "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": options, "gridPos": {"w": width, "h": height}}


def stat(title, about, expr, unit="short", thresholds=None, mappings=None, legend="", width=3,
         decimals=None):
    """One number (or one for each series), coloured by its thresholds."""
    defaults = {"unit": unit, "thresholds": thresholds or steps(GREEN), "mappings": [],
                "color": {"mode": "thresholds"}}
    if mappings:
        defaults["mappings"] = [{"type": "value", "options": {
            str(value): {"text": text, "color": color, "index": i}
            for i, (value, text, color) in enumerate(mappings)}}]
    if decimals is not None:
        defaults["decimals"] = decimals
    options = {"colorMode": "value", "graphMode": "none", "justifyMode": "auto", "textMode": "auto",
               "orientation": "auto",
               "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return _panel("stat", title, about, [query(expr, legend or "__auto", instant=True)], defaults, options,
                  width, 4)


def series(title, about, *queries, unit="short", stacked=False, bars=False, width=8,
           thresholds=None, colors=None):
    """Lines over time; `stacked` areas or `bars` where the sum means something."""
    custom = {"drawStyle": "bars" if bars else "line", "lineWidth": 1, "showPoints": "never",
              "fillOpacity": 70 if bars else 30 if stacked else 8, "spanNulls": True,
              "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
              "thresholdsStyle": {"mode": "dashed" if thresholds else "off"}}
    defaults = {"unit": unit, "custom": custom, "color": {"mode": "palette-classic"}, "min": 0,
                "thresholds": thresholds or steps(GREEN)}
    options = {"legend": {"displayMode": "table", "placement": "bottom", "showLegend": True,
                          "calcs": ["lastNotNull", "max"]},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    panel = _panel("timeseries", title, about, queries, defaults, options, width, 8)
    for name, color in (colors or {}).items():
        panel["fieldConfig"]["overrides"].append(
            {"matcher": {"id": "byName", "options": name},
             "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": color}}]})
    return panel


def table(title, about, columns, by, width=24, height=9):
    """A row for each value of the labels in `by`; columns: (name, query text, unit)."""
    queries = [query(expr, "", instant=True, as_table=True) for _, expr, _ in columns]
    panel = _panel("table", title, about, queries, {"custom": {"align": "auto"}, "mappings": [],
                                                    "thresholds": steps(GREEN)},
                   {"showHeader": True, "cellHeight": "sm",
                    "sortBy": [{"displayName": columns[0][0], "desc": True}]}, width, height)
    names = {f"Value #{chr(ord('A') + i)}": name for i, (name, _, _) in enumerate(columns)}
    hidden = {"Time": True, **{f"Time {i + 1}": True for i in range(len(columns))}}
    panel["transformations"] = [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {
            "excludeByName": hidden, "renameByName": names,
            "indexByName": {name: i for i, name in enumerate([*by, *names])}}}]
    for name, _, unit in columns:
        panel["fieldConfig"]["overrides"].append(
            {"matcher": {"id": "byName", "options": name},
             "properties": [{"id": "unit", "value": unit}]})
    return panel


def variable(name, label, values):
    """One that is filled from a label: values is a label_values(..) query; all of them at first."""
    return {"name": name, "label": label, "type": "query", "datasource": DATASOURCE,
            "query": {"query": values, "refId": name}, "refresh": 2, "sort": 1,
            "multi": True, "includeAll": True, "allValue": ".*", "hide": 0, "skipUrlSync": False,
            "regex": "", "options": [], "current": {"selected": True, "text": ["All"], "value": ["$__all"]}}


class Board:
    def __init__(self, uid, title, about, *variables):
        self._panels, self._x, self._y, self._line = [], 0, 0, 0
        choose = {"name": "datasource", "label": "Data source", "type": "datasource",
                  "query": "prometheus", "hide": 0, "skipUrlSync": False, "multi": False,
                  "includeAll": False, "regex": "", "options": [], "refresh": 1,
                  "current": {"selected": False, "text": "default", "value": "default"}}
        common = [choose,
                  variable("job", "Job", "label_values(keywatch_build_info, job)"),
                  variable("instance", "Instance",
                           'label_values(keywatch_build_info{job=~"$job"}, instance)')]
        self._json = {
            "uid": uid, "title": title, "description": about, "tags": ["keywatch"], "schemaVersion": 39,
            "version": 1, "editable": False, "graphTooltip": 1, "timezone": "browser",
            "refresh": "30s", "time": {"from": "now-6h", "to": "now"}, "fiscalYearStartMonth": 0,
            "annotations": {"list": []}, "templating": {"list": common + list(variables)},
            "links": [{"type": "dashboards", "title": "keywatch", "tags": ["keywatch"],
                       "asDropdown": False, "includeVars": True, "keepTime": True, "icon": "external link",
                       "tooltip": "", "targetBlank": False, "url": ""}]}

    def row(self, title):
        self._break()
        self._panels.append({"type": "row", "title": title, "collapsed": False, "panels": [],
                             "id": len(self._panels) + 1,
                             "gridPos": {"x": 0, "y": self._y, "w": 24, "h": 1}})
        self._y += 1
        return self

    def add(self, *panels):
        for panel in panels:
            at = panel["gridPos"]
            if self._x + at["w"] > 24:
                self._break()
            panel["id"] = len(self._panels) + 1
            panel["gridPos"] = {"x": self._x, "y": self._y, **at}
            self._panels.append(panel)
            self._x += at["w"]
            self._line = max(self._line, at["h"])
        return self

    def _break(self):
        self._x, self._y, self._line = 0, self._y + self._line, 0

    def json(self):
        return {**self._json, "panels": self._panels}
