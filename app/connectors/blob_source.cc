#include "app/connectors/blob_source.h"

#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "connectors/blob/blob_source.h"
#include "connectors/blob/hour_path.h"
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

Ticks ReadTime(ConnectorFields* fields, std::string_view key) {
  const rule::YamlNode* node = fields->reader().Find(key);
  if (node == nullptr || node->scalar.empty())
    return 0;
  std::optional<Ticks> time = record::ParseIsoDatetime(node->scalar);
  if (time)
    return *time;
  fields->diagnostics()->Error(
      node->span,
      fmt::format("{}: expected a time such as 2026-11-30T08:00:00Z, found {}",
                  key,
                  node->scalar.substr(0, 80)));
  return 0;
}

void ReadLogin(ConnectorFields* fields, BlobSourceSettings* blob) {
  blob->account_key = fields->OneSecret("account_key");
  blob->sas_token = fields->OneSecret("sas_token");
  if (const rule::YamlNode* auth = fields->reader().Find("auth"))
    blob->auth = ReadAzureAuth(fields, *auth);
  int given = 0;
  for (const char* key : {"account_key", "account_key_file", "sas_token", "sas_token_file", "auth"})
    given += fields->reader().Find(key) == nullptr ? 0 : 1;
  if (given == 1)
    return;
  fields->diagnostics()->Error(
      fields->item().span,
      fmt::format("expected one of auth, account_key_file and sas_token_file, found {}",
                  given == 0 ? "none" : "several"),
      "auth: {type: managed_identity} needs no secret");
}

void CheckUrl(ConnectorFields* fields, const BlobSourceSettings& blob) {
  if (blob.account_url.empty())
    return;
  auto account = blob::ParseAccountUrl(blob.account_url, blob.account_name, blob.container);
  if (!account) {
    fields->diagnostics()->Error(fields->item().span, "account_url: " + account.error().message());
  }
}

}  // namespace

BlobSourceSettings ReadBlobSource(ConnectorFields* fields) {
  BlobSourceSettings blob;
  rule::FieldReader& reader = fields->reader();
  blob.egress = ReadHttpEgress(fields);
  if (reader.Find("timeout") == nullptr)
    blob.egress.timeout = kTimeout;
  blob.account_url = RequireUrl(fields, "account_url", blob.egress);
  SetField(reader.Text("account_name"), &blob.account_name);
  SetField(reader.Text("container"), &blob.container);
  SetField(reader.Text("prefix"), &blob.prefix);
  CheckUrl(fields, blob);
  SetField(reader.Text("scope"), &blob.scope);
  ReadLogin(fields, &blob);
  SetPositive(&reader, "poll_interval", &blob.poll_interval);
  if (auto hours = reader.Integer("late_hours", 0, 24 * 31))
    blob.late_hours = *hours * record::kTicksPerHour;
  SetPositive(&reader, "late_interval", &blob.late_interval);
  SetField(reader.Duration("history"), &blob.history);
  blob.from = ReadTime(fields, "from");
  blob.to = ReadTime(fields, "to");
  if (blob.from != 0 && blob.to != 0 && blob.from >= blob.to)
    fields->diagnostics()->Error(fields->item().span, "to: expected a time after from");
  SetField(reader.Integer("parallel", 1, kMostParallel), &blob.parallel);
  SetField(reader.Size("chunk_bytes"), &blob.chunk_bytes);
  if (blob.chunk_bytes < kLeastChunk || blob.chunk_bytes > kMostChunk)
    fields->diagnostics()->Error(fields->item().span, "chunk_bytes: expected 64KiB to 64MiB");
  return blob;
}

Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const BlobSourceSettings& settings,
                                                     const SourceContext& context) {
  auto account =
      blob::ParseAccountUrl(settings.account_url, settings.account_name, settings.container);
  if (!account)
    return account.error();
  std::shared_ptr<blob::StorageLogin> login;
  if (settings.auth) {
    auto tokens = MakeTokenProvider(*settings.auth, settings.scope);
    if (!tokens)
      return tokens.error();
    login = blob::MakeTokenLogin(std::move(*tokens));
  } else if (!settings.sas_token.empty()) {
    login = blob::MakeSasLogin(settings.sas_token);
  } else {
    login = blob::MakeKeyLogin(settings.account_key);
  }
  std::vector<std::unique_ptr<blob::StorageService>> services;
  for (int i = 0; i < settings.parallel; ++i) {
    auto service = blob::MakeStorageService(*account, ToClientOptions(settings.egress), login);
    if (!service)
      return service.error();
    services.push_back(std::move(*service));
  }
  blob::BlobOptions options;
  options.name = name;
  options.account = std::move(*account);
  options.login = login->kind();
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

}  // namespace keywatch::app
