#!/usr/bin/env python3
"""`keywatch replay` beside DuckDB and rsigma on the same file and the same core; prints a table.

usage: run.py --keywatch PATH [--rsigma PATH] [--work FOLDER] [--repeat N] [--cpu N]

Job a: ten HTTP 403 from one address within five minutes (96 addresses). Job b: 100 stateless rules
(96,187 hits). Job c: a key backup from an address that the vault has not seen in 14 days (48).
keywatch writes a JSON alert for each, rsigma a line; DuckDB only counts, keeps no state and answers
at the end. Every tool reads 500,000 records (475 MB) from the page cache; the tools take turns, and
the ratio is that of the medians. DuckDB comes from PyPI into the folder; rsigma is left out unless
given (`cargo install rsigma --version 0.23.0 --features daachorse-index`).
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time
import uuid

HERE = pathlib.Path(__file__).parent
RECORDS = 500_000
EXPECTED = {"a": 96, "b": 96_187, "c": 48}

RULE = """id: {id}
name: Job b, rule {number}
description: One of a hundred stateless rules.
severity: Low
kind: Scheduled
queryFrequency: 5m
queryPeriod: 5m
triggerOperator: gt
triggerThreshold: 0
tactics: [Impact]
relevantTechniques: [T1485]
query: |
  AzureDiagnostics
  | where {predicate}
  | project TimeGenerated, OperationName, CallerIPAddress, CorrelationId
eventGroupingSettings:
  aggregationKind: AlertPerResult
version: 1.0.0
"""

DUCKDB = """
import duckdb, sys
print(duckdb.connect(config={"threads": 1}).execute(open(sys.argv[1]).read()).fetchall()[0][0])
"""

SQL = {
    "a": """
        select count(distinct ip) from (
          select callerIpAddress ip, count(*) over (partition by callerIpAddress order by time
                 range between interval 5 minutes preceding and current row) n
          from read_json('{file}', format='newline_delimited', columns={{
                 time: 'TIMESTAMP', callerIpAddress: 'VARCHAR',
                 properties: 'STRUCT(httpStatusCode INTEGER)'}})
          where properties.httpStatusCode = 403)
        where n >= 10""",
    "b": """
        select sum({sum}) from (
          select operationName op, properties.httpStatusCode st, resultType rt, resultSignature rs,
                 callerIpAddress ip, properties.clientInfo cli, resourceId rid,
                 coalesce(TenantId, '') ten, properties.requestUri uri, durationMs dur,
                 hour(time) hr, identity.claim.appid appid, coalesce(identity.claim.upn, '') upn,
                 split_part(ip, '.', 1)::bigint * 16777216 + split_part(ip, '.', 2)::bigint * 65536
                 + split_part(ip, '.', 3)::bigint * 256 + split_part(ip, '.', 4)::bigint ipn
          from read_json('{file}', format='newline_delimited', columns={{
                 time: 'TIMESTAMP', resourceId: 'VARCHAR', operationName: 'VARCHAR',
                 resultType: 'VARCHAR', resultSignature: 'VARCHAR', durationMs: 'INTEGER',
                 callerIpAddress: 'VARCHAR', TenantId: 'VARCHAR',
                 identity: 'STRUCT(claim STRUCT(appid VARCHAR, upn VARCHAR))',
                 properties:
                   'STRUCT(httpStatusCode INTEGER, clientInfo VARCHAR, requestUri VARCHAR)'}}))""",
    "c": """
        select count(*) from (
          select operationName op, time,
                 lag(time) over (partition by resourceId, callerIpAddress order by time) prev
          from read_json('{file}', format='newline_delimited', columns={{
                 time: 'TIMESTAMP', operationName: 'VARCHAR', callerIpAddress: 'VARCHAR',
                 resourceId: 'VARCHAR'}}))
        where op = 'KeyBackup' and (prev is null or prev < time - interval 14 days)""",
}


def prepare(work):
    """The data file, the rules of job b and the queries of DuckDB."""
    data = work / f"{RECORDS}.jsonl"
    if not data.exists():
        subprocess.run([sys.executable, HERE / "generate.py", str(RECORDS), data], check=True)
    rules = work / "b"
    rules.mkdir(exist_ok=True)
    for number, predicate in enumerate((HERE / "b.kql").read_text().splitlines()):
        (rules / f"{number:03}.yaml").write_text(RULE.format(
            id=uuid.uuid5(uuid.NAMESPACE_OID, str(number)), number=number, predicate=predicate))
    terms = " + ".join((HERE / "b.sql").read_text().splitlines())
    for job, query in SQL.items():
        (work / f"{job}.sql").write_text(query.format(file=data, sum=terms))
    if not (work / "venv").exists():
        subprocess.run([sys.executable, "-m", "venv", work / "venv"], check=True)
        subprocess.run([work / "venv/bin/pip", "install", "-q", "duckdb==2.0.1"], check=True)
    (work / "query.py").write_text(DUCKDB.lstrip())
    return data


def commands(arguments, work, data):
    """(job, tool) -> (command, how to count what it found)."""
    def lines(out):
        return len(out.splitlines())

    result = {}
    for job in EXPECTED:
        rules = work / "b" if job == "b" else HERE / f"{job}.yaml"
        result[job, "keywatch"] = [arguments.keywatch, "replay", data, "--rules", rules,
                                   "--format", "jsonl", "--learning", "raise"], lines
        result[job, "duckdb"] = [work / "venv/bin/python", work / "query.py",
                                 work / f"{job}.sql"], int
    if arguments.rsigma:
        common = [arguments.rsigma, "engine", "eval", "-q", "-e", f"@{data}",
                  "--input-format", "json"]
        result["a", "rsigma"] = common + [
            "-r", HERE / "a.sigma.yml", "--timestamp-field", "time", "--no-detections"], (
                lambda out: len(set(re.findall(rb'callerIpAddress","[0-9.]+', out))))
        result["b", "rsigma"] = common + ["-r", HERE / "b.sigma.yml"], lines
    return result


def run(command, cpu, out):
    """Wall and CPU seconds, peak MiB, exit code."""
    begin = time.perf_counter()
    with open(out, "wb") as file:
        process = subprocess.Popen([str(word) for word in command], stdout=file,
                                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   preexec_fn=lambda: os.sched_setaffinity(0, [cpu]))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return (time.perf_counter() - begin, usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1024, process.returncode)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keywatch", required=True, type=pathlib.Path)
    parser.add_argument("--rsigma", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("build/jobs"))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--cpu", type=int, default=0)
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    data = prepare(work)
    todo = commands(arguments, work, data)
    runs = {key: [] for key in todo}
    wrong = []
    for _ in range(arguments.repeat):
        for (job, tool), (command, count) in todo.items():
            measured = run(command, arguments.cpu, work / "out")
            runs[job, tool].append(measured)
            found = count((work / "out").read_bytes()) if measured[3] == 0 else None
            if measured[3] != 0 or found != EXPECTED[job]:
                wrong.append(f"{tool} on job {job}: exit {measured[3]}, found {found}, "
                             f"expected {EXPECTED[job]}: {json.dumps([str(c) for c in command])}")
    print("| job | tool | records/s (min–max) | CPU s | peak MiB | keywatch is faster by |")
    print("|---|---|---|---|---|---|")
    for (job, tool), measured in sorted(runs.items()):
        rates = sorted(RECORDS / wall for wall, *_ in measured)
        own = statistics.median(wall for wall, *_ in runs[job, "keywatch"])
        ratio = statistics.median(wall for wall, *_ in measured) / own
        print(f"| {job} | {tool} | {statistics.median(rates) / 1e3:.0f} k "
              f"({rates[0] / 1e3:.0f}–{rates[-1] / 1e3:.0f}) "
              f"| {statistics.median(cpu for _, cpu, *_ in measured):.2f} "
              f"| {max(mib for _, _, mib, _ in measured):.0f} "
              f"| {'' if tool == 'keywatch' else f'{ratio:.2f}'} |")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
