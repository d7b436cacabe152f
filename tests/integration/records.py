"""Key Vault audit records for the integration tests, as Azure Monitor sends them to Event Hubs."""
import datetime
import json
import random


def record(time_ms, operation, status=200, caller=1, address="203.0.113.7", correlation="",
           vault="CONTOSO"):
    """One record of the vault layout; `caller` numbers a principal."""
    moment = datetime.datetime.fromtimestamp(time_ms / 1000, datetime.timezone.utc)
    oid = f"d9da5048-2737-4770-bd64-{caller:012d}"
    return {
        "time": moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "0000Z",
        "resourceId": "/SUBSCRIPTIONS/361DA5D4-A47A-4C79-AFDD-0123456789AB/RESOURCEGROUPS/G"
                      f"/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/{vault}",
        "operationName": operation, "operationVersion": "7.4", "category": "AuditEvent",
        "resultType": "Success", "resultSignature": "OK" if status == 200 else "Forbidden",
        "resultDescription": "" if status == 200 else "Caller is not authorized to perform action.",
        "durationMs": "78", "callerIpAddress": address,
        "correlationId": correlation or f"c-{time_ms}-{caller}",
        "identity": {"claim": {
            "http://schemas.microsoft.com/identity/claims/objectidentifier": oid,
            "appid": "1950a258-227b-4e31-a9cf-717495945fc2"}},
        "properties": {"clientInfo": "test", "httpStatusCode": status, "id":
                       f"https://{vault.lower()}.vault.azure.net/keys/k",
                       "requestUri": f"https://{vault.lower()}.vault.azure.net/keys/k"},
    }


def address_of(caller):
    return f"198.51.100.{caller}"


def message(records):
    """One message as Azure Monitor writes it."""
    return json.dumps({"records": records}, separators=(",", ":"))


def traffic(seed, start_ms, count):
    """`count` records, a second apart: daily work, and what rules look for.

    Yields (time in ms, caller, record). Every caller has an address of its own, so that what a rule
    counts is in the records of one caller.
    """
    chance = random.Random(seed)
    for i in range(count):
        dice = chance.random()
        operation, status, callers = "KeyGet", 200, 40
        if dice < 0.02:
            operation = "SecretPurge"
        elif dice < 0.30:
            # So few callers that now and then one crosses the threshold of repeated 403s.
            operation, status, callers = "SecretGet", 403, 12
        elif dice < 0.33:
            operation = "KeyBackup"
        caller = chance.randrange(1, callers)
        time_ms = start_ms + i * 1000
        yield time_ms, caller, record(time_ms, operation, status, caller, address_of(caller),
                                      f"{seed}-{i}")
