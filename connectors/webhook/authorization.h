// The headers by which a receiver knows who sends: made anew for each attempt.
#pragma once

#include <string_view>

#include "connectors/http/client.h"
#include "engine/base/status.h"
#include "engine/record/time.h"

namespace keywatch::webhook {

struct Attempt {
  std::string_view message_id;
  std::string_view body;
  record::Ticks now = 0;
};

// Headers() and Refused() come from one thread, Cancel() from any.
class Authorization {
 public:
  virtual ~Authorization() = default;
  // An error means that the message cannot be sent now; it is tried again.
  virtual Result<http::Headers> Headers(const Attempt& attempt) = 0;
  // The receiver answered 401 to the last headers.
  virtual void Refused() {}
  // Makes a Headers() that waits return soon.
  virtual void Cancel() {}
};

}  // namespace keywatch::webhook
