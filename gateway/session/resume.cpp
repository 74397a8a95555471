// Resuming: a session registers its subscriptions again, because the directory or an event may have been lost, and
// looks at what waits in its queues. In small batches, one after the other, so that a gateway with many subscriptions
// does not stand in the way of its own clients.
#include <algorithm>
#include <utility>

#include "gateway/session/connection.hpp"
#include "gateway/worker.hpp"

namespace sotto::gateway {
namespace {

// Operations of one batch: about one round of the group commit.
constexpr std::size_t kResumeBatch = 256;

}  // namespace

struct Connection::Resumption {
  struct Target {
    RecipientId queue;
    std::optional<NotifierId> notifier;  // absent: the recipient's subscription
    bool service = false;                // no queue, but all of the service
  };
  std::vector<Target> targets;
  std::size_t next = 0;   // the first that is not asked for
  std::size_t asked = 0;  // before it, in the batch that is under way
  bool again = false;     // the backend could not answer all
  std::function<void()> done;
};

void Connection::resume_subscriptions(std::function<void()> done) {
  auto resumption = std::make_shared<Resumption>();
  resumption->done = std::move(done);
  if (!closed() && session_) {
    for (const auto& queue : session_->subscriptions.queues()) {
      resumption->targets.push_back({queue, std::nullopt, false});
    }
    for (const auto& [notifier, queue] : session_->notifiers) resumption->targets.push_back({queue, notifier, false});
    if (session_->serving && session_->serving->subscribed) resumption->targets.push_back({{}, std::nullopt, true});
  }
  resume_some(std::move(resumption));
}

void Connection::resume_some(std::shared_ptr<Resumption> resumption) {
  auto& all = *resumption;
  if (closed() || !session_ || said_all() || all.next == all.targets.size()) {
    if (all.again && !closed() && !draining_) worker_.resume_later(id_);
    return all.done();
  }
  all.asked = std::min(kResumeBatch, all.targets.size() - all.next);
  std::vector<backend::Operation> operations;
  for (std::size_t i = all.next; i < all.next + all.asked; ++i) {
    const auto& target = all.targets[i];
    if (target.service) {
      operations.push_back({{}, 0, backend::SubscribeService{known_as(*session_->service), true}});
    } else if (target.notifier) {
      operations.push_back({target.queue, 0, backend::SubscribeNotifier{.resume = true, .notifier = *target.notifier}});
    } else {
      operations.push_back({target.queue, 0, backend::Subscribe{.resume = true}});
    }
  }
  all.next += all.asked;
  backend::Batch batch{session_->ref, std::nullopt, std::move(operations), {}};
  batch.done = [&worker = worker_, self = std::static_pointer_cast<Connection>(shared_from_this()),
                resumption = std::move(resumption)](std::vector<backend::OperationResult> results) mutable {
    worker.post([self = std::move(self), resumption = std::move(resumption), results = std::move(results)]() mutable {
      self->resumed(*resumption, std::move(results));
      self->resume_some(std::move(resumption));
    });
  };
  worker_.submit(std::move(batch));
}

void Connection::resumed(Resumption& resumption, std::vector<backend::OperationResult> results) {
  using backend::Outcome;
  const std::size_t first = resumption.next - resumption.asked;
  for (std::size_t i = 0; i < results.size() && i < resumption.asked; ++i) {
    if (closed() || said_all()) return;
    const auto& [queue, notifier, service] = resumption.targets[first + i];
    const auto outcome = results[i].outcome;
    const bool lost = outcome == Outcome::refused || outcome == Outcome::gone;
    if (outcome == Outcome::unavailable) resumption.again = true;
    if (service) {
      if (lost) {
        service_ended();
      } else if (outcome == Outcome::ok && session_->service->role == 'M') {
        session_->serving->list();
      }
      continue;
    }
    if (notifier) {
      if (lost && session_->notifiers.contains(*notifier)) ended(backend::Role::notifier, notifier->bytes, true);
      continue;
    }
    auto* entry = session_->subscriptions.find(queue);
    if (entry == nullptr || entry->use != Subscriptions::Use::subscribed) continue;
    if (lost) {
      ended(backend::Role::recipient, queue.bytes, outcome == Outcome::gone);
    } else if (outcome == Outcome::ok && results[i].messages > 0) {
      session_->subscriptions.wait(queue, *entry);
    }
  }
  if (!closed()) fetch_waiting();
}

}  // namespace sotto::gateway
