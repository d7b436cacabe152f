// One clear sentence for what librdkafka reports: what is wrong, and what to do about it.
#pragma once

#include <string>
#include <string_view>

#include <librdkafka/rdkafka.h>

#include "engine/pipeline/source_error.h"

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
  pipeline::SourceError reason = pipeline::SourceError::kOther;
};

// What a client shows to a broker to be let in.
enum class LoginKind { kPassword, kToken };

// `detail` is librdkafka's own text. `subject` names the topic or the group, when there is one.
Problem Explain(rd_kafka_resp_err_t code,
                std::string_view detail,
                std::string_view subject,
                LoginKind login = LoginKind::kPassword);

}  // namespace keywatch::kafka
