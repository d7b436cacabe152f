#include "connectors/file/dead_letter_reader.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/record/dynamic.h"

namespace keywatch::file {
namespace {

std::string Text(const record::Dynamic& object, std::string_view name) {
  const record::Dynamic* found = object.Find(name);
  const std::string* text = found == nullptr ? nullptr : found->string();
  return text == nullptr ? "" : *text;
}

// The alert is the last member, and no text before it can hold a quote that is not escaped.
constexpr std::string_view kAlertMember = ",\"alert\":{";

bool ParseAlert(std::string_view line, DeadLetter* out) {
  size_t at = line.find(kAlertMember);
  if (at == std::string_view::npos || line.back() != '}')
    return false;
  std::string_view json = line.substr(at + kAlertMember.size() - 1);
  json.remove_suffix(1);
  std::optional<record::Dynamic> alert = record::ParseJson(json);
  const record::Dynamic* rule = alert ? alert->Find("rule") : nullptr;
  if (rule == nullptr)
    return false;
  out->alert = {Text(*alert, "id"),
                Text(*rule, "id"),
                Text(*alert, "severity"),
                std::string(json),
                Text(*alert, "type") == "alert.ended"};
  out->title = Text(*alert, "title");
  return !out->alert.id.empty();
}

}  // namespace

bool ParseDeadLetter(std::string_view line, DeadLetter* out) {
  *out = {};
  bool is_alert = line.starts_with("{\"kind\":\"alert\"");
  // What comes before the alert is enough of it.
  std::string head(line.substr(0, is_alert ? line.find(kAlertMember) : line.size()));
  if (is_alert)
    head += '}';
  std::optional<record::Dynamic> letter = record::ParseJson(head);
  if (!letter || letter->object() == nullptr)
    return false;
  out->is_alert = is_alert;
  out->time = Text(*letter, "time");
  out->sink = Text(*letter, "sink");
  out->reason = Text(*letter, "reason");
  out->detail = Text(*letter, "detail");
  out->origin = Text(*letter, "origin");
  if (const record::Dynamic* offset = letter->Find("offset")) {
    if (const auto* number = std::get_if<int64_t>(&offset->held))
      out->offset = *number;
  }
  return is_alert ? ParseAlert(line, out) : Text(*letter, "kind") == "record";
}

Status ReadDeadLetters(const std::string& path,
                       const std::function<void(const DeadLetter&)>& each,
                       uint64_t* unreadable) {
  for (const std::string& part : {path + ".1", path}) {
    std::error_code error;
    if (!std::filesystem::exists(part, error))
      continue;
    std::ifstream in(part, std::ios::binary);
    if (!in)
      return Unavailable("cannot read " + part + ": " + std::strerror(errno));
    DeadLetter letter;
    for (std::string line; std::getline(in, line);) {
      if (ParseDeadLetter(line, &letter)) {
        each(letter);
      } else if (!line.empty()) {
        ++*unreadable;
      }
    }
  }
  return {};
}

}  // namespace keywatch::file
