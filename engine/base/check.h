// KEYWATCH_CHECK states an invariant of our own code: input can never trip it. It is always on, and
// ends the process with the place and the message, because going on would mean evaluating rules on
// a state that is known to be wrong.
#pragma once

namespace keywatch {

[[noreturn]] void CheckFailed(const char* file,
                              int line,
                              const char* condition,
                              const char* message);

}  // namespace keywatch

#define KEYWATCH_CHECK(condition, message)                              \
  do {                                                                  \
    if (!(condition)) [[unlikely]]                                      \
      ::keywatch::CheckFailed(__FILE__, __LINE__, #condition, message); \
  } while (false)
