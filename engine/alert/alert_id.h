// The identity of an alert: what was found, by which rule, from when on.
//
// The same records and rules give the same id whatever the batch sizes, threads or restarts, so
// that a replayed alert meets its own row in the outbox and a receiver can drop repeats by it.
//
// The id is the first 128 bits of SHA-256 over a tagged encoding, as 32 lower-case hex digits (no
// `.`, as Standard Webhooks asks):
//   text("keywatch-alert-1") text(rule id) count(key) value* integer(interval start)
//   text(t)     its length (8 bytes, little endian), its bytes
//   count(n), integer(n)   8 bytes, little endian
//   value       one tag byte, then
//     'n' null (of any type)         'b' bool: integer       'i' int, long, whole real: integer
//     'd' other real: its 8 bytes    't' datetime: integer   'p' timespan: integer
//     'g' guid: text                 's' string: text
//     'j' dynamic: a value again, one of the above or
//     '[' array: count, value*       '{' object: count, (text(name), value)* by ascending name
// Values that are the same key (record::SameKey) have the same encoding, and no two keys that
// differ share one. A change of this encoding changes every id: count the leading tag up.
#pragma once

#include <string>
#include <string_view>

#include "engine/record/value.h"

namespace keywatch::alert {

// `interval_start` is the first instant at which a run of the rule finds `key`.
std::string AlertId(std::string_view rule_id, const record::Row& key, record::Ticks interval_start);

}  // namespace keywatch::alert
