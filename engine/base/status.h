// Status and Result<T>: how one part of keywatch tells another that something did not work.
//
// The code of a Status names the caller's next step, not the cause; the cause is in the message:
//   kInvalidInput  the input is wrong and stays wrong: set it aside, go on
//   kNotFound      the thing named does not exist
//   kUnavailable   the outside world does not answer: retry with backoff
//   kExhausted     a bound was reached: shed, or push back
//   kDataLoss      what was stored cannot be trusted: stop or fall back to an older copy
//   kInternal      a mistake of ours
// No exception crosses our own functions; libraries that throw are caught in the file that calls
// them. Names follow std::expected, so that it can replace Result one day.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "engine/base/check.h"

namespace keywatch {

enum class StatusCode {
  kOk,
  kInvalidInput,
  kNotFound,
  kUnavailable,
  kExhausted,
  kDataLoss,
  kInternal,
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] bool ok() const { return code_ == StatusCode::kOk; }
  [[nodiscard]] StatusCode code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

inline Status InvalidInput(std::string message) {
  return {StatusCode::kInvalidInput, std::move(message)};
}
inline Status NotFound(std::string message) { return {StatusCode::kNotFound, std::move(message)}; }
inline Status Unavailable(std::string message) {
  return {StatusCode::kUnavailable, std::move(message)};
}
inline Status Exhausted(std::string message) {
  return {StatusCode::kExhausted, std::move(message)};
}
inline Status DataLoss(std::string message) { return {StatusCode::kDataLoss, std::move(message)}; }
inline Status InternalError(std::string message) {
  return {StatusCode::kInternal, std::move(message)};
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : held_(std::move(value)) {}  // NOLINT(google-explicit-constructor): as std::expected
  Result(Status error) : held_(std::move(error)) {  // NOLINT(google-explicit-constructor)
    KEYWATCH_CHECK(!std::get<Status>(held_).ok(), "a Result holds a value or an error");
  }

  [[nodiscard]] bool has_value() const { return std::holds_alternative<T>(held_); }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] const T& value() const& { return std::get<T>(held_); }
  [[nodiscard]] T& value() & { return std::get<T>(held_); }
  [[nodiscard]] T&& value() && { return std::get<T>(std::move(held_)); }
  [[nodiscard]] const Status& error() const { return std::get<Status>(held_); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::get<T>(std::move(held_)); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

 private:
  std::variant<T, Status> held_;
};

}  // namespace keywatch

// Leaves the enclosing function with the error of `expression`, if it has one.
#define KEYWATCH_RETURN_IF_ERROR(expression)            \
  do {                                                  \
    ::keywatch::Status keywatch_status_ = (expression); \
    if (!keywatch_status_.ok())                         \
      return keywatch_status_;                          \
  } while (false)
