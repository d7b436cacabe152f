#include <algorithm>
#include <cctype>
#include <cstdio>

#include <simdjson.h>

#include "tests/bench/generated_rules.h"

namespace keywatch::bench {
namespace {

using simdjson::dom::element;
using Fields = std::unordered_map<std::string, std::string>;

constexpr double kHour = 3600;
constexpr double kBaseline = 14 * 24 * kHour;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return lower;
}

void Add(const element& object, const char* member, const char* column, Fields* fields) {
  element value;
  if (object[member].get(value) != simdjson::SUCCESS)
    return;
  std::string_view text;
  (*fields)[column] =
      value.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(value);
}

double Seconds(const std::string& time) {
  int day = 0;
  int hour = 0;
  int minute = 0;
  double second = 0;
  if (std::sscanf(time.c_str(), "%*d-%*d-%dT%d:%d:%lf", &day, &hour, &minute, &second) != 4)
    return 0;
  return day * 24 * kHour + hour * kHour + minute * 60 + second;
}

bool Holds(const Condition& condition, const Fields& fields) {
  auto found = fields.find(condition.column);
  const std::string text = found == fields.end() ? std::string() : found->second;
  switch (condition.kind) {
    case Condition::Kind::kEqual:
      return condition.is_number ? !text.empty() && std::stod(text) == condition.number
                                 : text == condition.texts[0];
    case Condition::Kind::kEqualFold:
      return Lower(text) == Lower(condition.texts[0]);
    case Condition::Kind::kContains:
      return Lower(text).find(Lower(condition.texts[0])) != std::string::npos;
    case Condition::Kind::kStartsWith:
      return Lower(text).starts_with(Lower(condition.texts[0]));
    case Condition::Kind::kAbove:
      return !text.empty() && std::stod(text) > condition.number;
    case Condition::Kind::kIn:
      return std::find(condition.texts.begin(), condition.texts.end(), text) !=
             condition.texts.end();
  }
  return false;
}

}  // namespace

struct NaiveEvaluator::Impl {
  struct Running {
    GeneratedRule rule;
    std::unordered_map<std::string, std::deque<double>> times;
  };
  std::vector<Running> rules;
  simdjson::dom::parser parser;
  simdjson::dom::parser identity_parser;

  Fields FieldsOf(const element& record) {
    Fields fields;
    Add(record, "time", "TimeGenerated", &fields);
    Add(record, "operationName", "OperationName", &fields);
    Add(record, "callerIpAddress", "CallerIPAddress", &fields);
    Add(record, "durationMs", "DurationMs", &fields);
    Add(record, "resourceId", "Resource", &fields);
    fields["Resource"].erase(0, fields["Resource"].rfind('/') + 1);
    element properties;
    for (const char* layout : {"", "properties"}) {
      element place = record;
      if (*layout != '\0' && record[layout].get(properties) == simdjson::SUCCESS)
        place = properties;
      Add(place, "requestUri", "requestUri_s", &fields);
      Add(place, "clientInfo", "clientInfo_s", &fields);
      Add(place, "httpStatusCode", "httpStatusCode_d", &fields);
    }
    element identity;
    std::string_view text;
    if (record["identity"].get(identity) == simdjson::SUCCESS &&
        identity.get(text) == simdjson::SUCCESS) {
      identity = identity_parser.parse(simdjson::padded_string(text));
    }
    element claim;
    if (identity["claim"].get(claim) == simdjson::SUCCESS) {
      Add(claim, "appid", "identity_claim_appid_g", &fields);
      Add(claim, "upn", "identity_claim_upn_s", &fields);
    }
    return fields;
  }

  static bool Alerts(Running* running, const Fields& fields) {
    const GeneratedRule& rule = running->rule;
    for (const Condition& condition : rule.all) {
      if (!Holds(condition, fields))
        return false;
    }
    if (rule.stateless())
      return true;
    auto by = fields.find(rule.by);
    std::deque<double>& times = running->times[by == fields.end() ? "" : by->second];
    double now = Seconds(fields.at("TimeGenerated"));
    while (!times.empty() && times.front() <= now - (rule.baseline ? kBaseline : kHour))
      times.pop_front();
    times.push_back(now);
    return times.size() == (rule.baseline ? 1 : rule.count);
  }
};

NaiveEvaluator::NaiveEvaluator(std::vector<GeneratedRule> rules) : impl_(std::make_unique<Impl>()) {
  for (GeneratedRule& rule : rules)
    impl_->rules.push_back({std::move(rule), {}});
}

NaiveEvaluator::~NaiveEvaluator() = default;

int64_t NaiveEvaluator::Message(std::string_view message) {
  simdjson::dom::array records;
  if (impl_->parser.parse(message.data(), message.size())["records"].get(records) !=
      simdjson::SUCCESS) {
    return -1;
  }
  int64_t alerts = 0;
  for (element record : records) {
    Fields fields = impl_->FieldsOf(record);
    for (Impl::Running& running : impl_->rules)
      alerts += Impl::Alerts(&running, fields) ? 1 : 0;
  }
  return alerts;
}

}  // namespace keywatch::bench
