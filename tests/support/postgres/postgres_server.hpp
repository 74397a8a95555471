// PostgresServer: a PostgreSQL server of a test's own, on a free port of 127.0.0.1, with its files in a temporary
// directory and no socket elsewhere. Needs PostgreSQL's programs below /usr/lib/postgresql; run as root, they run as
// the user `postgres`. One thread; the thread that starts it must outlive it. The server ends with the test, however
// that ends.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/child/child.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::test {

class PostgresServer {
 public:
  struct Options {
    bool durable = true;                // false: fsync off, for tests that never kill it
    bool ask_password = false;          // scram-sha-256 instead of trust
    std::vector<std::string> settings;  // "name=value", over those of the fixture
  };

  // Starts it. Throws, with its log, when it does not accept connections in time.
  PostgresServer();
  explicit PostgresServer(Options options);
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // "host=… port=… user=… dbname=…" for libpq, without a password. The user is a superuser.
  [[nodiscard]] std::string conninfo(const std::string& database = "postgres") const;
  // The same as a postgresql:// URL.
  [[nodiscard]] std::string url(const std::string& database = "postgres") const;
  // Of the user above, needed only with `ask_password`.
  [[nodiscard]] static std::string password();
  [[nodiscard]] std::uint16_t port() const { return port_; }

  // An empty database; returns its conninfo. The name needs no quoting.
  std::string create_database(const std::string& name);
  // Runs SQL as the superuser and throws when it fails. The first column of the first row, "" when there is none.
  std::string execute(const std::string& sql, const std::string& database = "postgres");

  // Starts again on the same port and files, recovers where it was killed, and waits until it accepts connections.
  void start();
  // Ends the sessions and writes everything (a fast shutdown). Nothing when it does not run.
  void stop();
  // SIGKILL of the server and of all its sessions at one time: what was not written is lost. What the kernel has
  // survives, as fsync is not what is tested here.
  void kill();
  void restart();

  // The server and its sessions and workers, as they are now: sessions come and go.
  [[nodiscard]] std::vector<pid_t> pids() const;
  [[nodiscard]] std::string log() const;

 private:
  [[nodiscard]] Child::Options command() const;
  [[nodiscard]] bool accepts() const;
  [[nodiscard]] std::string conninfo_with_password(const std::string& database) const;
  void write_access_rules() const;
  void remove_shared_memory() const;

  const Options options_;
  const TempDir directory_;
  std::uint16_t port_ = 0;
  std::optional<Child> child_;
};

}  // namespace sotto::test
