// kafka_acl BROKERS allow|forbid PRINCIPAL topic|group NAME OPERATION
//
// Adds or removes one ACL (any host) and ends when the broker has confirmed it. OPERATION: read,
// write, describe. Exit 1 when the broker refused, 2 for wrong usage.
#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include <librdkafka/rdkafka.h>

namespace {

int Usage() {
  std::fputs("usage: kafka_acl BROKERS allow|forbid PRINCIPAL topic|group NAME OPERATION\n",
             stderr);
  return 2;
}

// Waits for the answer; "" when the broker did it.
std::string Answer(rd_kafka_queue_t* queue, bool allow) {
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 10'000);
  if (event == nullptr)
    return "no answer";
  std::string out = rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR
                        ? ""
                        : rd_kafka_event_error_string(event);
  size_t count = 0;
  if (out.empty() && allow) {
    const auto** results =
        rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event), &count);
    const rd_kafka_error_t* error = rd_kafka_acl_result_error(results[0]);
    out = error == nullptr ? "" : rd_kafka_error_string(error);
  } else if (out.empty()) {
    const auto** responses =
        rd_kafka_DeleteAcls_result_responses(rd_kafka_event_DeleteAcls_result(event), &count);
    size_t matching = 0;
    rd_kafka_DeleteAcls_result_response_matching_acls(responses[0], &matching);
    out = matching == 1 ? "" : "there was no such ACL";
  }
  rd_kafka_event_destroy(event);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7)
    return Usage();
  const bool allow = std::strcmp(argv[2], "allow") == 0;
  const auto type =
      std::strcmp(argv[4], "topic") == 0 ? RD_KAFKA_RESOURCE_TOPIC : RD_KAFKA_RESOURCE_GROUP;
  rd_kafka_AclOperation_t operation = RD_KAFKA_ACL_OPERATION_READ;
  if (std::strcmp(argv[6], "write") == 0)
    operation = RD_KAFKA_ACL_OPERATION_WRITE;
  if (std::strcmp(argv[6], "describe") == 0)
    operation = RD_KAFKA_ACL_OPERATION_DESCRIBE;

  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], nullptr, 0);
  std::array<char, 512> text{};
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size());
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  const auto op = allow ? RD_KAFKA_ADMIN_OP_CREATEACLS : RD_KAFKA_ADMIN_OP_DELETEACLS;
  rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(client, op);
  auto make = allow ? &rd_kafka_AclBinding_new : &rd_kafka_AclBindingFilter_new;
  rd_kafka_AclBinding_t* acl = make(type,
                                    argv[5],
                                    RD_KAFKA_RESOURCE_PATTERN_LITERAL,
                                    argv[3],
                                    "*",
                                    operation,
                                    RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW,
                                    text.data(),
                                    text.size());
  if (acl == nullptr) {
    std::fprintf(stderr, "%s\n", text.data());
    return 2;
  }
  if (allow) {
    rd_kafka_CreateAcls(client, &acl, 1, options, queue);
  } else {
    rd_kafka_DeleteAcls(client, &acl, 1, options, queue);
  }
  const std::string problem = Answer(queue, allow);
  if (!problem.empty())
    std::fprintf(stderr, "%s\n", problem.c_str());
  rd_kafka_AclBinding_destroy(acl);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(client);
  return problem.empty() ? 0 : 1;
}
