// Sessions of services: the certificate is made known, messages that wait in the service's queues are listed page by
// page and delivered as the client reads them, another session takes over.
#include <utility>

#include "gateway/session/connection.hpp"
#include "gateway/session/responses.hpp"
#include "gateway/worker.hpp"

namespace sotto::gateway {
namespace {

// Queues looked at for one page: some milliseconds of a database's time.
constexpr std::uint32_t kListedQueues = 1000;

}  // namespace

void Connection::register_service(ClientAgreement agreement) {
  pause_reads();
  registering_ = true;
  std::vector<backend::Operation> operations;
  operations.push_back({{}, 0, backend::RegisterService{known_as(*agreement.service)}});
  backend::Batch batch{
      backend::SessionRef{context().settings.gateway_id, id_}, std::nullopt, std::move(operations), {}};
  batch.done = [&worker = worker_, self = std::static_pointer_cast<Connection>(shared_from_this()),
                agreement = std::move(agreement)](std::vector<backend::OperationResult> results) mutable {
    const auto outcome = results.empty() ? backend::Outcome::unavailable : results.front().outcome;
    worker.post([self = std::move(self), agreement = std::move(agreement), outcome]() mutable {
      self->service_registered(std::move(agreement), outcome);
    });
  };
  worker_.submit(std::move(batch));
}

void Connection::service_registered(ClientAgreement agreement, backend::Outcome outcome) {
  if (closed() || left_) return;
  if (outcome == backend::Outcome::unavailable) return close_because(CloseReason::store_unavailable);
  if (outcome != backend::Outcome::ok) return refuse_service();
  send(smp::encode(smp::ServiceReply(agreement.service->id)));
  begin_session(std::move(agreement));
  if (!closed()) resume_reads();
}

void Connection::refuse_service() {
  // Tried once: a client that does not read must not keep a connection that nobody counts any more.
  send(smp::encode(smp::ServiceReply(smp::TransportError{smp::TransportErrorKind::handshake_bad_service})));
  close_because(CloseReason::bad_service);
}

void Connection::serve_more() {
  auto& serving = *session_->serving;
  auto& subscriptions = session_->subscriptions;
  const bool delivering = fetching_ || fetch_later_ || subscriptions.any_waiting();
  if (!serving.subscribed || serving.asking || in_task_ || delivering) return;
  if (serving.listing) {
    if (output_bytes() > context().settings.output_limit / 2) return;
    serving.asking = true;
    std::vector<backend::Operation> operations;
    operations.push_back({{}, 0, backend::ListService{session_->service->id, serving.after, kListedQueues}});
    backend::Batch batch{session_->ref, std::nullopt, std::move(operations), {}};
    batch.done = [&worker = worker_, self = std::static_pointer_cast<Connection>(shared_from_this())](
                     std::vector<backend::OperationResult> results) mutable {
      worker.post([self = std::move(self), results = std::move(results)]() mutable { self->listed(results); });
    };
    return worker_.submit(std::move(batch));
  }
  if (std::exchange(serving.owes_alls, false)) send_event(smp::Alls{}, {});
}

void Connection::listed(const std::vector<backend::OperationResult>& results) {
  if (closed() || said_all()) return;
  auto& serving = *session_->serving;
  serving.asking = false;
  if (!serving.subscribed) return;  // another session took over meanwhile
  const bool answered = !results.empty() && results.front().outcome == backend::Outcome::ok && results.front().service;
  if (!answered) {
    if (!std::exchange(fetch_later_, true)) worker_.call_later(id_);
    return;
  }
  const auto& page = *results.front().service;
  for (const auto& queue : page.with_messages) {
    auto& entry = session_->subscriptions.add(queue, Subscriptions::Use::served);
    session_->subscriptions.wait(queue, entry);
  }
  serving.after = page.last;
  serving.listing = page.more;
  fetch_waiting();
}

void Connection::service_ended() {
  auto& serving = *session_->serving;
  if (!serving.subscribed) return;
  const auto ids = serving.end();
  session_->subscriptions.remove_served();
  context().counters.service_subscriptions.sub();
  collect_end(smp::Ends{ids.count, ids.hash}, session_->service->id.view());
}

void Connection::conclude_service() {
  switch (session_->serving->expected_end.conclude()) {
    case ExpectedEnd::Verdict::none:
      return;
    case ExpectedEnd::Verdict::ended:
      return service_ended();
    case ExpectedEnd::Verdict::asks:
      return worker_.resume_later(id_);
  }
}

}  // namespace sotto::gateway
