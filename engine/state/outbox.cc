#include "engine/state/outbox.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <mutex>

#include <fmt/format.h>

#include "engine/base/sync_directory.h"
#include "engine/state/sqlite.h"

namespace keywatch::state {
namespace {

constexpr int64_t kFormat = 1;
constexpr size_t kErrorBytes = 500;  // of `last_error`

constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS alerts(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, rule_id TEXT NOT NULL,
  severity TEXT NOT NULL, created INTEGER NOT NULL, json TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries(
  seq INTEGER NOT NULL, sink TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
  attempts INTEGER NOT NULL DEFAULT 0, next_attempt INTEGER NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT '', changed INTEGER NOT NULL,
  PRIMARY KEY(seq, sink)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pending ON deliveries(sink, seq, next_attempt) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS parked ON deliveries(sink, seq) WHERE state = 'parked';
)sql";

}  // namespace

struct Outbox::Impl {
  // A connection and what its mutex guards.
  struct Connection {
    std::mutex mutex;
    std::unique_ptr<Database> database;
  };

  std::vector<std::string> sinks;
  std::deque<std::atomic<int64_t>> pending_counts;  // by index of `sinks`

  Connection writer;
  Statement insert_alert, insert_delivery, accept, retry, postpone, die, make_due;
  Statement begin, commit, rollback, sync_full, sync_normal;
  Statement prune_alert, prune_delivery;

  Connection reader;  // unused in memory, where `writer` reads too
  Statement pending, next_due, oldest, prunable, count, find, pending_until;

  Connection& Reading() { return reader.database != nullptr ? reader : writer; }

  Status Open(const std::string& path);
  Status CheckFormat(const std::string& path);
  Status PrepareWriter();
  Status PrepareReader();
  Status CountPending();
  Status InsertAll(std::span<const NewAlert> alerts, record::Ticks now, std::vector<size_t>* fresh);
  std::atomic<int64_t>* Pending(std::string_view sink);
  Result<std::optional<record::Ticks>> OneTime(Statement& query, std::string_view sink);
  Result<std::vector<int64_t>> Prunable(const History& history, record::Ticks now);

  // Runs `body` in a transaction of the writer, whose mutex is held.
  template <class Body>
  Status Transaction(Statement& synchronous, Body body) {
    KEYWATCH_RETURN_IF_ERROR(synchronous.Run());
    KEYWATCH_RETURN_IF_ERROR(begin.Run());
    Status status = body();
    if (status.ok())
      status = commit.Run();
    if (!status.ok()) {
      // SQLite may have rolled back by itself (full disk): then this one fails, rightly.
      (void)rollback.Run();
    }
    return status;
  }
};

Status Outbox::Impl::CheckFormat(const std::string& path) {
  Result<int64_t> version = writer.database->QueryInteger("PRAGMA user_version");
  if (!version)
    return version.error();
  Result<int64_t> tables = writer.database->QueryInteger("SELECT count(*) FROM sqlite_master");
  if (!tables)
    return tables.error();
  if (*version == kFormat || (*version == 0 && *tables == 0))
    return {};
  return DataLoss(fmt::format(
      "{}: expected an outbox of format {}, found format {} with {} tables and indexes; use the "
      "keywatch version that wrote it, or move the file away",
      path,
      kFormat,
      *version,
      *tables));
}

Status Outbox::Impl::Open(const std::string& path) {
  Result<std::unique_ptr<Database>> opened = Database::Open(path);
  if (!opened)
    return opened.error();
  writer.database = std::move(opened).value();
  KEYWATCH_RETURN_IF_ERROR(CheckFormat(path));
  KEYWATCH_RETURN_IF_ERROR(writer.database->Execute(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864;"));
  // In one: a crash leaves no tables without a format, which would be refused ever after. The
  // format is written each time: it makes the WAL file, whose name must be on disk before the first
  // alert.
  KEYWATCH_RETURN_IF_ERROR(writer.database->Execute(
      fmt::format("BEGIN IMMEDIATE;{}PRAGMA user_version={};COMMIT", kSchema, kFormat)));
  if (path != ":memory:") {
    KEYWATCH_RETURN_IF_ERROR(SyncDirectory(std::filesystem::path(path).parent_path().string()));
    Result<std::unique_ptr<Database>> second = Database::Open(path);
    if (!second)
      return second.error();
    reader.database = std::move(second).value();
  }
  KEYWATCH_RETURN_IF_ERROR(PrepareWriter());
  KEYWATCH_RETURN_IF_ERROR(PrepareReader());
  return CountPending();
}

Status Outbox::Impl::PrepareWriter() {
  const std::pair<Statement*, const char*> statements[] = {
      {&insert_alert,
       "INSERT INTO alerts(id, rule_id, severity, json, created) VALUES(?, ?, ?, ?, ?) "
       "ON CONFLICT(id) DO NOTHING"},
      {&insert_delivery, "INSERT INTO deliveries(seq, sink, changed) VALUES(?, ?, ?)"},
      {&accept,
       "UPDATE deliveries SET state='accepted', attempts=attempts+1, last_error='', changed=? "
       "WHERE seq=? AND sink=? AND state='pending'"},
      {&retry,
       "UPDATE deliveries SET attempts=attempts+1, next_attempt=?, last_error=?, changed=? "
       "WHERE seq=? AND sink=? AND state='pending'"},
      {&postpone,
       "UPDATE deliveries SET next_attempt=?, changed=? "
       "WHERE seq=? AND sink=? AND state='pending'"},
      {&die,
       "UPDATE deliveries SET state='dead', last_error=?, changed=? "
       "WHERE seq=? AND sink=? AND state='pending'"},
      {&make_due,
       "UPDATE deliveries SET next_attempt=? WHERE sink=? AND state='pending' AND next_attempt>?"},
      {&begin, "BEGIN IMMEDIATE"},
      {&commit, "COMMIT"},
      {&rollback, "ROLLBACK"},
      {&sync_full, "PRAGMA synchronous=FULL"},
      {&sync_normal, "PRAGMA synchronous=NORMAL"},
      {&prune_alert, "DELETE FROM alerts WHERE seq=?"},
      {&prune_delivery, "DELETE FROM deliveries WHERE seq=?"},
  };
  for (const auto& [statement, sql] : statements) {
    Result<Statement> prepared = writer.database->Prepare(sql);
    if (!prepared)
      return prepared.error();
    *statement = std::move(prepared).value();
  }
  return {};
}

Status Outbox::Impl::PrepareReader() {
  const std::pair<Statement*, const char*> statements[] = {
      {&pending,
       "SELECT a.seq, a.id, a.rule_id, a.severity, a.json, a.created, d.attempts "
       "FROM deliveries AS d INDEXED BY pending CROSS JOIN alerts AS a ON a.seq = d.seq "
       "WHERE d.sink=? AND d.state='pending' AND d.next_attempt<=? ORDER BY d.seq LIMIT ?"},
      {&next_due,
       "SELECT min(next_attempt) FROM deliveries INDEXED BY pending "
       "WHERE sink=? AND state='pending' HAVING count(*) > 0"},
      {&oldest,
       "SELECT a.created FROM deliveries AS d INDEXED BY pending CROSS JOIN alerts AS a "
       "ON a.seq = d.seq WHERE d.sink=? AND d.state='pending' ORDER BY d.seq LIMIT 1"},
      // Alerts are numbered in the order of their time: what may go is a prefix of the table.
      {&prunable,
       "SELECT seq FROM alerts AS a WHERE seq < max("
       "  coalesce((SELECT seq FROM alerts WHERE created >= ? ORDER BY seq LIMIT 1),"
       "           (SELECT max(seq) + 1 FROM alerts)),"
       "  (SELECT max(seq) + 1 FROM alerts) - ?) "
       "AND NOT EXISTS(SELECT 1 FROM deliveries AS d WHERE d.seq = a.seq AND d.state = 'pending') "
       "ORDER BY seq LIMIT ?"},
      {&find, "SELECT rule_id, severity, json FROM alerts WHERE id=?"},
      {&pending_until,
       "SELECT d.next_attempt FROM alerts AS a JOIN deliveries AS d ON d.seq = a.seq "
       "WHERE a.id=? AND d.sink=? AND d.state='pending'"},
      {&count, "SELECT state, count(*) FROM deliveries WHERE sink=? GROUP BY state"},
  };
  for (const auto& [statement, sql] : statements) {
    Result<Statement> prepared = Reading().database->Prepare(sql);
    if (!prepared)
      return prepared.error();
    *statement = std::move(prepared).value();
  }
  return {};
}

// Parks what is pending for sinks that are gone, wakes what was parked for those that are back, and
// counts what each sink owes.
Status Outbox::Impl::CountPending() {
  std::vector<std::string> stored;
  Result<Statement> names =
      writer.database->Prepare("SELECT DISTINCT sink FROM deliveries WHERE state='pending'");
  if (!names)
    return names.error();
  while (true) {
    Result<bool> row = names->Step();
    if (!row)
      return row.error();
    if (!*row)
      break;
    stored.emplace_back(names->Text(0));
  }
  names->Reset();
  Result<Statement> park = writer.database->Prepare(
      "UPDATE deliveries SET state='parked' WHERE sink=? AND state='pending'");
  if (!park)
    return park.error();
  for (const std::string& name : stored) {
    if (std::find(sinks.begin(), sinks.end(), name) != sinks.end())
      continue;
    KEYWATCH_RETURN_IF_ERROR(park->Bind(name).Run());
  }
  Result<Statement> wake = writer.database->Prepare(
      "UPDATE deliveries SET state='pending' WHERE sink=? AND state='parked'");
  if (!wake)
    return wake.error();
  Result<Statement> owed = writer.database->Prepare(
      "SELECT count(*) FROM deliveries INDEXED BY pending WHERE sink=? AND state='pending'");
  if (!owed)
    return owed.error();
  for (size_t i = 0; i < sinks.size(); ++i) {
    KEYWATCH_RETURN_IF_ERROR(wake->Bind(sinks[i]).Run());
    Result<bool> row = owed->Bind(sinks[i]).Step();
    if (!row)
      return row.error();
    pending_counts[i] = owed->Integer(0);
    owed->Reset();
  }
  return {};
}

std::atomic<int64_t>* Outbox::Impl::Pending(std::string_view sink) {
  for (size_t i = 0; i < sinks.size(); ++i) {
    if (sinks[i] == sink)
      return &pending_counts[i];
  }
  return nullptr;
}

Status Outbox::Impl::InsertAll(std::span<const NewAlert> alerts,
                               record::Ticks now,
                               std::vector<size_t>* fresh) {
  for (size_t i = 0; i < alerts.size(); ++i) {
    const NewAlert& alert = alerts[i];
    insert_alert.Bind(alert.id).Bind(alert.rule_id).Bind(alert.severity).Bind(alert.json).Bind(now);
    KEYWATCH_RETURN_IF_ERROR(insert_alert.Run());
    if (writer.database->changes() == 0)
      continue;
    fresh->push_back(i);
    int64_t seq = writer.database->last_row();
    for (size_t s = 0; s < sinks.size(); ++s) {
      if (alert.owed != nullptr && !(*alert.owed)[s])
        continue;
      KEYWATCH_RETURN_IF_ERROR(insert_delivery.Bind(seq).Bind(sinks[s]).Bind(now).Run());
    }
  }
  return {};
}

Result<std::optional<record::Ticks>> Outbox::Impl::OneTime(Statement& query,
                                                           std::string_view sink) {
  std::lock_guard lock(Reading().mutex);
  Result<bool> row = query.Bind(sink).Step();
  if (!row)
    return row.error();
  std::optional<record::Ticks> time;
  if (*row)
    time = query.Integer(0);
  query.Reset();
  return time;
}

Result<std::vector<int64_t>> Outbox::Impl::Prunable(const History& history, record::Ticks now) {
  std::vector<int64_t> seqs;
  std::lock_guard lock(Reading().mutex);
  prunable.Bind(now - history.age).Bind(history.rows).Bind(static_cast<int64_t>(kPruneAtOnce));
  while (true) {
    Result<bool> row = prunable.Step();
    if (!row)
      return row.error();
    if (!*row)
      break;
    seqs.push_back(prunable.Integer(0));
  }
  prunable.Reset();
  return seqs;
}

Outbox::Outbox(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Outbox::~Outbox() = default;

Result<std::unique_ptr<Outbox>> Outbox::Open(const std::string& path,
                                             std::vector<std::string> sinks) {
  auto impl = std::make_unique<Impl>();
  impl->sinks = std::move(sinks);
  impl->pending_counts = std::deque<std::atomic<int64_t>>(impl->sinks.size());
  KEYWATCH_RETURN_IF_ERROR(impl->Open(path));
  return std::unique_ptr<Outbox>(new Outbox(std::move(impl)));
}

Result<size_t> Outbox::Insert(std::span<const NewAlert> alerts,
                              record::Ticks now,
                              std::vector<size_t>* fresh) {
  if (alerts.empty())
    return size_t{0};
  std::vector<size_t> inserted;
  std::lock_guard lock(impl_->writer.mutex);
  KEYWATCH_RETURN_IF_ERROR(impl_->Transaction(
      impl_->sync_full, [&] { return impl_->InsertAll(alerts, now, &inserted); }));
  for (size_t i : inserted) {
    for (size_t s = 0; s < impl_->pending_counts.size(); ++s) {
      if (alerts[i].owed == nullptr || (*alerts[i].owed)[s])
        ++impl_->pending_counts[s];
    }
  }
  size_t count = inserted.size();
  if (fresh != nullptr)
    *fresh = std::move(inserted);
  return count;
}

Result<std::vector<PendingAlert>> Outbox::Pending(std::string_view sink,
                                                  record::Ticks now,
                                                  size_t limit) {
  std::vector<PendingAlert> out;
  std::lock_guard lock(impl_->Reading().mutex);
  Statement& query = impl_->pending;
  query.Bind(sink).Bind(now).Bind(static_cast<int64_t>(limit));
  while (true) {
    Result<bool> row = query.Step();
    if (!row)
      return row.error();
    if (!*row)
      break;
    PendingAlert& alert = out.emplace_back();
    alert.seq = query.Integer(0);
    alert.id = query.Text(1);
    alert.rule_id = query.Text(2);
    alert.severity = query.Text(3);
    alert.json = query.Text(4);
    alert.created = query.Integer(5);
    alert.attempts = static_cast<int>(query.Integer(6));
  }
  query.Reset();
  return out;
}

Result<std::optional<KnownAlert>> Outbox::Find(std::string_view id) {
  std::optional<KnownAlert> found;
  std::lock_guard lock(impl_->Reading().mutex);
  Statement& query = impl_->find;
  Result<bool> row = query.Bind(id).Step();
  if (!row)
    return row.error();
  if (*row) {
    found = KnownAlert{
        std::string(query.Text(0)), std::string(query.Text(1)), std::string(query.Text(2))};
  }
  query.Reset();
  return found;
}

Result<std::optional<record::Ticks>> Outbox::PendingUntil(std::string_view sink,
                                                          std::string_view id) {
  std::optional<record::Ticks> until;
  std::lock_guard lock(impl_->Reading().mutex);
  Statement& query = impl_->pending_until;
  Result<bool> row = query.Bind(id).Bind(sink).Step();
  if (!row)
    return row.error();
  if (*row)
    until = query.Integer(0);
  query.Reset();
  return until;
}

Result<std::optional<record::Ticks>> Outbox::NextDue(std::string_view sink) {
  return impl_->OneTime(impl_->next_due, sink);
}

Result<std::optional<record::Ticks>> Outbox::OldestPending(std::string_view sink) {
  return impl_->OneTime(impl_->oldest, sink);
}

Status Outbox::MarkAccepted(std::string_view sink,
                            std::span<const int64_t> seqs,
                            record::Ticks now) {
  if (seqs.empty())
    return {};
  int64_t changed = 0;
  std::lock_guard lock(impl_->writer.mutex);
  Status marked = impl_->Transaction(impl_->sync_normal, [&]() -> Status {
    for (int64_t seq : seqs) {
      KEYWATCH_RETURN_IF_ERROR(impl_->accept.Bind(now).Bind(seq).Bind(sink).Run());
      changed += impl_->writer.database->changes();
    }
    return {};
  });
  if (!marked.ok())
    return marked;
  if (auto* pending = impl_->Pending(sink))
    *pending -= changed;
  return {};
}

Status Outbox::MarkRetry(std::string_view sink,
                         int64_t seq,
                         record::Ticks next_attempt,
                         std::string_view error,
                         record::Ticks now) {
  std::lock_guard lock(impl_->writer.mutex);
  return impl_->Transaction(impl_->sync_normal, [&] {
    Statement& retry = impl_->retry;
    return retry.Bind(next_attempt)
        .Bind(error.substr(0, kErrorBytes))
        .Bind(now)
        .Bind(seq)
        .Bind(sink)
        .Run();
  });
}

Status Outbox::Postpone(std::string_view sink,
                        int64_t seq,
                        record::Ticks until,
                        record::Ticks now) {
  std::lock_guard lock(impl_->writer.mutex);
  return impl_->Transaction(impl_->sync_normal, [&] {
    return impl_->postpone.Bind(until).Bind(now).Bind(seq).Bind(sink).Run();
  });
}

Status Outbox::MarkDead(std::string_view sink,
                        int64_t seq,
                        std::string_view error,
                        record::Ticks now) {
  int64_t changed = 0;
  std::lock_guard lock(impl_->writer.mutex);
  Status marked = impl_->Transaction(impl_->sync_normal, [&]() -> Status {
    Statement& die = impl_->die;
    KEYWATCH_RETURN_IF_ERROR(
        die.Bind(error.substr(0, kErrorBytes)).Bind(now).Bind(seq).Bind(sink).Run());
    changed = impl_->writer.database->changes();
    return {};
  });
  if (!marked.ok())
    return marked;
  if (auto* pending = impl_->Pending(sink))
    *pending -= changed;
  return {};
}

Status Outbox::MakeDue(std::string_view sink, record::Ticks now) {
  std::lock_guard lock(impl_->writer.mutex);
  return impl_->Transaction(impl_->sync_normal,
                            [&] { return impl_->make_due.Bind(now).Bind(sink).Bind(now).Run(); });
}

int64_t Outbox::PendingCount(std::string_view sink) const {
  const auto* pending = impl_->Pending(sink);
  return pending == nullptr ? 0 : pending->load();
}

Result<DeliveryCounts> Outbox::Count(std::string_view sink) {
  DeliveryCounts counts;
  std::lock_guard lock(impl_->Reading().mutex);
  Statement& query = impl_->count;
  query.Bind(sink);
  while (true) {
    Result<bool> row = query.Step();
    if (!row)
      return row.error();
    if (!*row)
      break;
    std::string_view state = query.Text(0);
    int64_t rows = query.Integer(1);
    if (state == "pending")
      counts.pending = rows;
    if (state == "accepted")
      counts.accepted = rows;
    if (state == "dead")
      counts.dead = rows;
    if (state == "parked")
      counts.parked = rows;
  }
  query.Reset();
  return counts;
}

Result<size_t> Outbox::Prune(const History& history, record::Ticks now) {
  Result<std::vector<int64_t>> seqs = impl_->Prunable(history, now);
  if (!seqs)
    return seqs.error();
  if (seqs->empty())
    return size_t{0};
  std::lock_guard lock(impl_->writer.mutex);
  Status pruned = impl_->Transaction(impl_->sync_normal, [&]() -> Status {
    for (int64_t seq : *seqs) {
      KEYWATCH_RETURN_IF_ERROR(impl_->prune_delivery.Bind(seq).Run());
      KEYWATCH_RETURN_IF_ERROR(impl_->prune_alert.Bind(seq).Run());
    }
    return {};
  });
  if (!pruned.ok())
    return pruned;
  return seqs->size();
}

Status Outbox::LimitPages(int64_t pages) {
  std::lock_guard lock(impl_->writer.mutex);
  return impl_->writer.database->Execute(fmt::format("PRAGMA max_page_count={}", pages));
}

const std::vector<std::string>& Outbox::sinks() const { return impl_->sinks; }

}  // namespace keywatch::state
