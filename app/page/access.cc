#include "app/page/access.h"

#include <charconv>

#include <fmt/format.h>

#include "app/page/ascii.h"
#include "engine/base/crypto.h"

namespace keywatch::app::page {
namespace {

using record::Ticks;

constexpr char kCookie[] = "keywatch_session";

// Digests are compared: their common beginning says nothing about the texts'.
bool SameSecret(const std::string& a, const std::string& b) {
  Sha256Digest left = Sha256(a);
  Sha256Digest right = Sha256(b);
  unsigned difference = 0;
  for (size_t i = 0; i < left.size(); ++i)
    difference |= static_cast<unsigned>(left[i] ^ right[i]);
  return difference == 0;
}

std::string SessionMac(const std::string& token, const std::string& end) {
  Sha256Digest mac = HmacSha256(token, "keywatch session " + end);
  return HexEncode(mac.data(), mac.size());
}

std::string CookieValue(const std::string& header) {
  std::string wanted = std::string(kCookie) + "=";
  for (size_t at = 0; at < header.size();) {
    size_t end = std::min(header.find(';', at), header.size());
    size_t begin = header.find_first_not_of(' ', at);
    if (begin != std::string::npos && header.compare(begin, wanted.size(), wanted) == 0)
      return header.substr(begin + wanted.size(), end - begin - wanted.size());
    at = end + 1;
  }
  return "";
}

bool SessionIsGood(const AccessRules& rules, const std::string& cookie, Ticks now) {
  size_t dot = cookie.find('.');
  if (rules.token.size() < kShortestToken || dot == std::string::npos)
    return false;
  std::string end = cookie.substr(0, dot);
  Ticks until = 0;
  auto parsed = std::from_chars(end.data(), end.data() + end.size(), until);
  if (parsed.ec != std::errc() || parsed.ptr != end.data() + end.size() || until < now ||
      until > now + kSessionLength)
    return false;
  return SameSecret(cookie.substr(dot + 1), SessionMac(rules.token, end));
}

// The name in a Host header, without the port and the brackets of an IPv6 address.
std::string HostName(const std::string& host) {
  if (!host.empty() && host.front() == '[')
    return host.substr(1, host.find(']') == std::string::npos ? 0 : host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

AccessDecision DecideByToken(const AccessRules& rules,
                             const http::ServerRequest& request,
                             Ticks now) {
  constexpr std::string_view kBearer = "bearer ";
  std::string shown = request.Header("authorization");
  if (Lower(shown.substr(0, kBearer.size())) == kBearer)
    shown = shown.substr(kBearer.size());
  if (!shown.empty() && TokenIsRight(rules, shown))
    return {Access::kAllowed, ""};
  std::string cookie = CookieValue(request.Header("cookie"));
  if (SessionIsGood(rules, cookie, now))
    return {Access::kAllowed, ""};
  if (cookie.empty() && shown.empty() && request.Header("sec-fetch-site") == "cross-site" &&
      request.Header("sec-fetch-mode") == "navigate")
    return {Access::kSameAgain, ""};
  return {Access::kSignIn,
          "sign in at /login, or send `Authorization: Bearer TOKEN`: the content of the file that "
          "http.token_file names"};
}

}  // namespace

bool IsLoopbackName(const std::string& name) {
  std::string lower = Lower(name);
  if (lower == "localhost" || lower == "::1")
    return true;
  if (!lower.starts_with("127."))
    return false;
  // Digits and dots only: 127.0.0.1.example.com is no address.
  return lower.find_first_not_of("0123456789.") == std::string::npos;
}

bool TokenIsRight(const AccessRules& rules, const std::string& shown) {
  return rules.token.size() >= kShortestToken && SameSecret(rules.token, shown);
}

AccessDecision Decide(const AccessRules& rules, const http::ServerRequest& request, Ticks now) {
  if (rules.has_token)
    return DecideByToken(rules, request, now);
  if (!rules.on_loopback) {
    return {
        Access::kForbidden,
        "the page is closed: http.listen can be reached from other machines, and there is no "
        "token. Set http.token_file to a file with a random text of at least 24 characters "
        "(`openssl rand -hex 32`), or let http.listen be 127.0.0.1:9464. /metrics, /healthz and "
        "/readyz are open"};
  }
  if (!IsLoopbackName(HostName(request.Header("host")))) {
    return {
        Access::kForbidden,
        "without a token the page is served on loopback only, under 127.0.0.1, ::1 or localhost, "
        "and this request named another host. Open it by one of these, or set http.token_file to "
        "use it behind a proxy"};
  }
  return {Access::kAllowed, ""};
}

std::string SessionCookie(const AccessRules& rules, Ticks now, bool secure) {
  std::string end = std::to_string(now + kSessionLength);
  return fmt::format("{}={}.{}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}",
                     kCookie,
                     end,
                     SessionMac(rules.token, end),
                     kSessionLength / record::kTicksPerSecond,
                     secure ? "; Secure" : "");
}

std::string EndedCookie() {
  return fmt::format("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict", kCookie);
}

std::string SafePath(const std::string& path) {
  bool local = path.size() <= 1000 && path.starts_with("/") && !path.starts_with("//");
  for (char c : path)
    local = local && c > ' ' && c != '\\' && c != 0x7F;
  return local ? path : "/";
}

}  // namespace keywatch::app::page
