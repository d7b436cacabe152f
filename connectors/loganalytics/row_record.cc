#include "connectors/loganalytics/row_record.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "engine/record/column_source.h"

namespace keywatch::loganalytics {
namespace {

using record::Dynamic;

constexpr std::string_view kClaim = "identity.claim.";
constexpr std::string_view kFlatClaim = "identity_claim_";
constexpr std::string_view kProperties = "properties.";
constexpr std::string_view kAddress = "@ip:";

bool IsEmpty(const Dynamic& value) {
  return value.is_null() || (value.string() != nullptr && value.string()->empty());
}

// A number of a column of type real is a whole one in the record: 200, not 200.0.
Dynamic AsWritten(const Dynamic& value) {
  constexpr double kExact = 9'007'199'254'740'992.0;  // 2^53
  const double* real = std::get_if<double>(&value.held);
  if (real == nullptr || std::trunc(*real) != *real || std::abs(*real) > kExact)
    return value;
  return Dynamic{static_cast<int64_t>(*real)};
}

class Builder {
 public:
  explicit Builder(const record::Table& table) {
    for (const record::TableColumn& column : table.columns)
      sources_.emplace(column.name, column.source);
  }

  void AddColumn(const std::string& name, const Dynamic& cell) {
    if (IsEmpty(cell))
      return;
    Dynamic value = AsWritten(cell);
    auto source = sources_.find(name);
    if (name == "AdditionalFields" && value.object() != nullptr) {
      AddAll(value);
    } else if (source != sources_.end()) {
      AddSource(source->second, value);
    } else if (!name.starts_with("_")) {  // those are of Log Analytics itself
      AddByName(record::WithoutTypeSuffix(name), value);
    }
  }
  void AddAll(const Dynamic& bag) {
    for (const Dynamic::Member& member : *bag.object())
      AddColumn(member.first, member.second);
  }

  std::string Finish() {
    Set(&top_, "category", Text("AuditEvent"));  // AZKVAuditLogs holds nothing else
    if (!claims_.empty()) {
      Dynamic identity{Dynamic::Object{{"claim", Dynamic{std::move(claims_)}}}};
      Set(&top_, "identity", identity);
    }
    for (Dynamic::Member& member : rest_)
      Set(&properties_, member.first, member.second);
    if (!properties_.empty())
      Set(&top_, "properties", Dynamic{std::move(properties_)});
    return record::ToJson(Dynamic{std::move(top_)});
  }

 private:
  static Dynamic Text(std::string_view text) { return Dynamic{std::string(text)}; }

  // The first column that fills a member counts.
  static void Set(Dynamic::Object* object, std::string_view name, const Dynamic& value) {
    bool taken = std::any_of(object->begin(), object->end(), [&](const Dynamic::Member& member) {
      return member.first == name;
    });
    if (!taken)
      object->emplace_back(std::string(name), value);
  }

  void AddSource(std::string_view source, const Dynamic& value) {
    if (source == "@event_time") {
      Set(&top_, "time", value);
    } else if (source == "@resource.upper" || source == "@resource.lower") {
      Set(&top_, "resourceId", value);
    } else if (source.starts_with(kAddress)) {
      Set(&top_, source.substr(kAddress.size()), value);
    } else if (source.starts_with(kClaim)) {
      Set(&claims_, source.substr(kClaim.size()), value);
    } else if (source == "properties" && value.object() != nullptr) {
      for (const Dynamic::Member& member : *value.object())
        rest_.push_back(member);
    } else if (source.starts_with(kProperties)) {
      // Flat: the decoder compares paths in flattened form.
      std::string name(source.substr(kProperties.size()));
      std::replace(name.begin(), name.end(), '.', '_');
      Set(&properties_, name, value);
    } else if (!source.empty() && source[0] != '@') {
      Set(&top_, source, value);
    }
  }

  void AddByName(std::string_view name, const Dynamic& value) {
    if (name.starts_with(kFlatClaim)) {
      Set(&claims_, name.substr(kFlatClaim.size()), value);
    } else {
      Set(&properties_, name, value);
    }
  }

  std::map<std::string, std::string, std::less<>> sources_;  // by column
  Dynamic::Object top_;
  Dynamic::Object claims_;
  Dynamic::Object properties_;
  Dynamic::Object rest_;  // members of a column that holds several properties
};

}  // namespace

std::string RecordOfRow(const record::Table& table, const Dynamic& columns) {
  Builder builder(table);
  builder.AddAll(columns);
  return builder.Finish();
}

}  // namespace keywatch::loganalytics
