#include "connectors/kafka/producer.h"

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "connectors/kafka/client_files.h"
#include "connectors/kafka/producer_config.h"
#include "engine/base/log.h"

namespace keywatch::kafka {
namespace {

using std::chrono::milliseconds;

constexpr int kServeMs = 100;
// librdkafka reports within message.timeout.ms; beyond that and this we wait no longer.
constexpr milliseconds kReportSlack{5'000};

void OnLog(const rd_kafka_t*, int, const char* facility, const char* text) {
  // What matters reaches error_cb as well; this is for a look inside, with property `debug`.
  Log(LogLevel::kDebug, "librdkafka", {{"facility", facility}, {"text", text}});
}

rd_kafka_vu_t Field(rd_kafka_vtype_t type) {
  rd_kafka_vu_t field{};
  field.vtype = type;
  return field;
}

rd_kafka_vu_t Bytes(rd_kafka_vtype_t type, const std::string& bytes) {
  rd_kafka_vu_t field = Field(type);
  field.u.mem.ptr = const_cast<char*>(bytes.data());  // copied, not changed
  field.u.mem.size = bytes.size();
  return field;
}

HeadersHandle Headers(const format::Message& message) {
  HeadersHandle headers(rd_kafka_headers_new(message.headers.size() + 1));
  const auto add = [&](const std::string& name, const std::string& value) {
    rd_kafka_header_add(headers.get(),
                        name.data(),
                        static_cast<ssize_t>(name.size()),
                        value.data(),
                        static_cast<ssize_t>(value.size()));
  };
  add("content-type", message.content_type);
  for (const auto& [name, value] : message.headers)
    add(name, value);
  return headers;
}

}  // namespace

KafkaSink::Producer::~Producer() {
  DropClient();
  feed_.reset();
}

bool KafkaSink::Producer::MustRemake() {
  if (client_ == nullptr)
    return true;
  bool refused = false;
  {
    std::lock_guard lock(mutex_);
    if (fatal_)
      return true;
    refused = problem_.kind == ProblemKind::kLogin;
  }
  return refused && FileVersions(options_->client) != file_versions_;
}

Status KafkaSink::Producer::MakeClient() {
  if (client_ != nullptr) {
    Log(LogLevel::kInfo,
        "kafka producer is made anew: it has failed for good, or a file of its settings has "
        "changed",
        {{"sink", options_->name}});
    DropClient();
  }
  if (feed_ == nullptr) {
    feed_ = std::make_unique<CredentialFeed>(
        options_->client, [this](const std::string& problem) { OnToken(problem); });
  }
  file_versions_ = FileVersions(options_->client);  // before they are read
  Result<ConfHandle> conf = MakeProducerConf(options_->client, options_->topic, options_->timeout);
  if (!conf)
    return conf.error();
  rd_kafka_conf_t* raw = conf->get();
  feed_->Prepare(raw);
  rd_kafka_conf_set_opaque(raw, this);
  rd_kafka_conf_set_log_cb(raw, OnLog);
  rd_kafka_conf_set_dr_msg_cb(raw, [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
    static_cast<Producer*>(self)->OnReport(*message);
  });
  rd_kafka_conf_set_error_cb(raw, [](rd_kafka_t*, int code, const char* detail, void* self) {
    static_cast<Producer*>(self)->OnError(static_cast<rd_kafka_resp_err_t>(code), detail);
  });
  std::array<char, 512> text{};
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_PRODUCER, raw, text.data(), text.size());
  if (client == nullptr)
    return InvalidInput(fmt::format("Kafka client: {}", text.data()));
  (void)conf->release();  // rd_kafka_new owns it now
  client_ = ClientHandle(client, rd_kafka_destroy);
  {
    std::lock_guard lock(mutex_);
    fatal_ = false;
    problem_ = {};
  }
  feed_->Attach(client);
  dropping_ = false;
  thread_ = std::thread([this] { Serve(); });
  return {};
}

// What is still under way is given up: it stays owed, so nobody waits for the brokers here.
void KafkaSink::Producer::DropClient() {
  if (client_ == nullptr)
    return;
  feed_->Detach();
  dropping_ = true;
  thread_.join();
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  client_.reset();
}

void KafkaSink::Producer::Serve() {
  while (!dropping_)
    rd_kafka_poll(client_.get(), kServeMs);
}

rd_kafka_resp_err_t KafkaSink::Producer::Give(const std::string& key,
                                              const format::Message& message,
                                              uint64_t number,
                                              std::string* detail) {
  std::vector<rd_kafka_vu_t> fields;
  fields.push_back(Field(RD_KAFKA_VTYPE_TOPIC));
  fields.back().u.cstr = options_->topic.c_str();
  fields.push_back(Field(RD_KAFKA_VTYPE_MSGFLAGS));
  fields.back().u.i = RD_KAFKA_MSG_F_COPY;
  fields.push_back(Field(RD_KAFKA_VTYPE_OPAQUE));
  fields.back().u.ptr = reinterpret_cast<void*>(number);
  fields.push_back(Bytes(RD_KAFKA_VTYPE_KEY, key));
  fields.push_back(Bytes(RD_KAFKA_VTYPE_VALUE, message.body));
  // Headers that are fields of their own are freed twice by librdkafka 2.0.2 when the message is
  // not taken (an unknown topic); a list is taken over only with the message.
  HeadersHandle headers = Headers(message);
  fields.push_back(Field(RD_KAFKA_VTYPE_HEADERS));
  fields.back().u.headers = headers.get();
  ErrorHandle error(rd_kafka_produceva(client_.get(), fields.data(), fields.size()));
  if (error == nullptr) {
    (void)headers.release();
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  *detail = rd_kafka_error_string(error.get());
  return Unwrap(rd_kafka_error_code(error.get()), detail);
}

// What made the client fail for good, if it did (of its messages it then says only that they were
// purged); it is made anew before the next message.
rd_kafka_resp_err_t KafkaSink::Producer::Unwrap(rd_kafka_resp_err_t code, std::string* detail) {
  std::array<char, 512> text{};
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_.get(), text.data(), text.size());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || fatal == RD_KAFKA_RESP_ERR_NO_ERROR)
    return code;
  *detail = text.data();
  std::lock_guard lock(mutex_);
  fatal_ = true;
  return fatal;
}

Result<KafkaSink::Producer::Report> KafkaSink::Producer::Send(const std::string& key,
                                                              const format::Message& message) {
  if (MustRemake())
    KEYWATCH_RETURN_IF_ERROR(MakeClient());
  uint64_t number = 0;
  {
    std::lock_guard lock(mutex_);
    if (cancelled_)
      return Unavailable("stopping");
    number = ++awaited_;
    has_report_ = false;
  }
  Report report;
  report.code = Give(key, message, number, &report.detail);
  std::unique_lock lock(mutex_);
  if (report.code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    reported_.wait_for(
        lock, options_->timeout + kReportSlack, [&] { return has_report_ || cancelled_; });
    if (has_report_) {
      report = report_;
    } else {
      // Its report, should it still come, bears a number that nobody waits for.
      rd_kafka_purge(
          client_.get(),
          RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
      report.code = RD_KAFKA_RESP_ERR__TIMED_OUT;
      report.detail = cancelled_ ? "stopping" : "the client did not report in time";
      ++awaited_;
    }
  }
  if (report.code == RD_KAFKA_RESP_ERR_NO_ERROR)
    problem_ = {};
  report.problem = problem_;
  if (!token_problem_.empty())
    report.problem = {ProblemKind::kLogin, token_problem_, pipeline::SourceError::kToken};
  return report;
}

void KafkaSink::Producer::OnReport(const rd_kafka_message_t& message) {
  // Not rd_kafka_message_errstr(): it takes a payload for a text, which holds for a consumer only.
  std::string detail = rd_kafka_err2str(message.err);
  const rd_kafka_resp_err_t code = Unwrap(message.err, &detail);
  {
    std::lock_guard lock(mutex_);
    if (reinterpret_cast<uint64_t>(message._private) != awaited_)
      return;
    report_ = {code, std::move(detail), {}, message.partition, message.offset};
    has_report_ = true;
  }
  reported_.notify_all();
}

void KafkaSink::Producer::OnError(rd_kafka_resp_err_t code, std::string detail) {
  code = Unwrap(code, &detail);
  const bool by_token = options_->client.tokens != nullptr;
  Problem problem =
      Explain(code, detail, options_->topic, by_token ? LoginKind::kToken : LoginKind::kPassword);
  if (problem.reason == pipeline::SourceError::kLogin)
    feed_->TokenRefused();
  std::lock_guard lock(mutex_);
  // That no broker answers says less than why one does not let us in.
  const bool says_less =
      problem.kind == ProblemKind::kConnection && problem_.kind == ProblemKind::kLogin;
  if (problem.kind != ProblemKind::kNone && !says_less)
    problem_ = std::move(problem);
}

void KafkaSink::Producer::OnToken(const std::string& problem) {
  std::lock_guard lock(mutex_);
  token_problem_ = problem;
}

void KafkaSink::Producer::Cancel() {
  {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
  }
  reported_.notify_all();
}

}  // namespace keywatch::kafka
