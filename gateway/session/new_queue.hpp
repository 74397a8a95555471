// What NEW and NKEY make: records with fresh ids and secrets. DH keys are made here and only the shared secret is kept.
// Pure but for randomness; any thread.
#pragma once

#include <optional>
#include <variant>

#include "libs/backend/queue_backend.hpp"
#include "libs/smp/command.hpp"
#include "libs/smp/response.hpp"

namespace sotto::gateway {

struct NewNotifierCredentials {
  backend::Notifier notifier;
  crypto::PublicKey server_dh_key;
};
// Nothing when the client's DH key is no proper X25519 key.
std::optional<NewNotifierCredentials> make_notifier(const crypto::PublicKey& key, const crypto::PublicKey& dh_key);

struct NewQueue {
  backend::Create create;
  crypto::PublicKey server_dh_key;
  std::optional<crypto::PublicKey> notifier_server_dh_key;
  // Ids came from the client: when they are taken, asking again cannot help.
  bool client_chose_ids = false;
};
// CMD PROHIBITED for a chosen sender id that does not follow from the correlation id, or an id that is not 24 bytes;
// CRYPTO for a DH key that is no proper key.
std::variant<NewQueue, smp::ProtocolError> make_queue(const smp::New& command, ByteView corr_id);

// IDS of a queue that was created.
smp::Ids ids_response(const NewQueue& queue);

}  // namespace sotto::gateway
