#include "connectors/format/cloudevents.h"

#include <string>

#include <fmt/format.h>

#include "connectors/format/alert_view.h"

namespace keywatch::format {
namespace {

constexpr const char* kSchema = "urn:keywatch:alert:1";

// Without datacontenttype, which binary mode has as content-type.
Json Attributes(const AlertView& alert, const Sender& sender) {
  record::Ticks time = alert.ended ? alert.ended_at : alert.event_time;
  Json out = Json::object();
  out["specversion"] = "1.0";
  out["id"] = MessageId(alert.id, alert.ended);
  out["source"] = sender.cloudevents_source;
  out["type"] = alert.ended ? "io.keywatch.alert.ended" : "io.keywatch.alert.raised";
  if (!alert.resources.empty())
    out["subject"] = alert.resources.front().id;
  out["time"] = record::FormatDatetimeShort(time == 0 ? alert.message_time() : time);
  out["dataschema"] = kSchema;
  out["severitytext"] = alert.severity->cloudevents_text;
  out["severitynumber"] = alert.severity->cloudevents_number;
  return out;
}

// HTTP Protocol Binding 3.1.3.2: space, '"', '%' and all but U+0021 to U+007E as UTF-8.
std::string HeaderValue(std::string_view text) {
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte > 0x7E || c == '"' || c == '%') {
      out += fmt::format("%{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Result<Message> ToCloudEvent(std::string_view canonical_json, const Sender& sender) {
  Result<AlertView> alert = ReadAlert(canonical_json);
  if (!alert)
    return alert.error();
  Json event = Attributes(*alert, sender);
  event["datacontenttype"] = "application/json";
  // The alert as it is: `data` comes last, so its text can stand here unchanged.
  std::string body = Write(event);
  body.back() = ',';
  body += "\"data\":";
  body += canonical_json;
  body += '}';
  return Message{std::move(body), "application/cloudevents+json; charset=utf-8"};
}

Result<Message> ToBinaryCloudEvent(std::string_view canonical_json,
                                   const Sender& sender,
                                   Binding binding) {
  Result<AlertView> alert = ReadAlert(canonical_json);
  if (!alert)
    return alert.error();
  Message message{std::string(canonical_json)};
  const Json attributes = Attributes(*alert, sender);
  for (const auto& item : attributes.items()) {
    std::string text =
        item.value().is_string() ? item.value().get<std::string>() : Write(item.value());
    // Kafka Protocol Binding 3.2.3: ce_ and the text as it is.
    if (binding == Binding::kKafka) {
      message.headers.emplace_back("ce_" + item.key(), std::move(text));
    } else {
      message.headers.emplace_back("ce-" + item.key(), HeaderValue(text));
    }
  }
  return message;
}

}  // namespace keywatch::format
