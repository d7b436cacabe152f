#!/usr/bin/env python3
"""How keywatch is told to stop: once, cleanly; twice, at once. And what systemd is told of it.

Needs no broker: records come from a file, alerts go to a receiver that hangs when told to.
"""
import json
import os
import signal
import socket
import time

import broker
import harness
import receiver
import records

MOST_SECONDS = 15  # docs/deploy.md


class Stop(harness.TestCase):
    def start(self, hook, name="keywatch", **environment):
        """A ready keywatch in a folder of its own; self.add(n) appends a record that raises an alert."""
        self.home = self.folder / name
        self.home.mkdir()
        self.records = self.home / "records.jsonl"
        self.records.touch()
        service = harness.Keywatch(self.home, {
            "version": 1, "data_dir": str(self.home / "data"),
            "rules": {"paths": [str(harness.RULES)]},
            "sources": [{"type": "file", "paths": [str(self.records)]}],
            "sinks": [{"type": "webhook", "url": hook.url}],
            "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"}})
        before = dict(os.environ)
        os.environ.update(environment)
        try:
            service.start()
        finally:
            for name in environment:
                del os.environ[name]
            os.environ.update(before)
        self.addCleanup(service.stop)
        harness.wait_for(service.ready, "keywatch is ready")
        return service

    def add(self, caller):
        record = records.record(int(time.time() * 1000), "SecretPurge", caller=caller,
                                address=records.address_of(caller))
        with open(self.records, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def test_once_is_clean_and_bounded(self):
        """The receiver hangs; still keywatch ends with 0 in time, and the alert comes after a restart."""
        hangs = True
        with receiver.Receiver(lambda *_: "hang" if hangs else 200) as hook:
            service = self.start(hook)
            self.add(1)
            harness.wait_for(lambda: hook.seen, "the delivery")
            began = time.monotonic()
            self.assertEqual(service.stop(), 0)
            took = time.monotonic() - began
            print(f"\nstopped in {took:.1f} s while the receiver hung")
            self.assertLess(took, MOST_SECONDS)
            self.assertTrue(list((self.home / "data").glob("**/*snapshot*")))
            hangs = False
            service.start()
            harness.wait_for(lambda: hook.accepted, "the alert after the restart")

    def test_twice_is_at_once_and_loses_nothing(self):
        for second in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(second.name):
                self.twice(second)

    def twice(self, second):
        hangs = True
        with receiver.Receiver(lambda *_: "hang" if hangs else 200) as hook:
            service = self.start(hook, second.name)
            for caller in range(1, 4):
                self.add(caller)
            harness.wait_for(lambda: hook.seen, "the delivery")
            service.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            self.assertIsNone(service.process.poll())  # the first one waits for the receiver
            began = time.monotonic()
            service.process.send_signal(second)
            self.assertEqual(service.process.wait(timeout=10), 128 + second)
            self.assertLess(time.monotonic() - began, 1)
            self.assertIn("told to stop twice", service.log.read_text())
            hangs = False
            service.start()
            harness.wait_for(lambda: len(set(hook.ids())) == 3, "the three alerts after the restart")
            self.assertEqual(service.stop(), 0)

    def test_systemd_is_told(self):
        path = str(self.folder / "notify")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.settimeout(10)
        with receiver.Receiver() as hook:
            service = self.start(hook, NOTIFY_SOCKET=path, WATCHDOG_USEC="2000000")
            self.assertEqual(listener.recv(100), b"READY=1")
            for _ in range(4):
                self.assertEqual(listener.recv(100), b"WATCHDOG=1")
            self.assertEqual(service.stop(), 0)
            rest = [listener.recv(100)]
            while rest[-1] == b"WATCHDOG=1":
                rest.append(listener.recv(100))
            self.assertEqual(rest[-1], b"STOPPING=1")


if __name__ == "__main__":
    harness.main(with_broker=False)
