#include "gateway/session/connection.hpp"

#include <utility>

#include "gateway/session/client_source.hpp"
#include "gateway/session/handshake.hpp"
#include "gateway/session/responses.hpp"
#include "gateway/worker.hpp"

namespace sotto::gateway {
namespace {

using transport::StreamEnd;

// A client that cannot make readable blocks is closed after this many: its key chain is out of step for good.
constexpr std::uint16_t kMaxBadBlocks = 4;

// Messages asked for at once, per connection: at 16 KiB each they fill half of the default output limit.
constexpr std::size_t kFetchBatch = 8;

// Of notifications that wait to be sent to one client: it does not read as fast as they come. A service has many
// notifiers: room for 80 000 that were pending when it came.
constexpr std::size_t kNotificationBytes = std::size_t{256} << 10U;
constexpr std::size_t kServiceNotificationBytes = std::size_t{16} << 20U;
// How long a block that is not full waits for more notifications.
constexpr std::chrono::milliseconds kNotificationPause{20};

CloseReason reason_of(StreamEnd end) {
  switch (end) {
    case StreamEnd::peer_closed:
      return CloseReason::peer_closed;
    case StreamEnd::tls_handshake:
      return CloseReason::tls_handshake_failed;
    case StreamEnd::tls_broken:
      return CloseReason::tls_broken;
    case StreamEnd::socket_error:
      return CloseReason::socket_error;
  }
  return CloseReason::socket_error;
}

}  // namespace

Connection::Connection(boost::asio::ip::tcp::socket socket, const std::optional<boost::asio::ip::address>& source,
                       Worker& worker, std::uint64_t id)
    : BlockStream(std::move(socket), worker.identity()->tls),
      worker_(worker),
      id_(id),
      source_(client_source(source, worker.context().source_key)),
      since_(std::chrono::steady_clock::now()),
      identity_(worker.identity()) {}

GatewayContext& Connection::context() {
  return worker_.context();
}
RecordCache& Connection::records() {
  return worker_.records();
}

// --- handshake

void Connection::on_handshake() {
  since_ = std::chrono::steady_clock::now();
  if (is_browser()) {
    const auto keep = shared_from_this();
    leave(CloseReason::browser);
    return worker_.visit(hand_over());
  }
  const auto identity = std::move(identity_);
  const auto offered = offered_versions(alpn(), context().settings.versions);
  if (!offered) return close_because(CloseReason::version_mismatch);
  offered_ = *offered;
  session_key_ = std::make_unique<crypto::PrivateKey>(crypto::PrivateKey::generate(crypto::KeyKind::x25519));
  send(server_hello(identity->identity, offered_, BlockStream::session_id(), session_key_->public_key()));
}

void Connection::client_hello(ByteView content) {
  auto checked = check_client_hello(content, context().fingerprint, offered_, peer_chain());
  if (const auto* refusal = std::get_if<HandshakeRefusal>(&checked)) {
    if (refusal->reply) return refuse_service();
    return close_because(refusal->reason);
  }
  auto& agreement = std::get<ClientAgreement>(checked);
  if (agreement.service) return register_service(std::move(agreement));
  begin_session(std::move(agreement));
}

void Connection::begin_session(ClientAgreement agreement) {
  auto id = BlockStream::session_id();
  if (agreement.encrypts_blocks) {
    const auto secret = crypto::dh(*agreement.client_key, *session_key_);
    if (!secret) return close_because(CloseReason::handshake_parse);
    auto chains = smp::make_block_chains(*secret, id);
    enable_encryption(std::move(chains.server_to_client), std::move(chains.client_to_server));
  }
  auto serving = agreement.service ? std::make_unique<Serving>() : nullptr;
  session_ = std::make_unique<Session>(
      Session{backend::SessionRef{context().settings.gateway_id, id_},
              Authorizer(std::move(id), std::move(*session_key_), agreement.version, context().counters),
              std::move(agreement.service),
              std::move(serving),
              {},
              {}});
  session_->client_key = agreement.client_key;
  session_key_.reset();
  context().counters.sessions_by_version[agreement.version].add();
  worker_.handshake_done();
}

// --- commands

void Connection::on_content(transport::BlockBuffer buffer, ByteView content) {
  since_ = std::chrono::steady_clock::now();
  if (!session_) return registering_ ? close_because(CloseReason::handshake_parse) : client_hello(content);
  in_task_ = true;
  pause_reads();
  unstarted_block_ = UnstartedBlock{std::move(buffer), content};
  start_or_wait();
}

void Connection::start_or_wait() {
  if (worker_.take_block_place(*this)) return place_free();
  place_ = Place::waiting;
}

void Connection::place_free() {
  place_ = Place::held;
  if (auto task = std::exchange(waiting_task_, nullptr)) return task->go_on();
  auto block = std::move(*unstarted_block_);
  unstarted_block_.reset();
  std::make_shared<BlockTask>(std::static_pointer_cast<Connection>(shared_from_this()), std::move(block.buffer),
                              block.content, since_)
      ->start();
}

bool Connection::wait_for_room(std::shared_ptr<BlockTask> task) {
  if (output_bytes() <= context().settings.output_limit) return false;
  waiting_task_ = std::move(task);
  // A client that does not read must not keep others from their turn.
  place_ = Place::none;
  worker_.give_block_place();
  return true;
}

void Connection::on_bad_block() {
  context().counters.unparsable_blocks.add();
  if (!session_) return close_because(CloseReason::handshake_parse);
  if (++bad_blocks_ >= kMaxBadBlocks) return close_because(CloseReason::too_many_bad_blocks);
  context().counters.errors.add();
  send_one(encode_response(smp::Err{smp::SimpleError::block}, {}, {}, *session_));
}

void Connection::submit(std::vector<backend::Operation> operations, std::shared_ptr<BlockTask> task) {
  backend::Batch batch{session_->ref, std::nullopt, std::move(operations), {}};
  batch.done = [&worker = worker_, task = std::move(task)](std::vector<backend::OperationResult> results) mutable {
    worker.post(
        [task = std::move(task), results = std::move(results)]() mutable { task->continue_with(std::move(results)); });
  };
  worker_.submit(std::move(batch));
}

void Connection::ask(backend::AccessPurpose purpose, ByteView password, std::size_t item,
                     std::shared_ptr<BlockTask> task) {
  context().access.ask(
      purpose, password, source_, [&worker = worker_, task = std::move(task), item](backend::Admission admission) {
        worker.post(
            [task, item, admission = std::move(admission)]() mutable { task->admitted(item, std::move(admission)); });
      });
}

void Connection::set_aside() {
  place_ = Place::none;
  worker_.give_block_place();
}

void Connection::take_up(std::shared_ptr<BlockTask> task, std::chrono::milliseconds delay) {
  if (delay.count() == 0) {
    waiting_task_ = std::move(task);
    return start_or_wait();
  }
  // Ended by leave(), so that what it holds goes with the connection.
  pause_ = std::make_unique<boost::asio::steady_timer>(worker_.io(), delay);
  pause_->async_wait([self = std::static_pointer_cast<Connection>(shared_from_this()),
                      task = std::move(task)](boost::system::error_code error) mutable {
    if (!error && !self->closed()) self->take_up(std::move(task), std::chrono::milliseconds(0));
  });
}

void Connection::finished(const BlockTask& task, std::vector<Bytes> responses) {
  if (closed()) return;
  context().counters.block_times.add(std::chrono::steady_clock::now() - task.since());
  const bool beside = task.goes_beside();
  if (beside) {
    finished_beside(task);
  } else {
    in_task_ = false;
    place_ = Place::none;
  }
  worker_.give_block_place();
  send_responses(responses);
  if (closed()) return;
  if (said_all()) return close_when_flushed();
  if (!draining_) {
    if (session_->serving) conclude_service();
    fetch_waiting();
    check_output();
    check_relaying();
  }
  if (beside) return go_on_beside();
  if (!draining_) resume_reads();
}

// --- output

void Connection::send_responses(const std::vector<Bytes>& responses) {
  smp::BlockPacker packer;
  for (const auto& response : responses) {
    if (!packer.empty() && !packer.fits(response.size())) send(packer.take());
    packer.add(response);
  }
  if (!packer.empty()) send(packer.take());
}

void Connection::send_one(const Bytes& transmission) {
  smp::BlockPacker packer;
  packer.add(transmission);
  send(packer.take());
}

void Connection::send_event(const smp::Response& response, ByteView entity_id) {
  send_one(encode_response(response, {}, entity_id, *session_));
}

void Connection::check_output() {
  if (output_paused_ || output_bytes() <= context().settings.output_limit) return;
  output_paused_ = true;
  pause_reads();
}

void Connection::on_drained() {
  if (!session_) return;
  if (notifications_) send_notifications(false);
  if (waiting_task_ && place_ == Place::none) start_or_wait();
  if (closed()) return;
  fetch_waiting();
  if (output_paused_) {
    output_paused_ = false;
    resume_reads();
  }
}

// --- deliveries

void Connection::fetch_waiting() {
  auto& subscriptions = session_->subscriptions;
  if (session_->serving) serve_more();
  if (fetching_ || fetch_later_ || !subscriptions.any_waiting() || output_bytes() > context().settings.output_limit / 2)
    return;
  std::vector<RecipientId> queues;
  std::vector<backend::Operation> operations;
  while (queues.size() < kFetchBatch) {
    const auto queue = subscriptions.next_waiting();
    if (!queue) break;
    const auto record = records().find(backend::Role::recipient, queue->view());
    queues.push_back(*queue);
    // Version 0 is always stale: the answer then brings the record, and the queue gets another turn.
    operations.push_back({*queue, record ? record->version : 0, backend::Fetch{true}});
  }
  if (queues.empty()) return;
  fetching_ = true;
  backend::Batch batch{session_->ref, std::nullopt, std::move(operations), {}};
  batch.done = [&worker = worker_, queues = std::move(queues),
                self = std::static_pointer_cast<Connection>(shared_from_this())](
                   std::vector<backend::OperationResult> results) mutable {
    worker.post([self = std::move(self), queues = std::move(queues), results = std::move(results)]() mutable {
      self->fetched(queues, std::move(results));
    });
  };
  worker_.submit(std::move(batch));
}

void Connection::fetched(const std::vector<RecipientId>& queues, std::vector<backend::OperationResult> results) {
  if (closed() || said_all()) return;
  for (std::size_t i = 0; i < queues.size() && i < results.size(); ++i) {
    auto& result = results[i];
    auto* entry = session_->subscriptions.find(queues[i]);
    if (entry == nullptr || entry->delivery != Subscriptions::Delivery::fetching) continue;
    fetched_one(queues[i], *entry, result);
    if (closed()) return;
  }
  // Not before: what a delivery sets in motion must not take the rest of the batch for delivered.
  fetching_ = false;
  fetch_waiting();
  check_output();
}

void Connection::fetched_one(const RecipientId& queue, Subscriptions::Entry& entry, backend::OperationResult& result) {
  using backend::Outcome;
  entry.delivery = Subscriptions::Delivery::none;
  switch (result.outcome) {
    case Outcome::ok:
      if (!result.message) return session_->subscriptions.nothing_more(queue, entry);
      return deliver(queue, result.message, records().find(backend::Role::recipient, queue.view()).get());
    case Outcome::stale:
      records().put(result.record);
      return session_->subscriptions.wait(queue, entry);
    case Outcome::refused:
      // Of a service: it says itself that it lost the queue, or all of them.
      if (entry.use == Subscriptions::Use::served) return session_->subscriptions.nothing_more(queue, entry);
      return ended(backend::Role::recipient, queue.bytes, false);
    case Outcome::gone:
      return ended(backend::Role::recipient, queue.bytes, true);
    case Outcome::blocked:
      // Whoever unblocks the queue announces the message.
      return session_->subscriptions.nothing_more(queue, entry);
    case Outcome::quota:
    case Outcome::conflict:
    case Outcome::unavailable:
      // The backend cannot say now. The message is safe there: asked for again, but not at once.
      session_->subscriptions.wait(queue, entry);
      if (!std::exchange(fetch_later_, true)) worker_.call_later(id_);
      return;
  }
}

void Connection::called_later() {
  if (closed() || !session_ || said_all()) return;
  if (std::exchange(fetch_later_, false)) fetch_waiting();
}

void Connection::deliver(const RecipientId& queue, const backend::MessagePtr& message,
                         const backend::QueueRecord* record) {
  auto* entry = session_->subscriptions.find(queue);
  if (message->kind == backend::MessageKind::quota && record == nullptr) {
    return session_->subscriptions.wait(queue, *entry);  // the record was forgotten meanwhile: asked for again
  }
  entry->delivery = Subscriptions::Delivery::delivered;
  entry->delivered_id = message->id;
  context().counters.messages_delivered.add();
  Bytes scratch;
  const auto body = message->kind == backend::MessageKind::message ? ByteView(message->body)
                                                                   : message_body(*message, *record, scratch);
  send_event(smp::Msg{message->id.view(), body}, queue.view());
}

void Connection::handle_event(backend::Event event) {
  if (closed() || !session_ || said_all()) return;
  auto& subscriptions = session_->subscriptions;
  if (auto* ready = std::get_if<backend::MessageReady>(&event)) {
    const auto* serving = session_->serving.get();
    // Of a subscription to the service whose answer comes from another replica: it is sent behind that answer.
    const bool early = serving != nullptr && !serving->subscribed && serving->expected_end.expecting();
    if (early || (serving != nullptr && serving->subscribed)) {
      subscriptions.add(ready->queue, Subscriptions::Use::served);
    }
    if (!subscriptions.announced(ready->queue)) return;
    if (early) return subscriptions.wait(ready->queue, *subscriptions.find(ready->queue));
    if (!ready->message || output_bytes() > context().settings.output_limit || subscriptions.any_waiting() ||
        ready->message->kind == backend::MessageKind::quota) {
      subscriptions.wait(ready->queue, *subscriptions.find(ready->queue));
      return fetch_waiting();
    }
    deliver(ready->queue, ready->message, nullptr);
  } else if (const auto* blocked = std::get_if<backend::Blocked>(&event)) {
    const auto* entry = subscriptions.find(blocked->queue);
    const bool subscribed = entry != nullptr ? entry->use != Subscriptions::Use::fetched
                                             : session_->serving && session_->serving->subscribed;
    if (!subscribed) return;
    send_event(smp::Err{blocked_error(blocked->blocking)}, blocked->queue.view());
  } else if (const auto* end = std::get_if<backend::Ended>(&event)) {
    ended(end->role, end->id, false);
  } else if (const auto* gone = std::get_if<backend::Deleted>(&event)) {
    ended(gone->role, gone->id, true);
  } else if (const auto* notified = std::get_if<backend::Notified>(&event)) {
    take_notifications(*notified);
  } else if (std::holds_alternative<backend::ServiceEnded>(event)) {
    if (session_->serving && !session_->serving->expected_end.heard()) service_ended();
  }
}

void Connection::take_notifications(const backend::Notified& notified) {
  if (!notifications_) {
    notifications_ =
        std::make_unique<NotificationOutbox>(session_->service ? kServiceNotificationBytes : kNotificationBytes);
  }
  for (const auto& notification : notified.notifications) {
    const bool kept = notifications_->add(encode_response(smp::Nmsg{notification.nonce, notification.encrypted_meta},
                                                          {}, notified.notifier_id.view(), *session_));
    if (!kept) context().counters.notifications_dropped.add();
  }
  // Others may follow, and share a block with these.
  if (!notifications_timer_) {
    notifications_timer_ = std::make_unique<boost::asio::steady_timer>(worker_.io(), kNotificationPause);
    notifications_timer_->async_wait(
        [self = std::static_pointer_cast<Connection>(shared_from_this())](boost::system::error_code error) {
          if (error || self->closed()) return;
          self->notifications_timer_.reset();
          self->send_notifications(true);
        });
  }
  send_notifications(false);
}

void Connection::send_notifications(bool partial) {
  // Nobody collects for it any more: what is left goes as it is.
  partial = partial || !notifications_timer_;
  while (!closed() && output_bytes() <= context().settings.output_limit) {
    const auto block = notifications_->take_block(partial);
    if (block.empty()) return;
    send(block);
  }
}

void Connection::ended(backend::Role role, const std::array<std::uint8_t, kIdSize>& id, bool deleted) {
  auto* serving = session_->serving && session_->serving->subscribed ? session_->serving.get() : nullptr;
  if (role == backend::Role::notifier) session_->notifiers.erase(*NotifierId::from(id));
  if (role == backend::Role::recipient) {
    const auto queue = RecipientId::from(id);
    // Of the former subscription, or of the one that is being asked for: the look after the answer tells.
    if (session_->subscriptions.heard(*queue)) return;
    const bool subscribed = session_->subscriptions.remove(*queue);
    if (!subscribed && serving == nullptr) return;
    if (subscribed) context().counters.subscriptions.sub();
    if (deleted) records().erase(*queue);
  }
  // It is the service's no longer.
  if (serving != nullptr) serving->ids.remove(id);
  collect_end(deleted ? smp::Response(smp::Deld{}) : smp::Response(smp::End{}), id);
}

void Connection::collect_end(const smp::Response& response, ByteView entity_id) {
  ends_.push_back(encode_response(response, {}, entity_id, *session_));
  if (context().settings.end_interval.count() == 0) return flush_ends();
  worker_.ends_waiting(id_);
}

void Connection::flush_ends() {
  if (closed() || ends_.empty()) return;
  send_responses(std::exchange(ends_, {}));
}

// --- the end

std::optional<CloseReason> Connection::overdue(std::chrono::steady_clock::time_point now) const {
  const auto& settings = worker_.context().settings;
  if (!session_) {
    const bool tls = session_key_ != nullptr;
    const auto limit = tls ? settings.smp_handshake_timeout : settings.tls_handshake_timeout;
    if (now - since_ <= limit) return std::nullopt;
    return tls ? CloseReason::smp_handshake_timeout : CloseReason::tls_handshake_timeout;
  }
  if (const auto stalled = write_stalled_since(); stalled && now - *stalled > settings.stall_timeout) {
    return CloseReason::slow_reader;
  }
  if (const auto partial = partial_block_since(); partial && now - *partial > settings.stall_timeout) {
    return CloseReason::slow_block;
  }
  return std::nullopt;
}

bool Connection::idle(std::chrono::steady_clock::time_point now) const {
  return session_ && !at_work() && relaying_ == 0 && !session_->subscribes() &&
         now - since_ > worker_.context().settings.idle_timeout;
}

void Connection::drain() {
  if (closed()) return;
  if (!session_) return close_because(CloseReason::shutdown);
  draining_ = true;
  if (said_all()) return close_when_flushed();
  pause_reads();  // for good: nothing more is begun
}

void Connection::close_because(CloseReason reason) {
  const auto keep = shared_from_this();
  leave(reason);  // first, so that whoever sees the connection end finds it counted
  close();
}

void Connection::close_when_flushed() {
  const auto keep = shared_from_this();
  close_after_flush();
}

void Connection::on_flushed() {
  leave(CloseReason::shutdown);
}

void Connection::on_end(StreamEnd end) {
  leave(reason_of(end));
}

void Connection::leave(CloseReason reason) {
  if (left_) return;
  left_ = true;
  auto& counters = context().counters;
  counters.closed[static_cast<std::size_t>(reason)].add();
  if (session_) {
    counters.subscriptions.sub(session_->subscriptions.subscribed());
    if (session_->serving && session_->serving->subscribed) counters.service_subscriptions.sub();
    worker_.end_session(session_->ref);
  } else {
    worker_.handshake_done();
    // The backend has heard of it.
    if (registering_) worker_.end_session(backend::SessionRef{context().settings.gateway_id, id_});
  }
  if (place_ != Place::none) worker_.leave_block_place(*this, place_ == Place::waiting);
  for (; blocks_beside_ > 0; --blocks_beside_) worker_.give_block_place();
  // They hold this connection.
  parsed_task_.reset();
  waiting_task_.reset();
  waiting_to_relay_.clear();
  pause_.reset();
  notifications_timer_.reset();
  worker_.remove(id_);
}

}  // namespace sotto::gateway
