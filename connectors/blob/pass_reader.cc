#include "connectors/blob/pass_reader.h"

#include <algorithm>
#include <chrono>
#include <queue>
#include <utility>

#include <fmt/format.h>

namespace keywatch::blob {
namespace {

constexpr size_t kLeastRange = size_t{64} << 10;

// A range of a blob, counted in `live` as long as anybody holds it.
struct CountedChunk {
  CountedChunk(Chunk read, std::shared_ptr<std::atomic<int64_t>> counter, int64_t size)
      : chunk(std::move(read)), live(std::move(counter)), bytes(size) {}
  ~CountedChunk() { *live -= bytes; }
  CountedChunk(const CountedChunk&) = delete;
  CountedChunk& operator=(const CountedChunk&) = delete;

  Chunk chunk;
  std::shared_ptr<std::atomic<int64_t>> live;
  int64_t bytes;
};

}  // namespace

struct PassReader::Owner {
  std::vector<std::shared_ptr<const void>> held;
};

PassReader::PassReader(const Container& container,
                       std::vector<ReadItem> items,
                       const ReadLimits& limits,
                       BlobBook* book,
                       Lanes* lanes,
                       Callbacks callbacks)
    : container_(container),
      limits_(limits),
      book_(book),
      lanes_(lanes),
      callbacks_(std::move(callbacks)) {
  for (ReadItem& item : items) {
    const BlobState& blob = book_->at(item.name);
    LineStream lines(blob, blob.size, item.final);
    streams_.push_back(
        {std::move(item), blob.etag, std::move(lines), blob.hour, {}, false, false, 0});
  }
  for (size_t begin = 0; begin < streams_.size();) {
    size_t end = begin;
    while (end < streams_.size() && streams_[end].hour == streams_[begin].hour)
      ++end;
    group_of_.insert(group_of_.end(), end - begin, end - begin);
    begin = end;
  }
}

PassReader::~PassReader() { lanes_->DropWaiting(); }

std::optional<StorageFailure> PassReader::Run() {
  std::optional<StorageFailure> failure;
  for (size_t begin = 0; begin < streams_.size() && !failure && !callbacks_.stopping();) {
    size_t end = begin + group_of_[begin];
    failure = ReadGroup(begin, end);
    begin = end;
  }
  Flush();
  return failure;
}

std::optional<StorageFailure> PassReader::ReadGroup(size_t begin, size_t end) {
  AskAhead(begin, end);
  // The streams that have a line, the earliest on top; of two the first.
  using Head = std::pair<Ticks, size_t>;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  bool alone = end - begin == 1;
  auto push = [&](size_t index) -> std::optional<StorageFailure> {
    if (auto failure = Fill(index))
      return failure;
    if (!streams_[index].over)
      heads.emplace(alone ? 0 : streams_[index].lines.HeadTime(), index);
    return std::nullopt;
  };
  for (size_t i = begin; i < end; ++i) {
    if (auto failure = push(i))
      return failure;
  }
  while (!heads.empty() && !callbacks_.stopping()) {
    size_t index = heads.top().second;
    heads.pop();
    Ticks limit = heads.empty() ? record::kMaxDatetime : heads.top().first;
    Add(index, streams_[index].lines.Take(limit, limits_.run_bytes));
    if (auto failure = push(index))
      return failure;
    if (std::exchange(room_made_, false))
      AskAhead(begin, end);
  }
  return std::nullopt;
}

std::optional<StorageFailure> PassReader::Fill(size_t index) {
  Stream& stream = streams_[index];
  while (!stream.over && !stream.lines.has_line()) {
    if (stream.lines.fed()) {
      Finish(index);
      break;
    }
    if (stream.asked.empty())
      Ask(index);
    int64_t begin = stream.asked.front();
    Answer answer = Await(index, begin);
    stream.asked.erase(stream.asked.begin());
    room_made_ = true;
    if (answer.failure && !answer.failure->of_blob)
      return answer.failure;
    if (answer.failure) {
      stream.over = true;
      Flush();
      callbacks_.trouble(stream.item.name, BlobTrouble::kUnreadable, answer.failure->problem);
    } else if (answer.chunk == nullptr || !stream.lines.Feed(std::move(answer.chunk))) {
      // What was handed over before stood there.
      stream.over = true;
      Flush();
      callbacks_.trouble(stream.item.name, BlobTrouble::kReplaced, "");
    }
  }
  return std::nullopt;
}

void PassReader::Finish(size_t index) {
  Stream& stream = streams_[index];
  stream.over = true;
  book_->NoteRead(stream.item.name, stream.etag, stream.item.final);
}

size_t PassReader::RangeBytes(size_t group_size) const {
  return std::clamp(limits_.most_bytes / group_size,
                    std::min(kLeastRange, limits_.chunk_bytes),
                    limits_.chunk_bytes);
}

void PassReader::AskAhead(size_t begin, size_t end) {
  auto room = [&](size_t bytes) {
    return live_bytes_->load() + static_cast<int64_t>(bytes) <=
           static_cast<int64_t>(limits_.most_bytes);
  };
  // A first range of each of this hour, whatever it takes: none can be merged without.
  for (; ahead_ < end; ++ahead_)
    Ask(ahead_);
  size_t bytes = RangeBytes(end - begin);
  bool asked = true;
  while (asked && room(bytes)) {
    asked = false;
    for (size_t i = begin; i < end && room(bytes); ++i) {
      Stream& stream = streams_[i];
      if (stream.over || stream.lines.all_asked() || stream.asked.size() >= lanes_->size())
        continue;
      Ask(i);
      asked = true;
    }
  }
  for (; ahead_ < streams_.size() && room(RangeBytes(group_of_[ahead_])); ++ahead_)
    Ask(ahead_);
}

void PassReader::Ask(size_t index) {
  Stream& stream = streams_[index];
  Range range = stream.lines.NextRange(RangeBytes(group_of_[index]));
  if (range.empty())
    return;
  stream.asked.push_back(range.begin);
  auto bytes = static_cast<int64_t>(range.size());
  *live_bytes_ += bytes;
  lanes_->Submit([&container = container_,
                  shared = shared_,
                  live = live_bytes_,
                  index,
                  range,
                  bytes,
                  name = stream.item.name](StorageService& service) {
    StorageRequest request = RangeRequest(name, range.begin, range.end);
    Counter(container.read_requests).Add();
    Result<http::Response> response = service.Send(request);
    Answer answer;
    // A range behind the end is refused, or answered with nothing.
    bool too_far =
        response && response->error == http::TransportError::kNone && response->status == 416;
    if (!too_far)
      answer.failure = FailureOf(container, request, response);
    bool whole = response && response->body.size() == range.size() && response->body_complete;
    if (!answer.failure && !too_far && whole) {
      Counter(container.read_bytes).Add(static_cast<double>(bytes));
      auto counted = std::make_shared<CountedChunk>(
          Chunk{range.begin, std::move(response->body)}, live, bytes);
      answer.chunk = std::shared_ptr<const Chunk>(counted, &counted->chunk);
    } else {
      *live -= bytes;
    }
    {
      std::lock_guard lock(shared->mutex);
      shared->answers[{index, range.begin}] = std::move(answer);
    }
    shared->changed.notify_all();
  });
}

PassReader::Answer PassReader::Await(size_t index, int64_t begin) {
  std::unique_lock lock(shared_->mutex);
  const std::pair<size_t, int64_t> key{index, begin};
  while (!shared_->answers.contains(key)) {
    if (callbacks_.stopping()) {
      Answer answer;
      answer.failure = StorageFailure{};
      answer.failure->problem = "it is being stopped";
      return answer;
    }
    bool arrived = shared_->changed.wait_for(
        lock, std::chrono::milliseconds(20), [&] { return shared_->answers.contains(key); });
    if (!arrived && !batch_.messages.empty()) {
      // Nothing comes for a while: what there is need not wait.
      lock.unlock();
      Flush();
      lock.lock();
    }
  }
  Answer answer = std::move(shared_->answers[key]);
  shared_->answers.erase(key);
  return answer;
}

void PassReader::Add(size_t index, LineRun run) {
  Stream& stream = streams_[index];
  if (owner_ == nullptr)
    owner_ = std::make_shared<Owner>();
  if (!stream.touched) {
    stream.touched = true;
    touched_.push_back(index);
    owner_->held.push_back(book_->at(stream.item.name).origin);
  }
  pipeline::RawMessage message;
  message.origin = book_->at(stream.item.name).origin.get();
  message.offset = run.offset;
  message.bytes = run.text;
  batch_.messages.push_back(message);
  batch_bytes_ += run.text.size();
  if (owner_->held.back() != run.owner)
    owner_->held.push_back(std::move(run.owner));
  if (stream.lines.cut_bytes() > stream.cut_told) {
    callbacks_.cut_line(stream.item.name, run.offset, stream.lines.cut_bytes() - stream.cut_told);
    stream.cut_told = stream.lines.cut_bytes();
  }
  if (batch_bytes_ >= limits_.batch_bytes)
    Flush();
}

void PassReader::Flush() {
  if (batch_.messages.empty())
    return;
  for (size_t index : touched_) {
    Stream& stream = streams_[index];
    stream.touched = false;
    book_->Advance(
        stream.item.name, stream.lines.offset(), stream.lines.check(), stream.lines.documents());
  }
  touched_.clear();
  batch_bytes_ = 0;
  batch_.read_time = record::WallNow();
  batch_.owner = std::move(owner_);
  owner_.reset();
  callbacks_.deliver(std::exchange(batch_, {}));
}

}  // namespace keywatch::blob
