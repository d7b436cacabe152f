#include "connectors/push/push_policy.h"

#include <algorithm>

#include "engine/base/crypto.h"
#include "engine/record/dynamic.h"

namespace keywatch::push {
namespace {

constexpr std::string_view kScheme = "Bearer ";

// The scheme's letters may be of either case (RFC 9110 11.1).
bool HasScheme(std::string_view header) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return header.size() > kScheme.size() &&
         std::equal(kScheme.begin(), kScheme.end(), header.begin(), [&](char a, char b) {
           return lower(a) == lower(b);
         });
}

// Of digests, so that neither length nor content of a token shows in the time it takes.
bool SameDigest(const Sha256Digest& a, const Sha256Digest& b) {
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

std::string_view Trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

}  // namespace

const std::vector<int>& AnsweredStatuses() {
  static const std::vector<int> statuses = {202, 400, 401, 404, 413, 415, 429, 503};
  return statuses;
}

bool IsAuthorized(std::string_view header, std::string_view tokens) {
  if (!HasScheme(header))
    return false;
  Sha256Digest given = Sha256(Trimmed(header.substr(kScheme.size())));
  bool authorized = false;
  while (!tokens.empty()) {
    size_t end = std::min(tokens.find('\n'), tokens.size());
    std::string_view token = Trimmed(tokens.substr(0, end));
    tokens.remove_prefix(std::min(end + 1, tokens.size()));
    if (!token.empty())
      authorized = SameDigest(given, Sha256(token)) || authorized;
  }
  return authorized;
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

http::ServerReply Refuse(int status, std::string_view error) {
  http::ServerReply reply;
  reply.status = status;
  reply.content_type = "application/json";
  reply.body = "{\"error\":";
  record::AppendJsonString(error, &reply.body);
  reply.body += "}\n";
  return reply;
}

http::ServerReply RefuseForNow(int status, std::string_view error, int seconds) {
  http::ServerReply reply = Refuse(status, error);
  reply.headers.emplace_back("Retry-After", std::to_string(seconds));
  return reply;
}

http::ServerReply CheckEncoding(const http::ServerRequest& request) {
  std::string encoding = request.Header("content-encoding");
  for (const char* known : {"", "identity", "gzip", "br"}) {
    if (encoding == known)
      return {};
  }
  return Refuse(415, "Content-Encoding: expected gzip, br or none");
}

}  // namespace keywatch::push
