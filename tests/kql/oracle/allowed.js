// The differences that are meant: what keywatch refuses by name although Kusto has it, and where it is
// stricter or more lenient for a reason. Each has the reason as its name.
'use strict';

// keywatch refuses, Microsoft accepts: every message of ours must match one of these.
const REFUSED = [
  [/ (is|are) not supported( yet)?/, 'a feature that keywatch refuses by name'],
  [/^this literal has no value|^expected true, false or null in bool/, 'a literal without a value, which the binder does not look into'],
  [/^the number of rows must be a constant of 0 or more/, 'a negative number of rows'],
  [/^a query has one result/, 'several result statements: which one Sentinel takes is not known'],
  [/^the query has no result|^the query is empty/, 'no result statement'],
  [/^the step of a range must not be 0/, 'a range whose step is 0s'],
  [/^range needs numbers, or times/, 'a range over values of different kinds'],
  [/^expected a name after `\.`, found: `\[`/, 'a member by number after a dot: d.[3]'],
  [/^expected an expression .*found: `\*`/, 'a search in all columns: * == x'],
  [/^no input of this union is a known table/, 'a fuzzy union of nothing'],
  [/^the table has no column|^toscalar needs a column/, 'a value out of a table without columns'],
  [/^expected a table( after .*)?, found|^a table is expected, this is a scalar/, 'a scalar in place of a table'],
];

// Microsoft refuses, keywatch accepts: the first message of theirs must match one of these.
const LENIENT = [
  [/^KS234 /, 'a dynamic literal of the wrong shape: keywatch gives null, as for any other dynamic'],
  [/^KS005 Expected one of: auto, broadcast/, 'the value of a hint: keywatch reads past it'],
  [/^KS183 /, 'the sides of a join condition in any order'],
  [/^KS006 .*keyword 'by'/, 'by as a name of an aggregate'],
];

exports.allowed = (query, mine, theirs) => {
  if (mine.errors.length > 0 && theirs.errors.length === 0) {
    for (const [pattern, reason] of REFUSED) {
      if (mine.errors.every((e) => pattern.test(e))) return reason;
    }
    if (mine.errors.every((e) => REFUSED.some(([pattern]) => pattern.test(e)))) return 'several of these';
  }
  if (mine.errors.length === 0 && theirs.errors.length > 0) {
    if (/\brender\b/.test(query)) return 'what stands behind render: keywatch reads past it';
    if (/\bisfuzzy\b/.test(query)) return 'a fuzzy union with a name that is no table';
    for (const [pattern, reason] of LENIENT) {
      if (pattern.test(theirs.errors[0])) return reason;
    }
  }
  // The binder gives the columns of all inputs; the documentation, and the engine, the common ones.
  if (/\bunion\b[^|]*\bkind\s*=\s*inner/.test(query)) return 'union kind=inner: the binder forgets the kind';
  return null;
};
