// Arbitrary bytes as a message. Beside not crashing, and reading nothing outside the message:
//   - a record that is accepted is JSON for the strict parser of the engine too, and its strings
//   have
//     the values that this parser sees (nothing can be read by one and mean something else);
//   - the same records come out when the message is decoded in batches of one row, and by a decoder
//     that has seen every input before.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "connectors/decode/json_decoder.h"
#include "engine/record/dynamic.h"

namespace {

using keywatch::pipeline::RawBatch;
using keywatch::pipeline::RejectedRecord;
using keywatch::record::Dynamic;
using keywatch::record::RecordBatch;

const char* const kColumns[] = {
    "OperationName", "CorrelationId", "clientInfo_s", "requestUri_s", "ResultDescription"};
// Where the strict parser must find them: at top or under `properties`, which one first.
struct Place {
  const char* name;
  bool top_first;
};
const Place kPlaces[] = {{"operationname", true},
                         {"correlationid", true},
                         {"clientinfo", false},
                         {"requesturi", false},
                         {"resultdescription", true}};

keywatch::record::BatchLayout Layout() {
  keywatch::record::BatchLayout layout;
  const auto* table = keywatch::record::SchemaCatalog::Builtin().Find("AzureDiagnostics");
  for (const char* wanted : kColumns) {
    for (const auto& column : table->columns) {
      if (column.name == wanted)
        layout.Add(*table, column);
    }
  }
  for (const char* name : {"AzureDiagnostics", "AZKVAuditLogs"}) {
    const auto* more = keywatch::record::SchemaCatalog::Builtin().Find(name);
    for (const auto& column : more->columns)
      layout.Add(*more, column);
  }
  return layout;
}

void Require(bool condition, const char* what) {
  if (condition)
    return;
  std::fprintf(stderr, "fuzz_json_decode: %s\n", what);
  std::abort();
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

// The last member whose name is `name` but for its case.
const Dynamic* Member(const Dynamic& object, const std::string& name) {
  const Dynamic* found = nullptr;
  if (object.object() == nullptr)
    return nullptr;
  for (const auto& [key, value] : *object.object()) {
    if (Lower(key) == name)
      found = &value;
  }
  return found;
}

// Names such as `properties_clientInfo` flatten to the same path: leave those records out.
bool HasOddNames(const Dynamic& value) {
  if (value.object() == nullptr)
    return false;
  for (const auto& [key, member] : *value.object()) {
    bool plain = std::all_of(key.begin(), key.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
    if (!plain)
      return true;
  }
  return false;
}

void CheckRow(const RecordBatch& batch, size_t row) {
  std::optional<Dynamic> strict = keywatch::record::ParseJson(batch.raw[row]);
  Require(strict.has_value() && strict->object() != nullptr,
          "a row whose record is no JSON object");
  const Dynamic* properties = Member(*strict, "properties");
  if (HasOddNames(*strict) || (properties != nullptr && HasOddNames(*properties)))
    return;
  for (size_t i = 0; i < std::size(kPlaces); ++i) {
    const Dynamic* top = Member(*strict, kPlaces[i].name);
    const Dynamic* below = properties == nullptr ? nullptr : Member(*properties, kPlaces[i].name);
    const Dynamic* expected = kPlaces[i].top_first ? top : below;
    if (expected == nullptr || expected->is_null())
      expected = kPlaces[i].top_first ? below : top;
    if (expected != nullptr && expected->string() == nullptr && !expected->is_null())
      continue;
    std::string text = expected == nullptr || expected->is_null() ? "" : *expected->string();
    Require(keywatch::record::CellValue(batch.columns[i], row).string() == text,
            "a string that the strict parser reads otherwise");
  }
}

struct Outcome {
  std::vector<uint64_t> ids;
  std::vector<std::string> rejected;
  bool operator==(const Outcome&) const = default;
};

Outcome Decode(keywatch::decode::JsonDecoder* decoder, std::string_view message, bool check) {
  std::string origin = "fuzz";
  RawBatch batch;
  batch.messages.push_back({&origin, 0, message, 0});
  RecordBatch out;
  Outcome outcome;
  for (size_t next = 0; next < 1;) {
    decoder->Decode(batch, &next, &out, [&](const RejectedRecord& rejected) {
      bool inside = rejected.bytes.empty() || (rejected.bytes.data() >= message.data() &&
                                               rejected.bytes.data() + rejected.bytes.size() <=
                                                   message.data() + message.size());
      Require(inside, "rejected bytes outside the message");
      Require(rejected.byte_position <= message.size(), "a position outside the message");
      outcome.rejected.push_back(rejected.reason);
    });
    for (size_t row = 0; row < out.rows; ++row) {
      outcome.ids.push_back(out.record_id[row]);
      if (check)
        CheckRow(out, row);
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static keywatch::decode::JsonDecoder experienced(Layout(), [] {
    keywatch::decode::DecodeLimits limits;
    limits.batch_rows = 64;
    return limits;
  }());
  static keywatch::decode::JsonDecoder one_by_one(Layout(), [] {
    keywatch::decode::DecodeLimits limits;
    limits.batch_rows = 1;
    limits.dictionary_entries = 8;
    return limits;
  }());
  // Memory of exactly this size: the sanitizer sees a byte read behind it.
  auto copy = std::make_unique<char[]>(size);
  std::copy_n(data, size, copy.get());
  std::string_view message(copy.get(), size);
  Outcome outcome = Decode(&experienced, message, true);
  Require(outcome == Decode(&one_by_one, message, false), "small batches give another result");
  Require(outcome == Decode(&experienced, message, false), "the second time gives another result");
  return 0;
}
