// Seeded mutants of a query: tokens deleted, doubled, swapped, replaced by a token of another query.
'use strict';

// A small generator with a seed (mulberry32), so that a run can be repeated.
exports.random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

const TOKEN = /\/\/[^\n]*|@?"(?:[^"\\\n]|\\.)*"|@?'(?:[^'\\\n]|\\.)*'|[A-Za-z_$][\w-]*|\d[\w.]*|[!=<>]=|[=!]~|\.\.|\s+|./g;

exports.tokens = (query) => query.match(TOKEN) || [];

exports.mutate = (query, others, random) => {
  const tokens = exports.tokens(query);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const solid = tokens.map((t, i) => (/^\s/.test(t) ? -1 : i)).filter((i) => i >= 0);
  if (solid.length < 3) return query;
  const at = pick(solid);
  const kind = random();
  if (kind < 0.3) {
    tokens.splice(at, 1);
  } else if (kind < 0.4) {
    tokens.splice(at, 0, tokens[at], ' ');
  } else if (kind < 0.6) {
    const other = pick(solid);
    [tokens[at], tokens[other]] = [tokens[other], tokens[at]];
  } else {
    tokens[at] = pick(others);
  }
  return tokens.join('');
};
