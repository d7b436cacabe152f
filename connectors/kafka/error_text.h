// One clear sentence for what librdkafka reports: what is wrong, and what to do about it.
#pragma once

#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

namespace keywatch::kafka {

// What a problem is about decides what ends it.
enum class ProblemKind {
  kNone,        // not worth an operator's attention (a partition's end, a timeout that is retried)
  kConnection,  // no broker answers; ends when one does. Says less than:
  kLogin,       // a broker answers and refuses us (TLS, SASL); ends when one accepts us
  kGroup,       // ends when the group gives an assignment
  kTopic,       // ends when partitions of the topic are assigned or read
};

struct Problem {
  ProblemKind kind = ProblemKind::kNone;
  std::string text;
};

// `detail` is librdkafka's own text. `subject` names the topic or the group, when there is one.
Problem Explain(rd_kafka_resp_err_t code, std::string_view detail, std::string_view subject);

}  // namespace keywatch::kafka
