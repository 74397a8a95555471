// Connection: one connection to PostgreSQL over libpq, for threads that may wait. Statements are sent as pipelines: any
// number of them in one round trip, with binary parameters and results; each is prepared by the server at its first
// use.
//
// Owned by one thread at a time. Every call has a time limit. When it passes, or when the connection is lost, the
// connection is closed for good (usable() is false) and its owner makes another one; the server ends what it was doing
// for it within about a second (client_connection_check_interval) and rolls it back.
//
// Errors: connection_failed (cannot connect, or the connection was lost), timeout, unavailable (the server refused a
// statement for now: locks, deadlock, shutdown, disk full), conflict (a unique key exists already), configuration
// (password, database, missing table or permission), internal (a statement that the server does not understand).
// Messages name the server's reason, and never a value of a row or a password.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"
#include "libs/postgres/params.hpp"
#include "libs/postgres/rows.hpp"

struct pg_conn;

namespace sotto::postgres {

struct ConnectOptions {
  // libpq's own: "host=db1,db2 dbname=sotto user=sotto sslmode=verify-full" or "postgresql://…". Several hosts: the
  // first that accepts and can be written to.
  std::string conninfo;
  SecretString password;  // empty: what conninfo, environment and password file of libpq say
  // Of each host, unless conninfo has connect_timeout. libpq knows whole seconds, at least 2.
  std::chrono::seconds connect_timeout{2};
  std::string application_name = "sotto";
  // Statements for the new session, for example "SET jit = off"; separated by semicolons.
  std::string session;
};

// A statement with $1 … parameters. Lives as long as the program: connections remember it by its name.
struct Statement {
  const char* name;  // unique in the program
  const char* sql;
};

// Statements for one round trip, in order.
class Pipeline {
 public:
  // Returns the index of its result.
  std::size_t add(const Statement& statement, Params params = {});
  // The same with large parameters: they are made when it is their turn, and freed when they were sent.
  std::size_t add_large(const Statement& statement, std::function<Params()> make);
  [[nodiscard]] bool empty() const { return steps_.empty(); }
  [[nodiscard]] std::size_t size() const { return steps_.size(); }

 private:
  friend class Connection;
  struct Step {
    const Statement* statement = nullptr;
    Params params;
    std::function<Params()> make;  // of the parameters, when set
  };
  std::vector<Step> steps_;
};

class Connection {
 public:
  // Waits until the connection stands and `session` was executed.
  static Result<std::unique_ptr<Connection>> connect(const ConnectOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // False: every call fails; the connection must be replaced.
  [[nodiscard]] bool usable() const { return connection_ != nullptr; }

  // Executes all in one round trip. Without BEGIN among them they are one transaction. The first one that fails ends
  // the pipeline: those behind it were not executed, and its error is the result; the connection stays usable, and a
  // transaction that was begun must be rolled back.
  Result<std::vector<Rows>> run(const Pipeline& pipeline, std::chrono::milliseconds limit);
  // Sends one command (for example "ROLLBACK") without waiting; the next call of any kind takes its answer and ignores
  // it.
  void post(const char* command);

  // One statement that is not prepared, for what is executed once.
  Result<Rows> query(const char* sql, const Params& params, std::chrono::milliseconds limit);
  // Any number of statements, separated by semicolons, without parameters and results. One transaction unless they
  // begin and end others.
  Status script(const std::string& sql, std::chrono::milliseconds limit);

 private:
  explicit Connection(pg_conn* connection);
  using Time = std::chrono::steady_clock::time_point;

  // Until something came, or can be sent; takes what came.
  Status wait_for_socket(bool to_send, Time deadline);
  // Sends all that waits.
  Status send_waiting(Time deadline);
  Status send_step(const Statement& statement, const Params& params, Time deadline);
  // Sends what waits and reads until a result can be taken, or until the time has come.
  Status wait_for_result(Time deadline);
  Status skip_posted(Time deadline);
  // What is answered in a pipeline: a statement, or its preparation.
  struct Step {
    const Statement* prepares = nullptr;
  };
  Result<std::vector<Rows>> collect(const std::vector<Step>& steps, Time deadline);
  // The connection is of no use any more.
  Error lost();
  Error out_of_time();
  void close();

  pg_conn* connection_;
  std::unordered_set<const Statement*> prepared_;
  std::size_t posted_ = 0;  // synchronisation points whose answers nobody waits for
};

}  // namespace sotto::postgres
