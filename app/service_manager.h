// What systemd is told of a service of Type=notify: ready, stopping, and that it is alive. One
// datagram each to $NOTIFY_SOCKET (sd_notify(3)); without that variable nothing happens.
//
// The watchdog asks about the loop, not about the process: WATCHDOG=1 goes out only while
// `progress` returns another number than the time before. A loop that hangs is then ended and
// started anew by systemd, which loses nothing: state and positions are on disk.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace keywatch::app {

struct ServiceManagerSettings {
  std::string socket;                     // a path, or '@' and an abstract name; empty: none
  std::chrono::microseconds watchdog{0};  // 0: none
};

// By name: the value of an environment variable, if it is set.
using Variables = std::function<std::optional<std::string>(const char*)>;

// From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which must be `pid` if it is set.
ServiceManagerSettings ReadServiceManagerSettings(const Variables& variables, int64_t pid);

// Start and stop are one thread's; the watchdog has its own.
class ServiceManager {
 public:
  explicit ServiceManager(ServiceManagerSettings settings);
  ~ServiceManager();  // as Stopping, without a message
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // READY=1, and the watchdog from now on. `progress` may be called by any thread until Stopping.
  void Ready(std::function<uint64_t()> progress);
  // STOPPING=1; systemd's own time limit for a stop counts from now on.
  void Stopping();

 private:
  void Send(std::string_view message) const;
  void Watch(const std::function<uint64_t()>& progress);
  void EndWatch();

  ServiceManagerSettings settings_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace keywatch::app
