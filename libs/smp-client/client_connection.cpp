#include "libs/smp-client/client_connection.hpp"

#include <cstring>

#include <boost/asio/post.hpp>

#include "libs/crypto/random.hpp"
#include "libs/smp/authorization.hpp"
#include "libs/smp/transmission.hpp"

namespace sotto::client {
namespace {

SystemTime now_of(const ConnectOptions& options) {
  return options.clock ? options.clock->system_now() : std::chrono::system_clock::now();
}

std::string_view alpn_text(transport::Alpn alpn) {
  switch (alpn) {
    case transport::Alpn::smp:
      return "smp/1";
    case transport::Alpn::http:
      return "http/1.1";
    case transport::Alpn::none:
      break;
  }
  return "none";
}

// What OpenSSL says when the bytes that came are no TLS records, or are our own hello sent back.
bool says_not_tls(std::string_view error) {
  for (const std::string_view text : {"wrong version number", "packet length too long", "unexpected message",
                                      "http request", "unknown protocol", "bad record type"}) {
    if (error.find(text) != std::string_view::npos) return true;
  }
  return false;
}

Failure tls_failure(std::string_view tls_error) {
  Failure failure{Layer::tls, Reason::tls_other, {ErrorCode::connection_failed, std::string(tls_error)}, {}};
  if (tls_error.empty() || tls_error.find("unexpected eof") != std::string_view::npos) {
    failure.reason = Reason::closed;
    failure.error.message = "the connection was closed before TLS was up";
  } else if (tls_error.find("alert") != std::string_view::npos) {
    failure.reason = Reason::tls_alert;
  } else if (says_not_tls(tls_error)) {
    failure.reason = Reason::not_tls;
  }
  return failure;
}

Failure broken(Layer layer, const char* message) {
  return {layer, Reason::broken, {ErrorCode::protocol, message}, std::nullopt};
}

bool is_subscribe_all(const smp::Command& command) {
  return std::holds_alternative<smp::Subs>(command) || std::holds_alternative<smp::Nsubs>(command);
}

// The commands that tie a queue to the service of the session.
bool joins_service(const smp::Command& command) {
  return std::holds_alternative<smp::New>(command) || std::holds_alternative<smp::Sub>(command) ||
         std::holds_alternative<smp::Nsub>(command);
}

}  // namespace

std::size_t ClientConnection::NonceHash::operator()(const crypto::Nonce& nonce) const {
  std::size_t hash = 0;
  std::memcpy(&hash, nonce.data(), sizeof hash);
  return hash;
}

ClientConnection::ClientConnection(boost::asio::ip::tcp::socket socket,
                                   std::shared_ptr<const transport::TlsContext> tls,
                                   std::shared_ptr<const ConnectOptions> options)
    : BlockStream(std::move(socket), std::move(tls)), options_(std::move(options)) {}

void ClientConnection::begin(const boost::asio::any_io_executor& executor, ReadyHandler ready) {
  executor_ = executor;
  ready_ = std::move(ready);
  step_started_ = std::chrono::steady_clock::now();
  const auto keep = shared_from_this();  // start() may come as far as ready_, which lets go of us on a failure
  start();
}

Layer ClientConnection::layer() const {
  switch (phase_) {
    case Phase::tls:
      return Layer::tls;
    case Phase::hello:
      return Layer::handshake;
    case Phase::service_reply:
      return Layer::service;
    case Phase::ready:
      break;
  }
  return Layer::session;
}

void ClientConnection::on_handshake() {
  if (options_->observer) {
    passed(Layer::tls,
           std::string(tls_version()) + ", " + std::string(cipher()) + ", ALPN " + std::string(alpn_text(alpn())));
  }
  const auto chain = peer_chain();
  if (auto failure = check_identity(chain, options_->fingerprint, now_of(*options_))) {
    if (failure->layer == Layer::fingerprint) passed(Layer::chain, std::to_string(chain.size()) + " certificates");
    return fail(*std::move(failure));
  }
  passed(Layer::chain, std::to_string(chain.size()) + " certificates");
  passed(Layer::fingerprint, "as in the address");
  phase_ = Phase::hello;
}

void ClientConnection::on_content(transport::BlockBuffer buffer, ByteView content) {
  switch (phase_) {
    case Phase::tls:
      break;
    case Phase::hello:
      return take_hello(content);
    case Phase::service_reply:
      return take_service_reply(content);
    case Phase::ready:
      return take_transmissions(std::move(buffer), content);
  }
}

void ClientConnection::take_hello(ByteView content) {
  auto hello = smp::parse_server_hello(content);
  if (!hello) {
    return fail({Layer::handshake,
                 Reason::not_smp,
                 {ErrorCode::protocol, "the first block is no SMP handshake: " + hello.error().message},
                 {}});
  }
  auto outcome = answer_hello(*hello, peer_chain(), session_id(), *options_);
  if (auto* failure = std::get_if<Failure>(&outcome)) return fail(std::move(*failure));
  auto& answer = std::get<HelloAnswer>(outcome);
  agreed_ = std::move(answer.agreed);
  if (options_->keep_hello) hello_ = *std::move(hello);
  // Nothing was sent before, so this block is made, unencrypted, before send() returns.
  send(smp::encode(answer.hello));
  if (closed()) return;
  if (answer.hello.service) {
    phase_ = Phase::service_reply;
    return;
  }
  become_ready();
}

void ClientConnection::take_service_reply(ByteView content) {
  const auto reply = smp::parse_service_reply(content);
  if (!reply) return fail(broken(Layer::service, "the answer to the service credentials does not parse"));
  if (const auto* refusal = std::get_if<smp::TransportError>(&*reply)) {
    Bytes text;
    smp::encode(*refusal, text);
    return fail({Layer::service,
                 Reason::service_refused,
                 {ErrorCode::unauthenticated, "the service credentials were refused: " + std::string(as_text(text))},
                 {}});
  }
  service_id_ = std::get<ServiceId>(*reply);
  become_ready();
}

void ClientConnection::become_ready() {
  if (agreed_.encrypts_blocks) {
    const auto secret = crypto::dh(*agreed_.server_session_key, *agreed_.session_key);
    if (!secret) {
      return fail({Layer::handshake,
                   Reason::bad_session_key,
                   {ErrorCode::protocol, "the server's session key gives no secret"},
                   {}});
    }
    auto chains = smp::make_block_chains(*secret, agreed_.session_id);
    enable_encryption(std::move(chains.client_to_server), std::move(chains.server_to_client));
  }
  phase_ = Phase::ready;
  if (options_->observer) {
    passed(Layer::handshake, "version " + std::to_string(agreed_.version) + " of " +
                                 std::to_string(agreed_.server_versions.min) + " to " +
                                 std::to_string(agreed_.server_versions.max) +
                                 (agreed_.encrypts_blocks ? ", blocks encrypted" : ", blocks not encrypted"));
  }
  if (auto ready = std::exchange(ready_, nullptr)) ready(std::nullopt);
}

void ClientConnection::take_transmissions(transport::BlockBuffer buffer, ByteView content) {
  const auto parsed = smp::parse_block(content, agreed_.version);
  if (!parsed) return fail(broken(Layer::session, "the server sent a block that does not parse"));
  const std::shared_ptr<const void> memory = std::move(buffer);
  for (const auto& transmission : parsed->transmissions) {
    if (!transmission) return fail(broken(Layer::session, "the server sent a transmission that does not parse"));
    auto response = smp::parse_response(transmission->command, agreed_.version);
    auto received = [&]() -> Result<Received> {
      if (!response) return Error{ErrorCode::protocol, "the response does not parse: " + response.error().message};
      return Received{memory, transmission->corr_id, transmission->entity_id, transmission->command,
                      *std::move(response)};
    };
    if (transmission->corr_id.empty()) {
      if (!response) return fail(broken(Layer::session, "the server sent an event that does not parse"));
      if (listener_ != nullptr) listener_->on_event(*received());
    } else {
      const auto found = in_flight_.find(crypto::nonce_from(transmission->corr_id));
      if (found == in_flight_.end()) continue;  // its request was forgotten by whoever sent it
      const auto waiting = std::move(found->second);
      in_flight_.erase(found);
      (*waiting.on_reply)(waiting.index, received());
    }
    if (closed()) return;
  }
}

void ClientConnection::on_bad_block() {
  if (phase_ == Phase::hello) {
    return fail({Layer::handshake, Reason::not_smp, {ErrorCode::protocol, "the first bytes are no SMP block"}, {}});
  }
  fail(broken(layer(), "the server sent a block that does not decrypt"));
}

void ClientConnection::on_end(transport::StreamEnd end) {
  if (end == transport::StreamEnd::tls_handshake) return fail(tls_failure(tls_error()));
  if (phase_ == Phase::tls) return fail(tls_failure({}));
  Failure failure{layer(), Reason::closed, {ErrorCode::connection_failed, "the server closed the connection"}, {}};
  if (end == transport::StreamEnd::tls_broken) {
    failure.reason = phase_ == Phase::ready ? Reason::broken : Reason::tls_alert;
    failure.error.message = "the TLS session broke";
  }
  fail(std::move(failure));
}

void ClientConnection::fail(Failure failure) {
  const auto keep = shared_from_this();
  BlockStream::close();
  const auto forgotten = std::exchange(in_flight_, {});
  for (const auto& [nonce, waiting] : forgotten) (*waiting.on_reply)(waiting.index, failure.error);
  if (auto ready = std::exchange(ready_, nullptr)) return ready(std::move(failure));
  if (auto* listener = std::exchange(listener_, nullptr)) listener->on_closed(failure);
}

void ClientConnection::close() {
  BlockStream::close();
  in_flight_.clear();
  ready_ = nullptr;
  listener_ = nullptr;
}

void ClientConnection::passed(Layer layer, std::string detail) {
  if (!options_->observer) return;
  const auto now = std::chrono::steady_clock::now();
  options_->observer(
      {layer, true, std::move(detail), std::chrono::duration_cast<std::chrono::milliseconds>(now - step_started_)});
  step_started_ = now;
}

Result<Bytes> ClientConnection::authorization_of(const Request& request, ByteView corr_id,
                                                 ByteView signed_content) const {
  if (request.authorization) return to_bytes(*request.authorization);
  if (agreed_.service_key && is_subscribe_all(request.command)) {
    return crypto::sign(*agreed_.service_key, signed_content);
  }
  if (request.key == nullptr) return Bytes{};
  if (agreed_.service_key && joins_service(request.command)) {
    Bytes with_service = to_bytes(agreed_.service_certificate_hash);
    append(with_service, signed_content);
    return smp::authorize(*request.key, agreed_.server_session_key, corr_id, with_service);
  }
  return smp::authorize(*request.key, agreed_.server_session_key, corr_id, signed_content);
}

Result<Bytes> ClientConnection::encode_request(const Request& request, ByteView corr_id) const {
  Bytes command;
  if (request.text) {
    append(command, *request.text);
  } else {
    smp::encode(request.command, agreed_.version, command);
  }
  const ByteView session_id = request.session_id.value_or(ByteView(agreed_.session_id));
  auto entity_id = request.entity_id;
  if (entity_id.empty() && service_id_ && is_subscribe_all(request.command)) entity_id = service_id_->view();

  Bytes signed_content;
  smp::append_signed_content(session_id, corr_id, entity_id, command, signed_content);
  const auto authorization = authorization_of(request, corr_id, signed_content);
  if (!authorization) return authorization.error();
  Bytes service_signature;
  if (agreed_.service_key && joins_service(request.command) && !authorization->empty()) {
    service_signature = crypto::sign(*agreed_.service_key, signed_content);
  }
  Bytes out;
  out.reserve(authorization->size() + service_signature.size() + signed_content.size() + 8);
  smp::encode_transmission({.authorization = *authorization,
                            .service_signature = service_signature,
                            .session_id = session_id,
                            .corr_id = corr_id,
                            .entity_id = entity_id,
                            .command = command,
                            .authorized = {}},
                           agreed_.version, out);
  return out;
}

void ClientConnection::submit(std::span<const Request> requests, ReplyHandler on_reply) {
  const auto handler = std::make_shared<const ReplyHandler>(std::move(on_reply));
  const auto refuse = [&](std::size_t index, Error error) {
    boost::asio::post(executor_, [handler, index, error = std::move(error)] { (*handler)(index, error); });
  };
  smp::BlockPacker packer;
  for (std::size_t index = 0; index < requests.size(); ++index) {
    if (closed()) {
      refuse(index, {ErrorCode::connection_failed, "the connection is closed"});
      continue;
    }
    crypto::Nonce random{};
    ByteView corr_id = random;
    if (requests[index].corr_id) {
      corr_id = *requests[index].corr_id;
    } else {
      crypto::random_bytes(random);
    }
    const auto transmission = encode_request(requests[index], corr_id);
    if (!transmission) {
      refuse(index, transmission.error());
      continue;
    }
    if (!packer.fits(transmission->size()) && !packer.empty()) send(packer.take());
    if (!packer.fits(transmission->size())) {
      refuse(index, {ErrorCode::invalid_argument, "the command is too large for a block"});
      continue;
    }
    packer.add(*transmission);
    in_flight_.emplace(crypto::nonce_from(corr_id), InFlight{handler, index});
  }
  if (!packer.empty()) send(packer.take());
}

void ClientConnection::submit(const Request& request, std::function<void(Result<Received>)> on_reply) {
  submit({&request, 1}, [on_reply = std::move(on_reply)](std::size_t /*unused*/, Result<Received> reply) {
    on_reply(std::move(reply));
  });
}

}  // namespace sotto::client
