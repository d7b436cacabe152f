#include "app/service_manager.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace keywatch::app {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

ServiceManagerSettings Read(const std::map<std::string, std::string>& environment) {
  return ReadServiceManagerSettings(
      [&](const char* name) -> std::optional<std::string> {
        auto found = environment.find(name);
        if (found == environment.end())
          return std::nullopt;
        return found->second;
      },
      42);
}

// The socket that systemd would have.
class Systemd {
 public:
  Systemd() {
    char name[] = "/tmp/keywatch-notify-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/socket";
    socket_ = socket(AF_UNIX, SOCK_DGRAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  ~Systemd() {
    close(socket_);
    std::filesystem::remove_all(folder_);
  }

  // What came within `time`.
  std::vector<std::string> Receive(milliseconds time) {
    std::vector<std::string> messages;
    auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      char text[256];
      ssize_t length = recv(socket_, text, sizeof(text), MSG_DONTWAIT);
      if (length >= 0) {
        messages.emplace_back(text, static_cast<size_t>(length));
      } else {
        std::this_thread::sleep_for(milliseconds(1));
      }
    }
    return messages;
  }

  const std::string& path() const { return path_; }

 private:
  std::string folder_;
  std::string path_;
  int socket_ = -1;
};

TEST(ServiceManagerSettings, NothingWithoutSystemd) {
  EXPECT_EQ(Read({}).socket, "");
  EXPECT_EQ(Read({}).watchdog.count(), 0);
}

TEST(ServiceManagerSettings, WatchdogIsForThisProcess) {
  EXPECT_EQ(Read({{"WATCHDOG_USEC", "3000"}}).watchdog, microseconds(3000));
  EXPECT_EQ(Read({{"WATCHDOG_USEC", "3000"}, {"WATCHDOG_PID", "42"}}).watchdog, microseconds(3000));
  EXPECT_EQ(Read({{"WATCHDOG_USEC", "3000"}, {"WATCHDOG_PID", "7"}}).watchdog.count(), 0);
  for (const char* wrong : {"", "soon", "-1", "3000x", "0"})
    EXPECT_EQ(Read({{"WATCHDOG_USEC", wrong}}).watchdog.count(), 0) << wrong;
}

TEST(ServiceManager, ReadyThenStopping) {
  Systemd systemd;
  ServiceManager manager({systemd.path(), microseconds(0)});
  manager.Ready([] { return uint64_t{0}; });
  manager.Stopping();
  EXPECT_EQ(systemd.Receive(milliseconds(20)), (std::vector<std::string>{"READY=1", "STOPPING=1"}));
}

TEST(ServiceManager, AliveOnlyWhileTheLoopTurns) {
  Systemd systemd;
  std::atomic<uint64_t> turns = 0;
  std::atomic<bool> hangs = false;
  ServiceManager manager({systemd.path(), milliseconds(40)});
  manager.Ready([&] { return hangs ? turns.load() : ++turns; });
  EXPECT_GT(systemd.Receive(milliseconds(200)).size(), 4U);
  hangs = true;
  systemd.Receive(milliseconds(50));  // the last ones
  EXPECT_EQ(systemd.Receive(milliseconds(100)), std::vector<std::string>{});
  hangs = false;
  EXPECT_FALSE(systemd.Receive(milliseconds(200)).empty());
}

TEST(ServiceManager, NoSocketIsNoTrouble) {
  ServiceManager manager({"/nowhere/at/all", milliseconds(10)});
  manager.Ready([] { return uint64_t{0}; });
  manager.Stopping();
  ServiceManager long_name({std::string(200, 'x'), microseconds(0)});
  long_name.Ready([] { return uint64_t{0}; });
  ServiceManager none({});
  none.Ready([] { return uint64_t{0}; });
}

}  // namespace
}  // namespace keywatch::app
