#include "engine/state/outbox_reader.h"

#include <limits>
#include <mutex>
#include <utility>

#include "engine/state/sqlite.h"

namespace keywatch::state {
namespace {

StoredAlert ReadAlert(const Statement& row) {
  StoredAlert alert;
  alert.seq = row.Integer(0);
  alert.id = row.Text(1);
  alert.rule_id = row.Text(2);
  alert.severity = row.Text(3);
  alert.created = row.Integer(4);
  alert.json = row.Text(5);
  return alert;
}

// Calls `take` for each row until it returns false.
template <class Take>
Status EachRow(Statement* query, Take take) {
  while (true) {
    Result<bool> row = query->Step();
    if (!row)
      return row.error();
    if (!*row || !take(*query))
      break;
  }
  query->Reset();
  return {};
}

}  // namespace

struct OutboxReader::Impl {
  std::mutex mutex;  // guards all below
  std::unique_ptr<Database> database;
  Statement last, find, newest, after, marks, deliveries;

  Status Open(const std::string& path);
};

Status OutboxReader::Impl::Open(const std::string& path) {
  Result<std::unique_ptr<Database>> opened = Database::Open(path);
  if (!opened)
    return opened.error();
  database = std::move(opened).value();
  KEYWATCH_RETURN_IF_ERROR(database->Execute("PRAGMA query_only=1"));
  const std::pair<Statement*, const char*> statements[] = {
      {&last, "SELECT coalesce(max(seq), 0) FROM alerts"},
      {&find, "SELECT seq, id, rule_id, severity, created, json FROM alerts WHERE id=?"},
      {&newest,
       "SELECT seq, id, rule_id, severity, created, json FROM alerts WHERE seq<? "
       "ORDER BY seq DESC LIMIT ?"},
      {&after,
       "SELECT seq, id, rule_id, severity, created, json FROM alerts WHERE seq>? "
       "ORDER BY seq LIMIT ?"},
      {&marks,
       "SELECT seq, rule_id, severity, created, id FROM alerts WHERE seq>? ORDER BY seq LIMIT ?"},
      {&deliveries,
       "SELECT sink, state, attempts, next_attempt, last_error, changed FROM deliveries "
       "WHERE seq=? ORDER BY sink"},
  };
  for (const auto& [statement, sql] : statements) {
    Result<Statement> prepared = database->Prepare(sql);
    if (!prepared)
      return prepared.error();
    *statement = std::move(prepared).value();
  }
  return {};
}

OutboxReader::OutboxReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OutboxReader::~OutboxReader() = default;

Result<std::unique_ptr<OutboxReader>> OutboxReader::Open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  KEYWATCH_RETURN_IF_ERROR(impl->Open(path));
  return std::unique_ptr<OutboxReader>(new OutboxReader(std::move(impl)));
}

Result<int64_t> OutboxReader::LastSeq() {
  std::lock_guard lock(impl_->mutex);
  int64_t seq = 0;
  Status read = EachRow(&impl_->last, [&](const Statement& row) {
    seq = row.Integer(0);
    return true;
  });
  if (!read.ok())
    return read;
  return seq;
}

Result<std::optional<StoredAlert>> OutboxReader::Find(const std::string& id) {
  std::lock_guard lock(impl_->mutex);
  std::optional<StoredAlert> found;
  impl_->find.Bind(id);
  Status read = EachRow(&impl_->find, [&](const Statement& row) {
    found = ReadAlert(row);
    return true;
  });
  if (!read.ok())
    return read;
  return found;
}

Result<AlertsFound> OutboxReader::Search(const AlertSearch& search,
                                         const std::function<bool(const StoredAlert&)>& wanted) {
  auto deadline = std::chrono::steady_clock::now() + search.most_time;
  AlertsFound found;
  size_t seen = 0;
  std::lock_guard lock(impl_->mutex);
  int64_t before = search.before > 0 ? search.before : std::numeric_limits<int64_t>::max();
  // One row more than may be looked at: it tells whether there is more.
  impl_->newest.Bind(before).Bind(static_cast<int64_t>(search.most_rows) + 1);
  Status read = EachRow(&impl_->newest, [&](const Statement& row) {
    bool late = seen > 0 && std::chrono::steady_clock::now() > deadline;
    if (found.alerts.size() >= search.limit || seen >= search.most_rows || late) {
      found.at_end = false;
      return false;
    }
    ++seen;
    StoredAlert alert = ReadAlert(row);
    found.next_before = alert.seq;
    if (wanted(alert))
      found.alerts.push_back(std::move(alert));
    return true;
  });
  if (!read.ok())
    return read;
  return found;
}

Result<std::vector<StoredAlert>> OutboxReader::After(int64_t seq, size_t limit) {
  std::vector<StoredAlert> out;
  std::lock_guard lock(impl_->mutex);
  impl_->after.Bind(seq).Bind(static_cast<int64_t>(limit));
  Status read = EachRow(&impl_->after, [&](const Statement& row) {
    out.push_back(ReadAlert(row));
    return true;
  });
  if (!read.ok())
    return read;
  return out;
}

Result<std::vector<AlertMark>> OutboxReader::MarksAfter(int64_t seq, size_t limit) {
  std::vector<AlertMark> out;
  std::lock_guard lock(impl_->mutex);
  impl_->marks.Bind(seq).Bind(static_cast<int64_t>(limit));
  Status read = EachRow(&impl_->marks, [&](const Statement& row) {
    AlertMark& mark = out.emplace_back();
    mark.seq = row.Integer(0);
    mark.rule_id = row.Text(1);
    mark.severity = row.Text(2);
    mark.created = row.Integer(3);
    mark.is_end = row.Text(4).ends_with(kEndedSuffix);
    return true;
  });
  if (!read.ok())
    return read;
  return out;
}

Result<std::vector<DeliveryState>> OutboxReader::Deliveries(int64_t seq) {
  std::vector<DeliveryState> out;
  std::lock_guard lock(impl_->mutex);
  impl_->deliveries.Bind(seq);
  Status read = EachRow(&impl_->deliveries, [&](const Statement& row) {
    DeliveryState& state = out.emplace_back();
    state.sink = row.Text(0);
    state.state = row.Text(1);
    state.attempts = static_cast<int>(row.Integer(2));
    state.next_attempt = row.Integer(3);
    state.last_error = row.Text(4);
    state.changed = row.Integer(5);
    return true;
  });
  if (!read.ok())
    return read;
  return out;
}

}  // namespace keywatch::state
