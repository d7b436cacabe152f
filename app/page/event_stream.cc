#include "app/page/event_stream.h"

#include <charconv>

#include <fmt/format.h>

namespace keywatch::app::page {

std::string AlertEvent(int64_t seq, const std::string& json) {
  return fmt::format("id: {}\nevent: alert\ndata: {}\n\n", seq, json);
}

std::string EndEvent(int64_t seq, const std::string& json) {
  return fmt::format("id: {}\nevent: ended\ndata: {}\n\n", seq, json);
}

std::string HelloEvent(int64_t after) {
  return fmt::format("retry: 3000\nid: {}\nevent: hello\ndata: {{\"after\":{}}}\n\n", after, after);
}

std::string KeepAliveEvent() { return ": still here\n\n"; }

int64_t ResumeAfter(const std::string& last_event_id, const std::string& after, int64_t newest) {
  const std::string& text = last_event_id.empty() ? after : last_event_id;
  int64_t seq = 0;
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), seq);
  bool is_number = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return !text.empty() && is_number && seq >= 0 && seq <= newest ? seq : newest;
}

}  // namespace keywatch::app::page
