// ClientConnection: the client's end of one SMP connection: handshake, requests and their responses, events. Made by
// Connector. It batches what is submitted together, keeps any number of requests in flight and matches responses by
// correlation id; it has no timers: who waits for an answer keeps the time.
//
// Threads: everything on the thread that runs the socket's executor. Held by shared_ptr; lives until close() or the end
// of the connection.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <unordered_map>

#include <boost/asio/any_io_executor.hpp>

#include "libs/base/ids.hpp"
#include "libs/smp-client/client_handshake.hpp"
#include "libs/smp-client/connect_options.hpp"
#include "libs/smp-client/failure.hpp"
#include "libs/smp-client/received.hpp"
#include "libs/smp-client/request.hpp"
#include "libs/transport/block_stream.hpp"

namespace sotto::client {

// Who is told of what nobody asked for. Not owned by the connection, and must outlive it or be unset.
class ConnectionListener {
 public:
  virtual ~ConnectionListener() = default;
  // A transmission with empty correlation id: MSG, NMSG, END …, or ERR BLOCK.
  virtual void on_event(Received event) = 0;
  // The connection ended by itself. Requests in flight have been told first.
  virtual void on_closed(const Failure& failure) = 0;
};

class ClientConnection final : public transport::BlockStream {
 public:
  // `index` is the request's place in the span that was submitted. An error: the connection ended before the answer
  // (connection_failed), the answer does not parse (protocol), or the request cannot be sent (invalid_argument).
  using ReplyHandler = std::function<void(std::size_t index, Result<Received> reply)>;
  // Nothing: the handshake is done. Called once.
  using ReadyHandler = std::function<void(std::optional<Failure>)>;

  ClientConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<const transport::TlsContext> tls,
                   std::shared_ptr<const ConnectOptions> options);
  // TLS and the SMP handshake on a socket that is connected. `executor` is the socket's.
  void begin(const boost::asio::any_io_executor& executor, ReadyHandler ready);
  // While the handshake runs: the layer it is at.
  [[nodiscard]] Layer layer() const;

  // May be null. Without a listener events are dropped.
  void set_listener(ConnectionListener* listener) { listener_ = listener; }

  // Sends requests in order, packed into as few blocks as hold them. `on_reply` is called once for each, never from
  // within submit(); a response waits for no other. Precondition: ready.
  void submit(std::span<const Request> requests, ReplyHandler on_reply);
  void submit(const Request& request, std::function<void(Result<Received>)> on_reply);

  // Ends the connection: no handler and no listener is called after it; requests in flight are forgotten.
  void close();

  // Known when ready:
  [[nodiscard]] smp::Version version() const { return agreed_.version; }
  [[nodiscard]] smp::VersionRange server_versions() const { return agreed_.server_versions; }
  [[nodiscard]] ByteView session() const { return agreed_.session_id; }
  // X25519; nothing before v7.
  [[nodiscard]] const std::optional<crypto::PublicKey>& server_session_key() const {
    return agreed_.server_session_key;
  }
  // Ours, as sent in the hello.
  [[nodiscard]] const std::optional<crypto::PrivateKey>& session_key() const { return agreed_.session_key; }
  [[nodiscard]] bool encrypts_blocks() const { return agreed_.encrypts_blocks; }
  // In a service session.
  [[nodiscard]] const std::optional<ServiceId>& service_id() const { return service_id_; }
  // As it came; empty unless ConnectOptions::keep_hello.
  [[nodiscard]] const smp::ServerHello& server_hello() const { return hello_; }
  [[nodiscard]] std::size_t requests_in_flight() const { return in_flight_.size(); }

 protected:
  void on_handshake() override;
  void on_content(transport::BlockBuffer buffer, ByteView content) override;
  void on_bad_block() override;
  void on_drained() override {}
  void on_end(transport::StreamEnd end) override;

 private:
  enum class Phase : std::uint8_t { tls, hello, service_reply, ready };
  struct InFlight {
    std::shared_ptr<const ReplyHandler> on_reply;
    std::size_t index = 0;
  };
  struct NonceHash {
    std::size_t operator()(const crypto::Nonce& nonce) const;
  };

  void take_hello(ByteView content);
  void take_service_reply(ByteView content);
  void take_transmissions(transport::BlockBuffer buffer, ByteView content);
  void become_ready();
  // Closes, and tells whoever waits.
  void fail(Failure failure);
  void passed(Layer layer, std::string detail);
  // The whole transmission.
  Result<Bytes> encode_request(const Request& request, ByteView corr_id) const;
  Result<Bytes> authorization_of(const Request& request, ByteView corr_id, ByteView signed_content) const;

  boost::asio::any_io_executor executor_;
  std::shared_ptr<const ConnectOptions> options_;
  ConnectionListener* listener_ = nullptr;
  ReadyHandler ready_;
  Phase phase_ = Phase::tls;
  Agreed agreed_;
  smp::ServerHello hello_;
  std::optional<ServiceId> service_id_;
  std::unordered_multimap<crypto::Nonce, InFlight, NonceHash> in_flight_;
  SteadyTime step_started_;
};

}  // namespace sotto::client
