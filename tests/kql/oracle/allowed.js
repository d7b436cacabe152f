// The differences that are meant: what keywatch refuses by name although Kusto has it, and where it is
// stricter or more lenient for a reason. Each has the reason as its name.
'use strict';

// keywatch refuses, Microsoft accepts: every message of ours must match one of these.
const REFUSED = [
  [/ (is|are) not supported( yet)?/, 'a feature that keywatch refuses by name'],
];

exports.allowed = (query, mine, theirs) => {
  if (mine.errors.length > 0 && theirs.errors.length === 0) {
    for (const [pattern, reason] of REFUSED) {
      if (mine.errors.every((e) => pattern.test(e))) return reason;
    }
  }
  return null;
};
