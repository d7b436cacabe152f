// httplib's server for plain HTTP, with an end to every request: whoever sends slowly, or a byte
// now and then, or nothing, has its thread for a bounded time, and never the last ones.
//
// httplib itself waits for each read anew, and has no end for a request. (Its TLS server is used as
// it is: there only a body has an end, see server.h.)
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <httplib.h>

namespace keywatch::http {

struct TimedServerOptions {
  // Connections beyond so many are late: they have less time to say what they want; a `reserved`
  // path is answered at once, another when one of the others has ended within `late_wait`.
  size_t most_connections = 0;
  std::vector<std::string> reserved;               // exact paths
  std::chrono::milliseconds request_time{0};       // to send a request, body and all
  std::chrono::milliseconds late_request_time{0};  // of a late connection
  std::chrono::milliseconds late_wait{0};
  std::chrono::milliseconds write_time{0};  // for the next bytes of an answer to be taken
  std::chrono::milliseconds idle_time{0};   // between two requests of one connection
};

class TimedServer : public httplib::Server {
 public:
  explicit TimedServer(TimedServerOptions options) : options_(std::move(options)) {}

  // Where the request is answered, before it is: false when it came on a late connection and there
  // is no room for it.
  bool Admit(const std::string& path);
  // Where it is answered: streams have threads of their own and do not count.
  void StreamBegins() { --connections_; }
  void StreamEnds() { ++connections_; }

 private:
  bool process_and_close_socket(socket_t socket) override;
  bool TakeRoom();

  const TimedServerOptions options_;
  std::atomic<int64_t> connections_ = 0;  // those that are not late
};

}  // namespace keywatch::http
