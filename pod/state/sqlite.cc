#include "pod/state/sqlite.h"

namespace skiff::pod {
namespace {

using common::Error;
using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr int kBusyTimeoutMs = 10'000;  // a backstop: the turnstile keeps writers apart

Error SqliteError(sqlite3* connection, const std::string& path, std::string_view action) {
  const int extended = sqlite3_extended_errcode(connection);
  const char* text = sqlite3_errmsg(connection);
  switch (extended & 0xff) {
    case SQLITE_CONSTRAINT:
      return MakeError(extended == SQLITE_CONSTRAINT_FOREIGNKEY ? ErrorCode::kBusy : ErrorCode::kExists, "{}", text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return MakeError(ErrorCode::kInvalid,
                       "the state database {0} is damaged ({1}). Nothing was changed. Restore it from a backup, or move "
                       "it away (mv {0} {0}.damaged) to begin with an empty one; the data of volumes and images stays",
                       path, text);
    case SQLITE_BUSY:
      return MakeError(ErrorCode::kTimeout, "{}: another program holds the database for more than {} s (fuser {} names it)",
                       path, kBusyTimeoutMs / 1000, path);
    case SQLITE_FULL:
      return MakeError(ErrorCode::kUnavailable, "{}: no space left on the disk", path);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return MakeError(ErrorCode::kPermission, "{}: {}: {}", path, action, text);
    default:
      return MakeError(ErrorCode::kInternal, "{}: {}: {}", path, action, text);
  }
}

}  // namespace

Result<bool> Statement::Step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return SqliteError(connection_, path_, sqlite3_sql(statement_.get()));
  }
}

std::string Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return "";
  return {text, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

int64_t Statement::Integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

void Statement::BindValue(int index, std::string_view value) {
  sqlite3_bind_text64(statement_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Statement::BindValue(int index, int64_t value) { sqlite3_bind_int64(statement_.get(), index, value); }

Result<std::unique_ptr<Database>> Database::Open(const std::string& path) {
  sqlite3* raw = nullptr;
  // The state store serialises its callers itself.
  const int code = sqlite3_open_v2(path.c_str(), &raw,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(path, raw));
  if (raw == nullptr) return MakeError(ErrorCode::kInternal, "{}: no memory to open it", path);
  if (code != SQLITE_OK) return SqliteError(raw, path, "open");
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  TRY(database->ExecuteScript("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;"));
  return database;
}

Result<> Database::ExecuteScript(const char* sql) {
  if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return SqliteError(connection_.get(), path_, "execute");
  }
  return {};
}

Result<Statement> Database::Prepare(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(connection_.get(), sql, -1, &raw, nullptr) != SQLITE_OK) {
    return SqliteError(connection_.get(), path_, sql);
  }
  return Statement(connection_.get(), path_, raw);
}

Result<WriteTransaction> WriteTransaction::Begin(Database& database) {
  ASSIGN_OR_RETURN(common::FileLock turnstile, common::FileLock::Acquire(database.path() + ".lock"));
  TRY(database.ExecuteScript("BEGIN IMMEDIATE"));
  return WriteTransaction(database, std::move(turnstile));
}

WriteTransaction::~WriteTransaction() {
  // A failed rollback means that SQLite has rolled back already.
  if (database_ != nullptr) (void)database_->ExecuteScript("ROLLBACK");
}

Result<> WriteTransaction::Commit() {
  TRY(database_->ExecuteScript("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace skiff::pod
