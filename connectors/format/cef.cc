#include "connectors/format/cef.h"

#include <string>

#include <fmt/format.h>

#include "connectors/format/alert_view.h"
#include "connectors/format/text_limits.h"

namespace keywatch::format {
namespace {

constexpr size_t kLongestExtension = 1023;

std::string Escape(std::string_view text, char mark) {
  std::string out;
  for (char c : text) {
    if (c == '\\' || c == mark) {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\r') {
      out += mark == '|' ? " " : c == '\n' ? "\\n" : "\\r";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
  }
  return out;
}

class Extension {
 public:
  void Add(const char* key, std::string_view value, size_t most = kLongestExtension) {
    if (value.empty())
      return;
    if (!text_.empty())
      text_ += ' ';
    text_ += fmt::format("{}={}", key, Escape(CutBytes(value, most), '='));
  }
  void AddTime(const char* key, record::Ticks time) {
    if (time != 0)
      Add(key, std::to_string(UnixMilliseconds(time)));
  }
  void AddCustom(int number, const char* label, std::string_view value) {
    if (value.empty())
      return;
    Add(fmt::format("cs{}Label", number).c_str(), label);
    Add(fmt::format("cs{}", number).c_str(), value, kLongestExtension / 2);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string Keys(const AlertView& alert, const Sender& sender) {
  const Activity& activity = alert.activity();
  const ResourceName resource = alert.resources.empty() ? ResourceName() : alert.resources.front();
  Extension out;
  out.Add("type", "2");  // a correlation event
  out.AddTime("rt", alert.message_time());
  out.AddTime("start", alert.first_event);
  out.AddTime("end", alert.last_event);
  out.Add("externalId", alert.id, 40);
  out.Add("reason", alert.ended ? "ended" : "raised");
  std::string address = alert.address();
  out.Add(address.find(':') == std::string::npos ? "src" : "c6a2", address);
  if (address.find(':') != std::string::npos)
    out.Add("c6a2Label", "Source IPv6 Address");
  out.Add("suser", alert.caller_name());
  out.Add("suid", alert.caller_id());
  out.Add("dhost", resource.name);
  out.Add("destinationServiceName",
          resource.name.empty() ? ""
          : resource.is_hsm     ? "Azure Managed HSM"
                                : "Azure Key Vault");
  out.Add("act", activity.operation, 63);
  out.Add("outcome", activity.outcome, 63);
  out.Add("request", activity.request_uri, kLongestExtension / 2);
  out.Add("requestClientApplication", activity.user_agent, kLongestExtension / 2);
  out.AddCustom(1, "Tactics", fmt::format("{}", fmt::join(alert.tactics, ",")));
  out.AddCustom(2, "Techniques", fmt::format("{}", fmt::join(alert.techniques, ",")));
  out.AddCustom(3, "RuleVersion", alert.rule_version);
  out.AddCustom(4, "ResourceId", resource.id);
  if (sender.host != "-")
    out.Add("dvchost", sender.host, 100);
  out.Add("msg", alert.title);
  return out.text();
}

std::string CefOf(const AlertView& alert, const Sender& sender) {
  return fmt::format("CEF:0|keywatch|keywatch|{}|{}|{}|{}|{}",
                     Escape(CutBytes(sender.version, 31), '|'),
                     Escape(CutBytes(alert.rule_id, kLongestExtension), '|'),
                     Escape(CutBytes(alert.rule_name, 512), '|'),
                     alert.severity->cef,
                     Keys(alert, sender));
}

}  // namespace

Result<Message> ToCef(std::string_view canonical_json, const Sender& sender) {
  Result<AlertView> alert = ReadAlert(canonical_json);
  if (!alert)
    return alert.error();
  return Message{CefOf(*alert, sender), "text/plain; charset=utf-8"};
}

Result<Message> ToSyslog(std::string_view canonical_json, const Sender& sender, int facility) {
  Result<AlertView> alert = ReadAlert(canonical_json);
  if (!alert)
    return alert.error();
  // RFC 5424 has at most six fractional digits. No byte order mark before the text: it is one of
  // the freedoms of MSG-ANY, and collectors look for "CEF:" at its beginning.
  record::Ticks time = record::FloorTo(alert->message_time(), record::kTicksPerMillisecond);
  return Message{fmt::format("<{}>1 {} {} keywatch - {} - {}",
                             facility * 8 + alert->severity->syslog,
                             record::FormatDatetimeShort(time),
                             sender.host,
                             alert->ended ? "alert.ended" : "alert.raised",
                             CefOf(*alert, sender)),
                 "text/plain; charset=utf-8"};
}

}  // namespace keywatch::format
