#include "tests/support/fake-server/fake_smp_server.hpp"

#include <csignal>
#include <deque>
#include <list>
#include <optional>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include "libs/base/ids.hpp"
#include "libs/crypto/random.hpp"
#include "libs/smp/command.hpp"
#include "libs/smp/handshake.hpp"
#include "libs/smp/message_body.hpp"
#include "libs/smp/response.hpp"
#include "libs/smp/transmission.hpp"
#include "libs/transport/block_stream.hpp"

namespace sotto::tests {

using boost::asio::ip::tcp;

namespace {

constexpr std::int64_t kMessageTime = 1'700'000'000;

struct StoredMessage {
  MessageId id;
  Bytes encrypted;
};

// A shared secret and the server's public key that goes with it.
struct SharedSecret {
  crypto::PublicKey server_key;
  crypto::BoxKey secret;
};

SharedSecret share_secret(const crypto::PublicKey& client_key) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyKind::x25519);
  return {key.public_key(), crypto::BoxKey::from_raw(*crypto::dh(client_key, key))};
}

crypto::NewIdentity new_identity() {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  crypto::initialise();
  return *crypto::make_identity(crypto::KeyKind::ed25519, "localhost", std::chrono::system_clock::now());
}

}  // namespace

struct FakeSmpServer::State {
  class Connection;

  struct Queue {
    RecipientId recipient_id = crypto::random_id<RecipientId>();
    SenderId sender_id = crypto::random_id<SenderId>();
    NotifierId notifier_id = crypto::random_id<NotifierId>();
    crypto::BoxKey secret;
    crypto::BoxKey notifier_secret;
    std::deque<StoredMessage> messages;
    bool delivered = false;
    std::weak_ptr<Connection> subscriber;
    std::weak_ptr<Connection> notified;
  };

  explicit State(FakeSmpOptions o) : options(std::move(o)) {
    transport::Credentials credentials{{identity.leaf_certificate}, identity.leaf_key};
    if (!options.only_leaf) credentials.chain.push_back(identity.ca_certificate);
    tls = *transport::TlsContext::server(credentials);
    accept();
    thread = std::thread([this] { io.run(); });
  }
  ~State() {
    boost::asio::post(io, [this] { stop(); });
    thread.join();
  }

  void accept();
  void stop();
  Queue* find(ByteView id);

  FakeSmpOptions options;
  crypto::NewIdentity identity = new_identity();
  crypto::Fingerprint fingerprint = crypto::fingerprint(identity.ca_certificate);
  std::shared_ptr<const transport::TlsContext> tls;
  boost::asio::io_context io{1};
  tcp::acceptor acceptor{io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  std::uint16_t port = acceptor.local_endpoint().port();
  std::list<Queue> queues;
  std::vector<std::shared_ptr<Connection>> connections;
  std::thread thread;
};

class FakeSmpServer::State::Connection final : public transport::BlockStream {
 public:
  Connection(tcp::socket socket, State& state) : BlockStream(std::move(socket), state.tls), state_(state) {}

 protected:
  void on_handshake() override;
  void on_content(transport::BlockBuffer buffer, ByteView content) override;
  void on_bad_block() override { close(); }
  void on_drained() override {}
  void on_end(transport::StreamEnd /*unused*/) override {}

 private:
  void take_hello(ByteView content);
  void answer(const smp::Transmission& transmission);
  void reply(ByteView corr_id, ByteView entity_id, const smp::Response& response);
  void deliver(Queue& queue);
  std::shared_ptr<Connection> self() { return std::static_pointer_cast<Connection>(shared_from_this()); }

  void create(const smp::Transmission& transmission, const smp::New& command);
  void store(Queue& queue, const smp::Send& command);
  // Nothing when the command has been answered already.
  std::optional<smp::Response> run(const smp::Transmission& transmission, const smp::Command& command);

  State& state_;
  crypto::PrivateKey session_key_ = crypto::PrivateKey::generate(crypto::KeyKind::x25519);
  smp::Version version_ = 0;
};

void FakeSmpServer::State::accept() {
  acceptor.async_accept([this](boost::system::error_code error, tcp::socket socket) {
    if (error) return;
    connections.push_back(std::make_shared<Connection>(std::move(socket), *this));
    connections.back()->start();
    accept();
  });
}

void FakeSmpServer::State::stop() {
  boost::system::error_code ignored;
  acceptor.close(ignored);
  for (const auto& connection : connections) connection->close();
}

FakeSmpServer::State::Queue* FakeSmpServer::State::find(ByteView id) {
  for (auto& queue : queues) {
    if (equal(queue.recipient_id.view(), id) || equal(queue.sender_id.view(), id) ||
        equal(queue.notifier_id.view(), id)) {
      return &queue;
    }
  }
  return nullptr;
}

void FakeSmpServer::State::Connection::on_handshake() {
  if (!state_.options.hello.empty()) return send(state_.options.hello);
  if (!state_.options.send_hello) return;
  smp::ServerHello hello;
  hello.versions = state_.options.versions;
  hello.session_id = session_id();
  if (state_.options.wrong_session) hello.session_id.front() ^= 1;
  if (hello.versions.max >= smp::kVersionAuthenticators) {
    hello.certificate_chain = {state_.identity.leaf_certificate, state_.identity.ca_certificate};
    hello.signed_key = crypto::make_signed_key(session_key_.public_key(), state_.identity.leaf_key);
  }
  send(smp::encode(hello));
}

void FakeSmpServer::State::Connection::on_content(transport::BlockBuffer /*unused*/, ByteView content) {
  if (version_ == 0) return take_hello(content);
  const auto block = smp::parse_block(content, version_);
  if (!block) return close();
  for (const auto& transmission : block->transmissions) {
    if (!transmission) return reply({}, {}, smp::Err{smp::SimpleError::block});
    answer(*transmission);
    if (closed()) return;
  }
}

void FakeSmpServer::State::Connection::take_hello(ByteView content) {
  const auto hello = smp::parse_client_hello(content);
  if (!hello || !equal(hello->fingerprint, state_.fingerprint) || !state_.options.versions.contains(hello->version)) {
    return close();
  }
  version_ = hello->version;
  if (version_ >= smp::kVersionBlockEncryption && hello->session_key && !hello->proxy_server) {
    auto chains = smp::make_block_chains(*crypto::dh(*hello->session_key, session_key_), session_id());
    enable_encryption(std::move(chains.server_to_client), std::move(chains.client_to_server));
  }
}

void FakeSmpServer::State::Connection::reply(ByteView corr_id, ByteView entity_id, const smp::Response& response) {
  Bytes text;
  smp::encode(response, version_, text);
  Bytes transmission;
  smp::encode_transmission({.authorization = {},
                            .service_signature = {},
                            .session_id = session_id(),
                            .corr_id = corr_id,
                            .entity_id = entity_id,
                            .command = text,
                            .authorized = {}},
                           version_, transmission);
  smp::BlockPacker packer;
  packer.add(transmission);
  send(packer.take());
}

void FakeSmpServer::State::Connection::deliver(Queue& queue) {
  const auto subscriber = queue.subscriber.lock();
  if (!subscriber || queue.delivered || queue.messages.empty()) return;
  queue.delivered = true;
  const auto& message = queue.messages.front();
  subscriber->reply({}, queue.recipient_id.view(), smp::Msg{message.id.view(), message.encrypted});
}

void FakeSmpServer::State::Connection::create(const smp::Transmission& transmission, const smp::New& command) {
  const auto& wanted = state_.options;
  const bool admitted =
      wanted.password.empty() || (command.password && equal(*command.password, as_bytes(wanted.password)));
  if (!wanted.new_queues || !admitted) return reply(transmission.corr_id, {}, smp::Err{smp::SimpleError::auth});
  auto shared = share_secret(command.recipient_dh_key);
  auto& queue = state_.queues.emplace_back();
  queue.secret = shared.secret;
  if (command.subscribe) queue.subscriber = self();
  smp::Ids ids{.recipient_id = queue.recipient_id.view(),
               .sender_id = queue.sender_id.view(),
               .server_dh_key = shared.server_key,
               .mode = smp::QueueMode::messaging,
               .link_id = std::nullopt,
               .service_id = std::nullopt,
               .notifier = std::nullopt};
  if (command.notifier) {
    auto notifier = share_secret(command.notifier->dh_key);
    queue.notifier_secret = notifier.secret;
    ids.notifier = smp::Ids::Notifier{queue.notifier_id.view(), notifier.server_key};
  }
  reply(transmission.corr_id, {}, ids);
}

void FakeSmpServer::State::Connection::store(Queue& queue, const smp::Send& command) {
  StoredMessage message{crypto::random_id<MessageId>(), {}};
  smp::encrypt_message(queue.secret, message.id, kMessageTime, command.flags, command.body, message.encrypted);
  if (const auto notified = queue.notified.lock(); notified && command.notify()) {
    const auto nonce = crypto::random_nonce();
    const auto meta = smp::encrypt_notification(queue.notifier_secret, nonce, message.id, kMessageTime);
    notified->reply({}, queue.notifier_id.view(), smp::Nmsg{nonce, meta});
  }
  queue.messages.push_back(std::move(message));
}

std::optional<smp::Response> FakeSmpServer::State::Connection::run(const smp::Transmission& transmission,
                                                                   const smp::Command& command) {
  if (std::holds_alternative<smp::Ping>(command)) return smp::Pong{};
  if (const auto* create_command = std::get_if<smp::New>(&command)) {
    create(transmission, *create_command);
    return std::nullopt;
  }
  auto* queue = state_.find(transmission.entity_id);
  if (queue == nullptr) return smp::Err{smp::SimpleError::auth};
  if (const auto* send_command = std::get_if<smp::Send>(&command)) {
    store(*queue, *send_command);
    reply(transmission.corr_id, transmission.entity_id, smp::Ok{});
    deliver(*queue);
    return std::nullopt;
  }
  if (std::holds_alternative<smp::Sub>(command)) {
    queue->subscriber = self();
    queue->delivered = false;
    reply(transmission.corr_id, transmission.entity_id, smp::Sok{});
    deliver(*queue);
    return std::nullopt;
  }
  if (std::holds_alternative<smp::Ack>(command)) {
    if (queue->messages.empty() || !queue->delivered) return smp::Err{smp::SimpleError::no_msg};
    queue->messages.pop_front();
    queue->delivered = !queue->messages.empty();
    if (!queue->delivered) return smp::Ok{};
    reply(transmission.corr_id, transmission.entity_id,
          smp::Msg{queue->messages.front().id.view(), queue->messages.front().encrypted});
    return std::nullopt;
  }
  if (const auto* nkey = std::get_if<smp::Nkey>(&command)) {
    auto shared = share_secret(nkey->dh_key);
    queue->notifier_secret = shared.secret;
    return smp::Nid{queue->notifier_id.view(), shared.server_key};
  }
  if (std::holds_alternative<smp::Nsub>(command)) {
    queue->notified = self();
    return smp::Sok{};
  }
  return smp::Ok{};
}

void FakeSmpServer::State::Connection::answer(const smp::Transmission& transmission) {
  auto parsed = smp::parse_command(transmission.command, version_);
  if (const auto* error = std::get_if<smp::CommandError>(&parsed)) {
    return reply(transmission.corr_id, transmission.entity_id, smp::Err{*error});
  }
  const auto& command = std::get<smp::Command>(parsed);
  const auto& wanted = state_.options;
  const auto word = smp::word(command);
  if (word == wanted.silent_word) return;
  if (word == wanted.hang_up_word) return close();
  if (word == wanted.fail_word) {
    return reply(transmission.corr_id, transmission.entity_id, smp::Err{wanted.fail_error});
  }
  if (const auto response = run(transmission, command)) {
    reply(transmission.corr_id, transmission.entity_id, *response);
  }
}

FakeSmpServer::FakeSmpServer(FakeSmpOptions options) : state_(std::make_unique<State>(std::move(options))) {}

FakeSmpServer::~FakeSmpServer() = default;

std::uint16_t FakeSmpServer::port() const {
  return state_->port;
}

const crypto::Fingerprint& FakeSmpServer::fingerprint() const {
  return state_->fingerprint;
}

}  // namespace sotto::tests
