// SyncClient: a blocking SMP client for command-line tools and tests: one connection whose I/O runs in the calling
// thread, during calls only. Every call takes its longest time (10 s by default) and fails with `timeout` after it.
//
//   SyncClient client;
//   ASSERT_TRUE(client.connect(options));
//   auto queue = client.create_queue({.password = SecretString("secret")});
//   ASSERT_TRUE(client.send(*queue, "hello"));
//   auto message = client.next_message(*queue);
//   ASSERT_TRUE(client.ack(*queue, *message));
//
// An ERR of the server is an Error whose message is the text on the wire ("AUTH", "CMD SYNTAX"). One thread at a time;
// interrupt() from any.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "libs/smp-client/client_connection.hpp"
#include "libs/smp-client/connect_options.hpp"
#include "libs/smp-client/queue_handle.hpp"
#include "libs/smp-client/received.hpp"
#include "libs/smp-client/request.hpp"

namespace sotto::client {

class SyncClient final : private ConnectionListener {
 public:
  using Timeout = std::chrono::milliseconds;
  static constexpr Timeout kTimeout{10'000};

  SyncClient();
  ~SyncClient() override;
  SyncClient(const SyncClient&) = delete;
  SyncClient& operator=(const SyncClient&) = delete;

  // Within options.timeout. When it fails, failure() says at which layer. A client may connect again after close().
  Status connect(ConnectOptions options);
  // Why connect() failed, or why the connection ended by itself later.
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }
  [[nodiscard]] bool connected() const { return connection_ != nullptr && !connection_->closed(); }
  // Precondition: connect() succeeded.
  [[nodiscard]] ClientConnection& connection() { return *connection_; }
  [[nodiscard]] smp::Version version() const { return connection_->version(); }

  // Requests in order, packed into blocks, and their answers in the same order. An Error as a whole when not all
  // answers came in time; single answers may be errors of their own (ClientConnection::ReplyHandler).
  Result<std::vector<Result<Received>>> request(std::span<const Request> requests, Timeout timeout = kTimeout);
  Result<Received> request(const Request& request, Timeout timeout = kTimeout);
  // One command; `key` may be null. The server's ERR is an answer here: see Received::error().
  Result<Received> command(const crypto::PrivateKey* key, ByteView entity_id, smp::Command command,
                           Timeout timeout = kTimeout);
  // The oldest event (empty corrId) that nobody took.
  Result<Received> wait_event(Timeout timeout = kTimeout);
  // Events that came and nobody took; takes in what the socket has, without waiting.
  std::size_t pending_events();
  // Waits until the server has closed the connection; timeout when it does not.
  Status expect_closed(Timeout timeout = kTimeout);
  void close();
  // Ends the call under way as if its time were over, and so all later ones.
  void interrupt();

  // Tests: the content of one block, as it is (padded and, in an encrypted session, encrypted).
  void send_block_content(Bytes content);

  // Queues. Where an answer may be MSG instead of OK, or before it, next_message() gives it.
  Result<QueueHandle> create_queue(const NewQueue& queue = {}, Timeout timeout = kTimeout);
  Status subscribe(const QueueHandle& queue, Timeout timeout = kTimeout);
  Status send(const QueueHandle& queue, std::string_view body, std::string_view flags = "F",
              Timeout timeout = kTimeout);
  // The next MSG of this queue; other events are kept.
  Result<Message> next_message(const QueueHandle& queue, Timeout timeout = kTimeout);
  Status ack(const QueueHandle& queue, const MessageId& id, Timeout timeout = kTimeout);
  Status ack(const QueueHandle& queue, const Message& message, Timeout timeout = kTimeout);
  // Nothing when the queue is empty.
  Result<std::optional<Message>> get(const QueueHandle& queue, Timeout timeout = kTimeout);
  // SKEY and KEY with queue.sender_key; sends are authorized from then on.
  Status secure_as_sender(QueueHandle& queue, Timeout timeout = kTimeout);
  Status secure_as_recipient(QueueHandle& queue, Timeout timeout = kTimeout);
  Status suspend(const QueueHandle& queue, Timeout timeout = kTimeout);
  Status remove(const QueueHandle& queue, Timeout timeout = kTimeout);
  // NKEY; sets queue.notifier.
  Status add_notifier(QueueHandle& queue, Timeout timeout = kTimeout);
  // NSUB. Precondition for both: queue.notifier.
  Status subscribe_notifications(const QueueHandle& queue, Timeout timeout = kTimeout);
  // The next NMSG of this queue's notifier; other events are kept.
  Result<smp::NotificationMeta> next_notification(const QueueHandle& queue, Timeout timeout = kTimeout);
  // PING and its PONG.
  Status ping(Timeout timeout = kTimeout);

 private:
  void on_event(Received event) override;
  void on_closed(const Failure& failure) override;

  // Runs I/O until `done()`; false when the time is over, or it was interrupted.
  template <class Done>
  bool run_until(Done done, Timeout timeout);
  // Takes the first event that `wanted` accepts, waiting for it.
  template <class Wanted>
  Result<Received> take_event(Wanted wanted, Timeout timeout);
  // The answer must be OK.
  Status expect_ok(const Request& request, Timeout timeout);
  Error not_connected() const;

  boost::asio::io_context io_;
  std::shared_ptr<ClientConnection> connection_;
  std::optional<Failure> failure_;
  std::deque<Received> events_;
  std::atomic<bool> interrupted_{false};
};

}  // namespace sotto::client
