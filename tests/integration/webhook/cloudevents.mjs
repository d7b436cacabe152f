// CloudEvents of both modes, as golden files have them, read by npm's `cloudevents` (the SDK).
//   usage: node cloudevents.mjs GOLDEN_FOLDER      exit 0 when everything holds
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";
import { HTTP } from "cloudevents";

const folder = process.argv[2];
const text = (name) => readFileSync(join(folder, name), "utf8").trimEnd();
const alerts = readdirSync(folder).filter((name) => name.endsWith(".alert.json"));
assert.ok(alerts.length >= 5, "golden alerts");
for (const name of alerts) {
  const stem = name.replace(".alert.json", "");
  const alert = JSON.parse(text(name));

  const body = text(`${stem}.cloudevents.json`);
  const structured = HTTP.toEvent(
    { headers: { "content-type": "application/cloudevents+json; charset=utf-8" }, body });

  const lines = text(`${stem}.cloudevents_binary.json`).split("\n");
  const headers = { "content-type": "application/json" };
  for (const line of lines.slice(0, -1)) {
    const colon = line.indexOf(": ");
    headers[line.slice(0, colon)] = line.slice(colon + 2);
  }
  const binary = HTTP.toEvent({ headers, body: lines.at(-1) });

  for (const event of [structured, binary]) {
    assert.ok(event.validate(), stem);
    assert.equal(event.id, alert.type === "alert.ended" ? `${alert.id}-ended` : alert.id);
    assert.equal(event.type, `io.keywatch.${alert.type}`);
    assert.equal(event.source, "urn:keywatch:test");
    assert.deepEqual(event.data, alert);
  }
  assert.equal(structured.subject, decodeURIComponent(binary.subject ?? "") || undefined);
  assert.equal(structured.time, binary.time);
}
assert.throws(() => HTTP.toEvent({ headers: { "content-type": "application/json" }, body: "{}" }));
console.log(`${alerts.length} alerts read as CloudEvents of both modes`);
