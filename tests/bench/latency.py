#!/usr/bin/env python3
"""How long an alert takes: record read -> webhook received, at a steady rate; prints two tables.

usage: latency.py --keywatch PATH --kafka-produce PATH [--rate N ..] [--seconds N] [--warm-up N]

Starts a real Kafka broker, a webhook receiver and `keywatch run` with the rules of rules/keyvault and
one that fires for each marked record, all on this machine and with one clock. Generated records go
into the topic at the asked rate, several in a message as Event Hubs does, with marked ones among them;
their times and correlation ids are filled in as they are sent, so that no two are the same.

Of each marked record the tables tell
  read -> received      from `readTime` in the alert's latency passport to the POST's arrival
  produced -> received  from the moment at which the record was due to be produced: a producer or a
                        broker that falls behind makes it longer, and never hides it
and the hops between. Records of the warm-up are left out. CPU and RSS are keywatch's alone.

The jars of the broker are those of the integration tests (KEYWATCH_PEERS, default build/peers).

Exit 1 when an alert is missing, when a record was not read (lag) or was taken for a repetition, or
when the rate was not reached within 1 %; the tables are printed all the same.
"""
import argparse
import datetime
import json
import math
import multiprocessing
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
import broker  # noqa: E402 (the path comes first)
import harness  # noqa: E402
import receiver  # noqa: E402

POOL_RECORDS = 20_000  # generated once, then sent again with other times and correlation ids
MESSAGES_PER_SECOND = 200  # or more, when that would put more than MOST_PER_MESSAGE into one
MOST_PER_MESSAGE = 50
RATE_TOLERANCE = 0.01
PATIENCE = 60  # seconds for what is still under way when producing has ended

MARKED = json.dumps({
    "time": "@time@", "category": "AuditEvent", "operationName": "SecretPurge",
    "resultType": "Success", "correlationId": "00000000-0000-4000-9000-@count@",
    "callerIpAddress": "203.0.113.7", "identity": {"claim": {"oid": "o-1"}},
    "properties": {"httpStatusCode": 200, "requestUri": "https://kv.example/deletedsecrets/s"},
    "resourceId": "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV"}).encode()


class Plan:
    """What is produced when, once `start` is known: message n is due at start + n * interval."""

    def __init__(self, rate, seconds, marks_per_second):
        self.rate = rate
        self.per_message = max(1, min(MOST_PER_MESSAGE, rate // MESSAGES_PER_SECOND))
        self.interval = self.per_message / rate
        self.messages = round(seconds / self.interval)
        self.mark_every = max(1, round(1 / (self.interval * marks_per_second)))
        self.start = 0.0

    def due(self, number):
        return self.start + number * self.interval

    def end(self):
        return self.due(self.messages)

    def marks(self):
        return range(0, self.messages, self.mark_every)

    def records(self):
        return self.messages * self.per_message


def iso(moment):
    return f"{datetime.datetime.fromtimestamp(moment, datetime.timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}"


def unix(text):
    """Of a UTC time with any number of fractional digits."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{fraction or 0}")


def message_pool(keywatch, per_message):
    """Messages as (first record, the rest), so that a marked record can take the first one's place.

    They have @time@ and @count@ where one sending differs from the next.
    """
    lines = subprocess.run(
        [keywatch, "generate", "--records", str(POOL_RECORDS), "--history-days", "0", "--no-scenes",
         "--duplicate-percent", "0", "--late-percent", "0", "--disorder-percent", "0"],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.splitlines()
    records = []
    for number, line in enumerate(lines[:POOL_RECORDS]):
        line, times = re.subn(rb'"time": *"[^"]*"', b'"time":"@time@"', line, count=1)
        line, ids = re.subn(rb'"correlationId": *"[^"]*"',
                            b'"correlationId":"%08x-0000-4000-8000-@count@"' % number, line, count=1)
        if times != 1 or ids != 1:
            raise RuntimeError(f"a generated record without time or correlationId: {line[:200]}")
        records.append(line)
    return [(records[i], b"".join(b"," + record for record in records[i + 1:i + per_message]) + b"]}")
            for i in range(0, len(records) - per_message + 1, per_message)]


def feed(plan, bootstrap, pool, answers):
    """In a process of its own, so that the receiver never waits for this one's interpreter.

    Sends the start, and when all is acknowledged how late a message went out at worst.
    """
    producer = subprocess.Popen([harness.tool("KEYWATCH_KAFKA_PRODUCE"), bootstrap, harness.TOPIC],
                                stdin=subprocess.PIPE)
    plan.start = time.time() + 1
    answers.send(plan.start)
    worst = 0.0
    for number in range(plan.messages):
        due = plan.due(number)
        wait = due - time.time()
        if wait > 0:
            time.sleep(wait)
        first, rest = pool[number % len(pool)]
        if number % plan.mark_every == 0:
            first = MARKED
        message = b'{"records":[' + first + rest
        message = message.replace(b"@time@", iso(due).encode()).replace(b"@count@", b"%012x" % number)
        producer.stdin.write(b"-1\t%d\t%b\n" % (due * 1000, message))
        producer.stdin.flush()
        worst = max(worst, time.time() - due)
    producer.stdin.close()
    if producer.wait() != 0:
        raise RuntimeError("kafka_produce failed")
    answers.send(worst)


def config(folder, kafka, hook):
    return {
        "version": 1, "data_dir": str(folder / "data"),
        "rules": {"paths": [str(harness.ROOT / "rules" / "keyvault"), str(harness.RULES)]},
        "sources": [{"name": "hub", "type": "kafka", "brokers": [kafka.bootstrap],
                     "topics": [harness.TOPIC], "group_id": "latency"}],
        "sinks": [{"name": "hook", "type": "webhook", "url": hook.url,
                   "secrets": ["whsec_" + "c2VjcmV0" * 4]}],
        "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"}}


class Usage:
    """CPU of one process, and what the whole machine left idle, since the last call of since()."""

    def __init__(self, pid):
        self.pid = pid
        self.last = self._now()

    def _now(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        machine = [int(n) for n in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        own = int(fields[11]) + int(fields[12])
        return time.monotonic(), own, machine[3] + machine[4], sum(machine)

    def since(self):
        """(CPU seconds per second, idle share of the machine)"""
        before, self.last = self.last, self._now()
        seconds, own, idle, total = (b - a for a, b in zip(before, self.last))
        return own / os.sysconf("SC_CLK_TCK") / seconds, idle / max(1, total)

    def rss_mib(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) / 1024


class Arrivals:
    """`behave` for the receiver: notes when each POST came, and looks into none of them."""

    def __init__(self, answer_after):
        self.answer_after = answer_after
        self.posts = []

    def __call__(self, number, headers, body):
        self.posts.append((time.time(), headers, body))
        if self.answer_after > 0:
            time.sleep(self.answer_after)
        return 200

    def marked(self):
        """Of each marked record's first POST: its message's number -> (received, sent, passport)."""
        found = {}
        for received, headers, body in list(self.posts):
            alert = json.loads(body)
            if alert["rule"]["name"] == "Secret purged":
                number = int(alert["row"]["CorrelationId"][-12:], 16)
                found.setdefault(number, (received, headers["keywatch-sent-time"], alert["latency"]))
        return found


class Run:
    """One rate, measured. `problems` says what makes the numbers doubtful."""

    def __init__(self, plan, arguments):
        self.plan = plan
        self.partitions = arguments.partitions
        self.warm_up = arguments.warm_up
        self.problems = []
        self.arrivals = Arrivals(arguments.answer_ms / 1000)
        self.reached = self.cpu = self.idle = self.rss = self.lateness = 0.0
        self.most_lag = 0
        self.snapshots = self.snapshot_ms = self.snapshot_bytes = 0.0
        self.hops = {}

    def measure(self, folder, pool):
        with broker.Broker(folder / "kafka") as kafka, receiver.Receiver(self.arrivals) as hook:
            harness.create_topic(kafka, self.partitions)
            service = harness.Keywatch(folder, config(folder, kafka, hook))
            service.start()
            try:
                harness.wait_for(service.ready, "keywatch to be ready", PATIENCE)
                self._produce(kafka, service, pool)
                self._settle(service)
            finally:
                service.stop()
        self._evaluate()

    def _produce(self, kafka, service, pool):
        spawn = multiprocessing.get_context("spawn")  # this process has threads
        ours, theirs = spawn.Pipe()
        feeder = spawn.Process(target=feed, args=(self.plan, kafka.bootstrap, pool, theirs),
                               daemon=True)  # not waited for when something fails
        feeder.start()
        theirs.close()
        self.plan.start = ours.recv()
        time.sleep(max(0.0, self.plan.start + self.warm_up - time.time()))
        usage = Usage(service.process.pid)
        while time.time() < self.plan.end():
            time.sleep(min(1.0, max(0.0, self.plan.end() - time.time())))
            self.most_lag = max(self.most_lag, service.metric("keywatch_source_lag_records") or 0)
        self.cpu, self.idle = usage.since()
        self.rss = usage.rss_mib()
        self.lateness = ours.recv()  # EOFError if it failed
        feeder.join()

    def _settle(self, service):
        def wait(condition, what):
            try:
                harness.wait_for(condition, what, PATIENCE)
            except AssertionError as late:
                self.problems.append(str(late))

        wanted = self.plan.records()
        wait(lambda: service.metric("keywatch_events_received_total") >= wanted, "all records read")
        self.reached = service.metric("keywatch_events_received_total") / (time.time() - self.plan.start)
        wait(lambda: service.metric("keywatch_source_lag_records") == 0, "lag 0")
        wait(lambda: len(self.arrivals.posts) >= len(self.plan.marks())
             and service.metric("keywatch_sink_queue_length") == 0, "all alerts delivered")
        self.snapshots = service.metric("keywatch_checkpoint_duration_seconds_count")
        self.snapshot_ms = (1000 * service.metric("keywatch_checkpoint_duration_seconds_sum")
                            / max(1, self.snapshots))
        self.snapshot_bytes = service.metric("keywatch_checkpoint_size_bytes")
        repeated = service.metric("keywatch_events_duplicate_total")
        if repeated:
            self.problems.append(f"{repeated:.0f} records were taken for repetitions")

    def _evaluate(self):
        if self.reached < self.plan.rate * (1 - RATE_TOLERANCE):
            self.problems.append(f"rate not reached: {self.reached:,.0f} of {self.plan.rate:,} records/s")
        found = self.arrivals.marked()
        missing = [number for number in self.plan.marks() if number not in found]
        if missing:
            self.problems.append(f"{len(missing)} of {len(self.plan.marks())} alerts are missing")
        begin = self.plan.start + self.warm_up
        stations = []
        for number, (received, sent, passport) in found.items():
            if self.plan.due(number) >= begin:
                stations.append((self.plan.due(number), unix(passport["readTime"]),
                                 unix(passport["evaluatedTime"]), unix(sent), received))
        for name, first, last in (("read -> received", 1, 4), ("produced -> received", 0, 4),
                                  ("produced -> read", 0, 1), ("read -> evaluated", 1, 2),
                                  ("evaluated -> sent", 2, 3), ("sent -> received", 3, 4)):
            self.hops[name] = sorted(1000 * (times[last] - times[first]) for times in stations)


def quantile(ordered, share):
    """The smallest value that is not exceeded by `share` of all."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def table(heads, rows):
    print("| " + " | ".join(heads) + " |")
    print("|" + "---:|" * len(heads))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def report(runs):
    def three(hop):
        return [f"{quantile(hop, 0.5):.1f}", f"{quantile(hop, 0.99):.1f}", f"{quantile(hop, 1):.1f}"]

    heads = ["asked /s", "reached /s", "alerts", "read -> received p50 ms", "p99", "max",
             "produced -> received p50 ms", "p99", "max", "CPU s/s", "RSS MiB"]
    table(heads, [
        [f"{run.plan.rate:,}", f"{run.reached:,.0f}", f"{len(run.hops['read -> received'])}",
         *three(run.hops["read -> received"]), *three(run.hops["produced -> received"]),
         f"{run.cpu:.2f}", f"{run.rss:.0f}"] for run in runs])
    hops = ["produced -> read", "read -> evaluated", "evaluated -> sent", "sent -> received"]
    table(["asked /s", *(f"{hop} p50 / p99 / max ms" for hop in hops)],
          [[f"{run.plan.rate:,}", *(" / ".join(three(run.hops[hop])) for hop in hops)] for run in runs])
    for run in runs:
        plan = run.plan
        print(f"{plan.rate:,}/s: {plan.records():,} records in {plan.messages:,} messages, largest lag "
              f"seen {run.most_lag:,.0f} messages, producer at worst {run.lateness * 1000:.0f} ms behind, "
              f"{run.idle:.0%} of {os.cpu_count()} cores idle, "
              f"{run.snapshots:.0f} snapshots of {run.snapshot_ms:.0f} ms on average (the last "
              f"{run.snapshot_bytes / 1024:,.0f} KiB), "
              f"{len(run.arrivals.posts)} POSTs in all")
        for problem in run.problems:
            print(f"{plan.rate:,}/s: PROBLEM: {problem}")


def parse(words):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--keywatch", required=True, help="the program to measure")
    parser.add_argument("--kafka-produce", required=True, help="tests/support/kafka_produce of a build")
    parser.add_argument("--rate", type=int, nargs="+", default=[1_000, 50_000], help="records/s")
    parser.add_argument("--seconds", type=int, default=30, help="measured, for each rate")
    parser.add_argument("--warm-up", type=int, default=5, help="seconds before that, not measured")
    parser.add_argument("--marks", type=int, default=20, help="marked records per second")
    parser.add_argument("--partitions", type=int, default=4, help="of the topic")
    parser.add_argument("--answer-ms", type=float, default=0, help="the receiver answers so late")
    parser.add_argument("--work", type=pathlib.Path, help="parent of the folders (default: /tmp or TMPDIR)")
    parser.add_argument("--keep", action="store_true", help="do not delete the folders")
    return parser.parse_args(words)


def measure(arguments, rate):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="keywatch-latency-", dir=arguments.work))
    plan = Plan(rate, arguments.warm_up + arguments.seconds, arguments.marks)
    run = Run(plan, arguments)
    try:
        run.measure(folder, message_pool(harness.tool("KEYWATCH_BIN"), plan.per_message))
    finally:
        if arguments.keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return run


def main():
    arguments = parse(sys.argv[1:])
    os.environ["KEYWATCH_BIN"] = arguments.keywatch
    os.environ["KEYWATCH_KAFKA_PRODUCE"] = arguments.kafka_produce
    try:
        runs = [measure(arguments, rate) for rate in arguments.rate]
    except broker.MissingPeer as missing:
        sys.exit(str(missing))
    report(runs)
    return 1 if any(run.problems for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
