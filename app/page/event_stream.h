// The text of server-sent events (WHATWG HTML, section 9.2) for /api/v1/events.
#pragma once

#include <cstdint>
#include <string>

namespace keywatch::app::page {

// `json` is one line.
std::string AlertEvent(int64_t seq, const std::string& json);
// The finding of an alert is over.
std::string EndEvent(int64_t seq, const std::string& json);
// Sent first: how soon to come again after a break, and after which number this stream begins.
std::string HelloEvent(int64_t after);
// A comment that shows that the line works.
std::string KeepAliveEvent();

// Where a client wants to go on: its Last-Event-ID, or else `after`; from now on if it names
// neither, or no number, or one that this outbox has not given yet.
int64_t ResumeAfter(const std::string& last_event_id, const std::string& after, int64_t newest);

}  // namespace keywatch::app::page
