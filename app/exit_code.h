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

// Prints what the command was asked for. kExitOk, or kExitRuntime when stdout does not take it all.
inline int PrintResult(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    return Fail(kExitRuntime, "standard output cannot be written");
  return kExitOk;
}

}  // namespace keywatch::app
