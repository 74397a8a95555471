// Settling: what batches that are committed ask of the directory, all of them in one call, and what follows from the
// answers. Each AskDirectory among the effects becomes an event, or completes a result, and is gone afterwards:
//
//   subscribe  another session that was the subscriber gets Ended
//   resume     refused, when a newer connection is the subscriber
//   remove     another session that was the subscriber gets Deleted
//   announce   the subscriber gets MessageReady
//   fetch      refused, when the session is not the subscriber
//   next       without the message, when the session is not the subscriber
//   inspect    `subscribed`
//   block      the subscriber gets Blocked
//   leave      another session that was the subscriber gets Ended
//
// Where the queue belongs to a service, the subscriber is that of the service, and who loses all of it to another
// session gets ServiceEnded.
//
// When others subscribe and send at the same time (a shared directory), a message may have come between the look at the
// store and the subscription. Whoever sends commits first and asks for the subscriber then; whoever subscribes is in
// the directory first and looks for messages then: so one of the two sees the other. That second look is made here,
// but for a queue that the batch made and that nobody can send to yet.
//
// When the directory cannot be reached, nobody is told anything, subscriptions count as made, and what only a
// subscriber may see is answered `unavailable`: the sessions resume when the directory is back, and look at their
// queues then.
#pragma once

#include <span>

#include "services/queue/domain/queue_engine.hpp"
#include "services/queue/domain/queue_store.hpp"
#include "services/queue/domain/subscription_directory.hpp"

namespace sotto::queue {

struct Unsettled {
  SessionRef session;
  BatchOutcome* outcome = nullptr;  // of a batch of that session
};

// In the order of the batches. No transaction of the store may be open. By the thread of transactions. False: the
// directory could not be reached, or the second look failed.
bool settle(std::span<const Unsettled> batches, SubscriptionDirectory& directory, QueueStore& store);

}  // namespace sotto::queue
