// A database for tests of this folder, with the schema in it, and stores that use it. The server is one for the whole
// test program, and is not durable; tests that kill one have their own. Only tests include this. One thread at a time.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "libs/postgres/migrator.hpp"
#include "services/auth/migrations/migrations.hpp"
#include "services/auth/storage/postgres/postgres_password_store.hpp"
#include "tests/support/postgres/postgres_server.hpp"

namespace sotto::auth {

inline void migrate_to_newest(const std::string& conninfo) {
  postgres::ConnectOptions options;
  options.conninfo = conninfo;
  const auto session = postgres::AdminSession::connect(options);
  if (!session) throw std::runtime_error(session.error().message);
  const auto migrated = postgres::migrate(**session, migrations(), [](const postgres::Migration& /*step*/) {});
  if (!migrated) throw std::runtime_error(migrated.error().message);
}

inline PostgresPasswordSettings settings_for(const std::string& conninfo) {
  PostgresPasswordSettings settings;
  settings.connection.conninfo = conninfo;
  return settings;
}

inline std::unique_ptr<PostgresPasswordStore> open_store(const std::string& conninfo) {
  auto store = PostgresPasswordStore::open(settings_for(conninfo));
  if (!store) throw std::runtime_error(store.error().message);
  return *std::move(store);
}

// A generated password.
inline Password test_password(std::string id, std::string label = "team-a") {
  Password out;
  out.id = std::move(id);
  out.label = std::move(label);
  out.created = 1000;
  out.verifier.key_id = 3;
  out.verifier.digest = Secret<32>(Bytes(32, static_cast<std::uint8_t>(out.id.front())));
  return out;
}

inline Change test_change(std::uint64_t expected, std::vector<Password> passwords, std::string action = "test") {
  Change change;
  change.expected_generation = expected;
  change.passwords = std::move(passwords);
  change.audit = {1000, "anna", std::move(action), "team-a", false, ""};
  return change;
}

class TestDatabase {
 public:
  TestDatabase() : name_("test_" + std::to_string(++number())), conninfo_(server().create_database(name_)) {
    migrate_to_newest(conninfo_);
  }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  [[nodiscard]] const std::string& conninfo() const { return conninfo_; }
  [[nodiscard]] std::unique_ptr<PostgresPasswordStore> open_store() const { return auth::open_store(conninfo_); }
  // As the superuser; the first value.
  std::string execute(const std::string& sql) { return server().execute(sql, name_); }

 private:
  static test::PostgresServer& server() {
    static test::PostgresServer instance({.durable = false, .ask_password = false, .settings = {}});
    return instance;
  }
  static int& number() {
    static int last = 0;
    return last;
  }
  const std::string name_;
  const std::string conninfo_;
};

}  // namespace sotto::auth
