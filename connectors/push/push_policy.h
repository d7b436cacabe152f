// Who may push, and what is answered. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/http/server.h"

namespace keywatch::push {

// Statuses that are answered: each is a series of a metric from the start.
const std::vector<int>& AnsweredStatuses();

// `header` is the value of Authorization, `tokens` the accepted bearer tokens, one a line. Takes
// the same time however much of a token is right.
bool IsAuthorized(std::string_view header, std::string_view tokens);

// The addresses of this machine alone.
bool IsLoopback(std::string_view host);

// An answer in JSON: {"error":".."}.
http::ServerReply Refuse(int status, std::string_view error);
// 503 and 429: come again after so many seconds.
http::ServerReply RefuseForNow(int status, std::string_view error, int seconds);

// 200, or the answer to a Content-Encoding that is not understood.
http::ServerReply CheckEncoding(const http::ServerRequest& request);

}  // namespace keywatch::push
