#!/usr/bin/env python3
"""The container insights-logs-auditevent, in a real Azurite.

A record in a blob raises its one alert, whether it was there before, is appended while keywatch
reads, or keywatch is killed meanwhile.
"""
import base64
import json
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import threading
import time

import azurite
import broker
import harness
import receiver
import records

CONTAINER = "insights-logs-auditevent"
HOUR_MS = 3_600_000
# docs/sources/blob.md, "Measured": 37 and 82 MiB. Half as much again is what another machine may need.
PARALLEL_1_MIB, PARALLEL_4_MIB = 56, 123
SEED = int(os.environ.get("KEYWATCH_KILL_SEED", str(int(time.time()))))


def purge(number, time_ms=None, vault="CONTOSO"):
    """A line that raises one alert, told apart by its caller."""
    return json.dumps(records.record(time_ms or int(time.time() * 1000), "SecretPurge", caller=number,
                                     correlation=f"blob-{number}", vault=vault)).encode() + b"\n"


def now_ms():
    return int(time.time() * 1000)


class Blob(harness.TestCase):
    def service(self, azure, hook, **changes):
        key = self.folder / "key"
        if not key.exists():
            key.write_text(azurite.KEY, encoding="utf-8")
        source = {"type": "blob", "account_url": azure.url, "account_key_file": str(key),
                  "poll_interval": "200ms", "late_interval": "1s", **changes}
        source = {name: value for name, value in source.items() if value is not None}
        service = harness.Keywatch(self.folder, {
            "version": 1, "data_dir": str(self.folder / "data"),
            "rules": {"paths": [str(harness.RULES)]},
            "sources": [source], "sinks": [{"type": "webhook", "url": hook.url}],
            "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
            "snapshot": {"interval": "100ms"}})
        self.addCleanup(service.stop)
        return service

    def source_metric(self, service, name, **labels):
        return service.metric(f"keywatch_blob_{name}", source="blob", **labels)

    def test_tail(self):
        with azurite.Azurite(self.folder) as azure, receiver.Receiver() as hook:
            logs = azure.container(CONTAINER)
            logs.create()
            for number in range(3):
                logs.append(azurite.hour_blob(f"VAULT{number}", now_ms()), purge(number + 1))
            service = self.service(azure, hook)
            service.start()
            harness.wait_for(lambda: service.alive() and len(hook.ids()) == 3, "what was there")
            took = []
            for number in range(4, 44):
                line = purge(number)
                begun = time.monotonic()
                logs.append(azurite.hour_blob(f"VAULT{number % 3}", now_ms()), line)
                harness.wait_for(lambda count=number: len(hook.ids()) >= count, f"alert {number}")
                took.append((time.monotonic() - begun) * 1000)
                time.sleep(random.uniform(0, 0.1))
            took.sort()
            print(f"append to webhook at poll 200 ms: median {statistics.median(took):.0f} ms, "
                  f"longest of {len(took)} {took[-1]:.0f} ms", flush=True)
            # A line comes in two blocks.
            line = purge(44)
            blob = azurite.hour_blob("VAULT1", now_ms())
            logs.append(blob, line[:100])
            time.sleep(0.5)
            self.assertEqual(len(hook.ids()), 43)
            logs.append(blob, line[100:])
            harness.wait_for(lambda: len(hook.ids()) == 44, "the line in two blocks")
            # A resource that was not there before.
            logs.append(azurite.hour_blob("NEW", now_ms()), purge(45))
            harness.wait_for(lambda: len(hook.ids()) == 45, "a new resource")
            # A line that is no record.
            logs.append(blob, b"{not json}\n" + purge(46))
            harness.wait_for(lambda: len(hook.ids()) == 46, "the line after a bad one")
            place = f"{CONTAINER}/{blob}"
            letters = (self.folder / "data" / "dead-letter.jsonl").read_text(encoding="utf-8")
            self.assertIn(place, letters)
            service.drain()
            self.assertEqual(service.stop(), 0)
            self.assertEqual(len(hook.ids()), len(set(hook.ids())))

    def try_to_connect(self, service):
        """(exit code, what `config check --connect` says of the source)"""
        done = subprocess.run([harness.tool("KEYWATCH_BIN"), "config", "check", "--connect",
                               str(service.config)], capture_output=True, text=True, timeout=60)
        said, = [line for line in done.stdout.splitlines() if line.startswith("source ")]
        return done.returncode, said

    def test_config_check_connect(self):
        with receiver.Receiver() as hook:
            with azurite.Azurite(self.folder) as azure:
                service = self.service(azure, hook)
                code, said = self.try_to_connect(service)
                self.assertRegex(said, f"blob +FAILED .*container.* {CONTAINER}")
                self.assertEqual(code, 1)

                azure.container(CONTAINER).create()
                code, said = self.try_to_connect(service)
                self.assertRegex(
                    said, rf"blob +OK +logged in; the container {CONTAINER} can be listed$")
                self.assertEqual(code, 0)

                key = self.folder / "key"
                key.write_text(base64.b64encode(b"not the key of the account").decode())
                code, said = self.try_to_connect(service)
                self.assertRegex(said, "blob +FAILED .*account_key")
                self.assertNotIn(key.read_text(), said)
                self.assertEqual(code, 1)
                key.write_text(azurite.KEY)
            # Nothing listens there any more.
            code, said = self.try_to_connect(service)
            self.assertRegex(said, "blob +FAILED .*firewall")
            self.assertEqual(code, 1)
            self.assertEqual(hook.ids(), [])

    def test_backfill_of_a_range_and_the_end(self):
        with azurite.Azurite(self.folder) as azure, receiver.Receiver() as hook:
            logs = azure.container(CONTAINER)
            logs.create()
            hour = now_ms() // HOUR_MS * HOUR_MS - 60 * HOUR_MS
            wanted = 0
            for i in range(40):
                for vault in ("A", "B"):
                    logs.append(azurite.hour_blob(vault, hour + i * HOUR_MS),
                                purge(1 + i * 2 + (vault == "B"), hour + i * HOUR_MS, vault))
                    wanted += 10 <= i < 30
            def when(number):
                return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime((hour + number * HOUR_MS) / 1000))
            service = self.service(azure, hook, **{"from": when(10), "to": when(30)})
            service.start()
            self.assertEqual(service.process.wait(timeout=30), 0)
            self.assertEqual(len(set(hook.ids())), wanted)

    def test_memory_is_bounded_by_parallel_and_chunk_bytes(self):
        """48 MB in 6 blobs: parallel x chunk_bytes of it are in memory at a time, not the hour."""
        line = json.dumps(records.record(now_ms() - HOUR_MS, "KeyGet", correlation="X" * 36)).encode()
        with azurite.Azurite(self.folder) as azure, receiver.Receiver() as hook:
            logs = azure.container(CONTAINER)
            logs.create()
            count = (8 << 20) // (len(line) + 1)
            for blob in range(6):
                body = b"".join(line.replace(b"X" * 36, b"%036d" % (blob * count + i)) + b"\n"
                                for i in range(count))
                logs.append(azurite.hour_blob(f"V{blob % 3}", now_ms() - (1 + blob // 3) * HOUR_MS), body)
            for parallel, most_mib in ((1, PARALLEL_1_MIB), (4, PARALLEL_4_MIB)):
                service = self.service(azure, hook, history="4h", parallel=parallel)
                service.start()
                harness.wait_for(lambda: service.alive()
                                 and service.metric("keywatch_events_received_total") == 6 * count,
                                 "all read", timeout=120)
                status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text(encoding="utf-8")
                peak = int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024
                print(f"peak memory with parallel: {parallel}: {peak:.0f} MiB", flush=True)
                self.assertEqual(service.stop(), 0)
                shutil.rmtree(self.folder / "data")
                self.assertLess(peak, most_mib)

    def test_kill9_beside_a_writer(self):
        """Lines appended at the moment of a kill, some in two blocks, some to an hour before. That a
        kill makes no difference to any shipped rule: test_kill9_blob.py."""
        points = int(os.environ.get("KEYWATCH_KILL_POINTS", "14"))
        chance = random.Random(SEED)
        print(f"seed {SEED}, {points} points", flush=True)
        with azurite.Azurite(self.folder) as azure, receiver.Receiver() as hook:
            logs = azure.container(CONTAINER)
            logs.create()
            stop = threading.Event()
            written = []

            def write():
                writer = azure.container(CONTAINER)
                while not stop.is_set():
                    number = len(written) + 1
                    at = now_ms() - chance.choice([0, 0, HOUR_MS, 2 * HOUR_MS])
                    line = purge(number)
                    cut = chance.choice([0, 0, 100])
                    for part in (line[:cut], line[cut:]):
                        if part:
                            writer.append(azurite.hour_blob(f"V{number % 3}", at), part)
                    written.append(number)
                    time.sleep(chance.uniform(0, 0.03))

            service = self.service(azure, hook, history="4h", late_interval="300ms",
                                   chunk_bytes="64KiB")
            thread = threading.Thread(target=write)
            thread.start()
            for _ in range(points):
                service.start()
                time.sleep(chance.uniform(0.2, 1.2))
                service.alive()
                service.kill()
            service.start()
            stop.set()
            thread.join()
            harness.wait_for(lambda: service.alive() and len(set(hook.ids())) >= len(written),
                             f"{len(written)} alerts")
            service.drain()
            self.assertEqual(service.stop(), 0)
            print(f"{len(written)} records, {len(hook.ids())} deliveries with kills", flush=True)
            self.assertGreater(len(written), points * 4)
            self.assertEqual(len(set(hook.ids())), len(written))

    def test_failures_show_and_pass(self):
        with azurite.Azurite(self.folder) as azure, receiver.Receiver() as hook:
            logs = azure.container(CONTAINER)
            key = self.folder / "key"
            key.write_text(azurite.OTHER_KEY, encoding="utf-8")
            service = self.service(azure, hook)
            service.start()
            harness.wait_for(lambda: service.alive() and "account_key_file" in service.get("/readyz")[1],
                             "what to do about a wrong key")
            self.assertEqual(service.get("/readyz")[0], 503)
            self.assertGreater(service.metric("keywatch_source_errors_total"), 0)
            key.write_text(azurite.KEY, encoding="utf-8")
            harness.wait_for(lambda: "there is no container" in service.get("/readyz")[1],
                             "what to do about a missing container")
            logs.create()
            logs.append(azurite.hour_blob("V", now_ms()), purge(1))
            harness.wait_for(lambda: service.ready() and len(hook.ids()) == 1, "recovery")
            azure.stop()
            harness.wait_for(lambda: "cannot be reached" in service.get("/readyz")[1], "an outage")
            azure.start()
            logs.append(azurite.hour_blob("V", now_ms()), purge(2))
            harness.wait_for(lambda: service.ready() and len(hook.ids()) == 2, "recovery")
            self.assertEqual(service.stop(), 0)

    def test_a_shared_access_signature_that_ends(self):
        with azurite.Azurite(self.folder) as azure, receiver.Receiver() as hook:
            logs = azure.container(CONTAINER)
            logs.create()
            logs.append(azurite.hour_blob("V", now_ms()), purge(1))
            token = self.folder / "sas"
            token.write_text(logs.sas(minutes=-5), encoding="utf-8")
            service = self.service(azure, hook, account_key_file=None, sas_token_file=str(token))
            service.start()
            harness.wait_for(lambda: service.alive() and "sas_token_file" in service.get("/readyz")[1],
                             "what to do about an old signature")
            token.write_text(logs.sas(minutes=5), encoding="utf-8")
            harness.wait_for(lambda: service.ready() and len(hook.ids()) == 1, "recovery")
            self.assertEqual(service.stop(), 0)

    def test_a_replaced_blob_is_read_again(self):
        with azurite.Azurite(self.folder) as azure, receiver.Receiver() as hook:
            logs = azure.container(CONTAINER)
            logs.create()
            blob = azurite.hour_blob("V", now_ms())
            logs.append(blob, purge(1) + purge(2))
            service = self.service(azure, hook)
            service.start()
            harness.wait_for(lambda: service.alive() and len(hook.ids()) == 2, "the first blob")
            logs.replace(blob, purge(1001) + purge(1002) + purge(1003))
            harness.wait_for(lambda: len(hook.ids()) == 5, "its replacement")
            logs.replace(blob, purge(2001))
            harness.wait_for(lambda: len(hook.ids()) == 6, "a shorter one")
            # Azurite is seen empty between the two requests of replace(), or not.
            self.assertGreaterEqual(self.source_metric(service, "replaced_total"), 2)
            self.assertIn("read again from its beginning", service.log.read_text())
            self.assertEqual(service.stop(), 0)


if __name__ == "__main__":
    harness.main(with_broker=False, needs=[azurite.folder])
