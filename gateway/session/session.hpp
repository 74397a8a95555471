// Session: what a connection knows once its handshake is done. Owned by the connection; its I/O thread only.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>

#include "gateway/session/authorizer.hpp"
#include "gateway/session/known_relays.hpp"
#include "gateway/session/serving.hpp"
#include "gateway/session/subscriptions.hpp"
#include "libs/backend/queue_backend.hpp"

namespace sotto::gateway {

struct Session {
  backend::SessionRef ref;
  Authorizer authorizer;
  std::optional<ServiceSession> service;
  std::unique_ptr<Serving> serving;  // present exactly when service is
  Subscriptions subscriptions;
  // Notifiers that are subscribed to, each with its queue.
  std::unordered_map<NotifierId, RecipientId> notifiers;
  std::uint32_t wrong_passwords = 0;
  // The client's X25519 session key, when it sent one: what a proxy encrypts with (RFWD).
  std::optional<crypto::PublicKey> client_key = std::nullopt;
  std::unique_ptr<crypto::BoxKey> client_secret = nullptr;  // from it, once it was needed
  std::unique_ptr<KnownRelays> relays = nullptr;            // once there is one

  [[nodiscard]] bool subscribes() const {
    return subscriptions.subscribed() > 0 || !notifiers.empty() || (serving && serving->subscribed);
  }
  [[nodiscard]] smp::Version version() const { return authorizer.version(); }
};

}  // namespace sotto::gateway
