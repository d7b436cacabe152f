#include "connectors/kafka/commit_outcome.h"

namespace keywatch::kafka {

CommitOutcome OutcomeOfCommit(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR__NO_OFFSET:  // there was nothing to commit
      return CommitOutcome::kCommitted;

    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:  // the group has thrown us out; we rejoin
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
    case RD_KAFKA_RESP_ERR__DESTROY:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_COMMIT_OFFSET_SIZE:
    case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
      return CommitOutcome::kDrop;

    default:
      // Among them: a broker or coordinator that is away, loading or moved; a rebalance under way
      // or just done (ILLEGAL_GENERATION); throttling; an ACL that an administrator may still
      // grant.
      return CommitOutcome::kRetry;
  }
}

}  // namespace keywatch::kafka
