#include "app/connectors/blob_source.h"

#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "connectors/blob/blob_source.h"
#include "connectors/blob/hour_path.h"
#include "connectors/blob/storage_failure.h"
#include "connectors/blob/storage_login.h"
#include "connectors/blob/storage_request.h"

namespace keywatch::app {
namespace {

// A range of this many bytes must come within it.
constexpr Ticks kTimeout = 60 * record::kTicksPerSecond;
constexpr int kMostParallel = 32;
constexpr int64_t kLeastChunk = int64_t{64} << 10;
constexpr int64_t kMostChunk = int64_t{64} << 20;

std::chrono::milliseconds ToMilliseconds(Ticks ticks) {
  return std::chrono::milliseconds(ticks / record::kTicksPerMillisecond);
}

Ticks ReadTime(Fields* fields, std::string_view key, std::string meaning) {
  std::string text;
  const rule::YamlNode* node = fields->Text(key, std::move(meaning), &text);
  if (node == nullptr || text.empty())
    return 0;
  std::optional<Ticks> time = record::ParseIsoDatetime(text);
  if (time)
    return *time;
  fields->diagnostics()->Error(
      node->span,
      fmt::format(
          "{}: expected a time such as 2026-11-30T08:00:00Z, found {}", key, text.substr(0, 80)));
  return 0;
}

void ReadLogin(Fields* fields, BlobSourceSettings* blob) {
  const bool key = fields->OneSecret("account_key", "A key of the account.", &blob->account_key);
  const bool signature = fields->OneSecret(
      "sas_token", "A shared access signature with permissions r and l.", &blob->sas_token);
  AzureAuth auth;
  const bool token = ReadAzureAuth(fields, Need::kOptional, &auth);
  if (token)
    blob->auth = std::move(auth);
  fields->Group(FieldGroup::Rule::kOneNeeded,
                {"account_key", "account_key_file", "sas_token", "sas_token_file", "auth"});
  fields->Group(FieldGroup::Rule::kAtMostOne,
                {"account_key", "account_key_file", "sas_token", "sas_token_file", "auth"});
  const int given = int{key} + int{signature} + int{token};
  if (given == 1)
    return;
  fields->diagnostics()->Error(
      fields->span(),
      fmt::format("expected one of auth, account_key_file and sas_token_file, found {}",
                  given == 0 ? "none" : "several"),
      "auth: {type: managed_identity} needs no secret");
}

void CheckUrl(Fields* fields, const BlobSourceSettings& blob) {
  if (blob.account_url.empty())
    return;
  auto account = blob::ParseAccountUrl(blob.account_url, blob.account_name, blob.container);
  if (!account)
    fields->diagnostics()->Error(fields->span(), "account_url: " + account.error().message());
}

Result<std::shared_ptr<blob::StorageLogin>> MakeLogin(const BlobSourceSettings& settings,
                                                      int attempts) {
  if (settings.auth) {
    auto tokens = MakeTokenProvider(*settings.auth, settings.scope, attempts);
    if (!tokens)
      return tokens.error();
    return std::shared_ptr<blob::StorageLogin>(blob::MakeTokenLogin(std::move(*tokens)));
  }
  if (!settings.sas_token.empty())
    return std::shared_ptr<blob::StorageLogin>(blob::MakeSasLogin(settings.sas_token));
  return std::shared_ptr<blob::StorageLogin>(blob::MakeKeyLogin(settings.account_key));
}

}  // namespace

BlobSourceSettings ReadBlobSource(Fields* fields) {
  BlobSourceSettings blob;
  blob.egress.timeout = kTimeout;
  ReadHttpEgress(fields, &blob.egress);
  Secret url_file;  // read at the start: positions belong to one account
  ReadUrl(fields,
          "account_url",
          "Blob endpoint of the storage account: https://ACCOUNT.blob.core.windows.net.",
          blob.egress,
          &blob.account_url,
          &url_file);
  fields->Text("account_name",
               "Name of the account; by default the first part of the host, or the path.",
               &blob.account_name);
  fields->Text("container", "The container.", &blob.container);
  fields->Text("prefix",
               "Of the blobs' names, e.g. resourceId=/SUBSCRIPTIONS/..; empty: all.",
               &blob.prefix);
  CheckUrl(fields, blob);
  fields->Text("scope", "Of the token; another one in another cloud.", &blob.scope);
  ReadLogin(fields, &blob);
  fields->PositiveDuration("poll_interval",
                           "Time between looks at the current hour and the one before.",
                           &blob.poll_interval);
  int64_t hours = blob.late_hours / record::kTicksPerHour;
  fields->Integer(
      "late_hours", "Hours before those that are still watched for growth.", 0, 24 * 31, &hours);
  blob.late_hours = hours * record::kTicksPerHour;
  fields->PositiveDuration("late_interval",
                           "Time between looks at the late hours, and for new resources.",
                           &blob.late_interval);
  fields->Duration("history", "How far back a first start reads.", &blob.history);
  blob.from = ReadTime(fields, "from", "Instead of history: the time from whose hour on is read.");
  blob.to = ReadTime(fields, "to", "The time after whose hour nothing more is read.");
  if (blob.from != 0 && blob.to != 0 && blob.from >= blob.to)
    fields->diagnostics()->Error(fields->span(), "to: expected a time after from");
  fields->Integer("parallel",
                  "Connections, and ranges read at the same time.",
                  1,
                  kMostParallel,
                  &blob.parallel);
  fields->Size("chunk_bytes",
               "Of one range: 64KiB to 64MiB; parallel times as much is held in memory.",
               &blob.chunk_bytes);
  if (blob.chunk_bytes < kLeastChunk || blob.chunk_bytes > kMostChunk)
    fields->diagnostics()->Error(fields->span(), "chunk_bytes: expected 64KiB to 64MiB");
  return blob;
}

Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const BlobSourceSettings& settings,
                                                     const SourceContext& context) {
  auto account =
      blob::ParseAccountUrl(settings.account_url, settings.account_name, settings.container);
  if (!account)
    return account.error();
  auto login = MakeLogin(settings, /*attempts=*/4);
  if (!login)
    return login.error();
  std::vector<std::unique_ptr<blob::StorageService>> services;
  for (int i = 0; i < settings.parallel; ++i) {
    auto service = blob::MakeStorageService(*account, ToClientOptions(settings.egress), *login);
    if (!service)
      return service.error();
    services.push_back(std::move(*service));
  }
  blob::BlobOptions options;
  options.name = name;
  options.account = std::move(*account);
  options.login = (*login)->kind();
  options.prefix = settings.prefix;
  options.from = settings.from;
  options.history = settings.history;
  options.pass.late = settings.late_hours;
  if (settings.to > 0)  // an hour that has begun is read whole
    options.pass.until = record::FloorTo(settings.to + blob::kHour - 1, blob::kHour);
  options.limits.chunk_bytes = static_cast<size_t>(settings.chunk_bytes);
  options.limits.most_bytes =
      static_cast<size_t>(settings.chunk_bytes) * static_cast<size_t>(settings.parallel);
  options.poll_interval = ToMilliseconds(settings.poll_interval);
  options.late_interval = ToMilliseconds(settings.late_interval);
  return std::unique_ptr<pipeline::Source>(
      std::make_unique<blob::BlobSource>(std::move(options), std::move(services), context.metrics));
}

Attempt TryConnection(const std::string& /*name*/,
                      const BlobSourceSettings& settings,
                      std::chrono::milliseconds limit) {
  auto account =
      blob::ParseAccountUrl(settings.account_url, settings.account_name, settings.container);
  if (!account)
    return Attempt::Failed(account.error().message());
  BlobSourceSettings hasty = settings;
  if (hasty.auth)
    hasty.auth = InHaste(*hasty.auth, limit / 2);
  auto login = MakeLogin(hasty, /*attempts=*/1);
  if (!login)
    return Attempt::Failed(login.error().message());
  auto service = blob::MakeStorageService(
      *account, ToClientOptions(InHaste(settings.egress, limit / 2)), *login);
  if (!service)
    return Attempt::Failed(service.error().message());
  const blob::StorageRequest request = blob::ListRequest(settings.prefix, /*folders=*/true, "");
  Result<http::Response> response = (*service)->Send(request);
  if (!response)
    return Attempt::Failed(response.error().message());
  if (response->status == 200)
    return Attempt::Ok(
        fmt::format("logged in; the container {} can be listed", account->container));
  return Attempt::Failed(
      blob::ReadFailure(*account, (*login)->kind(), request, *response, record::WallNow()).problem);
}

}  // namespace keywatch::app
