// Seeded mutants of a query: tokens deleted, doubled, swapped, replaced.
'use strict';

// A small generator with a seed (mulberry32), so that a run can be repeated.
exports.random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

const TOKEN = /\/\/[^\n]*|@?"(?:[^"\\\n]|\\.)*"|@?'(?:[^'\\\n]|\\.)*'|[A-Za-z_$][\w-]*|\d[\w.]*|[!=<>]=|[=!]~|\.\.|\s+|./g;

// What a token may become although the query does not hold it.
const VOCABULARY = (
  'T where extend project summarize by join kind inner leftanti on union distinct sort asc desc take top ' +
  'count let in has has_any contains startswith == =~ != < > <= >= + - * / % and or not between .. ( ) [ ] ' +
  'strcat tostring tolong toreal tolower strlen substring split iff case coalesce isempty isnull bin ago now ' +
  'startofday parse_json array_length make_set make_list dcount sum avg min max arg_max countif sumif ' +
  '1 2.5 1h 0 true "a" dynamic datetime(2024-05-01) a s n t d k x , . | = ;').split(' ');

function classOf(token) {
  if (/^@?["']/.test(token)) return 'text';
  if (/^\d/.test(token)) return 'number';
  if (/^(and|or|has|contains|startswith|endswith|in|between)\b/.test(token)) return 'operator';
  if (/^[A-Za-z_$]/.test(token)) return 'word';
  return /^[=!<>+*\/%~-]/.test(token) ? 'operator' : token;
}

exports.tokens = (query) => query.match(TOKEN) || [];

exports.mutate = (query, random) => {
  const tokens = exports.tokens(query);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const solid = tokens.map((t, i) => (/^\s/.test(t) ? -1 : i)).filter((i) => i >= 0);
  if (solid.length < 3) return query;
  const at = pick(solid);
  const kind = random();
  if (kind < 0.15) {
    tokens.splice(at, 1);
  } else if (kind < 0.2) {
    tokens.splice(at, 0, tokens[at], ' ');
  } else if (kind < 0.35) {
    const other = pick(solid);
    [tokens[at], tokens[other]] = [tokens[other], tokens[at]];
  } else {
    // Mostly a token of the same class, of this query or another: such mutants often still parse.
    const source = random() < 0.5 ? solid.map((i) => tokens[i]) : VOCABULARY;
    const alike = source.filter((t) => classOf(t) === classOf(tokens[at]));
    tokens[at] = pick(alike.length > 0 && random() < 0.85 ? alike : VOCABULARY);
  }
  return tokens.join('');
};
