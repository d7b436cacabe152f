#include "connectors/kafka/error_text.h"

#include <fmt/format.h>

namespace keywatch::kafka {
namespace {

using pipeline::SourceError;

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Problem ExplainTls(std::string_view detail) {
  if (Contains(detail, "certificate verify failed")) {
    return {ProblemKind::kLogin,
            fmt::format("the broker's certificate is not signed by a CA that is trusted here: set "
                        "property ssl.ca.location to the CA's PEM file ({})",
                        detail),
            SourceError::kTls};
  }
  return {ProblemKind::kLogin,
          fmt::format("TLS with the broker failed: check that the port speaks TLS, and the ssl.* "
                      "properties ({})",
                      detail),
          SourceError::kTls};
}

Problem ExplainLogin(std::string_view detail, LoginKind login) {
  if (login == LoginKind::kPassword) {
    return {ProblemKind::kLogin,
            fmt::format("the broker refused the login: check sasl.mechanism, sasl.username and "
                        "sasl.password; for Event Hubs the user name is $ConnectionString and the "
                        "password the connection string ({})",
                        detail),
            SourceError::kLogin};
  }
  // Why there is none, the token's provider knows better.
  if (Contains(detail, "no token available"))
    return {};
  return {ProblemKind::kLogin,
          fmt::format("the broker refused the access token: give the identity a role on the Event "
                      "Hubs namespace (Azure Event Hubs Data Receiver to read, Data Sender to "
                      "write), and check that the token is for this namespace and tenant ({})",
                      detail),
          SourceError::kLogin};
}

Problem ExplainTransport(std::string_view detail) {
  // A broker that speaks TLS closes the connection of a client that does not, and the reverse.
  const std::string_view hint =
      Contains(detail, "while requesting ApiVersion")
          ? "the broker closed the connection at once: check security.protocol "
          : "no connection to the broker: check brokers, the network and the firewall ";
  return {ProblemKind::kConnection, fmt::format("{}({})", hint, detail), SourceError::kNetwork};
}

Problem ExplainGroup(rd_kafka_resp_err_t code, std::string_view detail, std::string_view group) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return {ProblemKind::kGroup,
              fmt::format("access to consumer group {} is denied: grant READ on the group", group),
              SourceError::kAccess};
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return {ProblemKind::kGroup,
              "access to the cluster is denied: grant the needed ACLs",
              SourceError::kAccess};
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
      return {ProblemKind::kGroup,
              fmt::format("consumer group {} has members with another assignment strategy than "
                          "cooperative-sticky: give keywatch a group_id of its own",
                          group),
              SourceError::kOther};
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
      return {ProblemKind::kGroup,
              "the broker does not allow this session.timeout.ms: choose one between its "
              "group.min.session.timeout.ms and group.max.session.timeout.ms",
              SourceError::kOther};
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR__FENCED:
      return {ProblemKind::kGroup,
              "another consumer runs with the same group.instance.id: give each its own",
              SourceError::kOther};
    default:
      return {ProblemKind::kGroup, fmt::format("Kafka reports: {}", detail), SourceError::kOther};
  }
}

}  // namespace

Problem Explain(rd_kafka_resp_err_t code,
                std::string_view detail,
                std::string_view subject,
                LoginKind login) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
      return {};
    case RD_KAFKA_RESP_ERR__SSL:
      return ExplainTls(detail);
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
      return ExplainLogin(detail, login);
    case RD_KAFKA_RESP_ERR__TRANSPORT:
      return ExplainTransport(detail);
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      return {ProblemKind::kConnection,
              fmt::format("no broker answers: check brokers, the network and the firewall ({})",
                          detail),
              SourceError::kNetwork};
    case RD_KAFKA_RESP_ERR__RESOLVE:
      return {
          ProblemKind::kConnection,
          fmt::format("the broker's host name is not known: check brokers and DNS ({})", detail),
          SourceError::kNetwork};
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return {ProblemKind::kTopic,
              fmt::format("topic {} does not exist: create it (Event Hubs: create the hub), or "
                          "correct topics",
                          subject),
              SourceError::kMissing};
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return {ProblemKind::kTopic,
              fmt::format("\"{}\" is no valid topic name", subject),
              SourceError::kMissing};
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return {ProblemKind::kTopic,
              fmt::format("access to topic {} is denied: grant READ and DESCRIBE on it (Event "
                          "Hubs: the Listen right, or the role Azure Event Hubs Data Receiver)",
                          subject),
              SourceError::kAccess};
    default:
      return ExplainGroup(code, detail, subject);
  }
}

}  // namespace keywatch::kafka
