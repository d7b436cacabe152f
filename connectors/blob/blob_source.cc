#include "connectors/blob/blob_source.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "engine/base/backoff.h"
#include "engine/base/log.h"

namespace keywatch::blob {
namespace {

constexpr auto kLongestWait = std::chrono::milliseconds(60'000);

}  // namespace

BlobSource::BlobSource(BlobOptions options,
                       std::vector<std::unique_ptr<StorageService>> services,
                       MetricRegistry* metrics)
    : options_(std::move(options)), lanes_(std::make_unique<Lanes>(std::move(services))) {
  container_.account = options_.account;
  container_.login = options_.login;
  container_.now = options_.now;
  thread_.ChangeHealth([](auto* health) {
    health->assigned = true;
    health->problem = "asking the storage account for the first time";
  });
  if (metrics == nullptr)
    return;
  const std::string& source = options_.name;
  constexpr char kRequests[] = "keywatch_blob_requests_total";
  constexpr char kRequestsHelp[] = "Requests to a storage account, by what was asked for.";
  container_.list_requests =
      metrics->AddCounter(kRequests, kRequestsHelp, {{"source", source}, {"operation", "list"}});
  container_.read_requests =
      metrics->AddCounter(kRequests, kRequestsHelp, {{"source", source}, {"operation", "read"}});
  container_.read_bytes = metrics->AddCounter("keywatch_blob_read_bytes_total",
                                              "Bytes of blobs that were fetched, again or not.",
                                              {{"source", source}});
  open_blobs_ =
      metrics->AddGauge("keywatch_blob_open",
                        "Blobs that are watched for growth: of hours that are not closed.",
                        {{"source", source}});
  constexpr char kReplaced[] = "keywatch_blob_replaced_total";
  constexpr char kReplacedHelp[] =
      "Blobs that were not what was read before, and are read again, by how that showed.";
  replaced_ =
      metrics->AddCounter(kReplaced, kReplacedHelp, {{"source", source}, {"how", "replaced"}});
  shrunk_ = metrics->AddCounter(kReplaced, kReplacedHelp, {{"source", source}, {"how", "shrunk"}});
  constexpr char kLate[] = "keywatch_blob_late_growth_total";
  constexpr char kLateHelp[] = "Times that a blob of an hour that is not open any more grew.";
  late_read_ = metrics->AddCounter(kLate, kLateHelp, {{"source", source}, {"outcome", "read"}});
  late_behind_ = metrics->AddCounter(kLate, kLateHelp, {{"source", source}, {"outcome", "missed"}});
}

BlobSource::~BlobSource() { Close(); }

Status BlobSource::Open(const pipeline::Positions& restored) {
  Ticks first = options_.from > 0 ? options_.from : options_.now() - options_.history;
  book_ = BlobBook(restored, first, options_.account.container);
  thread_.Start([this] { return Step(); });
  return {};
}

// One pass; when to begin the next.
BlobSource::Clock::time_point BlobSource::Step() {
  const Clock::time_point begun = Clock::now();
  if (begun >= next_look_) {
    if (auto failure = Discover())
      return OnFailure(*failure);
    next_look_ = begun + options_.late_interval;
    late_due_ = true;
  }
  const Ticks elapsed =
      std::chrono::duration_cast<std::chrono::nanoseconds>(begun - service_seen_).count() / 100;
  const Pass pass = NextPass(book_.mark(), service_now_ + elapsed, late_due_, options_.pass);
  if (pass.kind == PassKind::kDone) {
    pipeline::RawBatch end;
    end.end = true;
    HandOver(std::move(end));
    SetLag(0);
    return Clock::now() + std::chrono::hours(24);
  }
  auto failure = List(pass);
  std::vector<ReadItem> items;
  if (!failure) {
    items = ItemsOf(pass);
    if (!items.empty() || pass.kind == PassKind::kHistory)
      SetLag(-1);
    failure = Read(std::move(items));
  }
  if (thread_.stopping())
    return begun;
  if (failure)
    return OnFailure(*failure);
  failures_ = 0;
  // What was replaced under way is read before anything else.
  if (!ItemsOf(pass).empty())
    return Clock::now();
  Close(pass);
  if (pass.kind == PassKind::kHistory)
    return Clock::now();
  SetLag(0);
  return begun + options_.poll_interval;
}

std::optional<StorageFailure> BlobSource::Discover() {
  auto stopping = [this] { return thread_.stopping(); };
  size_t before = catalog_.resources().size();
  ListOutcome outcome = catalog_.Discover(container_, options_.prefix, lanes_.get(), stopping);
  if (outcome.failure)
    return outcome.failure;
  service_now_ = outcome.service_now;
  service_seen_ = Clock::now();
  if (catalog_.resources().size() != before) {
    Log(LogLevel::kInfo,
        "resources found in the container",
        {{"source", options_.name}, {"resources", std::to_string(catalog_.resources().size())}});
  }
  return std::nullopt;
}

std::optional<StorageFailure> BlobSource::List(const Pass& pass) {
  // A late look also sees what changed behind the mark.
  const Ticks from = pass.kind == PassKind::kLate ? pass.from - kDay : pass.from;
  const int last_year = record::ToCivil(std::max(from, pass.to - 1)).year;
  std::vector<std::string> prefixes;
  for (const auto& [resource, first_year] : catalog_.resources()) {
    if (first_year > last_year)
      continue;
    for (const std::string& folder : FoldersOf(from, pass.to))
      prefixes.push_back(resource + folder);
  }
  Ticks listed_at = service_now_;
  if (!prefixes.empty()) {
    ListOutcome outcome =
        ListAll(container_, prefixes, false, lanes_.get(), [this] { return thread_.stopping(); });
    if (outcome.failure)
      return outcome.failure;
    listed_at = outcome.service_now;
    service_now_ = outcome.service_now;
    service_seen_ = Clock::now();
    NoteListing(pass, outcome.listings);
  } else {
    NoteListing(pass, {});
  }
  if (pass.kind == PassKind::kLate)
    book_.NoteListed(listed_at);
  thread_.ChangeHealth([](auto* health) {
    health->connected = true;
    health->problem.clear();
  });
  return std::nullopt;
}

void BlobSource::NoteListing(const Pass& pass, const std::vector<Listing>& listings) {
  std::set<std::string> names;
  for (const Listing& listing : listings) {
    for (const ListedBlob& listed : listing.blobs) {
      std::optional<HourPath> path = ParseHourPath(listed.name);
      if (!path || path->hour >= pass.to)
        continue;
      NoteBlob(listed, path->hour);
      names.insert(listed.name);
    }
  }
  std::vector<std::string> gone;
  for (const auto& [name, blob] : book_.blobs()) {
    if (blob.hour >= pass.from && blob.hour < pass.to && !names.contains(name))
      gone.push_back(name);
  }
  for (const std::string& name : gone) {
    bool unread = book_.NoteGone(name);
    Log(unread ? LogLevel::kError : LogLevel::kWarning,
        unread
            ? "a blob was deleted before it was read: make the storage account's lifecycle rules "
              "keep blobs for longer than keywatch may be down"
            : "a blob was deleted while its hour was not closed",
        {{"source", options_.name}, {"blob", name}});
    if (unread)
      CountGap();
  }
  open_blobs_.Set(static_cast<double>(book_.blobs().size()));
}

void BlobSource::NoteBlob(const ListedBlob& listed, Ticks hour) {
  const auto before = book_.blobs().find(listed.name);
  const bool unread = before != book_.blobs().end() && before->second.offset < before->second.size;
  const bool open = hour >= record::FloorTo(service_now_, kHour) - kHour;
  const bool restored = before != book_.blobs().end() && before->second.etag.empty();
  switch (book_.Note(listed, hour)) {
    case BlobBook::Seen::kGrown:
      if (!open && !restored)
        late_read_.Add();
      break;
    case BlobBook::Seen::kShrunk:
      shrunk_.Add();
      if (unread)
        CountGap();
      Log(LogLevel::kError,
          "a blob is shorter than what was read of it, and is read again from its beginning: audit "
          "blobs are only appended to; find out who writes to the container",
          {{"source", options_.name},
           {"blob", listed.name},
           {"bytes", std::to_string(listed.size)}});
      break;
    case BlobBook::Seen::kBehind:
      late_behind_.Add();
      CountGap();
      Log(LogLevel::kError,
          "a blob changed after its hour was closed, and is not read: raise late_hours; read it "
          "with "
          "keywatch replay",
          {{"source", options_.name},
           {"blob", listed.name},
           {"modified", record::FormatDatetimeShort(listed.last_modified)}});
      break;
    case BlobBook::Seen::kKnown:
    case BlobBook::Seen::kNew:
    case BlobBook::Seen::kChanged:
    case BlobBook::Seen::kOld:
      break;
  }
}

std::vector<ReadItem> BlobSource::ItemsOf(const Pass& pass) const {
  std::vector<std::pair<Ticks, ReadItem>> found;
  const bool final = pass.kind == PassKind::kHistory;
  for (const auto& [name, blob] : book_.blobs()) {
    // At the end of its hour a last line without a line end counts.
    bool rest = final && !blob.finished && blob.offset < blob.size;
    if (blob.hour >= pass.from && blob.hour < pass.to && (BlobBook::IsPending(blob) || rest))
      found.emplace_back(blob.hour, ReadItem{name, final});
  }
  std::stable_sort(
      found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<ReadItem> items;
  items.reserve(found.size());
  for (auto& [hour, item] : found)
    items.push_back(std::move(item));
  return items;
}

std::optional<StorageFailure> BlobSource::Read(std::vector<ReadItem> items) {
  if (items.empty())
    return std::nullopt;
  PassReader::Callbacks callbacks;
  callbacks.deliver = [this](pipeline::RawBatch batch) { HandOver(std::move(batch)); };
  callbacks.trouble = [this](const std::string& name,
                             BlobTrouble trouble,
                             const std::string& text) { OnTrouble(name, trouble, text); };
  callbacks.cut_line = [this](const std::string& name, int64_t offset, int64_t bytes) {
    Log(LogLevel::kError,
        "a line is longer than the limit; its beginning goes to the dead letters, the rest is left "
        "out",
        {{"source", options_.name},
         {"blob", name},
         {"offset", std::to_string(offset)},
         {"bytes_left_out", std::to_string(bytes)}});
  };
  callbacks.stopping = [this] { return thread_.stopping(); };
  PassReader reader(
      container_, std::move(items), options_.limits, &book_, lanes_.get(), std::move(callbacks));
  return reader.Run();
}

void BlobSource::OnTrouble(const std::string& name,
                           BlobTrouble trouble,
                           const std::string& problem) {
  const BlobState& blob = book_.at(name);
  if (trouble == BlobTrouble::kReplaced) {
    replaced_.Add();
    if (blob.offset < blob.size)
      CountGap();
    Log(LogLevel::kError,
        "a blob is not the one that was read before, and is read again from its beginning: audit "
        "blobs are only appended to; find out who writes to the container",
        {{"source", options_.name}, {"blob", name}, {"offset", std::to_string(blob.offset)}});
    book_.Restart(name);
    return;
  }
  if (blob.offset < blob.size)
    CountGap();
  Log(LogLevel::kError,
      "a blob cannot be read: " + problem,
      {{"source", options_.name}, {"blob", name}, {"offset", std::to_string(blob.offset)}});
  book_.NoteRead(name, std::string(blob.etag), true);  // until it changes
}

// All of the pass was read.
void BlobSource::Close(const Pass& pass) {
  if (pass.kind == PassKind::kHistory)
    book_.CloseTo(pass.to);
  if (pass.kind == PassKind::kLate)
    late_due_ = false;  // not before: after a failure the open hours would overtake these
  open_blobs_.Set(static_cast<double>(book_.blobs().size()));
  pipeline::RawBatch rest;
  rest.next = book_.TakeChanges();
  if (rest.next.empty())
    return;
  rest.read_time = options_.now();
  HandOver(std::move(rest));
}

BlobSource::Clock::time_point BlobSource::OnFailure(const StorageFailure& failure) {
  if (thread_.stopping())
    return Clock::now();
  thread_.ChangeHealth([&](auto* health) {
    health->connected = false;
    health->problem = failure.problem;
    ++health->errors[static_cast<size_t>(failure.reason)];
  });
  ++failures_;
  if (failure.retry_after.count() > 0)
    return Clock::now() + failure.retry_after;
  BackoffPolicy policy{options_.backoff, std::max(options_.backoff, kLongestWait), 2.0};
  return Clock::now() + BackoffDelay(policy, failures_, static_cast<uint64_t>(failures_));
}

void BlobSource::CountGap() {
  thread_.ChangeHealth([](auto* health) { ++health->gaps; });
}

void BlobSource::SetLag(int64_t lag) {
  thread_.ChangeHealth([lag](auto* health) { health->lag_records = lag; });
}

void BlobSource::HandOver(pipeline::RawBatch batch) {
  if (!batch.messages.empty())
    failures_ = 0;  // between failures it gets on
  batch.next.merge(book_.TakeChanges());
  thread_.HandOver(std::move(batch));
}

Result<pipeline::RawBatch> BlobSource::Poll(std::chrono::milliseconds timeout) {
  return thread_.Take(timeout, options_.now);
}

void BlobSource::Close() {
  thread_.Stop([this] { lanes_->Stop(); });
}

pipeline::SourceHealth BlobSource::Health() const { return thread_.Health(); }

}  // namespace keywatch::blob
