// The canonical JSON of an alert: docs/formats/alert.md, alert.schema.json.
//
// One line, members in a fixed order, no blanks outside evidence. Everything that a record can make
// long is cut at a limit, and each cut is named by a JSON Pointer in the member `truncated`; the
// whole never exceeds JsonLimits::alert. Written once, when the alert is raised; the outbox keeps
// the text, and every sink and every retry hands over the same bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/alert/alert.h"

namespace keywatch::alert {

inline constexpr int kSchemaVersion = 1;

struct JsonLimits {
  size_t text = 16 << 10;      // bytes of one string outside the evidence
  size_t evidence = 64 << 10;  // bytes of one evidence record
  size_t items = 500;          // elements of one list; Sentinel, too, keeps 500 entities
  size_t alert = 512 << 10;    // bytes of the whole text
};

// Appends the JSON, without a line end.
void AppendJson(const Alert& alert, const JsonLimits& limits, std::string* out);
std::string ToJson(const Alert& alert, const JsonLimits& limits = {});

// The alert's JSON (as ToJson wrote it) when its finding is over: `type` is alert.ended, and
// `ended`, the first instant at which a run of the rule does not find it, follows.
std::string EndedJson(std::string_view raised, record::Ticks ended);

}  // namespace keywatch::alert
