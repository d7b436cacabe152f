#include "app/page/alert_filter.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "app/page/alert_view.h"
#include "app/page/ascii.h"
#include "app/page/html.h"
#include "engine/record/dynamic.h"
#include "engine/rule/rule.h"

namespace keywatch::app::page {
namespace {

constexpr size_t kLongestText = 200;
constexpr int64_t kMostAtOnce = 200;
constexpr size_t kDefaultLimit = 50;

Status ReadSeverities(const std::string& text, std::vector<std::string>* out) {
  for (size_t at = 0; at < text.size();) {
    size_t comma = std::min(text.find(',', at), text.size());
    std::string name = text.substr(at, comma - at);
    at = comma + 1;
    if (name.empty())
      continue;
    auto severity = rule::ParseSeverity(name);
    if (!severity) {
      return InvalidInput(fmt::format(
          "severity: expected High, Medium, Low or Informational, several with commas; found {}",
          name.substr(0, 40)));
    }
    std::string known = rule::Name(*severity);
    if (std::find(out->begin(), out->end(), known) == out->end())
      out->push_back(known);
  }
  return {};
}

Result<int64_t> ReadNumber(const char* name, const std::string& text, int64_t least, int64_t most) {
  int64_t number = 0;
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || number < least ||
      number > most) {
    return InvalidInput(fmt::format(
        "{}: expected a number from {} to {}, found {}", name, least, most, text.substr(0, 40)));
  }
  return number;
}

}  // namespace

Result<AlertFilter> ReadFilter(const std::map<std::string, std::string>& query) {
  AlertFilter filter;
  auto value = [&](const char* name) {
    auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  };
  KEYWATCH_RETURN_IF_ERROR(ReadSeverities(value("severity"), &filter.severities));
  filter.rule_id = Lower(value("rule"));
  filter.resource = value("resource");
  filter.text = value("text");
  for (const std::string* text : {&filter.rule_id, &filter.resource, &filter.text}) {
    if (text->size() > kLongestText)
      return InvalidInput(fmt::format("rule, resource, text: at most {} bytes each", kLongestText));
  }
  if (std::string before = value("before"); !before.empty()) {
    Result<int64_t> number = ReadNumber("before", before, 1, INT64_MAX);
    if (!number)
      return number.error();
    filter.before = *number;
  }
  if (std::string limit = value("limit"); !limit.empty()) {
    Result<int64_t> number = ReadNumber("limit", limit, 1, kMostAtOnce);
    if (!number)
      return number.error();
    filter.limit = static_cast<size_t>(*number);
  }
  return filter;
}

std::string ToQuery(const AlertFilter& filter) {
  std::string out;
  auto add = [&](const char* name, const std::string& value) {
    if (!value.empty())
      out += fmt::format("{}{}={}", out.empty() ? '?' : '&', name, value);
  };
  add("severity", fmt::format("{}", fmt::join(filter.severities, ",")));
  add("rule", PercentEncode(filter.rule_id));
  add("resource", PercentEncode(filter.resource));
  add("text", PercentEncode(filter.text));
  if (filter.before > 0)
    add("before", std::to_string(filter.before));
  if (filter.limit != kDefaultLimit)
    add("limit", std::to_string(filter.limit));
  return out;
}

AlertMatcher::AlertMatcher(const AlertFilter& filter)
    : filter_(filter), resource_(Lower(filter.resource)) {
  std::string text = Lower(filter.text);
  for (size_t at = 0; at < text.size();) {
    size_t blank = std::min(text.find(' ', at), text.size());
    if (blank > at) {
      std::string quoted;
      record::AppendJsonString(text.substr(at, blank - at), &quoted);
      words_.push_back(quoted.substr(1, quoted.size() - 2));
    }
    at = blank + 1;
  }
}

bool AlertMatcher::Matches(const state::StoredAlert& alert) const {
  return !alert.IsEnd() && MatchesEither(alert);
}

bool AlertMatcher::MatchesEither(const state::StoredAlert& alert) const {
  const std::vector<std::string>& severities = filter_.severities;
  if (!severities.empty() &&
      std::find(severities.begin(), severities.end(), alert.severity) == severities.end())
    return false;
  if (!filter_.rule_id.empty() && alert.rule_id != filter_.rule_id)
    return false;
  for (const std::string& word : words_) {
    if (!ContainsIgnoringCase(alert.json, word))
      return false;
  }
  if (resource_.empty())
    return true;
  std::vector<std::string> resources = ReadAlert(alert.json).resources;
  return std::any_of(resources.begin(), resources.end(), [&](const std::string& id) {
    return id.find(resource_) != std::string::npos;
  });
}

}  // namespace keywatch::app::page
