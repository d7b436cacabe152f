// Both front ends on the same queries: both accept with the same result columns, or both refuse, except
// for what allowed.js lists.
//   node compare.js KQL_CHECK QUERIES.jsonl [--mutants N] [--seed N] [--all]
'use strict';
const { spawnSync } = require('child_process');
const fs = require('fs');
const { check } = require('./language_service.js');
const { allowed } = require('./allowed.js');
const { mutate, random, tokens } = require('./mutate.js');

const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const [program, file] = process.argv.slice(2);
const mutants = option('--mutants', 500);
const seed = option('--seed', 1);

function mutantsOf(queries) {
  const next = random(seed);
  const others = queries.flatMap((q) => tokens(q.query)).filter((t) => !/^\s|^\/\//.test(t));
  const out = [];
  while (out.length < mutants) {
    const from = queries[Math.floor(next() * queries.length)];
    const query = mutate(from.query, others, next);
    if (query !== from.query) out.push({ ...from, id: `mutant ${out.length} of ${from.id}`, query });
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
const queries = [...base, ...mutantsOf(base)];
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
console.log(`${queries.length} queries (${mutants} mutants, seed ${seed}): both accept ${counts.accept}, ` +
  `both refuse ${counts.refuse}, different ${counts.different}`);
process.exit(counts.different ? 1 : 0);
