// Both front ends on the same queries: both accept with the same result columns, or both refuse, except
// for what allowed.js lists.
// Mutants (--mutants of each query that Microsoft accepts, 3 by default) depend on the query's own text and
// the seed, so that a new query changes none of the others'.
//   node compare.js KQL_CHECK QUERIES.jsonl [--mutants N] [--seed N]
'use strict';
const { spawnSync } = require('child_process');
const fs = require('fs');
const { check } = require('./language_service.js');
const { allowed } = require('./allowed.js');
const { mutate, random } = require('./mutate.js');

const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const [program, file] = process.argv.slice(2);
const mutants = option('--mutants', 3);
const seed = option('--seed', 1);

function mutantsOf(from) {
  const next = random(seed + [...from.query].reduce((h, c) => (h * 31 + c.codePointAt(0)) | 0, 7));
  const out = [];
  for (let i = 0; i < mutants; i++) {
    const query = mutate(from.query, next);
    if (query !== from.query) out.push({ ...from, id: `mutant ${i} of ${from.id}`, query });
  }
  return out;
}

function ours(queries) {
  const input = queries.map((q) => JSON.stringify(q)).join('\n') + '\n';
  const run = spawnSync(program, ['check'], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  const lines = run.stdout.trim().split('\n');
  if (run.status !== 0 || lines.length !== queries.length) {
    console.error(run.stderr);
    console.error(`kql_check: expected ${queries.length} lines and status 0, found ${lines.length} ` +
      `and ${run.status ?? run.signal}; the query behind the last line: ${queries[lines.length]?.query}`);
    process.exit(1);
  }
  return lines.map((l) => JSON.parse(l));
}

// What differs, or null.
function difference(mine, theirs) {
  const refused = mine.errors.length > 0;
  if (refused !== theirs.errors.length > 0) {
    return refused ? `only keywatch refuses: ${mine.errors.join('; ')}`
      : `only Microsoft refuses: ${theirs.errors.join('; ')}`;
  }
  if (refused || theirs.columns === null) return null;
  const left = mine.columns.join(', ');
  const right = theirs.columns.join(', ');
  return left === right ? null : `columns: keywatch ${left}; Microsoft ${right}`;
}

const base = fs.readFileSync(file, 'utf8').trim().split('\n').map((l) => JSON.parse(l));
const accepted = base.filter((q) => check(q.query, q.tables).errors.length === 0);
const queries = [...base, ...accepted.flatMap(mutantsOf)];
const results = ours(queries);
const counts = { accept: 0, refuse: 0, different: 0 };
const excused = new Map();
queries.forEach((q, i) => {
  const theirs = check(q.query, q.tables);
  const found = difference(results[i], theirs);
  if (found === null) {
    counts[theirs.errors.length ? 'refuse' : 'accept']++;
    return;
  }
  const reason = allowed(q.query, results[i], theirs);
  if (reason !== null) {
    excused.set(reason, (excused.get(reason) || 0) + 1);
    return;
  }
  counts.different++;
  console.log(`${q.id}\n${q.query}\n  ${found}\n`);
});
for (const [reason, count] of [...excused].sort()) console.log(`allowed: ${count} × ${reason}`);
console.log(`${queries.length} queries (${queries.length - base.length} mutants, seed ${seed}): both accept ${counts.accept}, ` +
  `both refuse ${counts.refuse}, different ${counts.different}`);
process.exit(counts.different ? 1 : 0);
