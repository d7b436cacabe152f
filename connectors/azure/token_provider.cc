#include "connectors/azure/token_provider.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "connectors/azure/token_request.h"
#include "engine/base/crypto.h"
#include "engine/base/log.h"

namespace keywatch::azure {
namespace {

using record::Ticks;
using std::chrono::milliseconds;

constexpr size_t kMostAnswer = 256 << 10;
// A token that ends so soon may have ended when it arrives.
constexpr Ticks kLeastLeft = 10 * record::kTicksPerSecond;
// The metadata service gives the same token again until near its end: not asked more often.
constexpr Ticks kLeastPause = 30 * record::kTicksPerSecond;
// A token that is refused at this age is refused for what it is, not for how old it is.
constexpr Ticks kLeastAge = 10 * record::kTicksPerSecond;

Ticks ToTicks(milliseconds time) { return time.count() * record::kTicksPerMillisecond; }

std::string RandomId() {
  std::random_device random;
  std::array<uint8_t, 16> bytes{};
  for (uint8_t& byte : bytes)
    byte = static_cast<uint8_t>(random());
  return HexEncode(bytes.data(), bytes.size());
}

class CachedTokens final : public TokenProvider {
 public:
  CachedTokens(TokenProviderOptions options, std::unique_ptr<http::Client> client)
      : options_(std::move(options)), client_(std::move(client)) {}

  Result<AccessToken> Token() override;
  void Refused(const std::string& token) override;
  void Cancel() override;

 private:
  TokenAnswer FetchRound();
  TokenAnswer FetchOnce();
  void Keep(TokenAnswer answer);
  bool SleepCancelled(milliseconds time);

  const TokenProviderOptions options_;
  const std::unique_ptr<http::Client> client_;  // of the thread that fetches

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  bool cancelled_ = false;
  bool fetching_ = false;
  std::optional<AccessToken> token_;
  Ticks fetched_at_ = 0;
  Ticks renew_at_ = 0;
  int failed_rounds_ = 0;
  Ticks next_try_ = 0;
  std::string problem_;
};

Result<AccessToken> CachedTokens::Token() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (cancelled_)
      return Unavailable("no access token: stopping");
    const Ticks now = options_.now();
    const bool alive = token_ && now < token_->expires;
    const bool is_new = alive && now < std::min(renew_at_, token_->expires - kLeastLeft);
    if (is_new || (alive && (fetching_ || now < next_try_)))
      return *token_;
    if (!fetching_ && now >= next_try_)
      break;
    if (!fetching_)
      return Unavailable(problem_);
    changed_.wait(lock);
  }
  fetching_ = true;
  lock.unlock();
  TokenAnswer answer = FetchRound();
  lock.lock();
  fetching_ = false;
  Keep(std::move(answer));
  changed_.notify_all();
  const bool usable = token_ && options_.now() < token_->expires;
  return usable ? Result<AccessToken>(*token_) : Unavailable(problem_);
}

// With the mutex held.
void CachedTokens::Keep(TokenAnswer answer) {
  const Ticks now = options_.now();
  if (answer.token) {
    token_ = std::move(answer.token);
    fetched_at_ = now;
    renew_at_ = now + std::max((token_->expires - now) / 2, kLeastPause);
    next_try_ = 0;
    failed_rounds_ = 0;
    problem_.clear();
    return;
  }
  ++failed_rounds_;
  const milliseconds pause =
      BackoffDelay(options_.between_rounds, failed_rounds_, static_cast<uint64_t>(failed_rounds_));
  next_try_ = now + ToTicks(std::max(pause, answer.retry_after));
  if (token_ && now < token_->expires && problem_ != answer.problem) {
    Log(LogLevel::kWarning,
        "access token not renewed; the old one serves until it ends",
        {{"ends", record::FormatDatetimeShort(token_->expires)}, {"problem", answer.problem}});
  }
  problem_ = std::move(answer.problem);
}

void CachedTokens::Refused(const std::string& token) {
  std::lock_guard lock(mutex_);
  if (!token_ || token_->text != token || options_.now() - fetched_at_ < kLeastAge)
    return;
  renew_at_ = 0;
  next_try_ = 0;
}

TokenAnswer CachedTokens::FetchRound() {
  for (int attempt = 1;; ++attempt) {
    TokenAnswer answer = FetchOnce();
    const bool last = attempt >= options_.attempts || answer.retry_after > milliseconds(0);
    if (answer.token || !answer.retry || last)
      return answer;
    if (SleepCancelled(
            BackoffDelay(options_.in_round, attempt, static_cast<uint64_t>(options_.now()))))
      return answer;
  }
}

TokenAnswer CachedTokens::FetchOnce() {
  const Credential& credential = options_.credential;
  TokenAnswer answer;
  Result<TokenRequest> wanted =
      MakeTokenRequest(credential, options_.scope, RandomId(), options_.now());
  if (!wanted) {
    answer.problem = "no access token: " + wanted.error().message();
    return answer;
  }
  http::Request request;
  request.method = wanted->method;
  request.headers = wanted->headers;
  request.body = wanted->body;
  request.most_body = kMostAnswer;
  http::Response response = client_->Send(request);
  if (IsArc(credential) && response.status == 401) {
    Result<std::string> proof = ArcAuthorization(credential, response.Header("www-authenticate"));
    if (!proof) {
      answer.problem = "no access token: " + proof.error().message();
      return answer;
    }
    request.headers.emplace_back("Authorization", *proof);
    response = client_->Send(request);
  }
  return ReadTokenAnswer(credential, response, options_.now());
}

bool CachedTokens::SleepCancelled(milliseconds time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [&] { return cancelled_; });
}

void CachedTokens::Cancel() {
  client_->Cancel();
  {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
  }
  changed_.notify_all();
}

Status CheckCredential(const TokenProviderOptions& options) {
  const Credential& credential = options.credential;
  if (options.scope.empty())
    return InvalidInput("expected a scope for the access token, found none");
  if (credential.kind == CredentialKind::kManagedIdentity)
    return {};
  if (credential.tenant_id.empty() || credential.client_id.empty())
    return InvalidInput("expected tenant_id and client_id, found none");
  Result<TokenRequest> request =
      MakeTokenRequest(credential, options.scope, "check", options.now());
  return request ? Status() : request.error();
}

}  // namespace

Result<std::unique_ptr<TokenProvider>> MakeTokenProvider(TokenProviderOptions options) {
  KEYWATCH_RETURN_IF_ERROR(CheckCredential(options));
  Result<std::unique_ptr<http::Client>> client =
      http::Client::Make(TokenUrl(options.credential, options.scope),
                         TokenClientOptions(options.credential, options.client));
  if (!client) {
    return InvalidInput(fmt::format("{}: {}",
                                    options.credential.kind == CredentialKind::kManagedIdentity
                                        ? "IDENTITY_ENDPOINT"
                                        : "authority",
                                    client.error().message()));
  }
  return std::unique_ptr<TokenProvider>(
      std::make_unique<CachedTokens>(std::move(options), std::move(*client)));
}

}  // namespace keywatch::azure
