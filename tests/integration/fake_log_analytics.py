"""A FAKE of two Azure services, as their documentation describes them: the query API of Log Analytics
(POST /v1/workspaces/ID/query) and Entra ID's token endpoint (client credentials).

It understands of KQL what keywatch asks: the slice of ingestion time and the tables named. Rows can
become visible late; answers can be partial, throttled, refused.
"""
import datetime
import http.server
import json
import re
import threading
import time
import urllib.parse

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
TOKEN = "fake-access-token"
WORKSPACE = "11111111-2222-3333-4444-555555555555"


def iso(seconds):
    moment = EPOCH + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def seconds(text):
    """Of datetime(2026-03-01T10:00:00.1234567Z): the seventh digit is cut off."""
    return (datetime.datetime.fromisoformat(text[:26]).replace(tzinfo=datetime.timezone.utc)
            - EPOCH).total_seconds()


def diagnostics_row(record):
    """The AzureDiagnostics row of an audit record, as pack_all(true) shows it."""
    identity, properties = record["identity"]["claim"], record["properties"]
    return {
        "TenantId": WORKSPACE, "TimeGenerated": record["time"], "ResourceId": record["resourceId"],
        "Category": record["category"], "OperationName": record["operationName"],
        "OperationVersion": record["operationVersion"], "ResultType": record["resultType"],
        "ResultSignature": record["resultSignature"],
        "ResultDescription": record["resultDescription"], "DurationMs": int(record["durationMs"]),
        "CallerIPAddress": record["callerIpAddress"], "CorrelationId": record["correlationId"],
        "identity_claim_appid_g": identity["appid"],
        "identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g":
            identity["http://schemas.microsoft.com/identity/claims/objectidentifier"],
        "httpStatusCode_d": float(properties["httpStatusCode"]), "id_s": properties["id"],
        "requestUri_s": properties["requestUri"], "clientInfo_s": properties["clientInfo"],
        "ResourceType": "VAULTS", "Type": "AzureDiagnostics",
        "_ResourceId": record["resourceId"].lower(),
    }


def audit_logs_row(record):
    """The AZKVAuditLogs row of an audit record, as pack_all(true) shows it.

    learn.microsoft.com/azure/azure-monitor/reference/tables/azkvauditlogs
    """
    properties = record["properties"]
    row = {
        "TenantId": WORKSPACE, "TimeGenerated": record["time"], "OperationName": record["operationName"],
        "OperationVersion": record["operationVersion"], "ResultType": record["resultType"],
        "ResultSignature": record["resultSignature"],
        "ResultDescription": record["resultDescription"], "DurationMs": int(record["durationMs"]),
        "CallerIpAddress": record["callerIpAddress"], "CorrelationId": record["correlationId"],
        "Identity": record["identity"], "HttpStatusCode": properties["httpStatusCode"],
        "Id": properties["id"], "RequestUri": properties["requestUri"],
        "ClientInfo": properties["clientInfo"], "Properties": {}, "SourceSystem": "Azure",
        "Type": "AZKVAuditLogs", "_ResourceId": record["resourceId"].lower(),
        "_SubscriptionId": record["resourceId"].split("/")[2].lower(),
    }
    return {name: value for name, value in row.items() if value not in ("", {})}


ROW_OF = {"AzureDiagnostics": diagnostics_row, "AZKVAuditLogs": audit_logs_row}


class FakeLogAnalytics:
    """`with FakeLogAnalytics() as fake: fake.url` is both endpoint and authority."""

    def __init__(self, most_rows=500_000):
        self.rows = []         # (table, ingested, visible at, row)
        self.most_rows = most_rows
        self.refusals = []     # (status, headers, body), to be answered first
        self.queries = 0
        self.partial = 0
        self.lock = threading.Lock()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802 (the name that http.server calls)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path.endswith("/oauth2/v2.0/token"):
                    status, headers, answer = fake.give_token(body)
                else:
                    status, headers, answer = fake.query(self.path, self.headers, body)
                content = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that was killed

        self.server = Server(("127.0.0.1", 0), Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def ingest(self, record, ago=0.0, visible_after=0.0, table="AzureDiagnostics"):
        ingested = time.time() - ago
        with self.lock:
            self.rows.append((table, ingested, ingested + visible_after, ROW_OF[table](record)))

    @staticmethod
    def give_token(body):
        form = dict(urllib.parse.parse_qsl(body.decode()))
        if (form.get("scope") != "https://api.loganalytics.io/.default"
                or form.get("grant_type") != "client_credentials"):
            return 400, {}, {"error": "invalid_scope"}
        return 200, {}, {"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN}

    def query(self, path, headers, body):
        with self.lock:
            self.queries += 1
            if self.refusals:
                return self.refusals.pop(0)
            if path != f"/v1/workspaces/{WORKSPACE}/query":
                return 404, {}, {"error": {"code": "WorkspaceNotFoundError", "message": path}}
            if headers.get("Authorization") != f"Bearer {TOKEN}":
                return 401, {}, {"error": {"code": "InvalidTokenError", "message": "no token"}}
            query = json.loads(body)["query"]
            start = seconds(re.search(r"ingestion_time\(\) >= datetime\(([^)]+)\)", query).group(1))
            end = seconds(re.search(r"ingestion_time\(\) < datetime\(([^)]+)\)", query).group(1))
            now = time.time()
            found = [[table, iso(ingested), json.dumps(row)]
                     for table, ingested, visible, row in self.rows
                     if start <= ingested < end and visible <= now and f"({table} |" in query]
            answer = {}
            if len(found) > self.most_rows:
                self.partial += 1
                found = found[:self.most_rows]
                answer["error"] = {"code": "PartialError",
                                   "message": "There were some errors when processing your query."}
            columns = [{"name": "Table", "type": "string"}, {"name": "Ingested", "type": "datetime"},
                       {"name": "Row", "type": "dynamic"}]
            answer["tables"] = [{"name": "PrimaryResult", "columns": columns,
                                 "rows": [["", iso(now), None], *found]}]
            return 200, {}, answer
