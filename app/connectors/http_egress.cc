#include "app/connectors/http_egress.h"

#include <fmt/format.h>

#include "app/version.h"

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

void ReadClasses(const YamlNode& list, Diagnostics* diagnostics, HttpEgress* egress) {
  egress->allow_loopback = egress->allow_private = egress->allow_link_local = false;
  if (!list.is_list()) {
    diagnostics->Error(list.span, "allow_addresses: expected a list");
  }
  for (const YamlNode& item : list.items) {
    std::optional<size_t> which =
        rule::ReadName(item, "allow_addresses", {"loopback", "private", "link_local"}, diagnostics);
    if (!which)
      continue;
    bool* const flags[] = {
        &egress->allow_loopback, &egress->allow_private, &egress->allow_link_local};
    *flags[*which] = true;
  }
}

}  // namespace

HttpEgress ReadHttpEgress(ConnectorFields* fields) {
  HttpEgress egress;
  SetField(fields->reader().Bool("allow_insecure_http"), &egress.allow_insecure_http);
  SetPositive(&fields->reader(), "timeout", &egress.timeout);
  if (const YamlNode* classes = fields->reader().Find("allow_addresses"))
    ReadClasses(*classes, fields->diagnostics(), &egress);
  egress.ca_file = fields->Path("ca_file");
  egress.client_cert_file = fields->Path("client_cert_file");
  egress.client_key_file = fields->Path("client_key_file");
  if (egress.client_cert_file.empty() != egress.client_key_file.empty()) {
    fields->diagnostics()->Error(
        fields->item().span,
        "expected client_cert_file and client_key_file together, found one of them");
  }
  SetField(fields->reader().Text("proxy"), &egress.proxy);
  return egress;
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

std::string RequireUrl(ConnectorFields* fields, std::string_view key, const HttpEgress& egress) {
  const YamlNode* node = fields->reader().Find(key);
  if (node == nullptr)
    node = fields->reader().Find(std::string(key) + "_file");
  Secret secret = fields->RequireSecret(key);
  if (node == nullptr || secret.empty())
    return "";
  std::string url = secret.Reveal();
  if (url.starts_with("http://")) {
    if (!egress.allow_insecure_http && !IsLoopbackUrl(url)) {
      fields->diagnostics()->Error(node->span,
                                   fmt::format("{}: expected https://, found http://", key),
                                   "allow_insecure_http: true sends alerts in the clear");
    }
  } else if (!url.starts_with("https://")) {
    fields->diagnostics()->Error(node->span,
                                 fmt::format("{}: expected https://.., found something else", key));
  }
  return url;
}

}  // namespace keywatch::app
