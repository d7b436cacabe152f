#include "app/service_manager.h"

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/log.h"

namespace keywatch::app {
namespace {

std::optional<int64_t> ToNumber(const std::optional<std::string>& text) {
  if (!text)
    return std::nullopt;
  int64_t number = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size())
    return std::nullopt;
  return number;
}

}  // namespace

ServiceManagerSettings ReadServiceManagerSettings(const Variables& variables, int64_t pid) {
  ServiceManagerSettings settings;
  settings.socket = variables("NOTIFY_SOCKET").value_or("");
  std::optional<int64_t> time = ToNumber(variables("WATCHDOG_USEC"));
  std::optional<std::string> whose = variables("WATCHDOG_PID");
  if (time.value_or(0) > 0 && (!whose || ToNumber(whose) == pid))
    settings.watchdog = std::chrono::microseconds(*time);
  return settings;
}

ServiceManager::ServiceManager(ServiceManagerSettings settings) : settings_(std::move(settings)) {}

ServiceManager::~ServiceManager() { EndWatch(); }

void ServiceManager::Ready(std::function<uint64_t()> progress) {
  Send("READY=1");
  if (settings_.socket.empty() || settings_.watchdog.count() == 0)
    return;
  thread_ = std::thread([this, progress = std::move(progress)] { Watch(progress); });
}

void ServiceManager::Stopping() {
  EndWatch();
  Send("STOPPING=1");
}

void ServiceManager::EndWatch() {
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

void ServiceManager::Watch(const std::function<uint64_t()>& progress) {
  std::optional<uint64_t> before;
  std::unique_lock lock(mutex_);
  while (!ended_) {
    uint64_t now = progress();
    if (before != now)
      Send("WATCHDOG=1");
    before = now;
    // Half the time is what systemd recommends; a quarter forgives one slow turn of the loop.
    wake_.wait_for(lock, settings_.watchdog / 4, [this] { return ended_; });
  }
}

void ServiceManager::Send(std::string_view message) const {
  if (settings_.socket.empty())
    return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (settings_.socket.size() >= sizeof(address.sun_path)) {
    Log(LogLevel::kWarning, "NOTIFY_SOCKET is too long for a socket: systemd is told nothing");
    return;
  }
  std::memcpy(address.sun_path, settings_.socket.data(), settings_.socket.size());
  if (address.sun_path[0] == '@')
    address.sun_path[0] = '\0';
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + settings_.socket.size());
  int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  if (sender < 0 ||
      sendto(sender, message.data(), message.size(), MSG_NOSIGNAL, where, length) < 0) {
    Log(LogLevel::kWarning,
        std::string("systemd cannot be told ") + std::string(message) +
            " at NOTIFY_SOCKET: " + std::strerror(errno));
  }
  if (sender >= 0)
    close(sender);
}

}  // namespace keywatch::app
