#include "services/queue/domain/queue_administration.hpp"

#include <atomic>
#include <utility>
#include <vector>

#include "services/queue/domain/blocking_notice.hpp"

namespace sotto::queue {
namespace {

using backend::OperationResult;
using backend::Outcome;

// How often an operation is tried again when the queue changes under it.
constexpr int kAttempts = 5;

Error unavailable() {
  return {ErrorCode::unavailable, "the store does not answer now; try again later"};
}

// For calls that change something.
std::function<void(Result<QueueView>)> without_view(QueueAdministration::Done done) {
  return [done = std::move(done)](const Result<QueueView>& result) {
    done(result ? ok_status() : Status(result.error()));
  };
}

}  // namespace

struct QueueAdministration::Shared {
  explicit Shared(backend::QueueBackend& backend) : queues(backend) {}
  backend::QueueBackend& queues;
  std::atomic<bool> stopped{false};
};

// Keeps itself alive until it has answered.
class QueueAdministration::Call : public std::enable_shared_from_this<Call> {
 public:
  Call(std::shared_ptr<Shared> shared, const QueueName& queue, backend::Action action, SteadyTime deadline,
       Answer answer)
      : shared_(std::move(shared)),
        queue_(queue),
        action_(std::move(action)),
        deadline_(deadline),
        answer_(std::move(answer)) {}

  void find() {
    if (attempts_++ == kAttempts) {
      return answer_(Error{ErrorCode::conflict, "the queue changes all the time; try again"});
    }
    submit({.queue = {}, .version = 0, .action = backend::Find{.role = queue_.role, .id = queue_.id}},
           [self = shared_from_this()](const OperationResult& result) { self->found(result); });
  }

 private:
  void found(const OperationResult& result) {
    if (result.outcome == Outcome::gone) return not_found();
    if (result.outcome != Outcome::ok || !result.record) return answer_(unavailable());
    submit({.queue = result.record->recipient_id, .version = result.record->version, .action = action_},
           [self = shared_from_this(), record = result.record](const OperationResult& done) {
             self->performed(record, done);
           });
  }

  void performed(const backend::RecordPtr& record, const OperationResult& result) {
    switch (result.outcome) {
      case Outcome::ok:
        return answer_(QueueView{
            .record = result.record ? result.record : record,
            .messages = result.messages,
            .subscribed = result.subscribed,
        });
      case Outcome::blocked:  // of view() only
        return answer_(QueueView{
            .record = result.record ? result.record : record,
            .messages = std::nullopt,
            .subscribed = std::nullopt,
        });
      case Outcome::stale:
        return find();
      case Outcome::gone:
        return not_found();
      default:
        return answer_(unavailable());
    }
  }

  void not_found() { answer_(Error{ErrorCode::not_found, "there is no such queue"}); }

  void submit(backend::Operation operation, std::function<void(const OperationResult&)> then) {
    if (shared_->stopped) return answer_(unavailable());
    backend::Batch batch;
    batch.deadline = deadline_;
    batch.operations.push_back(std::move(operation));
    batch.done = [then = std::move(then)](const std::vector<OperationResult>& results) {
      then(results.empty() ? OperationResult{} : results.front());
    };
    shared_->queues.submit(std::move(batch));
  }

  const std::shared_ptr<Shared> shared_;
  const QueueName queue_;
  const backend::Action action_;
  const SteadyTime deadline_;
  const Answer answer_;
  int attempts_ = 0;  // steps follow each other: one thread at a time
};

QueueAdministration::QueueAdministration(backend::QueueBackend& queues) : shared_(std::make_shared<Shared>(queues)) {}

void QueueAdministration::perform(const QueueName& queue, backend::Action action, SteadyTime deadline, Answer answer) {
  std::make_shared<Call>(shared_, queue, std::move(action), deadline, std::move(answer))->find();
}

void QueueAdministration::view(const QueueName& queue, SteadyTime deadline, Viewed done) {
  perform(queue, backend::Inspect{}, deadline, std::move(done));
}

void QueueAdministration::block(const QueueName& queue, backend::Blocking blocking, SteadyTime deadline, Done done) {
  auto notice = normalise_blocking_notice(blocking.notice_json);
  if (!notice) return done(notice.error());
  blocking.notice_json = *std::move(notice);
  perform(queue, backend::Block{std::move(blocking)}, deadline, without_view(std::move(done)));
}

void QueueAdministration::unblock(const QueueName& queue, SteadyTime deadline, Done done) {
  perform(queue, backend::Unblock{}, deadline, without_view(std::move(done)));
}

void QueueAdministration::remove(const QueueName& queue, SteadyTime deadline, Done done) {
  perform(queue, backend::Remove{}, deadline, without_view(std::move(done)));
}

void QueueAdministration::stop() {
  shared_->stopped = true;
}

}  // namespace sotto::queue
