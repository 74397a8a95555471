// AdminSession: one connection to PostgreSQL over libpqxx, for commands of admins: one transaction after the other,
// text in and out, and no pipelines (those are Connection's).
//
// Owned by one thread at a time. Time limits are the server's (statement_timeout); a host that is gone is noticed after
// about ten seconds. When the connection is lost, every later call fails: it is never made again behind the caller's
// back.
//
// Errors and their messages are those of Connection (libs/postgres/connection.hpp), but when the server ends the
// session in the middle of a statement: libpqxx loses its reason, and that is connection_failed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/postgres/connection.hpp"

namespace sotto::postgres {

// The result of a statement. A value.
class TextRows {
 public:
  explicit TextRows(std::vector<std::vector<std::string>> rows) : rows_(std::move(rows)) {}
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  // As PostgreSQL writes it: a boolean is "t" or "f"; NULL is "".
  [[nodiscard]] const std::string& text(std::size_t row, std::size_t column) const;
  // Of any integer column. What is no number is our own bug and throws.
  [[nodiscard]] std::int64_t integer(std::size_t row, std::size_t column) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

class AdminSession {
 public:
  // What can be done within a transaction. After a call that failed, nothing but to end it.
  class Transaction {
   public:
    // One statement with $1 … parameters.
    virtual Result<TextRows> query(const std::string& sql, const std::vector<std::string>& parameters = {}) = 0;
    // Any number of statements, separated by semicolons.
    virtual Status script(const std::string& sql) = 0;

   protected:
    ~Transaction() = default;
  };

  // Waits until the connection stands and `session` was executed.
  static Result<std::unique_ptr<AdminSession>> connect(const ConnectOptions& options);
  ~AdminSession();
  AdminSession(const AdminSession&) = delete;
  AdminSession& operator=(const AdminSession&) = delete;

  // Commits what `body` did when it returns ok; otherwise rolls it back and returns its error. Each statement may take
  // `limit`, and so may the commit.
  Status transaction(std::chrono::milliseconds limit, const std::function<Status(Transaction&)>& body);

  // A transaction of one statement.
  Result<TextRows> query(const std::string& sql, std::chrono::milliseconds limit);

 private:
  class Link;
  class Work;
  explicit AdminSession(std::unique_ptr<Link> link);
  std::unique_ptr<Link> link_;
};

}  // namespace sotto::postgres
