// KnownRelays: the relays that a client may forward to, by session id: those that it was admitted to (PRXY) on this
// connection. Whoever learns the session id of a relay elsewhere cannot use it. Owned by a session; its I/O thread
// only.
#pragma once

#include <algorithm>
#include <deque>

#include "libs/base/bytes.hpp"

namespace sotto::gateway {

class KnownRelays {
 public:
  // The oldest is forgotten when there are more than `most`.
  void add(ByteView session_id, std::size_t most) {
    if (contains(session_id)) return;
    if (ids_.size() >= most) ids_.pop_front();
    ids_.push_back(to_bytes(session_id));
  }
  // Clients use the relays that they asked for last: they are looked at first.
  [[nodiscard]] bool contains(ByteView session_id) const {
    return std::any_of(ids_.rbegin(), ids_.rend(), [&](const Bytes& id) { return equal(id, session_id); });
  }

 private:
  std::deque<Bytes> ids_;
};

}  // namespace sotto::gateway
