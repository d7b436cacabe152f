// Who may see the page and the API: pure decisions about a request's headers.
//
// With a token (http.token_file): whoever shows it, as `Authorization: Bearer ..` or by the cookie
// that the form at /login sets. Without one: everybody who reaches a listener on loopback, under a
// loopback name, so that no web site can make a browser read it by a name that it points there (DNS
// rebinding); nobody where the listener can be reached from other machines.
//
// The cookie holds no token: it is the time of its end, and a MAC of it under the token. A new
// token ends all sessions.
#pragma once

#include <string>

#include "connectors/http/server.h"
#include "engine/record/time.h"

namespace keywatch::app::page {

inline constexpr size_t kShortestToken = 24;
inline constexpr record::Ticks kSessionLength = 12 * record::kTicksPerHour;

struct AccessRules {
  bool has_token = false;
  std::string token;        // as it is now; shorter than kShortestToken: nobody gets in
  bool on_loopback = true;  // where the server listens
};

enum class Access {
  kAllowed,
  kSignIn,     // no token, or a wrong one
  kSameAgain,  // from a link elsewhere, without the cookie that the browser then holds back
  kForbidden,
};

struct AccessDecision {
  Access access = Access::kForbidden;
  std::string reason;  // what to do about it, for people
};

AccessDecision Decide(const AccessRules& rules,
                      const http::ServerRequest& request,
                      record::Ticks now);

// True for 127.0.0.0/8, ::1 and localhost: an address to listen on, or a Host header's name.
bool IsLoopbackName(const std::string& name);
// Compares without telling by its time how much is right.
bool TokenIsRight(const AccessRules& rules, const std::string& shown);
// The value of a Set-Cookie header for a session that begins now; `secure`: over TLS only.
std::string SessionCookie(const AccessRules& rules, record::Ticks now, bool secure);
std::string EndedCookie();
// A path of this page to go to after signing in; "/" for anything else.
std::string SafePath(const std::string& path);

}  // namespace keywatch::app::page
