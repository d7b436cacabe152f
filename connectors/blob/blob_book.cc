#include "connectors/blob/blob_book.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/record/hash.h"

namespace keywatch::blob {
namespace {

constexpr char kMark[] = "mark";
constexpr char kListed[] = "listed";
constexpr std::string_view kLines = "lines/";
constexpr std::string_view kDocuments = "docs/";
constexpr std::string_view kCheck = "check/";
constexpr size_t kMostKnownVersions = 100'000;

std::string Key(std::string_view kind, const std::string& name) { return std::string(kind) + name; }

}  // namespace

int64_t CheckOf(std::string_view last_bytes) {
  return static_cast<int64_t>(record::HashBytes(last_bytes, last_bytes.size()) >> 1);
}

BlobBook::BlobBook(const pipeline::Positions& restored, Ticks first_hour, std::string container)
    : container_(std::move(container)), mark_(record::FloorTo(first_hour, kHour)) {
  if (auto mark = restored.find(kMark); mark != restored.end()) {
    mark_ = mark->second;
  } else {
    changes_[kMark] = mark_;
  }
  if (auto listed = restored.find(kListed); listed != restored.end())
    listed_ = listed->second;
  for (const auto& [key, position] : restored) {
    bool documents = key.starts_with(kDocuments);
    if (!documents && !key.starts_with(kLines))
      continue;
    std::string name = key.substr(documents ? kDocuments.size() : kLines.size());
    std::optional<HourPath> path = ParseHourPath(name);
    if (!path || position < 0)
      continue;
    BlobState& blob = blobs_[name];
    blob.origin = std::make_shared<std::string>(container_ + "/" + name);
    blob.hour = path->hour;
    blob.offset = position;
    blob.documents = documents;
    auto check = restored.find(Key(kCheck, name));
    blob.check = check == restored.end() ? 0 : check->second;
  }
}

BlobBook::Seen BlobBook::Note(const ListedBlob& listed, Ticks hour) {
  if (hour < mark_) {
    // Times in lists are whole seconds.
    bool changed =
        listed_ > 0 && listed.last_modified >= record::FloorTo(listed_, record::kTicksPerSecond);
    return changed && !IsKnownVersion(listed.name, listed.etag) ? Seen::kBehind : Seen::kOld;
  }
  auto [at, is_new] = blobs_.try_emplace(listed.name);
  BlobState& blob = at->second;
  if (is_new) {
    blob.origin = std::make_shared<std::string>(container_ + "/" + listed.name);
    blob.hour = hour;
  }
  bool other_version = blob.etag != listed.etag;
  blob.finished = blob.finished && !other_version;
  blob.size = listed.size;
  blob.etag = listed.etag;
  if (listed.size < blob.offset) {
    Restart(listed.name);
    return Seen::kShrunk;
  }
  if (blob.documents && blob.offset > 0 && blob.read_etag.empty() && blob.offset == blob.size) {
    blob.read_etag = blob.etag;  // taken up from a snapshot
  } else if (blob.documents && blob.offset > 0 && !blob.read_etag.empty() && other_version) {
    Restart(listed.name);
    return Seen::kChanged;
  }
  if (is_new)
    return Seen::kNew;
  return IsPending(blob) ? Seen::kGrown : Seen::kKnown;
}

bool BlobBook::IsKnownVersion(const std::string& name, const std::string& etag) {
  if (known_versions_.size() > kMostKnownVersions)
    known_versions_.clear();
  return !known_versions_.insert(record::HashBytes(name, record::HashBytes(etag, 0))).second;
}

void BlobBook::NoteListed(Ticks service_now) {
  listed_ = service_now;
  changes_[kListed] = listed_;
}

bool BlobBook::NoteGone(const std::string& name) {
  const BlobState& blob = blobs_.at(name);
  bool unread = blob.offset < blob.size && !blob.finished;
  Forget(name);
  blobs_.erase(name);
  return unread;
}

void BlobBook::SetPosition(const std::string& name, const BlobState& blob) {
  changes_[Key(blob.documents ? kDocuments : kLines, name)] = blob.offset;
  changes_[Key(blob.documents ? kLines : kDocuments, name)] = pipeline::kForgetPosition;
  changes_[Key(kCheck, name)] = blob.check;
}

void BlobBook::Forget(const std::string& name) {
  for (std::string_view kind : {kLines, kDocuments, kCheck})
    changes_[Key(kind, name)] = pipeline::kForgetPosition;
}

void BlobBook::Advance(const std::string& name, int64_t offset, int64_t check, bool documents) {
  BlobState& blob = blobs_.at(name);
  blob.offset = offset;
  blob.check = check;
  blob.documents = documents;
  SetPosition(name, blob);
}

void BlobBook::NoteRead(const std::string& name, const std::string& etag, bool finished) {
  BlobState& blob = blobs_.at(name);
  blob.read_etag = etag;
  blob.finished = finished;
}

void BlobBook::Restart(const std::string& name) {
  BlobState& blob = blobs_.at(name);
  blob.offset = 0;
  blob.check = 0;
  blob.documents = false;
  blob.read_etag.clear();
  blob.finished = false;
  Forget(name);
}

void BlobBook::CloseTo(Ticks mark) {
  if (mark <= mark_)
    return;
  mark_ = mark;
  changes_[kMark] = mark_;
  for (auto blob = blobs_.begin(); blob != blobs_.end();) {
    if (blob->second.hour >= mark_) {
      ++blob;
      continue;
    }
    // What was read of its last version before the mark is no growth behind it.
    IsKnownVersion(blob->first, blob->second.etag);
    Forget(blob->first);
    blob = blobs_.erase(blob);
  }
}

}  // namespace keywatch::blob
