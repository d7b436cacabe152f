// What an offset commit's error code means for the next step: a pure function, so that every code
// can be tested.
#pragma once

#include <librdkafka/rdkafka.h>

namespace keywatch::kafka {

enum class CommitOutcome {
  kCommitted,
  kRetry,  // the same commit may succeed later, as long as the partition is still ours
  kDrop,   // it never will: the group has moved on without us, or the broker refuses this offset
};

// A code that is not known is kRetry: committing the same offset twice harms nothing, and only
// partitions that are assigned to us are ever committed.
CommitOutcome OutcomeOfCommit(rd_kafka_resp_err_t code);

}  // namespace keywatch::kafka
