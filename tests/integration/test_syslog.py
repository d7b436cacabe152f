#!/usr/bin/env python3
"""Alerts as CEF in syslog over TLS, taken by a real rsyslogd: every field arrives as it was meant.

rsyslog parses the RFC 5424 header, and its mmnormalize (liblognorm) the CEF body; what both found is
compared with the alert that a file sink beside it wrote. Text that attackers choose is in it.
"""
import datetime
import json
import re
import shutil
import signal
import socket
import subprocess
import time

import broker
import fake_receivers
import harness
import records

# What would end a field, a message or a frame, if it were not escaped.
HOSTILE = ("a=b|c\\d \\=\\|\\n\nCEF:0|x|y|1|2|3|10|src=192.0.2.1 act=Forged\r\n"
           "9 <1>1 - - \t\x01\x7f \"]%msg% 'ü€\u202e\U0001f511 end\\")
NAME = "Purged | by = \\ <130>1 - \"]"

RULE = {
    "id": "5a1f7f3e-8f0e-4a53-9d0c-2f6f6b1c0003", "name": NAME, "description": "A secret was purged.",
    "kind": "Scheduled", "severity": "High", "queryFrequency": "5m", "queryPeriod": "5m",
    "triggerOperator": "gt", "triggerThreshold": 0, "tactics": ["Impact", "DefenseEvasion"],
    "relevantTechniques": ["T1485", "T1070"],
    "query": "AzureDiagnostics | where OperationName == 'SecretPurge' | project TimeGenerated, ResourceId,"
             " CallerIPAddress, Who = identity_claim_appid_g, Client = clientInfo_s",
    "entityMappings": [
        {"entityType": "IP", "fieldMappings": [
            {"identifier": "Address", "columnName": "CallerIPAddress"}]},
        {"entityType": "Account", "fieldMappings": [
            {"identifier": "AadUserId", "columnName": "Who"},
            {"identifier": "FullName", "columnName": "Client"}]}],
    "alertDetailsOverride": {"alertDisplayNameFormat": "Purge by {{Client}}"},
    "eventGroupingSettings": {"aggregationKind": "AlertPerResult"}, "version": "1.2.3"}

HEADER = ("pri", "version", "time", "app", "procid", "msgid", "structured")
CONFIG = """
global(workDirectory="{folder}" defaultNetstreamDriver="ossl"
  defaultNetstreamDriverCAFile="{folder}/ca.pem"
  defaultNetstreamDriverCertFile="{folder}/server.pem"
  defaultNetstreamDriverKeyFile="{folder}/server.key")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1"
  streamDriver.authMode="x509/name" permittedPeer=["client"])
module(load="mmnormalize")
input(type="imtcp" port="{port}" address="127.0.0.1" ruleset="in")
template(name="fields" type="list" option.jsonf="on") {{
  property(outname="pri" name="pri" format="jsonf")
  property(outname="version" name="protocol-version" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="procid" name="procid" format="jsonf")
  property(outname="msgid" name="msgid" format="jsonf")
  property(outname="structured" name="structured-data" format="jsonf")
  property(outname="msg" name="msg" format="jsonf")
  property(outname="parsed" name="$!" format="jsonf")
}}
ruleset(name="in") {{
  action(type="mmnormalize" rulebase="{folder}/cef.rulebase")
  action(type="omfile" file="{folder}/received.jsonl" template="fields")
}}
"""


class Rsyslog:
    """Its configuration, port and file stay the same over restarts."""

    def __init__(self, folder):
        self.folder = folder
        self.port = broker.free_ports(1)[0]
        self.process = None
        (folder / "rsyslog.conf").write_text(CONFIG.format(folder=folder, port=self.port))
        (folder / "cef.rulebase").write_text("version=2\nrule=:%cef:cef%\n")

    def start(self):
        with open(self.folder / "rsyslog.log", "ab") as log:
            self.process = subprocess.Popen(
                ["rsyslogd", "-n", "-iNONE", "-f", str(self.folder / "rsyslog.conf")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        harness.wait_for(self.listens, "rsyslogd listens", timeout=120)

    def listens(self):
        if self.process.poll() is not None:
            raise AssertionError((self.folder / "rsyslog.log").read_text(errors="replace")[-3000:])
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def received(self):
        file = self.folder / "received.jsonl"
        whole = file.read_text(encoding="utf-8") if file.exists() else ""
        return [json.loads(line) for line in whole.splitlines(keepends=True) if line.endswith("\n")]


def version():
    said = subprocess.run([harness.tool("KEYWATCH_BIN"), "version"], capture_output=True, text=True,
                          check=True).stdout
    return said.split()[1]


def milliseconds(text):
    moment = datetime.datetime.fromisoformat(text[:23]).replace(tzinfo=datetime.timezone.utc)
    return str(round(moment.timestamp() * 1000))


def plain(text):
    """Control characters that CEF has no escape for become blanks."""
    return re.sub(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]", " ", text)


class Syslog(harness.TestCase):
    def setUp(self):
        super().setUp()
        fake_receivers.certificates(self.folder)
        self.records = self.folder / "records.jsonl"
        self.records.touch()
        (self.folder / "rules").mkdir()
        (self.folder / "rules" / "purged.yaml").write_text(json.dumps(RULE), encoding="utf-8")
        self.rsyslog = Rsyslog(self.folder)
        self.addCleanup(self.rsyslog.kill)
        self.service = harness.Keywatch(self.folder, {
            "version": 1, "data_dir": str(self.folder / "data"),
            "rules": {"paths": [str(self.folder / "rules")]},
            "sources": [{"type": "file", "paths": [str(self.records)]}],
            "sinks": [
                {"type": "file", "path": str(self.folder / "alerts.jsonl")},
                {"type": "syslog", "address": f"127.0.0.1:{self.rsyslog.port}",
                 "ca_file": str(self.folder / "ca.pem"),
                 "client_cert_file": str(self.folder / "client.pem"),
                 "client_key_file": str(self.folder / "client.key")}],
            "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"}})
        self.addCleanup(self.service.stop)

    def purge(self, caller, client="test"):
        record = records.record(int(time.time() * 1000), "SecretPurge", caller=caller,
                                address=records.address_of(caller))
        record["properties"]["clientInfo"] = client
        with open(self.records, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def alerts(self):
        return [json.loads(line) for line in
                (self.folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]

    def test_every_field_arrives(self):
        self.rsyslog.start()
        self.service.start()
        harness.wait_for(self.service.ready, "ready", timeout=120)
        self.purge(1, HOSTILE)
        self.purge(2)
        harness.wait_for(lambda: len(self.rsyslog.received()) >= 2, "two messages", timeout=120)
        self.assertEqual(self.service.stop(), 0)
        self.assertEqual(len(self.rsyslog.received()), 2, "no message is made of what is in another")
        alerts = {alert["id"]: alert for alert in self.alerts()}
        hosts = set()
        for got in self.rsyslog.received():
            cef = json.loads(got["parsed"])["cef"]
            fields = cef.pop("Extensions")
            # The liblognorm of Debian 12 takes the first character of the first key for a blank.
            fields["type"] = fields.pop("ype", None) or fields.pop("type")
            alert = alerts.pop(fields["externalId"])
            evaluated = alert["latency"]["evaluatedTime"]
            hosts |= {got["host"], fields.pop("dvchost")}
            self.assertEqual({name: got[name] for name in HEADER}, {
                "pri": "130", "version": "1", "time": evaluated[:23].rstrip("0").rstrip(".") + "Z",
                "app": "keywatch", "procid": "-", "msgid": "alert.raised", "structured": "-"})
            self.assertEqual(cef, {
                "DeviceVendor": "keywatch", "DeviceProduct": "keywatch", "DeviceVersion": version(),
                "SignatureID": RULE["id"], "Name": NAME, "Severity": "8"})
            record = alert["evidence"][0]["record"]
            client = plain(record["properties"]["clientInfo"])
            self.assertEqual(fields, {
                "type": "2", "rt": milliseconds(evaluated),
                "start": milliseconds(record["time"]), "end": milliseconds(record["time"]),
                "externalId": alert["id"], "reason": "raised", "src": record["callerIpAddress"],
                "suser": client, "suid": record["identity"]["claim"]["appid"], "dhost": "CONTOSO",
                "destinationServiceName": "Azure Key Vault", "act": "SecretPurge",
                "outcome": "success", "request": record["properties"]["requestUri"],
                "requestClientApplication": client,
                "cs1Label": "Tactics", "cs1": "Impact,DefenseEvasion",
                "cs2Label": "Techniques", "cs2": "T1485,T1070",
                "cs3Label": "RuleVersion", "cs3": "1.2.3",
                "cs4Label": "ResourceId", "cs4": record["resourceId"],
                "msg": f"Purge by {client}"})
        self.assertEqual(alerts, {})
        self.assertEqual(hosts, {socket.gethostname()})

    def test_killed_and_started_again(self):
        """What is raised meanwhile waits. (What lay unread in its socket is lost: docs/sinks/syslog.md.)"""
        self.rsyslog.start()
        self.service.start()
        harness.wait_for(self.service.ready, "ready", timeout=120)
        for caller in (1, 2, 3):
            self.purge(caller)
        harness.wait_for(lambda: len(self.rsyslog.received()) == 3, "three messages", timeout=120)
        self.rsyslog.kill()
        for caller in (4, 5, 6):
            self.purge(caller)
        harness.wait_for(lambda: self.service.metric("keywatch_sink_queue_length", sink="syslog") == 3,
                         "three wait", timeout=120)
        self.rsyslog.start()
        harness.wait_for(lambda: len(self.rsyslog.received()) >= 6, "six messages", timeout=120)
        self.assertEqual(self.service.stop(), 0)
        arrived = [re.search(r" externalId=(\w+) ", got["msg"]).group(1)
                   for got in self.rsyslog.received()]
        self.assertEqual(sorted(arrived), sorted(alert["id"] for alert in self.alerts()))


def need():
    if shutil.which("rsyslogd") is None:
        raise broker.MissingPeer("no rsyslogd on PATH: run deploy/install-packages.sh test")


if __name__ == "__main__":
    harness.main(with_broker=False, needs=[need])
