// SubscriptionDirectory: which session is the subscriber of which queue, or of which service, whose queues all have its
// subscriber (a service has its id here as if it were a queue: both are 24 random bytes). One per queue; it is not
// stored: sessions that live subscribe again after a restart. Implemented by InProcessDirectory (standalone) and
// storage/redis (the directory that all queue services share); one conformance suite
// (subscription_directory_conformance.hpp) runs over each.
//
// The domain asks it only for what is committed already, in batches, so that a remote directory costs one round trip a
// group (settle.hpp).
//
// Threads: one at a time (the group commit thread).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "libs/backend/queue_backend.hpp"
#include "libs/base/result.hpp"

namespace sotto::queue {

using backend::SessionRef;

struct DirectoryRequest {
  enum class Kind : std::uint8_t {
    subscribe,    // `session` is the subscriber from now on. Answer: the one that was, which may be the same
    resume,       // the same, unless a newer connection is. Answer: the one that is afterwards
    claim,        // the same, when nobody is. Answer: the one that is afterwards
    unsubscribe,  // the queue has no subscriber from now on. Answer: the one that was
    look,         // Answer: the one that is
  };
  Kind kind = Kind::look;
  RecipientId queue;
  SessionRef session;  // of subscribe, resume and claim
};

class SubscriptionDirectory {
 public:
  virtual ~SubscriptionDirectory() = default;
  // Executes all in order; one answer each. unavailable: it cannot be reached, and any part of them may have been done.
  virtual Result<std::vector<std::optional<SessionRef>>> execute(std::span<const DirectoryRequest> requests) = 0;
  // The session subscribes to nothing any more. When the directory cannot be reached, that may be noticed later.
  virtual void end_session(SessionRef session) = 0;
  // Others subscribe and look at the same time: who subscribed must look at the store again afterwards.
  [[nodiscard]] virtual bool shared() const = 0;
};

}  // namespace sotto::queue
