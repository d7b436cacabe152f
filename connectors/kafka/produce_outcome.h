// What Kafka's answer means for an alert: pure.
//
//   no error              accepted: all in-sync replicas have it
//   message too large     rejected; the sink tries a shorter one before
//   message not valid     rejected: the topic does not take messages such as this one
//   access denied, login  retried, at least a minute apart: rights get granted, and the alerts
//                         raised meanwhile must survive that
//   unknown topic         retried, at least a minute apart: it may still be created
//   throttled, full       retried, at least a minute apart
//   anything else         retried: no broker, no leader, too few in-sync replicas, a timeout
//
// Rejected is only what speaks of this one message. All else is about the topic or the cluster and
// would be the same for the next alert: those stay owed until it is mended, or are too old
// (delivery_policy.h), and `keywatch deadletter resend` delivers even these.
#pragma once

#include <string_view>

#include <librdkafka/rdkafka.h>

#include "connectors/kafka/error_text.h"
#include "engine/pipeline/io.h"

namespace keywatch::kafka {

// `detail` is librdkafka's own text. `problem` is what the client last said of its connection: a
// message that timed out does not know why.
pipeline::DeliveryResult OutcomeOfProduce(rd_kafka_resp_err_t code,
                                          std::string_view detail,
                                          std::string_view topic,
                                          LoginKind login,
                                          const Problem& problem);

// Whether the broker, or the client on its behalf, may take a shorter message.
bool IsTooLarge(rd_kafka_resp_err_t code);

}  // namespace keywatch::kafka
