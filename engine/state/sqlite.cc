#include "engine/state/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace keywatch::state {
namespace {

constexpr int kBusyMilliseconds = 5000;

Status ErrorOf(sqlite3* handle, int code, std::string_view doing) {
  const char* path = handle == nullptr ? nullptr : sqlite3_db_filename(handle, "main");
  std::string message =
      fmt::format("{}: SQLite says {} ({}), file {}",
                  doing,
                  handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle),
                  code,
                  path == nullptr || *path == '\0' ? "in memory" : path);
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return DataLoss(message + "; move the file away, or restore a copy of it");
    case SQLITE_FULL:
      return Unavailable(message + "; free disk space");
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
      return Unavailable(message);
    default:
      return InternalError(message);
  }
}

}  // namespace

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement& Statement::Bind(int64_t value) {
  sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

Statement& Statement::Bind(std::string_view text) {
  // A null pointer would bind NULL, not the empty text.
  const char* data = text.data() == nullptr ? "" : text.data();
  sqlite3_bind_text64(statement_.get(), ++bound_, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Result<bool> Statement::Step() {
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW)
    return true;
  if (code == SQLITE_DONE)
    return false;
  Status error = ErrorOf(sqlite3_db_handle(statement_.get()),
                         code,
                         fmt::format("running `{}`", sqlite3_sql(statement_.get())));
  Reset();
  return error;
}

Status Statement::Run() {
  while (true) {
    Result<bool> row = Step();
    if (!row)
      return row.error();
    if (!*row)
      break;
  }
  Reset();
  return {};
}

void Statement::Reset() {
  sqlite3_reset(statement_.get());
  bound_ = 0;
}

int64_t Statement::Integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::Text(int column) const {
  const void* text = sqlite3_column_blob(statement_.get(), column);
  auto size = static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column));
  return text == nullptr ? std::string_view()
                         : std::string_view(static_cast<const char*>(text), size);
}

Result<std::unique_ptr<Database>> Database::Open(const std::string& path) {
  sqlite3* handle = nullptr;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(handle, path));
  if (code != SQLITE_OK) {
    Status error = ErrorOf(handle, code, "opening " + path);
    return error.code() == StatusCode::kInternal ? Unavailable(error.message()) : error;
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

Status Database::Execute(const std::string& sql) {
  int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK)
    return {};
  return ErrorOf(handle_, code, fmt::format("running `{}`", sql));
}

Result<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v3(
      handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  Statement statement;
  statement.statement_.reset(raw);
  if (code != SQLITE_OK)
    return ErrorOf(handle_, code, fmt::format("preparing `{}`", sql));
  return statement;
}

Result<int64_t> Database::QueryInteger(std::string_view sql) {
  Result<Statement> statement = Prepare(sql);
  if (!statement)
    return statement.error();
  Result<bool> row = statement->Step();
  if (!row)
    return row.error();
  return *row ? statement->Integer(0) : 0;
}

int64_t Database::changes() const { return sqlite3_changes64(handle_); }
int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle_); }

}  // namespace keywatch::state
