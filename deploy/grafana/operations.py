"""The dashboard for who keeps keywatch running: does everything come in, keep up, and go out?"""
from panels import GREEN, ORANGE, RED, YELLOW, Board, query, series, stat, steps, table, variable

SOURCE = 'WHERE, source=~"$source"'
SINK = 'WHERE, sink=~"$sink"'
LOSS = steps(GREEN, (0.5, RED))


def quantile(q, metric, where, by):
    return (f"histogram_quantile({q}, sum by (le, {by}) (rate({metric}_bucket{{{where}}}"
            "[$__rate_interval])))")


def age(metric, where):
    """Seconds since a time, 0 for one that stands for never or nothing."""
    return f"(time() - {metric}{{{where}}}) * ({metric}{{{where}}} > bool 0)"


def board():
    dashboard = Board(
        "keywatch-operations", "keywatch / Operations",
        "Whether keywatch reads everything, keeps up, and delivers. docs/operating.md says what to do.",
        variable("source", "Source",
                 'label_values(keywatch_source_connected{job=~"$job", instance=~"$instance"}, source)'),
        variable("sink", "Sink",
                 'label_values(keywatch_sink_queue_length{job=~"$job", instance=~"$instance"}, sink)'))
    dashboard.row("At a glance").add(
        stat("Ready", "1 while /readyz answers 200. Its reasons say what is wrong.",
             "min(keywatch_ready{WHERE})", thresholds=steps(RED, (1, GREEN)),
             mappings=[(0, "no", RED), (1, "yes", GREEN)]),
        stat("Sources connected", "The part of the sources that are connected.",
             f"avg(keywatch_source_connected{{{SOURCE}}})", unit="percentunit",
             thresholds=steps(RED, (1, GREEN)), decimals=0),
        stat("Records per second", "Read and decoded, all sources.",
             f"sum(rate(keywatch_events_received_total{{{SOURCE}}}[$__rate_interval]))",
             unit="short"),
        stat("Alerts owed", "Raised and not yet taken by a sink, summed over sinks.",
             f"sum(keywatch_sink_queue_length{{{SINK}}})", thresholds=steps(GREEN, (1, YELLOW), (100, RED))),
        stat("Dead letters", "Alerts that were given up, and records that could not be read, in the range.",
             "round(sum(increase(keywatch_dlq_records_total{WHERE}[$__range])))", thresholds=LOSS),
        stat("Blind spans", "Times that records were gone before they were read, or a rule forgot what it "
             "needed, in the range.",
             "round(sum(increase(keywatch_blind_intervals_total{WHERE}[$__range])))", thresholds=LOSS),
        stat("Not saved since", "Age of the first change that no snapshot on disk covers. It stays below "
             "the snapshot interval and the time that a snapshot takes.",
             f"max({age('keywatch_checkpoint_unsaved_since_timestamp_seconds', 'WHERE')})", unit="s",
             thresholds=steps(GREEN, (60, YELLOW), (300, RED)), decimals=1),
        stat("Running for", "Since the start of the process.",
             "min(time() - process_start_time_seconds{WHERE} and on (job, instance) keywatch_build_info)",
             unit="s"))
    dashboard.row("Input").add(
        series("Records", "Read and decoded, by source.",
               query(f"sum by (source) (rate(keywatch_events_received_total{{{SOURCE}}}[$__rate_interval]))",
                     "{{source}}"), unit="rps", stacked=True),
        series("Bytes", "Read, by source.",
               query(f"sum by (source) (rate(keywatch_source_bytes_total{{{SOURCE}}}[$__rate_interval]))",
                     "{{source}}"), unit="Bps", stacked=True),
        series("Not read yet", "Records that wait at the source. One that cannot tell shows nothing.",
               query(f"sum by (source) (keywatch_source_lag_records{{{SOURCE}}} >= 0)", "{{source}}")),
        series("Age of records when read", "Read time minus event time; p95. Azure itself takes minutes.",
               query(quantile(0.95, "keywatch_event_time_lag_seconds", SOURCE, "source"), "{{source}}"),
               unit="s"),
        series("Age of the newest record", "Grows while nothing new comes.",
               query(f"max by (source) ({age('keywatch_source_last_event_timestamp_seconds', SOURCE)})",
                     "{{source}}"), unit="s"),
        series("Results are complete up to", "How long ago that is: what rules that wait for completeness "
               "have reached, and what each source lets them.",
               query(f"max({age('keywatch_watermark_timestamp_seconds', 'WHERE')})", "all"),
               query(f"max by (source) ({age('keywatch_source_watermark_timestamp_seconds', SOURCE)})",
                     "{{source}}"), unit="s"),
        series("Set aside, doubled, late", "Records that could not be read, that were seen before, and rows "
               "that came when the watermark had passed them.",
               query(f"sum(rate(keywatch_events_parse_errors_total{{{SOURCE}}}[$__rate_interval]))",
                     "set aside"),
               query(f"sum(rate(keywatch_events_duplicate_total{{{SOURCE}}}[$__rate_interval]))", "doubled"),
               query("sum(rate(keywatch_events_late_total{WHERE}[$__rate_interval]))", "late"), unit="rps"),
        series("Failures of reading", "By reason; also those that the next attempt mended.",
               query(f"sum by (reason) (rate(keywatch_source_errors_total{{{SOURCE}}}[$__rate_interval]))",
                     "{{reason}}"), unit="ops", stacked=True),
        series("Blind", "Spans of event time in which something may not have been seen.",
               query("sum by (reason) (increase(keywatch_blind_intervals_total{WHERE}[$__rate_interval]))",
                     "{{reason}}"), bars=True, stacked=True))
    dashboard.row("HTTP push").add(
        series("Pushes", "Requests by the status answered.",
               query(f"sum by (code) (rate(keywatch_push_requests_total{{{SOURCE}}}[$__rate_interval]))",
                     "{{code}}"), unit="reqps", stacked=True, width=12),
        series("Spool", "Pushed bytes that no snapshot covers, as a part of the bound; at 100 % pushes are "
               "answered with 429.",
               query(f"keywatch_push_spool_bytes{{{SOURCE}}} / keywatch_push_spool_limit_bytes{{{SOURCE}}}",
                     "{{source}}"), unit="percentunit", width=12,
               thresholds=steps(GREEN, (0.8, ORANGE), (1, RED))))
    dashboard.row("Evaluation").add(
        series("One batch through all rules", "Time for up to 1,000 records.",
               query(quantile(0.5, "keywatch_batch_evaluation_seconds", "WHERE", "job"), "p50"),
               query(quantile(0.95, "keywatch_batch_evaluation_seconds", "WHERE", "job"), "p95"), unit="s"),
        series("Cost of rules", "Part of a core that the scan takes, and the ten dearest rules.",
               query("sum(rate(keywatch_scan_seconds_total{WHERE}[$__rate_interval]))", "scan of all rules"),
               query("topk(10, sum by (name) (rate(keywatch_rule_evaluation_seconds_total{WHERE}"
                     "[$__rate_interval]) * on (job, instance, rule_id) group_left (name) "
                     "keywatch_rule_info{WHERE}))", "{{name}}"), unit="percentunit", stacked=True),
        series("State of rules", "Rows held, as a part of what a rule may hold; the ten fullest. At 100 % "
               "it forgets.",
               query("topk(10, keywatch_state_entries{WHERE} / on (job, instance) group_left () "
                     "keywatch_state_entries_limit{WHERE} * on (job, instance, rule_id) group_left (name) "
                     "keywatch_rule_info{WHERE})", "{{name}}"), unit="percentunit"))
    dashboard.row("Snapshots").add(
        series("Duration", "p95 of one snapshot; evaluation goes on meanwhile.",
               query(quantile(0.95, "keywatch_checkpoint_duration_seconds", "WHERE", "job"), "p95"), unit="s"),
        series("Size", "Of the last snapshot.",
               query("sum(keywatch_checkpoint_size_bytes{WHERE})", "size"), unit="bytes"),
        series("Failed snapshots", "Source positions stay where they are until one succeeds.",
               query("sum by (reason) (increase(keywatch_checkpoint_failures_total{WHERE}"
                     "[$__rate_interval]))", "{{reason}}"), bars=True))
    dashboard.row("Delivery").add(
        table("Sinks", "What each sink owes and has done in the range.", [
            ("Owed", f"sum by (sink) (keywatch_sink_queue_length{{{SINK}}})", "short"),
            ("Oldest owed", f"max by (sink) ({age('keywatch_sink_oldest_undelivered_timestamp_seconds', SINK)})",
             "s"),
            ("Accepted", f'round(sum by (sink) (increase(keywatch_sink_deliveries_total{{{SINK}, '
             'outcome="accepted"}[$__range])))', "short"),
            ("Given up", f'round(sum by (sink) (increase(keywatch_sink_deliveries_total{{{SINK}, '
             'outcome!="accepted"}[$__range])))', "short"),
            ("Failed attempts", f"round(sum by (sink) (increase(keywatch_sink_failures_total{{{SINK}}}"
             "[$__range])))", "short"),
            ("Circuit open", f"max by (sink) (keywatch_sink_circuit_open{{{SINK}}})", "bool_yes_no")],
              by=["sink"], height=5),
        series("Deliveries", "Alerts that a sink is done with, by outcome.",
               query(f"sum by (sink, outcome) (rate(keywatch_sink_deliveries_total{{{SINK}}}"
                     "[$__rate_interval]))", "{{sink}} {{outcome}}"), unit="ops"),
        series("Owed", "Alerts that wait, by sink.",
               query(f"sum by (sink) (keywatch_sink_queue_length{{{SINK}}})", "{{sink}}")),
        series("Age of the oldest alert owed", "A sink without any shows 0.",
               query(f"max by (sink) ({age('keywatch_sink_oldest_undelivered_timestamp_seconds', SINK)})",
                     "{{sink}}"), unit="s"),
        series("Duration of an attempt", "One request or write; p95, by sink.",
               query(quantile(0.95, "keywatch_sink_request_duration_seconds", SINK, "sink"), "{{sink}}"),
               unit="s"),
        series("Failed attempts", "By sink and reason.",
               query(f"sum by (sink, reason) (rate(keywatch_sink_failures_total{{{SINK}}}[$__rate_interval]))"
                     " > 0 or sum by (sink) (rate(keywatch_sink_failures_total{" + SINK +
                     "}[$__rate_interval]))", "{{sink}} {{reason}}"), unit="ops"),
        series("Part of attempts that fail", "Recorded over five minutes; none while nothing is tried.",
               query(f"sink:keywatch_sink_failures:ratio_rate5m{{{SINK}}}", "{{sink}}"),
               unit="percentunit", thresholds=steps(GREEN, (0.5, RED))))
    dashboard.row("Process").add(
        series("CPU", "Cores that the process uses.",
               query("rate(process_cpu_seconds_total{WHERE}[$__rate_interval]) "
                     "and on (job, instance) keywatch_build_info", "{{instance}}"), width=6),
        series("Memory", "Resident memory of the process.",
               query("process_resident_memory_bytes{WHERE} and on (job, instance) keywatch_build_info",
                     "{{instance}}"), unit="bytes", width=6),
        series("Disk", "Free part of the file system that holds data_dir.",
               query("keywatch_data_dir_free_bytes{WHERE} / keywatch_data_dir_size_bytes{WHERE}",
                     "{{instance}}"), unit="percentunit", width=6,
               thresholds=steps(RED, (0.1, GREEN))),
        series("Log lines", "Log lines written, by level.",
               query("sum by (level) (rate(keywatch_log_messages_total{WHERE}[$__rate_interval]))",
                     "{{level}}"), unit="ops", stacked=True, width=6))
    return dashboard
