#include "engine/base/log.h"

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "engine/base/log_limit.h"

namespace keywatch {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};

std::atomic<LogLevel> least_level{LogLevel::kInfo};
std::atomic<bool> as_json{false};
std::array<std::atomic<uint64_t>, 4> line_counts{};
std::array<std::atomic<uint64_t>, 4> suppressed_counts{};

// Never destroyed, as the logger.
struct SharedLimit {
  std::mutex mutex;
  LogLimit limit;  // guarded by mutex
};
SharedLimit& Limit() {
  static auto* shared = new SharedLimit;
  return *shared;
}

// spdlog brings the locking and the whole-line write; the form of a line is ours. Never destroyed:
// threads may still log while static objects go.
spdlog::logger& Logger() {
  static auto* logger = [] {
    auto* made = new spdlog::logger("keywatch", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

// JSON's escapes, for both forms. Bytes above 0x7F pass: log values are UTF-8 of our own making.
void AppendQuoted(std::string_view text, std::string* out) {
  *out += '"';
  for (char c : text) {
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          *out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
          *out += c;
        }
    }
  }
  *out += '"';
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty())
    return true;
  for (char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '"' || c == '=' || c == '\\') {
      return true;
    }
  }
  return false;
}

std::string FormatTime(int64_t unix_milliseconds) {
  std::chrono::sys_time<std::chrono::milliseconds> time{
      std::chrono::milliseconds(unix_milliseconds)};
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                     static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()),
                     clock.hours().count(),
                     clock.minutes().count(),
                     clock.seconds().count(),
                     clock.subseconds().count());
}

}  // namespace

std::string FormatLogLine(int64_t unix_milliseconds,
                          LogLevel level,
                          std::string_view message,
                          LogFields fields,
                          bool json) {
  std::string time = FormatTime(unix_milliseconds);
  std::string_view name = kNames[static_cast<size_t>(level)];
  std::string out;
  if (json) {
    out = fmt::format(R"({{"time":"{}","level":"{}","message":)", time, name);
    AppendQuoted(message, &out);
    for (const auto& [key, value] : fields) {
      out += ',';
      AppendQuoted(key, &out);
      out += ':';
      AppendQuoted(value, &out);
    }
    return out + '}';
  }
  out = fmt::format("{} {} ", time, name);
  for (char c : message)
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  for (const auto& [key, value] : fields) {
    out += ' ';
    out += key;
    out += '=';
    if (NeedsQuotes(value)) {
      AppendQuoted(value, &out);
    } else {
      out += value;
    }
  }
  return out;
}

void ConfigureLog(LogLevel least, bool json) {
  least_level = least;
  as_json = json;
}

namespace {

std::chrono::milliseconds SteadyNow() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

void Write(LogLevel level, std::string_view message, LogFields fields) {
  auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  std::string line = FormatLogLine(now.count(), level, message, fields, as_json);
  Logger().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  line_counts[static_cast<size_t>(level)].fetch_add(1, std::memory_order_relaxed);
}

void Write(const std::vector<SuppressedLines>& suppressed, std::chrono::milliseconds interval) {
  for (const SuppressedLines& lines : suppressed) {
    Write(static_cast<LogLevel>(lines.level),
          fmt::format(".. {} more like this in {} s: {}",
                      lines.count,
                      interval.count() / 1000,
                      lines.message),
          {});
  }
}

}  // namespace

void Log(LogLevel level, std::string_view message, LogFields fields, LogPlace where) {
  if (level < least_level.load(std::memory_order_relaxed))
    return;
  if (level != LogLevel::kDebug) {
    SharedLimit& shared = Limit();
    std::vector<SuppressedLines> ended;
    bool admitted = false;
    {
      std::lock_guard lock(shared.mutex);
      const auto now = SteadyNow();
      ended = shared.limit.Ended(now);
      admitted = shared.limit.Admit(where, static_cast<int>(level), message, now);
    }
    Write(ended, shared.limit.settings().interval);
    if (!admitted) {
      suppressed_counts[static_cast<size_t>(level)].fetch_add(1, std::memory_order_relaxed);
      return;
    }
  }
  Write(level, message, fields);
}

void TellSuppressedLogLines(bool at_end) {
  SharedLimit& shared = Limit();
  std::vector<SuppressedLines> ended;
  {
    std::lock_guard lock(shared.mutex);
    ended = shared.limit.Ended(at_end ? std::chrono::milliseconds::max() : SteadyNow());
  }
  Write(ended, shared.limit.settings().interval);
}

uint64_t SuppressedLogLineCount(LogLevel level) {
  return suppressed_counts[static_cast<size_t>(level)].load(std::memory_order_relaxed);
}

uint64_t LogLineCount(LogLevel level) {
  return line_counts[static_cast<size_t>(level)].load(std::memory_order_relaxed);
}

}  // namespace keywatch
