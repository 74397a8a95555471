// SubscriptionDirectory: which session is the subscriber of which queue. One per queue; it is not stored: sessions that
// live subscribe again after a restart. Implemented by InProcessDirectory (standalone).
//
// Threads: one at a time (the group commit thread).
#pragma once

#include <optional>

#include "libs/backend/queue_backend.hpp"

namespace sotto::queue {

using backend::SessionRef;

class SubscriptionDirectory {
 public:
  virtual ~SubscriptionDirectory() = default;
  // `session` is the subscriber from now on. Returns the one that was, which may be the same.
  virtual std::optional<SessionRef> subscribe(const RecipientId& queue, SessionRef session) = 0;
  // The queue has no subscriber from now on. Returns the one that was.
  virtual std::optional<SessionRef> unsubscribe(const RecipientId& queue) = 0;
  [[nodiscard]] virtual std::optional<SessionRef> subscriber_of(const RecipientId& queue) const = 0;
  // The session subscribes to nothing any more.
  virtual void end_session(SessionRef session) = 0;
};

}  // namespace sotto::queue
