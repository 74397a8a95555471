// What the secrets in the table `queues` are bound to when they are sealed (libs/crypto/key_ring.hpp): a sealed secret
// that is moved to another row or another column does not open. Part of the schema: changing it makes every stored
// secret unreadable.
#pragma once

#include "libs/base/bytes.hpp"
#include "libs/base/ids.hpp"

namespace sotto::queue {

// Of queues.recipient_secret.
inline Bytes recipient_secret_context(const RecipientId& queue) {
  Bytes context = to_bytes(as_bytes("queue recipient "));
  append(context, queue.view());
  return context;
}

// Of queues.notifier_secret.
inline Bytes notifier_secret_context(const RecipientId& queue) {
  Bytes context = to_bytes(as_bytes("queue notifier "));
  append(context, queue.view());
  return context;
}

}  // namespace sotto::queue
