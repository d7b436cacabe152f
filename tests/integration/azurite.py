"""A real Azurite (Microsoft's emulator of Azure Storage) and a client of it, on a free loopback port.

    with Azurite(folder) as azure:
        logs = azure.container("insights-logs-auditevent")
        logs.create()
        logs.append(hour_blob("CONTOSO", time_ms), b"{...}\n")

Azurite comes from npm once, into build/peers/azurite; the client is the standard library's.
"""
import base64
import contextlib
import datetime
import hashlib
import hmac
import http.client
import os
import signal
import subprocess
import time
import urllib.parse

import broker

PACKAGE = "azurite@3.35.0"  # later ones need a newer node
ACCOUNT = "devstoreaccount1"
# The emulator's own, public: learn.microsoft.com/azure/storage/common/storage-use-azurite
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
OTHER_KEY = base64.b64encode(b"not the key of this account, but as long as one would be, of 64 b").decode()
VERSION = "2021-12-02"


def fetch(target):
    fetched = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(target), PACKAGE],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if fetched.returncode != 0:
        raise broker.MissingPeer(f"npm could not fetch {PACKAGE}:\n{fetched.stdout[-2000:]}")


def folder():
    broker.need("node", "npm")
    return broker.fetched("azurite", PACKAGE, fetch)


def resource_blob(resource, time_ms):
    """Name of the blob that Azure Monitor would write a record to that it received then."""
    hour = datetime.datetime.fromtimestamp(time_ms / 1000, datetime.timezone.utc)
    return f"resourceId={resource.upper()}/" + hour.strftime("y=%Y/m=%m/d=%d/h=%H/m=00/PT1H.json")


def hour_blob(vault, time_ms):
    return resource_blob("/SUBSCRIPTIONS/361DA5D4-A47A-4C79-AFDD-0123456789AB/RESOURCEGROUPS/G"
                         f"/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/{vault}", time_ms)


class Azurite:
    """Its data lies below `directory`; port and data stay the same over restarts."""

    def __init__(self, directory):
        self.directory = directory
        self.port = broker.free_ports(1)[0]
        self.process = None
        self.containers = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/{ACCOUNT}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        main = folder() / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
        data = self.directory / "azurite"
        data.mkdir(parents=True, exist_ok=True)
        with open(self.directory / "azurite.log", "ab") as log:
            self.process = subprocess.Popen(
                ["node", str(main), "--blobHost", "127.0.0.1", "--blobPort", str(self.port),
                 "--location", str(data), "--disableTelemetry", "--silent"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"})
        end = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError), contextlib.closing(Container(self.port, "x")) as any_one:
                if any_one.request("GET", query={"comp": "list"})[0] > 0:
                    return
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError(f"Azurite did not start, see {self.directory}/azurite.log")
            time.sleep(0.05)

    def stop(self):
        for container in self.containers:
            container.close()
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=20)
            self.process = None

    def container(self, name):
        self.containers.append(Container(self.port, name))
        return self.containers[-1]


def signature(text, key=KEY):
    return base64.b64encode(
        hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()


class Container:
    """Requests of one container, signed with the account's key."""

    def __init__(self, port, name):
        self.port = port
        self.name = name
        self.connection = None

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def request(self, method, blob="", query=None, headers=None, body=b""):
        """(status, headers, body); an error status does not raise."""
        query = query or {}
        path = urllib.parse.quote(f"/{ACCOUNT}/{self.name}" + (f"/{blob}" if blob else ""))
        now = datetime.datetime.now(datetime.timezone.utc)
        sent = {"x-ms-date": now.strftime("%a, %d %b %Y %H:%M:%S GMT"), "x-ms-version": VERSION,
                **(headers or {})}
        length = str(len(body)) if body else ""
        text = "\n".join([method, "", "", length] + [""] * 8) + "\n"
        text += "".join(f"{name}:{sent[name]}\n" for name in sorted(sent))
        text += f"/{ACCOUNT}{path}" + "".join(f"\n{name}:{query[name]}" for name in sorted(query))
        sent["Authorization"] = f"SharedKey {ACCOUNT}:{signature(text)}"
        sent["Content-Length"] = str(len(body))
        target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        for last in (False, True):
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                self.connection.request(method, target, body=body, headers=sent)
                answer = self.connection.getresponse()
                return answer.status, dict(answer.getheaders()), answer.read()
            except (OSError, http.client.HTTPException):
                self.close()  # it was idle for too long
                if last:
                    raise
        return None

    def _must(self, *arguments, **more):
        status, headers, body = self.request(*arguments, **more)
        if status >= 300:
            raise AssertionError(f"Azurite answered {status}: {body.decode(errors='replace')[:500]}")
        return headers

    def create(self):
        self._must("PUT", "", {"restype": "container"})

    def append(self, blob, data):
        """Adds to an append blob, and makes it when it is not there; a block holds 4 MiB at most."""
        for begin in range(0, len(data), 4 << 20):
            block = data[begin:begin + (4 << 20)]
            status, _, _ = self.request("PUT", blob, {"comp": "appendblock"}, body=block)
            if status == 404:
                self.replace(blob)
                self._must("PUT", blob, {"comp": "appendblock"}, body=block)
            elif status != 201:
                raise AssertionError(f"Azurite answered {status} to an append")

    def replace(self, blob, data=b""):
        """A new append blob, in place of one that there may be."""
        self._must("PUT", blob, headers={"x-ms-blob-type": "AppendBlob"})
        if data:
            self.append(blob, data)

    def delete(self, blob):
        self._must("DELETE", blob)

    def sas(self, minutes, permissions="rl"):
        """A shared access signature of the container (service SAS, version 2021-12-02)."""
        end = (datetime.datetime.now(datetime.timezone.utc)
               + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = "\n".join([permissions, "", end, f"/blob/{ACCOUNT}/{self.name}", "", "", "", VERSION,
                          "c", "", "", "", "", "", "", ""])
        return urllib.parse.urlencode({"sv": VERSION, "se": end, "sr": "c", "sp": permissions,
                                       "sig": signature(text)})
