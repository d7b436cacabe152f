#include "connectors/file/console_sink.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "engine/record/dynamic.h"
#include "engine/record/time.h"

namespace keywatch::file {
namespace {

using record::Dynamic;

constexpr int kPatienceMilliseconds = 2000;
constexpr size_t kMostEntities = 6;
constexpr size_t kTextShown = 120;

std::string Text(const Dynamic* parent, std::string_view name) {
  const Dynamic* member = parent == nullptr ? nullptr : parent->Find(name);
  const std::string* text = member == nullptr ? nullptr : member->string();
  return text == nullptr ? "" : *text;
}

void AppendVisible(std::string_view text, std::string* out) {
  size_t shown = 0;
  for (size_t i = 0; i < text.size(); ++i, ++shown) {
    auto byte = static_cast<unsigned char>(text[i]);
    bool boundary = (byte & 0xC0) != 0x80;
    if (shown >= kTextShown && boundary) {
      *out += "..";
      return;
    }
    // C1 controls are two bytes in UTF-8: C2 80 to C2 9F.
    bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F) {
      *out += fmt::format("\\x{:02x}", byte);
    } else if (c1) {
      *out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else {
      *out += text[i];
    }
  }
}

// "2026-11-24T10:00:00.1234567Z" -> "2026-11-24T10:00:00Z".
std::string ToSecond(const std::string& time) {
  std::optional<record::Ticks> ticks = record::ParseIsoDatetime(time);
  if (!ticks)
    return "-";
  return record::FormatDatetimeShort(record::FloorTo(*ticks, record::kTicksPerSecond));
}

const char* ColourOf(std::string_view severity) {
  if (severity == "High")
    return "\x1b[1;31m";
  if (severity == "Medium")
    return "\x1b[33m";
  if (severity == "Low")
    return "\x1b[36m";
  return "\x1b[2m";
}

// "Account=ada@example.com IP=203.0.113.7": of each entity its first identifier.
void AppendEntities(const Dynamic& alert, std::string* out) {
  const Dynamic* entities = alert.Find("entities");
  if (entities == nullptr || entities->array() == nullptr)
    return;
  size_t shown = 0;
  for (const Dynamic& entity : *entities->array()) {
    const Dynamic* identifiers = entity.Find("identifiers");
    const Dynamic::Object* members = identifiers == nullptr ? nullptr : identifiers->object();
    if (members == nullptr || members->empty())
      continue;
    if (++shown > kMostEntities) {
      *out += " ..";
      return;
    }
    *out += shown == 1 ? "  " : " ";
    AppendVisible(Text(&entity, "type"), out);
    *out += '=';
    const std::string* value = members->front().second.string();
    AppendVisible(value == nullptr ? "" : *value, out);
  }
}

Status WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    pollfd ready{descriptor, POLLOUT, 0};
    int count = poll(&ready, 1, kPatienceMilliseconds);
    if (count < 0 && errno == EINTR)
      continue;
    if (count == 0)
      return Unavailable("nobody reads the output");
    ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && (errno == EINTR || errno == EAGAIN))
      continue;
    if (written <= 0)
      return Unavailable(std::string("cannot write: ") + std::strerror(errno));
    text.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace

std::string ConsoleLine(const pipeline::OutgoingAlert& alert, bool colour) {
  std::string out;
  std::optional<Dynamic> json = record::ParseJson(alert.json);
  if (!json || json->object() == nullptr) {
    AppendVisible("alert " + alert.id + " of rule " + alert.rule_id, &out);
    return out;
  }
  out += ToSecond(Text(&*json, "lastEvent")) + " ";
  if (colour)
    out += ColourOf(alert.severity);
  std::string severity;
  AppendVisible(alert.severity, &severity);
  out += fmt::format("{:<13} ", severity);
  if (colour)
    out += "\x1b[0m\x1b[1m";
  std::string rule = Text(json->Find("rule"), "name");
  std::string title = Text(&*json, "title");
  AppendVisible(rule.empty() ? title : rule, &out);
  if (colour)
    out += "\x1b[0m";
  if (!title.empty() && title != rule && !rule.empty()) {
    out += ": ";
    AppendVisible(title, &out);
  }
  AppendEntities(*json, &out);
  return out;
}

ConsoleSink::ConsoleSink(std::string name, int descriptor)
    : name_(std::move(name)), descriptor_(descriptor) {
  const char* no_colour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): start-up
  colour_ = isatty(descriptor) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

pipeline::DeliveryResult ConsoleSink::Deliver(const pipeline::OutgoingAlert& alert) {
  Status written = WriteAll(descriptor_, ConsoleLine(alert, colour_) + "\n");
  if (written.ok())
    return {};
  return {pipeline::DeliveryOutcome::kRetry, "file", written.message(), {}};
}

}  // namespace keywatch::file
