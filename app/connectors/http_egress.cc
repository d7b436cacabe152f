#include "app/connectors/http_egress.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/version.h"
#include "connectors/http/reach.h"

namespace keywatch::app {

using rule::YamlNode;

namespace {

// http:// to this machine needs no permission.
bool IsLoopbackUrl(std::string_view url) {
  std::string_view rest = url.substr(url.find("://") + 3);
  std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.starts_with("[::1]"))
    return true;
  host = host.substr(0, host.find(':'));
  return host == "localhost" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

// The key `allow_addresses`.
void ReadClasses(Fields* fields, HttpEgress* egress) {
  const std::vector<std::string> names = {"loopback", "private", "link_local"};
  bool* const flags[] = {
      &egress->allow_loopback, &egress->allow_private, &egress->allow_link_local};
  std::vector<std::string> allowed;
  for (size_t i = 0; i < names.size(); ++i) {
    if (*flags[i])
      allowed.push_back(names[i]);
  }
  fields->Names("allow_addresses",
                "Addresses that may be connected to beside public ones. Cloud metadata services, "
                "which hand out credentials, are link_local.",
                names,
                /*least_items=*/0,
                &allowed);
  for (size_t i = 0; i < names.size(); ++i)
    *flags[i] = std::count(allowed.begin(), allowed.end(), names[i]) > 0;
}

}  // namespace

void ReadHttpEgress(Fields* fields, HttpEgress* egress) {
  fields->Bool("allow_insecure_http",
               "http:// to other machines, where everybody on the way can read along.",
               &egress->allow_insecure_http);
  fields->PositiveDuration("timeout", "Of one request.", &egress->timeout);
  ReadClasses(fields, egress);
  fields->Path("ca_file", "PEM; empty: the system's certificates.", &egress->ca_file);
  fields->Path("client_cert_file",
               "PEM with its chain, for servers that ask for a client certificate.",
               &egress->client_cert_file);
  fields->Path("client_key_file", "PEM.", &egress->client_key_file);
  fields->Group(FieldGroup::Rule::kTogether, {"client_cert_file", "client_key_file"});
  if (egress->client_cert_file.empty() != egress->client_key_file.empty()) {
    fields->diagnostics()->Error(
        fields->span(),
        "expected client_cert_file and client_key_file together, found one of them");
  }
  fields->Text("proxy", "URL of an HTTP proxy; empty: none.", &egress->proxy);
}

http::ClientOptions ToClientOptions(const HttpEgress& egress) {
  http::ClientOptions options;
  options.timeout = std::chrono::milliseconds(egress.timeout / record::kTicksPerMillisecond);
  options.allow_insecure_http = egress.allow_insecure_http;
  options.addresses.allow_loopback = egress.allow_loopback;
  options.addresses.allow_private = egress.allow_private;
  options.addresses.allow_link_local = egress.allow_link_local;
  options.ca_file = egress.ca_file;
  options.client_cert_file = egress.client_cert_file;
  options.client_key_file = egress.client_key_file;
  options.proxy = egress.proxy;
  options.user_agent = fmt::format("keywatch/{}", kVersion);
  return options;
}

const YamlNode* ReadUrl(Fields* fields,
                        std::string_view key,
                        std::string meaning,
                        const HttpEgress& egress,
                        std::string* url,
                        Secret* file) {
  Secret secret(*url);
  Need need = url->empty() ? Need::kRequired : Need::kOptional;
  const YamlNode* node = fields->OneSecret(key, std::move(meaning), &secret, need, "^https?://");
  if (node == nullptr || secret.empty())
    return node;
  *url = secret.Reveal();
  if (!secret.path().empty())
    *file = secret;
  if (url->starts_with("http://")) {
    if (!egress.allow_insecure_http && !IsLoopbackUrl(*url)) {
      fields->diagnostics()->Error(node->span,
                                   fmt::format("{}: expected https://, found http://", key),
                                   "allow_insecure_http: true sends alerts in the clear");
    }
  } else if (!url->starts_with("https://")) {
    fields->diagnostics()->Error(node->span,
                                 fmt::format("{}: expected https://.., found something else", key));
  }
  return node;
}

HttpEgress InHaste(HttpEgress egress, std::chrono::milliseconds limit) {
  egress.timeout = std::min(egress.timeout, Ticks{limit.count()} * record::kTicksPerMillisecond);
  return egress;
}

Attempt Unreachable(http::TransportError error, const std::string& detail) {
  using http::TransportError;
  const char* advice = "";
  switch (error) {
    case TransportError::kTimeout:
    case TransportError::kRefused:
    case TransportError::kReset:
      advice = "; check host and port, the firewall, and `proxy`";
      break;
    case TransportError::kDns:
      advice = "; check the host's name, and whether this machine can resolve it";
      break;
    case TransportError::kTls:
      advice = "; check that the port speaks TLS, `ca_file`, and the client certificate";
      break;
    case TransportError::kNone:
    case TransportError::kPolicy:
    case TransportError::kCancelled:
    case TransportError::kOther:
      break;
  }
  return Attempt::Failed(fmt::format("{}: {}{}", http::ReasonOf(error), detail, advice));
}

Attempt TryReceiver(const std::string& name,
                    const std::string& url,
                    const HttpEgress& egress,
                    std::chrono::milliseconds limit) {
  http::ClientOptions options = ToClientOptions(InHaste(egress, limit));
  options.connect_timeout = std::min(options.connect_timeout, limit);
  const http::Reached reached = http::Reach(url, options);
  if (reached.error != http::TransportError::kNone)
    return Unreachable(reached.error, reached.detail);
  return Attempt::Ok(fmt::format("reachable{}; not authenticated: use `keywatch sinks test {}`",
                                 url.starts_with("https://") ? ", TLS verified" : " without TLS",
                                 name));
}

}  // namespace keywatch::app
