#!/usr/bin/env python3
"""Records pushed over HTTP: what is answered with 202 is evaluated, whatever happens afterwards.

The clients are Python's and curl's; certificates are made by openssl.
"""
import concurrent.futures
import gzip
import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import threading
import time

import broker
import harness
import receiver
import records

TOKEN = "a-token-for-tests"


def purge(number):
    """A record that raises one alert of its own."""
    return records.record(int(time.time() * 1000), "SecretPurge", caller=number,
                          correlation=f"push-{number}")


class SpoolTrace:
    """What strace's lines tell about the spool: is everything on disk when a 202 is being sent?

    A call counts as made when it returned, and a 202 as sent when the call began.
    """

    def __init__(self):
        self.begun = {}       # thread -> the call it is in
        self.unsynced = set()  # what no sync that began after it has covered: bytes, a new name
        self.covers = {}      # thread in a sync -> what it will have covered
        self.writes = self.accepted = 0
        self.breaches = []

    def see(self, line):
        thread, call = line.split(maxsplit=1)
        if not call.startswith("<... "):
            self.begun[thread] = call
            self.begins(thread, call)
        if not call.endswith("<unfinished ...>") and re.search(r"\) += \d", call):
            self.returned(thread, self.begun.get(thread, ""))

    def begins(self, thread, call):
        if re.match(r"(write|writev|sendto|sendmsg)\(.*HTTP/1\.1 202", call):
            self.accepted += 1
            if self.unsynced:
                self.breaches.append(f"202 before a sync of {sorted(self.unsynced)}")
        if re.match(r"(fdatasync|fsync)\(\d+<[^>]*/http/[^>/]*>", call):
            self.covers[thread] = {"bytes"}
        elif re.match(r"fsync\(\d+<[^>]*/http>", call):
            self.covers[thread] = {"name"}
        elif re.match(r"pwrite64\(\d+<[^>]*/http/", call):
            # What is written while it is being synced need not be covered.
            self.covers = {other: covered - {"bytes"} for other, covered in self.covers.items()}

    def returned(self, thread, call):
        if re.match(r"pwrite64\(\d+<[^>]*/http/", call):
            self.writes += 1
            self.unsynced.add("bytes")
        elif re.match(r"openat\(.*/http/.*O_CREAT", call):
            self.unsynced.add("name")
        self.unsynced -= self.covers.pop(thread, set())


class Push(harness.TestCase):
    def service(self, hook, source=None, **changes):
        self.port = broker.free_ports(1)[0]
        return harness.Keywatch(self.folder, {
            "version": 1, "data_dir": str(self.folder / "data"),
            "rules": {"paths": [str(harness.RULES)]},
            "sources": [{"type": "http", "listen": f"127.0.0.1:{self.port}", "token": TOKEN,
                         **(source or {})}],
            "sinks": [{"type": "webhook", "url": hook.url}],
            "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
            "snapshot": {"interval": "100ms"}, **changes})

    def post(self, body, headers=None, connection=None):
        """(status, headers); status 0 when there was no answer."""
        own = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            own.request("POST", "/v1/records", body,
                        {"Authorization": f"Bearer {TOKEN}", **(headers or {})})
            answer = own.getresponse()
            answer.read()
            return answer.status, dict(answer.getheaders())
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            own.close()

    def push_as_documented(self, record):
        page = (harness.ROOT / "docs/sources/http-push.md").read_text(encoding="utf-8")
        command = re.search(r"```sh\n(curl .+?)```", page, re.DOTALL).group(1)
        command = command.replace("https://keywatch.example.com:9480",
                                  f"http://127.0.0.1:{self.port}")
        (self.folder / "records.json").write_text(json.dumps(record), encoding="utf-8")
        subprocess.run(["bash", "-c", command], cwd=self.folder, check=True, capture_output=True,
                       env={**os.environ, "TOKEN": TOKEN})

    def test_every_envelope_and_refusal(self):
        with receiver.Receiver() as hook:
            service = self.service(hook, {"max_body": "100KiB"})
            service.start()
            harness.wait_for(service.ready, "ready")
            bodies = [json.dumps({"records": [purge(1)]}), json.dumps([purge(2)]),
                      json.dumps(purge(3)) + "\n" + json.dumps(purge(4)) + "\n"]
            for body in bodies:
                self.assertEqual(self.post(body)[0], 202)
            packed = gzip.compress(json.dumps(purge(5)).encode())
            self.assertEqual(self.post(packed, {"Content-Encoding": "gzip"})[0], 202)
            self.assertEqual(self.post(bodies[0], {"Authorization": "Bearer no"})[0], 401)
            self.assertEqual(self.post(b"")[0], 400)
            bomb = gzip.compress(b" " * 10_000_000)
            self.assertEqual(self.post(bomb, {"Content-Encoding": "gzip"})[0], 413)
            self.assertEqual(self.post("not json")[0], 202)  # set aside, not lost
            self.push_as_documented(purge(6))
            harness.wait_for(lambda: len(set(hook.ids())) >= 6, "an alert of each record")
            service.drain()
            self.assertEqual(len(set(hook.ids())), 6)
            self.assertEqual(service.metric("keywatch_push_requests_total", code="202"), 6)
            self.assertEqual(service.metric("keywatch_push_requests_total", code="413"), 1)
            self.assertEqual(service.metric("keywatch_events_parse_errors_total"), 1)
            own = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            own.request("GET", "/healthz")
            self.assertEqual(own.getresponse().status, 200)
            own.close()
            self.assertEqual(service.stop(), 0)

    def test_kill_9_loses_nothing_that_was_acknowledged(self):
        with receiver.Receiver() as hook:
            service = self.service(hook)
            service.start()
            harness.wait_for(service.ready, "ready")
            accepted, stop, numbers = set(), threading.Event(), iter(range(1, 1_000_000))

            def client():
                while not stop.is_set():
                    batch = [next(numbers) for _ in range(3)]
                    body = json.dumps({"records": [purge(number) for number in batch]})
                    # As a client should: again until it is acknowledged, or, now and then, given up.
                    for _ in range(3):
                        if self.post(body)[0] == 202:
                            accepted.update(batch)
                            break
                        time.sleep(0.05)

            with concurrent.futures.ThreadPoolExecutor(6) as clients:
                running = [clients.submit(client) for _ in range(6)]
                for _ in range(8):
                    time.sleep(0.4)
                    service.kill()
                    service.start()
                harness.wait_for(service.ready, "ready")
                time.sleep(0.3)
                stop.set()
                for one in running:
                    one.result()
            service.drain()
            self.assertEqual(service.stop(), 0)
            seen = {int(re.search(rb"push-(\d+)", body).group(1)) for _, body in hook.accepted}
            print(f"{len(accepted)} records acknowledged, {len(seen)} raised", flush=True)
            self.assertGreater(len(accepted), 100)
            self.assertEqual(accepted - seen, set())
            self.assertEqual(len(set(hook.ids())), len(seen))  # nor is one raised twice

    def test_202_only_after_the_bytes_are_on_disk(self):
        """Of the system calls, as strace sees them: the spool's file is written, synced, and then 202."""
        trace = self.folder / "trace"
        with receiver.Receiver() as hook:
            service = self.service(hook)
            with open(service.log, "ab") as log:
                service.process = subprocess.Popen(
                    ["strace", "-f", "-qq", "-y", "-s", "40", "-o", trace,
                     "-e", "trace=openat,pwrite64,fdatasync,fsync,write,writev,sendto,sendmsg",
                     harness.tool("KEYWATCH_BIN"), "run", "--config", service.config],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            harness.wait_for(service.ready, "ready", timeout=120)
            for number in range(1, 6):  # one after the other: then each 202 has its own write
                self.assertEqual(self.post(json.dumps(purge(number)))[0], 202)
            os.kill(int(trace.read_text(encoding="utf-8").split(maxsplit=1)[0]), signal.SIGTERM)
            self.assertEqual(service.process.wait(timeout=120), 0)
        spool = SpoolTrace()
        for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
            spool.see(line)
        self.assertEqual(spool.breaches, [])
        self.assertEqual((spool.writes, spool.accepted), (5, 5))

    def test_the_same_record_from_a_file_counts_once(self):
        file = self.folder / "audit.json"
        shared = [purge(number) for number in range(1, 21)]
        file.write_text("".join(json.dumps(record) + "\n" for record in shared), encoding="utf-8")
        with receiver.Receiver() as hook:
            service = self.service(hook)
            config = json.loads(service.config.read_text(encoding="utf-8"))
            config["sources"].append({"type": "file", "paths": [str(file)]})
            service.config.write_text(json.dumps(config), encoding="utf-8")
            service.start()
            harness.wait_for(service.ready, "ready")
            self.assertEqual(self.post(json.dumps({"records": shared}))[0], 202)
            harness.wait_for(lambda: service.metric("keywatch_events_received_total") == 40,
                             "both sources read")
            service.drain()
            self.assertEqual(service.metric("keywatch_events_duplicate_total"), 20)
            for source in ("http", "file"):
                self.assertEqual(service.metric("keywatch_events_received_total", source=source), 20)
                self.assertIsNotNone(
                    service.metric("keywatch_source_watermark_timestamp_seconds", source=source))
            self.assertEqual(service.stop(), 0)
            self.assertEqual(len(hook.ids()), 20)

    def test_a_full_spool_asks_to_come_again(self):
        with receiver.Receiver() as hook:
            # Nothing is covered by a snapshot for an hour.
            service = self.service(hook, {"max_body": "2KiB", "spool_max_bytes": "3KiB"},
                                   snapshot={"interval": "1h"})
            service.start()
            harness.wait_for(service.ready, "ready")
            answers = [self.post(json.dumps(purge(number))) for number in range(8)]
            statuses = [status for status, _ in answers]
            taken = statuses.count(202)
            self.assertEqual(statuses, [202] * taken + [429] * (8 - taken))
            self.assertGreater(taken, 1)
            self.assertLess(taken, 8)
            self.assertEqual(answers[-1][1]["Retry-After"], "5")
            self.assertLessEqual(service.metric("keywatch_push_spool_bytes"), 3072)
            self.assertEqual(service.stop(), 0)
            service.start()  # the snapshot of the stop covers them
            harness.wait_for(service.ready, "ready")
            self.assertEqual(self.post(json.dumps(purge(19)))[0], 202)
            service.drain()
            self.assertEqual(service.stop(), 0)
            self.assertEqual(len(set(hook.ids())), taken + 1)

    def certificate(self, name, issuer=None, *extra):
        key, cert = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                   "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                   "-keyout", str(key), "-out", str(cert), *extra]
        if issuer:
            command += ["-CA", str(self.folder / f"{issuer}.pem"),
                        "-CAkey", str(self.folder / f"{issuer}.key")]
        subprocess.run(command, check=True, capture_output=True)
        return cert, key

    def test_mutual_tls(self):
        self.certificate("ca")
        self.certificate("strangers")
        cert, key = self.certificate("server", "ca", "-addext",
                                     "subjectAltName=IP:127.0.0.1")
        client = self.certificate("client", "ca")
        stranger = self.certificate("stranger", "strangers")
        with receiver.Receiver() as hook:
            service = self.service(hook, {"token": "", "cert_file": str(cert),
                                          "key_file": str(key),
                                          "client_ca_file": str(self.folder / "ca.pem")})
            service.start()
            harness.wait_for(service.ready, "ready")

            def connection(pair):
                context = ssl.create_default_context(cafile=self.folder / "ca.pem")
                if pair:
                    context.load_cert_chain(*pair)
                return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10,
                                                   context=context)

            body = json.dumps(purge(1))
            self.assertEqual(self.post(body, connection=connection(client))[0], 202)
            self.assertEqual(self.post(body, connection=connection(stranger))[0], 0)
            self.assertEqual(self.post(body, connection=connection(None))[0], 0)
            self.assertEqual(self.post(body)[0], 0)  # without TLS
            service.drain()
            self.assertEqual(service.stop(), 0)
            self.assertEqual(len(set(hook.ids())), 1)

    def test_it_refuses_to_listen_to_whoever_asks(self):
        with receiver.Receiver() as hook:
            service = self.service(hook, {"token": "", "listen": "0.0.0.0:0"})
            service.start()
            self.assertEqual(service.process.wait(timeout=20), 3)
            self.assertIn("refusing to listen on 0.0.0.0 to whoever asks: set token_file",
                          service.log.read_text(encoding="utf-8"))


def need():
    if shutil.which("strace") is None:
        raise broker.MissingPeer("no strace on PATH: run deploy/install-packages.sh test")


if __name__ == "__main__":
    harness.main(with_broker=False, needs=[need])
