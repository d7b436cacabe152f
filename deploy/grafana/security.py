"""The dashboard for who answers alerts: what was found, how fast, and what could not be seen."""
from panels import (BLUE, GREEN, ORANGE, RED, SEVERITIES, YELLOW, Board, query, series, stat, steps, table,
                    variable)

# Alerts of the chosen rules and severities, with the names of the rules.
FOUND = ('keywatch_rule_matches_total{WHERE, severity=~"$severity"}')
NAMED = '* on (job, instance, rule_id) group_left (name) keywatch_rule_info{WHERE, name=~"$rule"}'
LOSS = steps(GREEN, (0.5, RED))


def board():
    dashboard = Board(
        "keywatch-security", "keywatch / Security",
        "What keywatch has found, how soon it said so, and what it could not see.",
        variable("rule", "Rule",
                 'label_values(keywatch_rule_info{job=~"$job", instance=~"$instance"}, name)'),
        variable("severity", "Severity",
                 'label_values(keywatch_rule_matches_total{job=~"$job", instance=~"$instance"}, severity)'))
    dashboard.row("Found").add(
        *[stat(severity, f"Alerts of severity {severity} in the range.",
               f'round(sum(increase(keywatch_alerts_emitted_total{{WHERE, severity="{severity}"}}[$__range])))',
               thresholds=steps(GREEN, (0.5, color)))
          for severity, color in SEVERITIES.items()],
        stat("Rules active", "Rules that are evaluated.",
             'sum(keywatch_rules_loaded{WHERE, state="active"})', thresholds=steps(RED, (1, GREEN))),
        stat("Rules rejected", "Rules that could not be loaded: what they detect is not detected.",
             'sum(keywatch_rules_loaded{WHERE, state="rejected"})', thresholds=LOSS),
        stat("Rules learning", "Rules that raise nothing until records cover the window that they compare "
             "with.", "sum(keywatch_rule_learning{WHERE})", thresholds=steps(GREEN, (0.5, YELLOW))),
        stat("Time to alert", "p95 over five minutes from reading the deciding record to the alert.",
             'max(hop:keywatch_alert_latency_seconds:p95_5m{WHERE, hop="evaluate"})', unit="s",
             thresholds=steps(GREEN, (5, YELLOW), (60, RED))))
    dashboard.add(
        series("Alerts by severity", "Raised per interval.",
               query(f"sum by (severity) (increase({FOUND}[$__rate_interval]) {NAMED})", "{{severity}}"),
               bars=True, stacked=True, width=12, colors=SEVERITIES),
        series("Alerts by rule", "Raised per interval.",
               query(f"sum by (name) (increase({FOUND}[$__rate_interval]) {NAMED})", "{{name}}"),
               bars=True, stacked=True, width=12),
        table("Rules", "What each rule has raised in the range, and whether it can see.", [
            ("Alerts", f"round(sum by (name) (increase({FOUND}[$__range]) {NAMED}))", "short"),
            ("High", "round(sum by (name) (increase(keywatch_rule_matches_total{WHERE, severity=\"High\"}"
             f"[$__range]) {NAMED}))", "short"),
            ("Learning", f"sum by (name) (keywatch_rule_learning{{WHERE}} {NAMED})", "bool_yes_no"),
            ("Rows held", f"sum by (name) (keywatch_state_entries{{WHERE}} {NAMED})", "short"),
            ("Groups forgotten", "round(sum by (name) (increase(keywatch_state_evictions_total{WHERE}"
             f"[$__range]) {NAMED}))", "short")], by=["name"], height=7))
    dashboard.row("How soon").add(
        series("Way of an alert, p95", "enqueue: event to broker; read: broker to keywatch; evaluate: read to "
               "raised; deliver: raised to taken by a sink.",
               query("hop:keywatch_alert_latency_seconds:p95_5m{WHERE}", "{{hop}}"), unit="s", width=12),
        series("Results are complete up to", "How long ago that is: as late are alerts of rules that wait for "
               "completeness (the allowed lateness at least). Other rules do not wait.",
               query("max((time() - keywatch_watermark_timestamp_seconds{WHERE}) * "
                     "(keywatch_watermark_timestamp_seconds{WHERE} > bool 0))", "all sources"),
               unit="s", width=12))
    dashboard.row("Was somebody told?").add(
        stat("Owed", "Alerts that a sink has not taken yet.", "sum(keywatch_sink_queue_length{WHERE})",
             thresholds=steps(GREEN, (1, YELLOW), (100, RED)), width=4),
        stat("Given up", "Alerts that a sink never took, in the range: they are in the dead-letter file.",
             'round(sum(increase(keywatch_dlq_records_total{WHERE, sink!="decoder"}[$__range])))',
             thresholds=LOSS, width=4),
        stat("Without a sink", "Alerts that the routes of no sink take, in the range.",
             "round(sum(increase(keywatch_alerts_unrouted_total{WHERE}[$__range])))", thresholds=LOSS, width=4),
        stat("Delivered", "Alerts taken by each sink, in the range.",
             'round(sum by (sink) (increase(keywatch_sink_deliveries_total{WHERE, outcome="accepted"}'
             "[$__range])))", legend="{{sink}}", thresholds=steps(BLUE), width=12))
    dashboard.row("What could not be seen").add(
        stat("Blind spans", "Records gone at a source before they were read, or what a rule forgot at its "
             "bound, in the range. /sources on the live page has each.",
             "round(sum(increase(keywatch_blind_intervals_total{WHERE}[$__range])))", thresholds=LOSS,
             width=6),
        stat("Blind time", "Event time that such spans cover, in the range.",
             "sum(increase(keywatch_blind_seconds_total{WHERE}[$__range]))", unit="s",
             thresholds=steps(GREEN, (1, RED)), width=6),
        stat("Records set aside", "Records that could not be read, in the range: they are in the dead-letter "
             "file.", "round(sum(increase(keywatch_events_parse_errors_total{WHERE}[$__range])))",
             thresholds=steps(GREEN, (0.5, ORANGE)), width=6),
        stat("Late rows", "Rows that came when the watermark had passed them, in the range.",
             "round(sum(increase(keywatch_events_late_total{WHERE}[$__range])))",
             thresholds=steps(GREEN, (0.5, YELLOW)), width=6),
        series("Records by source", "A source that falls silent may have been silenced.",
               query("sum by (source) (rate(keywatch_events_received_total{WHERE}[$__rate_interval]))",
                     "{{source}}"), unit="rps", stacked=True, width=12),
        series("Sources connected", "1 connected, 0 not.",
               query("min by (source) (keywatch_source_connected{WHERE})", "{{source}}"), width=6),
        series("Refused requests", "For the page and the API without a valid token, and for the push source.",
               query('sum by (outcome) (rate(keywatch_page_requests_total{WHERE, '
                     'outcome=~"unauthorized|forbidden"}[$__rate_interval]))', "page: {{outcome}}"),
               query('sum by (source) (rate(keywatch_push_requests_total{WHERE, code=~"401|403"}'
                     "[$__rate_interval]))", "{{source}}"), unit="reqps", width=6))
    return dashboard
