// QueueEngine: the rules of queues (docs/wire.md section 8, libs/backend/queue_backend.hpp). Executes the operations of
// a batch one after another over a transaction and says what is to be answered and what is to happen besides. It
// commits nothing, tells nobody and keeps no state: group_commit.hpp does.
//
// Every operation on a queue but Find and Create goes through the same three checks first: there is such a queue (else
// gone), the version is the record's (else stale; resuming needs none), the queue is not blocked (else blocked; what
// administrators do is done all the same). Stale comes before blocked, so that only a command that was verified against
// the record as it is learns why the queue is blocked.
//
// Threads: const and without state of its own, so any; the transaction is the caller's.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "libs/backend/queue_backend.hpp"
#include "libs/base/clock.hpp"
#include "services/queue/domain/checked_transaction.hpp"
#include "services/queue/domain/effects.hpp"

namespace sotto::queue {

struct QueueRules {
  // Messages that a queue holds. The next one is replaced by the quota marker, which comes on top.
  std::uint32_t quota = 128;
  // After this a message may be removed, delivered or not.
  std::chrono::seconds message_lifetime = std::chrono::days(21);
  // A SEND that would be refused for the quota first removes the expired messages of its queue. Without it they count
  // until the next expiry run.
  bool expire_on_send = false;
};

struct BatchOutcome {
  std::vector<backend::OperationResult> results;  // one per operation, in order
  std::vector<Effect> effects;                    // in the order in which they happened; to be settled (settle.hpp)
  std::uint64_t expired = 0;                      // messages removed by expire_on_send
  std::uint64_t blocked = 0;                      // queues that became blocked, and that
  std::uint64_t unblocked = 0;                    // ceased to be
};

class QueueEngine {
 public:
  // `clock` must outlive the engine.
  QueueEngine(QueueRules rules, const Clock& clock) : rules_(rules), clock_(clock) {}

  // When transaction.failed() afterwards, the outcome means nothing, and the transaction must be dropped.
  [[nodiscard]] BatchOutcome execute(CheckedTransaction& transaction, const backend::Batch& batch) const;

 private:
  const QueueRules rules_;
  const Clock& clock_;
};

// Messages that came before this (seconds since 1970) have expired.
std::int64_t expiry_cutoff(const QueueRules& rules, const Clock& clock);

}  // namespace sotto::queue
