// A database for tests of this folder, with the schema in it, and stores that use it. The server is one for the whole
// test program, and is not durable; tests that kill one have their own. Only tests include this. One thread at a time.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "libs/postgres/migrator.hpp"
#include "services/queue/migrations/migrations.hpp"
#include "services/queue/storage/postgres/postgres_queue_store.hpp"
#include "tests/support/postgres/postgres_server.hpp"

namespace sotto::queue {

inline crypto::KeyRing test_keys() {
  return crypto::KeyRing::parse("7:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").value();
}

inline void migrate_to_newest(const std::string& conninfo) {
  postgres::ConnectOptions options;
  options.conninfo = conninfo;
  const auto session = postgres::AdminSession::connect(options);
  if (!session) throw std::runtime_error(session.error().message);
  const auto migrated = postgres::migrate(**session, migrations(), [](const postgres::Migration& /*step*/) {});
  if (!migrated) throw std::runtime_error(migrated.error().message);
}

inline PostgresQueueSettings settings_for(const std::string& conninfo) {
  PostgresQueueSettings settings;
  settings.connection.conninfo = conninfo;
  return settings;
}

inline std::unique_ptr<PostgresQueueStore> open_store(const std::string& conninfo) {
  auto store = PostgresQueueStore::open(settings_for(conninfo), test_keys());
  if (!store) {
    ADD_FAILURE() << store.error().message;
    return nullptr;
  }
  return std::move(*store);
}

class TestDatabase {
 public:
  TestDatabase() : name_("test_" + std::to_string(++number())), conninfo_(server().create_database(name_)) {
    migrate_to_newest(conninfo_);
  }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  [[nodiscard]] const std::string& conninfo() const { return conninfo_; }
  [[nodiscard]] std::unique_ptr<PostgresQueueStore> open_store() const { return queue::open_store(conninfo_); }
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

}  // namespace sotto::queue
