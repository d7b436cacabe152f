// How a command ends.
#pragma once

#include <cstdio>
#include <string>

namespace keywatch::app {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFindings = 1;  // failed checks
inline constexpr int kExitUsage = 2;     // usage or rule error
inline constexpr int kExitConfiguration = 3;
inline constexpr int kExitRuntime = 4;

// Says on stderr why the command ends, and returns `code`.
inline int Fail(int code, const std::string& message) {
  std::fprintf(stderr, "keywatch: %s\n", message.c_str());
  return code;
}

}  // namespace keywatch::app
