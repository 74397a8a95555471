// A database with the schemas of all services, and queues with sealed secrets in it. For tests of this folder.
// One thread, apart from connect().
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "libs/base/ids.hpp"
#include "libs/crypto/key_ring.hpp"
#include "libs/crypto/random.hpp"
#include "libs/postgres/migrator.hpp"
#include "services/auth/migrations/migrations.hpp"
#include "services/queue/migrations/migrations.hpp"
#include "services/queue/migrations/secret_context.hpp"
#include "tests/support/postgres/postgres_server.hpp"

namespace sotto::cli {

class TestDatabase {
 public:
  TestDatabase() : server_({.durable = false, .ask_password = true, .settings = {"lc_messages=C"}}) {
    crypto::initialise();
  }

  [[nodiscard]] test::PostgresServer& server() { return server_; }

  [[nodiscard]] std::unique_ptr<postgres::Connection> connect() const {
    return postgres::Connection::connect(options()).value();
  }

  void migrate() {
    const auto session = postgres::AdminSession::connect(options()).value();
    for (const auto& set : {queue::migrations(), auth::migrations()}) {
      const auto status = postgres::migrate(*session, set, [](const postgres::Migration& /*applied*/) {});
      if (!status) throw std::runtime_error(status.error().message);
    }
    connection_ = connect();
  }

  // A queue with a secret for its recipient and, when asked, one for its notifier.
  RecipientId add_queue(const crypto::KeyRing& keys, bool with_notifier) {
    const auto id = crypto::random_id<RecipientId>();
    const auto recipient = keys.seal(secret(1), queue::recipient_secret_context(id));
    const auto notifier = keys.seal(secret(2), queue::notifier_secret_context(id));
    postgres::Params params;
    params.add(id.view()).add(std::int32_t{recipient.key_id}).add(ByteView(recipient.bytes));
    with_notifier ? params.add(ByteView(notifier.bytes)) : params.null();
    const auto inserted = connection_->query(
        "INSERT INTO queues (recipient_id, version, sender_id, mode, status, blocking_reason, blocking_notice, "
        "recipient_keys, sealing_key, recipient_secret, notifier_secret, head_sequence, next_sequence, is_full, "
        "unordered, last_seconds) VALUES ($1, 7, $1, 1, 0, 0, '', '\\x01', $2, $3, $4, 0, 0, false, false, 0)",
        params, std::chrono::seconds(30));
    if (!inserted) throw std::runtime_error(inserted.error().message);
    return id;
  }

  // Whether the queue's secrets are those that it was made with, sealed with this key, and its version is as it was.
  [[nodiscard]] bool is_sealed(const RecipientId& id, const crypto::KeyRing& keys, std::uint16_t key_id) const {
    const auto row = connection_->query(
        "SELECT sealing_key, recipient_secret, notifier_secret, version FROM queues WHERE recipient_id = $1",
        postgres::Params().add(id.view()), std::chrono::seconds(30));
    if (!row || row->size() != 1 || row->int4(0, 0) != key_id || row->int8(0, 3) != 7) return false;
    const auto recipient = keys.open(key_id, row->bytes(0, 1), queue::recipient_secret_context(id));
    if (!recipient || *recipient != secret(1)) return false;
    if (row->is_null(0, 2)) return true;
    const auto notifier = keys.open(key_id, row->bytes(0, 2), queue::notifier_secret_context(id));
    return notifier.ok() && *notifier == secret(2);
  }

  static std::string literal(ByteView bytes) { return "'\\x" + to_hex(bytes) + "'"; }

 private:
  [[nodiscard]] postgres::ConnectOptions options() const {
    postgres::ConnectOptions options;
    options.conninfo = server_.conninfo();
    options.password = SecretString(test::PostgresServer::password());
    return options;
  }
  static crypto::BoxKey secret(std::uint8_t number) { return crypto::BoxKey::from_stored(Bytes(32, number)); }

  test::PostgresServer server_;
  std::unique_ptr<postgres::Connection> connection_;  // once there is a schema
};

}  // namespace sotto::cli
