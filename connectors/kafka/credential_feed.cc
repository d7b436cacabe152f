#include "connectors/kafka/credential_feed.h"

#include <array>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "connectors/kafka/handles.h"
#include "engine/base/log.h"

namespace keywatch::kafka {
namespace {

constexpr std::chrono::seconds kLook{1};

const Secret* Find(const ClientSettings& settings, const char* name) {
  auto found = settings.properties.find(name);
  return found == settings.properties.end() ? nullptr : &found->second;
}

bool IsFile(const Secret* secret) { return secret != nullptr && !secret->path().empty(); }

}  // namespace

CredentialFeed::CredentialFeed(ClientSettings settings,
                               std::function<void(const std::string&)> on_token)
    : settings_(std::move(settings)),
      on_token_(std::move(on_token)),
      has_password_file_(IsFile(Find(settings_, "sasl.username")) ||
                         IsFile(Find(settings_, "sasl.password"))) {
  if (settings_.tokens != nullptr || has_password_file_)
    thread_ = std::thread([this] { Run(); });
}

CredentialFeed::~CredentialFeed() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    client_ = nullptr;
  }
  changed_.notify_all();
  if (settings_.tokens != nullptr)
    settings_.tokens->Cancel();
  if (thread_.joinable())
    thread_.join();
}

void CredentialFeed::Prepare(rd_kafka_conf_t* conf) const {
  if (settings_.tokens == nullptr)
    return;
  // librdkafka wants to be able to ask; the feed does not wait for that.
  rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, [](rd_kafka_t*, const char*, void*) {});
}

void CredentialFeed::Attach(rd_kafka_t* client) {
  {
    std::lock_guard lock(mutex_);
    client_ = client;
    given_token_.clear();
    // What the client was made with.
    const Secret* user = Find(settings_, "sasl.username");
    const Secret* password = Find(settings_, "sasl.password");
    given_user_ = user == nullptr ? "" : user->Reveal();
    given_password_ = password == nullptr ? "" : password->Reveal();
    wake_ = true;
  }
  changed_.notify_all();
}

void CredentialFeed::Detach() {
  std::lock_guard lock(mutex_);
  client_ = nullptr;
}

void CredentialFeed::TokenRefused() {
  {
    std::lock_guard lock(mutex_);
    refused_ = true;
    wake_ = true;
  }
  changed_.notify_all();
}

void CredentialFeed::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, kLook, [&] { return stopping_ || wake_; });
    wake_ = false;
    if (stopping_ || client_ == nullptr)
      continue;
    lock.unlock();
    if (settings_.tokens != nullptr)
      FeedToken();
    if (has_password_file_)
      FeedPassword();
    lock.lock();
  }
}

void CredentialFeed::FeedToken() {
  std::string refused;
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(refused_, false))
      refused = given_token_;
  }
  if (!refused.empty())
    settings_.tokens->Refused(refused);
  Result<azure::AccessToken> token = settings_.tokens->Token();
  Status given = token ? GiveToken(*token) : token.error();
  {
    std::lock_guard lock(mutex_);
    if (stopping_)
      return;
  }
  on_token_(given.message());
}

Status CredentialFeed::GiveToken(const azure::AccessToken& token) {
  std::lock_guard lock(mutex_);
  if (client_ == nullptr || token.text == given_token_)
    return {};
  const int64_t ends = (token.expires - record::kUnixEpoch) / record::kTicksPerMillisecond;
  std::array<char, 256> text{};
  const rd_kafka_resp_err_t code = rd_kafka_oauthbearer_set_token(
      client_, token.text.c_str(), ends, "keywatch", nullptr, 0, text.data(), text.size());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return Unavailable(fmt::format("librdkafka does not take the access token: {}", text.data()));
  given_token_ = token.text;
  return {};
}

void CredentialFeed::FeedPassword() {
  const Secret* user_secret = Find(settings_, "sasl.username");
  const Secret* password_secret = Find(settings_, "sasl.password");
  std::string user = user_secret == nullptr ? "" : user_secret->Reveal();
  std::string password = password_secret == nullptr ? "" : password_secret->Reveal();
  std::lock_guard lock(mutex_);
  if (client_ == nullptr || (user == given_user_ && password == given_password_))
    return;
  ErrorHandle error(rd_kafka_sasl_set_credentials(client_, user.c_str(), password.c_str()));
  if (error != nullptr) {
    Log(LogLevel::kWarning,
        "Kafka user name and password not replaced",
        {{"reason", rd_kafka_error_string(error.get())}});
    return;
  }
  Log(LogLevel::kInfo, "Kafka user name and password replaced: their file has changed");
  given_user_ = std::move(user);
  given_password_ = std::move(password);
}

}  // namespace keywatch::kafka
