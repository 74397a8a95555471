// QueueAdministration: what an administrator does with one queue, in the process that holds the QueueBackend
// (sotto-queue behind QueueAdmin, or a standalone server). A queue is named by any of its ids. Each call finds its
// record, performs one operation with the record's version, and does both again when the queue has changed in between.
// When a call is answered, what it changed is durable, and the version of the record has grown: no gateway acts on the
// record that it knew before.
//
// Owned by whoever offers administration; the backend must outlive it and its calls. Threads: any. Answers come once,
// on a thread of the backend or on the calling one, and must not block. A call keeps itself alive until then; this
// object may go before.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "libs/backend/queue_backend.hpp"
#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"

namespace sotto::queue {

struct QueueName {
  backend::Role role = backend::Role::sender;
  std::array<std::uint8_t, kIdSize> id{};
};

struct QueueView {
  backend::RecordPtr record;  // not null. It holds keys: never to be shown whole
  // Absent: not looked at, because the queue is blocked.
  std::optional<std::uint32_t> messages;
  std::optional<bool> subscribed;
};

class QueueAdministration {
 public:
  using Done = std::function<void(Status)>;
  using Viewed = std::function<void(Result<QueueView>)>;

  explicit QueueAdministration(backend::QueueBackend& queues);

  // Errors of all: not_found, there is no such queue; conflict, it changed again and again meanwhile; unavailable, the
  // store does not answer, `deadline` (of the backend's clock) is over, or stop() was called. What was asked for has
  // not been done then.

  void view(const QueueName& queue, SteadyTime deadline, Viewed done);
  // Its subscriber is told; its messages stay. A blocked queue gets the new reason and notice. invalid_argument: the
  // notice is none that clients can read (blocking_notice.hpp, which also says how it is kept).
  void block(const QueueName& queue, backend::Blocking blocking, SteadyTime deadline, Done done);
  // Active from then on, even if it was off before it was blocked. ok also when it is not blocked: nothing changes.
  void unblock(const QueueName& queue, SteadyTime deadline, Done done);
  // With all its messages, blocked or not; its subscribers are told.
  void remove(const QueueName& queue, SteadyTime deadline, Done done);

  // From now on the backend is not asked any more, and everything is answered `unavailable`.
  void stop();

 private:
  struct Shared;
  class Call;
  using Answer = std::function<void(Result<QueueView>)>;
  void perform(const QueueName& queue, backend::Action action, SteadyTime deadline, Answer answer);

  std::shared_ptr<Shared> shared_;
};

}  // namespace sotto::queue
