// Private routing (docs/private-routing.md): what a session does for its own client (PRXY, PFWD), and for the clients
// of other servers (RFWD).
#include <charconv>
#include <utility>

#include "gateway/relay/relay_outcome.hpp"
#include "gateway/session/block_task.hpp"
#include "gateway/session/connection.hpp"
#include "gateway/session/responses.hpp"
#include "gateway/worker.hpp"

namespace sotto::gateway {
namespace {

using backend::AccessDecision;

// Relays that one client may forward to: those that it asked for first are forgotten, and asked for again.
constexpr std::size_t kMaxRelays = 1000;

// Nothing: no server can be there.
std::optional<RelayAddress> address_of(const smp::Prxy& command) {
  RelayAddress address;
  if (!command.port.empty()) {
    const auto text = as_text(command.port);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), address.port);
    if (error != std::errc() || end != text.data() + text.size() || address.port == 0) return std::nullopt;
  }
  for (const auto name : command.hosts) {
    auto host = smp::parse_host(as_text(name));
    if (!host) return std::nullopt;
    address.hosts.push_back(*std::move(host));
  }
  std::copy(command.fingerprint.begin(), command.fingerprint.end(), address.fingerprint.begin());
  return address;
}

smp::ProtocolError transport_error(smp::TransportErrorKind kind) {
  smp::BrokerError error;
  error.kind = smp::BrokerError::Kind::transport;
  error.transport = smp::TransportError{kind};
  return smp::proxy_error(std::move(error));
}

}  // namespace

// --- as destination

smp::Version BlockTask::version_of(const Item& item) const {
  return item.forwarded ? item.forwarded->version() : owner_->session()->version();
}

void BlockTask::open_forwarded(Item& item) {
  auto& session = *owner_->session();
  if (!session.client_secret && session.client_key) {
    if (auto secret = session.authorizer.secret_with(*session.client_key)) {
      session.client_secret = std::make_unique<crypto::BoxKey>(*std::move(secret));
    }
  }
  if (!session.client_secret) return fail(item, transport_error(smp::TransportErrorKind::no_auth));
  auto opened = ForwardedCommand::open(std::get<smp::Rfwd>(*item.command).encrypted, item.transmission.corr_id,
                                       *session.client_secret, session.authorizer);
  if (auto* error = std::get_if<smp::ProtocolError>(&opened)) return fail(item, std::move(*error));
  owner_->context().counters.forwarded_received.add();
  item.forwarded = std::make_unique<ForwardedCommand>(std::get<ForwardedCommand>(std::move(opened)));
  item.transmission = item.forwarded->transmission();
  item.command.reset();
  parse_command(item);
}

void BlockTask::seal_response(Item& item) {
  auto sealed = item.forwarded->seal(item.response);
  const auto& session = *owner_->session();
  const auto response =
      sealed ? smp::Response(smp::Rres{*sealed}) : smp::Response(smp::Err{smp::ProtocolError(smp::SimpleError::block)});
  item.response = encode_response(response, item.forwarded->corr_id(), {}, session);
  if (smp::BlockPacker().fits(item.response.size())) return;
  // The corrIds that both chose are longer than the protocol's.
  item.response = encode_response(smp::Err{smp::SimpleError::block}, item.forwarded->corr_id(), {}, session);
}

// --- as proxy

void BlockTask::connect_relay(Item& item, AccessDecision decision) {
  auto& context = owner_->context();
  context.counters.proxy_decisions[static_cast<std::size_t>(decision)].add();
  if (decision == AccessDecision::switched_off) return fail(item, no_relay_error());
  if (decision != AccessDecision::allowed) return fail(item, smp::proxy_error(smp::ProxyBasicAuth{}));
  auto address = address_of(std::get<smp::Prxy>(*item.command));
  if (context.relays == nullptr || !address) return fail(item, no_relay_error());
  item.done = true;
  owner_->connect_relay(*std::move(address), item.transmission.corr_id);
}

void BlockTask::forward(Item& item) {
  const auto session_id = item.transmission.entity_id;
  const auto* known = owner_->session()->relays.get();
  if (known == nullptr || !known->contains(session_id)) {
    return fail(item, smp::proxy_error(smp::ProxyNoSession{}));
  }
  item.done = true;
  owner_->forward(session_id, std::get<smp::Pfwd>(*item.command), item.transmission.corr_id);
}

void Connection::connect_relay(RelayAddress address, ByteView corr_id) {
  begin_relaying([this, address = std::move(address), corr_id = to_bytes(corr_id)]() mutable {
    context().relays->connect(
        std::move(address), [&worker = worker_, self = std::static_pointer_cast<Connection>(shared_from_this()),
                             corr_id = std::move(corr_id)](auto outcome) mutable {
          worker.post([self = std::move(self), corr_id = std::move(corr_id), outcome = std::move(outcome)] {
            if (self->closed()) return;
            if (const auto* error = std::get_if<smp::ProtocolError>(&outcome)) {
              return self->relayed(smp::Err{*error}, corr_id, {});
            }
            const auto& relay = *std::get<std::shared_ptr<const RelaySession>>(outcome);
            auto& known = self->session_->relays;
            if (!known) known = std::make_unique<KnownRelays>();
            known->add(relay.session_id, kMaxRelays);
            const std::vector<ByteView> chain(relay.certificate_chain.begin(), relay.certificate_chain.end());
            self->relayed(smp::Pkey{relay.session_id, relay.versions, chain, relay.signed_key}, corr_id, {});
          });
        });
  });
}

void Connection::forward(ByteView session_id, const smp::Pfwd& command, ByteView corr_id) {
  Forwarding forwarding{to_bytes(corr_id), command.version, command.key, to_bytes(command.encrypted)};
  begin_relaying([this, session_id = to_bytes(session_id), forwarding = std::move(forwarding)]() mutable {
    auto answered = forwarding.corr_id;
    auto session = session_id;
    context().relays->forward(std::move(session_id), std::move(forwarding),
                              [&worker = worker_, self = std::static_pointer_cast<Connection>(shared_from_this()),
                               answered = std::move(answered), session = std::move(session)](auto outcome) mutable {
                                worker.post([self = std::move(self), answered = std::move(answered),
                                             session = std::move(session), outcome = std::move(outcome)] {
                                  if (self->closed()) return;
                                  if (const auto* error = std::get_if<smp::ProtocolError>(&outcome)) {
                                    return self->relayed(smp::Err{*error}, answered, session);
                                  }
                                  self->relayed(smp::Pres{std::get<Bytes>(outcome)}, answered, session);
                                });
                              });
  });
}

void Connection::begin_relaying(std::function<void()> begin) {
  if (relaying_ >= context().settings.max_relaying) {
    waiting_to_relay_.push_back(std::move(begin));
    return;
  }
  ++relaying_;
  begin();
}

void Connection::relayed(const smp::Response& response, ByteView corr_id, ByteView entity_id) {
  auto encoded = encode_response(response, corr_id, entity_id, *session_);
  const bool fits = smp::BlockPacker().fits(encoded.size());
  // What a relay says may be as large as it likes, and the client's corrId longer than the protocol's.
  if (!fits) encoded = encode_response(smp::Err{response_error("BLOCK").error}, corr_id, entity_id, *session_);
  if (!fits || std::holds_alternative<smp::Err>(response)) context().counters.errors.add();
  send_one(encoded);
  if (closed()) return;
  if (!waiting_to_relay_.empty()) {
    auto begin = std::move(waiting_to_relay_.front());
    waiting_to_relay_.pop_front();
    begin();
  } else {
    --relaying_;
  }
  if (said_all()) return close_when_flushed();
  if (relaying_paused_ && relaying_ < context().settings.max_relaying) {
    relaying_paused_ = false;
    resume_reads();
  }
  check_output();
}

void Connection::check_relaying() {
  if (relaying_paused_ || relaying_ < context().settings.max_relaying) return;
  relaying_paused_ = true;
  pause_reads();
}

}  // namespace sotto::gateway
