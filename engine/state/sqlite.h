// SQLite behind our Status: one Database per connection, Statements prepared once and run often.
//
// Not thread-safe: whoever owns a Database lets one thread at a time use it and its statements.
// Codes: kDataLoss for a damaged file, kUnavailable for what may mend (full disk, I/O error, a lock
// held by another process), kInternal for a mistake in our SQL.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace keywatch::state {

class Statement {
 public:
  Statement() = default;

  // Binds the next parameter. The bytes of a text must live until the statement has run.
  Statement& Bind(int64_t value);
  Statement& Bind(std::string_view text);

  // True: a row is there to be read. False: the end. Call Reset() when done reading early.
  Result<bool> Step();
  // Runs to the end and resets.
  Status Run();
  void Reset();

  [[nodiscard]] int64_t Integer(int column) const;
  // Lives until the next Step or Reset.
  [[nodiscard]] std::string_view Text(int column) const;

 private:
  friend class Database;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  int bound_ = 0;
};

class Database {
 public:
  // Opens or makes the file; ":memory:" keeps everything in this object.
  static Result<std::unique_ptr<Database>> Open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One or more statements without parameters; their rows are ignored.
  Status Execute(const std::string& sql);
  Result<Statement> Prepare(std::string_view sql);
  // A query of one number; 0 when it gives no row.
  Result<int64_t> QueryInteger(std::string_view sql);
  // Rows that the last statement inserted, changed or deleted.
  [[nodiscard]] int64_t changes() const;
  [[nodiscard]] int64_t last_row() const;

 private:
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

  sqlite3* handle_;
  std::string path_;
};

}  // namespace keywatch::state
