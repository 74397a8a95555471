// QueueHandle: a queue as its parties know it: keys, ids, shared secrets; it makes their requests and opens what comes.
// One value plays all parties, which is what tests, the load generator and `sotto server test` want. A value; one
// thread at a time. Requests view the handle, which must outlive submit().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "libs/base/ids.hpp"
#include "libs/base/secret.hpp"
#include "libs/crypto/keys.hpp"
#include "libs/smp-client/received.hpp"
#include "libs/smp-client/request.hpp"
#include "libs/smp/message_body.hpp"

namespace sotto::client {

struct NewQueue {
  std::optional<SecretString> password = std::nullopt;
  std::optional<smp::QueueMode> mode = smp::QueueMode::messaging;
  bool subscribe = true;
  crypto::KeyKind key_kind = crypto::KeyKind::ed25519;  // of the recipient's, sender's and notifier's keys
  // Data of a short link (v15+). The sender id is then the client's; the link id too in contact mode.
  struct Link {
    Bytes fixed;
    Bytes user;
  };
  std::optional<Link> link = std::nullopt;
  bool notifier = false;  // notifier credentials in NEW (v17+)
};

// A message as its recipient reads it.
struct Message {
  MessageId id;
  std::variant<smp::ReceivedMessage, smp::QuotaMarker> content;
  [[nodiscard]] bool is_quota() const { return std::holds_alternative<smp::QuotaMarker>(content); }
  // Body as text; empty for the quota marker. Views this message.
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] std::string_view flags() const;
};

struct Notifier {
  crypto::PrivateKey key;
  NotifierId id;
  crypto::BoxKey secret;
  // invalid_argument when it does not decrypt.
  [[nodiscard]] Result<smp::NotificationMeta> open(const smp::Nmsg& notification) const;
  [[nodiscard]] Request nsub() const;
};

struct QueueHandle {
  crypto::PrivateKey recipient_key;
  crypto::PrivateKey sender_key;  // used once the queue is secured
  RecipientId recipient_id;
  SenderId sender_id;
  crypto::BoxKey secret;  // opens message bodies
  std::optional<smp::QueueMode> mode;
  std::optional<LinkId> link_id;
  std::optional<ServiceId> service_id;
  std::optional<Notifier> notifier;
  bool secured = false;  // send() authorizes with sender_key

  // invalid_argument when it does not decrypt.
  [[nodiscard]] Result<Message> open(const smp::Msg& message) const;

  // Requests of the recipient:
  [[nodiscard]] Request by_recipient(smp::Command command) const;
  [[nodiscard]] Request sub() const { return by_recipient(smp::Sub{}); }
  [[nodiscard]] Request get() const { return by_recipient(smp::Get{}); }
  [[nodiscard]] Request ack(const MessageId& id) const { return by_recipient(smp::Ack{id.view()}); }
  [[nodiscard]] Request key() const { return by_recipient(smp::Key{sender_key.public_key()}); }
  [[nodiscard]] Request del() const { return by_recipient(smp::Del{}); }
  [[nodiscard]] Request off() const { return by_recipient(smp::Off{}); }
  // Of the sender:
  [[nodiscard]] Request by_sender(smp::Command command) const;
  [[nodiscard]] Request skey() const { return by_sender(smp::Skey{sender_key.public_key()}); }
  // `flags` and `body` are the caller's. Unauthorized until `secured`.
  [[nodiscard]] Request send(ByteView body, std::string_view flags = "F") const;
};

// NEW, from its keys to its answer.
class QueueDraft {
 public:
  explicit QueueDraft(NewQueue queue);
  // Views this draft.
  [[nodiscard]] Request request() const;
  // From the answer to request(). The server's ERR, or protocol when the answer makes no sense.
  Result<QueueHandle> finish(const Received& answer);

 private:
  NewQueue queue_;
  crypto::PrivateKey recipient_key_;
  crypto::PrivateKey dh_key_;
  std::optional<crypto::PrivateKey> notifier_key_;
  std::optional<crypto::PrivateKey> notifier_dh_key_;
  crypto::Nonce corr_id_;
  SenderId sender_id_;
  LinkId link_id_;
};

// NKEY, from its keys to its answer.
class NotifierDraft {
 public:
  explicit NotifierDraft(crypto::KeyKind kind);
  // Views this draft and `queue`.
  [[nodiscard]] Request request(const QueueHandle& queue) const;
  Result<Notifier> finish(const Received& answer) const;

 private:
  crypto::PrivateKey key_;
  crypto::PrivateKey dh_key_;
};

}  // namespace sotto::client
