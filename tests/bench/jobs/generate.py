#!/usr/bin/env python3
"""Writes the file on which the jobs are measured: seeded, the same bytes every time.

usage: generate.py RECORDS FILE

Vault records, one a line, with bursts of 25 refusals from one address now and then (96 of them in
500,000 records). What the jobs must find was counted with the standard library: see run.py.
"""
import datetime
import json
import random
import sys
import uuid

OPERATIONS = {"SecretGet": 60, "KeyGet": 10, "KeyDecrypt": 8, "KeyUnwrap": 8, "KeyWrap": 5,
              "KeySign": 5, "SecretList": 2, "VaultGet": 1, "KeyBackup": 0.05, "KeyRelease": 0.05,
              "KeyDelete": 0.02}


def guid(chance):
    return str(uuid.UUID(int=chance.getrandbits(128)))


def record(chance, time, operation, vault, status, address, caller):
    success = status == 200
    secrets = f"https://{vault.lower()}.vault.azure.net/secrets/s"
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z", "category": "AuditEvent",
        "operationName": operation, "resultType": "Success" if success else "Failed",
        "resultSignature": "OK" if success else "Forbidden", "correlationId": guid(chance),
        "callerIpAddress": address,
        "identity": {"claim": {
            "http://schemas.microsoft.com/identity/claims/objectidentifier": caller,
            "appid": caller[::-1],
            "xms_mirid": "/subscriptions/x/resourceGroups/rg/providers/"
                         "Microsoft.ManagedIdentity/userAssignedIdentities/mi"}},
        "properties": {
            "clientInfo": "azsdk-net-Security.KeyVault.Secrets/4.5.0 (.NET 8.0; Linux)",
            "requestUri": f"{secrets}{chance.randrange(300)}?api-version=7.4",
            "id": f"{secrets}{chance.randrange(300)}",
            "httpStatusCode": status, "tlsVersion": "TLS1_3"},
        "resourceId": "/SUBSCRIPTIONS/11111111-1111-1111-1111-111111111111/RESOURCEGROUPS/RG"
                      f"/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/{vault}",
        "operationVersion": "7.4", "durationMs": str(chance.randrange(3, 80))}


def generate(count, out):
    chance = random.Random(7)
    time = datetime.datetime(2026, 11, 1)
    addresses = [f"20.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
                 for _ in range(2000)]
    callers = [guid(chance) for _ in range(500)]
    vaults = [f"KV-PROD-{i:03d}" for i in range(40)]
    names, weights = list(OPERATIONS), list(OPERATIONS.values())
    left = 0  # refusals that the current burst still has
    for _ in range(count):
        time += datetime.timedelta(milliseconds=chance.randrange(5, 40))
        if left == 0 and chance.random() < 1 / 5000:
            burst = (f"185.220.{chance.randrange(256)}.{chance.randrange(1, 255)}",
                     chance.choice(callers))
            left = 25
        if left and chance.random() < 0.25:
            (address, caller), status = burst, 403
            left -= 1
        else:
            address, caller = chance.choice(addresses), chance.choice(callers)
            status = 403 if chance.random() < 0.002 else 200
        operation = chance.choices(names, weights)[0]
        line = record(chance, time, operation, chance.choice(vaults), status, address, caller)
        out.write(json.dumps(line, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[2], "w", encoding="ascii") as file:
        generate(int(sys.argv[1]), file)
