#include "libs/smp-client/sync_client.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "libs/crypto/random.hpp"
#include "libs/smp-client/broken_pipe.hpp"
#include "libs/smp-client/connector.hpp"

namespace sotto::client {
namespace {

const Error kNoAnswer{ErrorCode::timeout, "no answer in time"};

// How long past its own deadline the connector may take to say so.
constexpr std::chrono::seconds kConnectGrace{5};

}  // namespace

SyncClient::SyncClient() {
  crypto::initialise();
  ignore_broken_pipes();
}

SyncClient::~SyncClient() {
  close();
}

template <class Done>
bool SyncClient::run_until(Done done, Timeout timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!done()) {
    if (interrupted_) return false;
    io_.restart();
    // No work left counts as over too: nothing could make `done` true any more.
    if (io_.run_one_until(deadline) == 0) return done();
  }
  return true;
}

template <class Wanted>
Result<Received> SyncClient::take_event(Wanted wanted, Timeout timeout) {
  auto found = events_.end();
  const auto look = [&] {
    found = std::find_if(events_.begin(), events_.end(), wanted);
    return found != events_.end();
  };
  run_until([&] { return look() || !connected(); }, timeout);
  if (!look()) return connected() ? kNoAnswer : not_connected();
  auto event = std::move(*found);
  events_.erase(found);
  return event;
}

Error SyncClient::not_connected() const {
  return failure_ ? failure_->error : Error{ErrorCode::connection_failed, "not connected"};
}

Status SyncClient::connect(ConnectOptions options) {
  close();
  failure_.reset();
  events_.clear();
  const auto timeout = options.timeout;
  bool done = false;
  const auto connector = Connector::start(
      io_.get_executor(), std::make_shared<const ConnectOptions>(std::move(options)), [&](ConnectOutcome outcome) {
        done = true;
        if (auto* failure = std::get_if<Failure>(&outcome)) {
          failure_ = std::move(*failure);
          return;
        }
        connection_ = std::get<std::shared_ptr<ClientConnection>>(std::move(outcome));
        connection_->set_listener(this);
      });
  run_until([&] { return done; }, timeout + kConnectGrace);
  if (!done) {
    connector->cancel();
    return kNoAnswer;
  }
  // A server that refuses our hello closes at once: that is for the next call to see, however fast it was.
  if (!connection_) return failure_->error;
  return ok_status();
}

void SyncClient::close() {
  if (connection_) connection_->close();
  connection_.reset();
  io_.restart();
  io_.poll();  // cancelled waits let go of the connection
}

void SyncClient::interrupt() {
  interrupted_ = true;
  boost::asio::post(io_, [] {});  // wakes who waits
}

void SyncClient::on_event(Received event) {
  events_.push_back(std::move(event));
}

void SyncClient::on_closed(const Failure& failure) {
  failure_ = failure;
}

Result<std::vector<Result<Received>>> SyncClient::request(std::span<const Request> requests, Timeout timeout) {
  if (!connected()) return not_connected();
  // Shared with the handlers: an answer may still come after the time is over.
  struct Answers {
    std::vector<std::optional<Result<Received>>> slots;
    std::size_t missing = 0;
  };
  const auto answers = std::make_shared<Answers>();
  answers->slots.resize(requests.size());
  answers->missing = requests.size();
  connection_->submit(requests, [answers](std::size_t index, Result<Received> reply) {
    answers->slots[index] = std::move(reply);
    --answers->missing;
  });
  if (!run_until([&] { return answers->missing == 0; }, timeout)) return kNoAnswer;
  std::vector<Result<Received>> replies;
  replies.reserve(requests.size());
  for (auto& slot : answers->slots) replies.push_back(*std::move(slot));
  return replies;
}

Result<Received> SyncClient::request(const Request& request, Timeout timeout) {
  auto replies = this->request(std::span(&request, 1), timeout);
  if (!replies) return replies.error();
  return std::move(replies->front());
}

Result<Received> SyncClient::command(const crypto::PrivateKey* key, ByteView entity_id, smp::Command command,
                                     Timeout timeout) {
  return request(Request{.key = key, .entity_id = entity_id, .command = std::move(command)}, timeout);
}

Result<Received> SyncClient::wait_event(Timeout timeout) {
  return take_event([](const Received& /*unused*/) { return true; }, timeout);
}

std::size_t SyncClient::pending_events() {
  io_.restart();
  io_.poll();
  return events_.size();
}

Status SyncClient::expect_closed(Timeout timeout) {
  if (!connection_) return Error{ErrorCode::internal, "never connected"};
  if (!run_until([&] { return connection_->closed(); }, timeout)) {
    return Error{ErrorCode::timeout, "the server keeps the connection open"};
  }
  return ok_status();
}

void SyncClient::send_block_content(Bytes content) {
  connection_->send(std::move(content));
}

Status SyncClient::expect_ok(const Request& request, Timeout timeout) {
  const auto reply = this->request(request, timeout);
  if (!reply) return reply.error();
  if (!reply->is<smp::Ok>()) return unexpected(*reply);
  return ok_status();
}

Result<QueueHandle> SyncClient::create_queue(const NewQueue& queue, Timeout timeout) {
  QueueDraft draft(queue);
  const auto reply = request(draft.request(), timeout);
  if (!reply) return reply.error();
  return draft.finish(*reply);
}

Status SyncClient::subscribe(const QueueHandle& queue, Timeout timeout) {
  auto reply = request(queue.sub(), timeout);
  if (!reply) return reply.error();
  if (reply->is<smp::Msg>()) {
    events_.push_back(*std::move(reply));
    return ok_status();
  }
  if (!reply->is<smp::Sok>() && !reply->is<smp::Ok>()) return unexpected(*reply);
  return ok_status();
}

Status SyncClient::send(const QueueHandle& queue, std::string_view body, std::string_view flags, Timeout timeout) {
  return expect_ok(queue.send(as_bytes(body), flags), timeout);
}

Result<Message> SyncClient::next_message(const QueueHandle& queue, Timeout timeout) {
  const auto event = take_event(
      [&](const Received& received) {
        return received.is<smp::Msg>() && equal(received.entity_id, queue.recipient_id.view());
      },
      timeout);
  if (!event) return event.error();
  return queue.open(*event->get<smp::Msg>());
}

Status SyncClient::ack(const QueueHandle& queue, const MessageId& id, Timeout timeout) {
  auto reply = request(queue.ack(id), timeout);
  if (!reply) return reply.error();
  if (reply->is<smp::Msg>()) {
    events_.push_back(*std::move(reply));
    return ok_status();
  }
  if (!reply->is<smp::Ok>()) return unexpected(*reply);
  return ok_status();
}

Status SyncClient::ack(const QueueHandle& queue, const Message& message, Timeout timeout) {
  return ack(queue, message.id, timeout);
}

Result<std::optional<Message>> SyncClient::get(const QueueHandle& queue, Timeout timeout) {
  const auto reply = request(queue.get(), timeout);
  if (!reply) return reply.error();
  if (reply->is<smp::Ok>()) return std::optional<Message>();
  const auto* msg = reply->get<smp::Msg>();
  if (msg == nullptr) return unexpected(*reply);
  auto message = queue.open(*msg);
  if (!message) return message.error();
  return std::optional<Message>(*std::move(message));
}

Status SyncClient::secure_as_sender(QueueHandle& queue, Timeout timeout) {
  auto status = expect_ok(queue.skey(), timeout);
  if (status) queue.secured = true;
  return status;
}

Status SyncClient::secure_as_recipient(QueueHandle& queue, Timeout timeout) {
  auto status = expect_ok(queue.key(), timeout);
  if (status) queue.secured = true;
  return status;
}

Status SyncClient::suspend(const QueueHandle& queue, Timeout timeout) {
  return expect_ok(queue.off(), timeout);
}

Status SyncClient::remove(const QueueHandle& queue, Timeout timeout) {
  return expect_ok(queue.del(), timeout);
}

Status SyncClient::add_notifier(QueueHandle& queue, Timeout timeout) {
  const NotifierDraft draft(queue.recipient_key.kind());
  const auto reply = request(draft.request(queue), timeout);
  if (!reply) return reply.error();
  auto notifier = draft.finish(*reply);
  if (!notifier) return notifier.error();
  queue.notifier = *std::move(notifier);
  return ok_status();
}

Status SyncClient::subscribe_notifications(const QueueHandle& queue, Timeout timeout) {
  const auto reply = request(queue.notifier->nsub(), timeout);
  if (!reply) return reply.error();
  if (!reply->is<smp::Sok>() && !reply->is<smp::Ok>()) return unexpected(*reply);
  return ok_status();
}

Result<smp::NotificationMeta> SyncClient::next_notification(const QueueHandle& queue, Timeout timeout) {
  const auto event = take_event(
      [&](const Received& received) {
        return received.is<smp::Nmsg>() && equal(received.entity_id, queue.notifier->id.view());
      },
      timeout);
  if (!event) return event.error();
  return queue.notifier->open(*event->get<smp::Nmsg>());
}

Status SyncClient::ping(Timeout timeout) {
  const auto reply = command(nullptr, {}, smp::Ping{}, timeout);
  if (!reply) return reply.error();
  if (!reply->is<smp::Pong>()) return unexpected(*reply);
  return ok_status();
}

}  // namespace sotto::client
