// A receiver made of other people's code: the npm package `standardwebhooks` verifies each signature,
// `ajv` checks each body against docs/formats/alert.schema.json.
//   usage: node verify.mjs WEBHOOK_SEND SCHEMA      exit 0 when everything holds
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import assert from "node:assert/strict";
import Ajv2020 from "ajv/dist/2020.js";
import { Webhook } from "standardwebhooks";

const [program, schemaFile] = process.argv.slice(2);
const validate = new Ajv2020.default({ allErrors: true, strict: true })
  .compile(JSON.parse(readFileSync(schemaFile, "utf8")));
const secret = () => "whsec_" + randomBytes(32).toString("base64");
const [newSecret, oldSecret, strangerSecret] = [secret(), secret(), secret()];

const received = [];
const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString("utf8");
    received.push({ headers: request.headers, body });
    // The first alert is refused once, so that a retry is seen.
    response.writeHead(received.length === 1 ? 503 : 204).end();
  });
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}/alerts`;
const exit = await new Promise((resolve) => {
  spawn(program, [url, newSecret, oldSecret], { stdio: "inherit" }).on("exit", resolve);
});
server.close();
server.closeAllConnections();

assert.equal(exit, 0, "webhook_send ends well");
assert.equal(received.length, 7, "six alerts and one retry");
for (const { headers, body } of received) {
  // While secrets are rotated a receiver knows one of the two.
  new Webhook(newSecret).verify(body, headers);
  new Webhook(oldSecret).verify(body, headers);
  assert.throws(() => new Webhook(strangerSecret).verify(body, headers));
  assert.throws(() => new Webhook(newSecret).verify(body.replace("High", "Low"), headers));
  assert.throws(() => new Webhook(newSecret).verify(body, { ...headers, "webhook-id": "other" }));
  const alert = JSON.parse(body);
  assert.ok(validate(alert), JSON.stringify(validate.errors));
  assert.equal(alert.id, headers["webhook-id"]);
  assert.equal(headers["content-type"], "application/json");
  assert.ok(Math.abs(Date.parse(headers["keywatch-sent-time"]) - Date.now()) < 60_000);
  assert.ok(!body.includes("\n"), "one line");
}
const first = received.filter(({ headers }) => headers["webhook-id"] === received[0].headers["webhook-id"]);
assert.equal(first.length, 2, "the refused alert came again");
assert.equal(first[0].body, first[1].body, "a retry is the same bytes");

const alerts = new Map(received.map(({ body }) => [JSON.parse(body).id, JSON.parse(body)]));
assert.equal(alerts.size, 6, "distinct ids");
const [alert] = alerts.values();
assert.equal(alert.evidence[0].record.b, "A", "evidence is JSON where it can be");
assert.equal(typeof alert.evidence[1].record, "string", "and text where some reader would refuse it");
assert.equal(alert.evidence[3].record.length, 65536);
assert.deepEqual(alert.truncated, ["/evidence/3/record"]);
// The schema is worth something only if it refuses.
for (const spoil of [(a) => delete a.id, (a) => (a.severity = "high"), (a) => (a.more = 1),
                     (a) => (a.lastEvent = "2026-11-24"), (a) => (a.id = a.id.toUpperCase() + "X")]) {
  const copy = structuredClone(alert);
  spoil(copy);
  assert.ok(!validate(copy), `the schema refuses ${spoil}`);
}
console.log(`${received.length} webhooks verified`);
