#!/usr/bin/env python3
"""What keeps keywatch from reading a secured Kafka, told and mended: a wrong password, an unknown
CA, a token that is not given, not accepted or over, an ACL that is taken away.

Each gives one line in the log that says what to do, a count by reason, and /readyz 503 with the
same text; and each ends without a restart. The broker is real; Entra ID is a fake (fake_entra.py).
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest.mock

import broker
import broker_security
import fake_entra
import harness
import records

USER = f"User:{broker_security.USER}"
IDENTITY = "User:keywatch-identity"


class KafkaSecurity(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="keywatch-secure-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
        cls.security = broker_security.Security(cls.shared / "tls")
        cls.kafka = broker.Broker(cls.shared / "kafka", security=cls.security)
        cls.kafka.start()
        cls.addClassCleanup(cls.kafka.stop)
        harness.create_topic(cls.kafka, partitions=2)
        for principal in (USER, IDENTITY):
            harness.acl(cls.kafka, "allow", principal, "topic", harness.TOPIC)
            harness.acl(cls.kafka, "allow", principal, "topic", harness.TOPIC, "describe")

    def configure(self, source, principal=USER):
        group = f"group-{self.folder.name}"
        harness.acl(self.kafka, "allow", principal, "group", group)
        self.group = group
        service = harness.Keywatch(self.folder, {
            "version": 1, "data_dir": str(self.folder / "data"),
            "rules": {"paths": [str(harness.RULES)]},
            "sources": [{
                "type": "event_hubs", "name": "hub", "namespace": self.kafka.secure_bootstrap,
                "hubs": [harness.TOPIC], "consumer_group": group, "auto_offset_reset": "latest",
                "properties": {"ssl.ca.location": str(self.security.ca),
                               "session.timeout.ms": "6000", "reconnect.backoff.max.ms": "500"},
                **source}],
            "sinks": [{"type": "file", "path": str(self.folder / "alerts.jsonl")}],
            "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
            "snapshot": {"interval": "100ms"}})
        return service

    def start(self, source, principal=USER):
        service = self.configure(source, principal)
        service.start()
        self.addCleanup(service.stop)
        return service

    def try_to_connect(self, source, principal=USER):
        """(exit code, what `config check --connect` says of the source)"""
        service = self.configure(source, principal)
        begun = time.monotonic()
        done = subprocess.run([harness.tool("KEYWATCH_BIN"), "config", "check", "--connect",
                               str(service.config)], capture_output=True, text=True, timeout=60)
        self.assertLess(time.monotonic() - begun, 20, "the limit is 10 s")
        self.assertNotIn("c2VjcmV0", done.stdout + done.stderr)
        return done.returncode, done.stdout.splitlines()[0]

    def errors(self, service, reason):
        return service.metric("keywatch_source_errors_total", source="hub", reason=reason) or 0

    def told(self, service, text):
        """How often the log names the problem, as one that keeps the source from reading."""
        log = service.log.read_text(encoding="utf-8")
        return sum(text in line and " error " in line for line in log.splitlines())

    def wait_for_problem(self, service, text, reason):
        def seen():
            service.alive()
            status, page = service.get("/readyz")
            return status == 503 and text in page
        try:
            harness.wait_for(seen, text, timeout=25)
        except AssertionError:
            print(service.get("/readyz"))
            raise
        self.assertGreaterEqual(self.errors(service, reason), 1)
        self.assertEqual(self.told(service, text), 1)

    def wait_until_it_reads(self, service):
        harness.wait_for(service.ready, f"ready again: {service.get('/readyz')}", timeout=30)
        before = service.metric("keywatch_events_received_total")
        now_ms = int(time.time() * 1000)
        harness.produce(self.kafka, [(0, 0, records.message([records.record(now_ms, "KeyGet")]))])
        harness.wait_for(
            lambda: service.metric("keywatch_events_received_total") == before + 1,
            "the record to be read")

    def test_config_check_connect(self):
        password = self.security.password.replace("$", "$$")
        code, said = self.try_to_connect({"connection_string": password})
        self.assertRegex(said, r"source +hub +OK +logged in; 1 topic with 2 partitions, group ")
        self.assertEqual(code, 0)

        code, said = self.try_to_connect(
            {"connection_string": password.replace("c2VjcmV0", "d3Jvbmc=")})
        self.assertRegex(said, "FAILED +the broker refused the login")
        self.assertEqual(code, 1)

        other = broker_security.make_ca(self.folder / "other", "other-ca")
        code, said = self.try_to_connect({"connection_string": password,
                                          "properties": {"ssl.ca.location": str(other)}})
        self.assertRegex(said, "FAILED .*not signed by a CA that is trusted here")

        code, said = self.try_to_connect({"connection_string": password, "hubs": ["nowhere"]})
        self.assertRegex(said, "FAILED .*nowhere")

        now = int(time.time())
        with fake_entra.FakeEntra(lambda form: self.security.sign(
                {"sub": "keywatch-identity", "aud": broker_security.AUDIENCE, "iss": "fake",
                 "scope": "x", "iat": now, "exp": now + 60}), lifetime=60) as entra:
            identity = {"auth": {"type": "client_secret", "tenant_id": "t", "client_id": "c",
                                 "client_secret": "a-secret", "authority": entra.authority}}
            code, said = self.try_to_connect(identity, IDENTITY)
            self.assertRegex(said, "OK +logged in")
            entra.refuse = "AADSTS7000215: Invalid client secret provided. Trace ID: 1"
            code, said = self.try_to_connect(identity, IDENTITY)
            self.assertRegex(said, "FAILED .*the client secret is wrong")

    def test_wrong_password(self):
        secret = self.folder / "connection_string"
        secret.write_text(self.security.password.replace("c2VjcmV0", "d3Jvbmc="))
        service = self.start({"connection_string_file": str(secret)})
        self.wait_for_problem(service, "the broker refused the login", "login")
        time.sleep(3)
        self.assertEqual(self.told(service, "the broker refused the login"), 1)
        secret.write_text(self.security.password)
        self.wait_until_it_reads(service)
        log = service.log.read_text(encoding="utf-8")
        self.assertNotIn("d3Jvbmc", log)
        self.assertNotIn("c2VjcmV0", log)

    def test_unknown_ca(self):
        ca = self.folder / "ca.pem"
        shutil.copy(broker_security.make_ca(self.folder / "other", "other-ca"), ca)
        service = self.start({
            "connection_string": self.security.password.replace("$", "$$"),
            "properties": {"ssl.ca.location": str(ca), "reconnect.backoff.max.ms": "500"}})
        self.wait_for_problem(service, "not signed by a CA that is trusted here", "tls")
        shutil.copy(self.security.ca, ca)
        self.wait_until_it_reads(service)

    def test_tokens(self):
        stranger = self.folder / "stranger.key"
        shutil.copy(self.security.folder / "ca.key", stranger)
        sign_with = [None]

        def make_token(form):
            self.assertEqual(form["scope"], broker_security.AUDIENCE + "/.default")
            now = int(time.time())
            return self.security.sign(
                {"sub": "keywatch-identity", "aud": broker_security.AUDIENCE, "iss": "fake",
                 "scope": "x", "iat": now, "exp": now + entra.lifetime}, key=sign_with[0])

        with fake_entra.FakeEntra(make_token, lifetime=14) as entra:
            entra.refuse = "AADSTS7000215: Invalid client secret provided. Trace ID: 1"
            service = self.start({"auth": {
                "type": "client_secret", "tenant_id": "t", "client_id": "c",
                "client_secret": "a-secret", "authority": entra.authority}}, IDENTITY)
            self.wait_for_problem(service, "the client secret is wrong", "token")

            sign_with[0] = stranger  # e.g. a token of another tenant
            entra.refuse = None
            self.wait_for_problem(service, "the broker refused the access token", "login")

            sign_with[0] = None
            self.wait_until_it_reads(service)

            entra.refuse = "AADSTS7000222: The provided client secret keys have expired."
            self.wait_for_problem(service, "the client secret has expired", "token")
            entra.refuse = None
            self.wait_until_it_reads(service)
            self.assertEqual(entra.asked[0][0], "/t/oauth2/v2.0/token")
            self.assertNotIn("a-secret", service.log.read_text(encoding="utf-8"))

    def log_in_as(self, auth, entra, good, bad, told):
        """Keywatch that shows `bad` is told so; with `good` in its file it reads."""
        proof = pathlib.Path(auth[next(key for key in auth if key.endswith("_file"))])
        proof.write_text(bad, encoding="utf-8")
        service = self.start({"auth": {"tenant_id": fake_entra.TENANT, "authority": entra.authority,
                                       "client_id": fake_entra.CLIENT, **auth}}, IDENTITY)
        self.wait_for_problem(service, told, "token")
        proof.write_text(good, encoding="utf-8")
        self.wait_until_it_reads(service)
        for line in good.splitlines():
            self.assertNotIn(line, service.log.read_text(encoding="utf-8"))
        self.assertEqual(service.stop(), 0)

    def entra(self):
        def make_token(form):
            self.assertEqual(form.get("scope", f"{form.get('resource')}/.default"),
                             broker_security.AUDIENCE + "/.default")
            now = int(time.time())
            return self.security.sign(
                {"sub": "keywatch-identity", "aud": broker_security.AUDIENCE, "iss": "fake",
                 "scope": "x", "iat": now, "exp": now + 600})
        return fake_entra.FakeEntra(make_token, lifetime=600)

    def test_login_by_secret(self):
        with self.entra() as entra:
            self.log_in_as({"type": "client_secret",
                            "client_secret_file": str(self.folder / "secret")},
                           entra, entra.secret, "another", "the client secret is wrong")

    def test_login_by_certificate(self):
        mine = fake_entra.make_certificate(self.folder / "mine.pem")
        other = fake_entra.make_certificate(self.folder / "other.pem")
        with self.entra() as entra:
            entra.certificate = mine
            self.log_in_as({"type": "client_certificate",
                            "certificate_file": str(self.folder / "application.pem")},
                           entra, mine.read_text(), other.read_text(), "AADSTS700027")

    def test_login_by_workload_identity(self):
        cluster = fake_entra.make_certificate(self.folder / "cluster.pem")
        with self.entra() as entra:
            entra.issuer_key = cluster
            self.log_in_as({"type": "workload_identity",
                            "token_file": str(self.folder / "token")}, entra,
                           fake_entra.federated_token(cluster),
                           fake_entra.federated_token(cluster, subject="system:serviceaccount:a:b"),
                           "AADSTS700213")

    def test_login_by_managed_identity(self):
        with self.entra() as entra, unittest.mock.patch.dict(
                os.environ, {"IDENTITY_ENDPOINT": entra.identity_endpoint,
                             "IDENTITY_HEADER": "of-this-app"}):
            service = self.start({"auth": {"type": "managed_identity"}}, IDENTITY)
            self.wait_for_problem(service, "check that this machine has a managed identity",
                                  "token")
            entra.identity_header = "of-this-app"
            self.wait_until_it_reads(service)
            self.assertNotIn("of-this-app", service.log.read_text(encoding="utf-8"))
            self.assertEqual(entra.asked[0][0], "/msi/token")

    def test_revoked_acl(self):
        service = self.start({"connection_string": self.security.password.replace("$", "$$")})
        self.wait_until_it_reads(service)

        harness.acl(self.kafka, "forbid", USER, "topic", harness.TOPIC)
        self.wait_for_problem(service, "access to topic audit is denied", "access")
        harness.acl(self.kafka, "allow", USER, "topic", harness.TOPIC)
        harness.wait_for(service.ready, "ready again, without a new record", timeout=30)
        self.wait_until_it_reads(service)

        harness.acl(self.kafka, "forbid", USER, "group", self.group)
        self.wait_for_problem(service, f"access to consumer group {self.group} is denied",
                              "access")
        harness.acl(self.kafka, "allow", USER, "group", self.group)
        self.wait_until_it_reads(service)


if __name__ == "__main__":
    harness.main()
