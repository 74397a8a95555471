#include "tests/support/session/relayed_command.hpp"

#include <algorithm>

#include "libs/crypto/random.hpp"
#include "libs/smp/authorization.hpp"
#include "libs/smp/proxy_layers.hpp"
#include "libs/smp/transmission.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

// The content of the block with the one transmission.
Bytes block_of(const RelayEnd& relay, smp::Version version, const client::Request& request, ByteView corr_id) {
  Bytes text;
  if (request.text) {
    append(text, *request.text);
  } else {
    smp::encode(request.command, version, text);
  }
  Bytes signed_content;
  smp::append_signed_content(request.session_id.value_or(ByteView(relay.session_id)), corr_id, request.entity_id, text,
                             signed_content);
  Bytes authorization;
  if (request.authorization) {
    authorization = to_bytes(*request.authorization);
  } else if (request.key != nullptr) {
    authorization = must(smp::authorize(*request.key, relay.key, corr_id, signed_content));
  }
  Bytes transmission;
  smp::encode_transmission({.authorization = authorization,
                            .service_signature = {},
                            .session_id = relay.session_id,
                            .corr_id = corr_id,
                            .entity_id = request.entity_id,
                            .command = text,
                            .authorized = {}},
                           version, transmission);
  smp::BlockPacker packer;
  packer.add(transmission);
  return packer.take();
}

Error protocol_error(const char* what) {
  return {ErrorCode::protocol, what};
}

}  // namespace

Result<RelayEnd> open_pkey(const smp::Pkey& pkey, const crypto::Fingerprint& relay) {
  std::vector<Bytes> chain;
  for (const auto& certificate : pkey.certificate_chain) chain.push_back(to_bytes(certificate));
  if (chain.size() < 2) return protocol_error("PKEY without a chain");
  if (crypto::identity_fingerprint(chain) != relay) return protocol_error("PKEY of another server");
  const auto leaf = crypto::certificate_key(chain.front());
  if (!leaf) return leaf.error();
  auto key = crypto::open_signed_key(pkey.signed_key, *leaf);
  if (!key) return key.error();
  return RelayEnd{to_bytes(pkey.session_id), *std::move(key), pkey.versions};
}

RelayedCommand::RelayedCommand(const RelayEnd& relay, smp::Version version, const client::Request& request)
    : version_(version), key_(crypto::PrivateKey::generate(crypto::KeyKind::x25519)) {
  if (request.corr_id) {
    corr_id_ = to_bytes(*request.corr_id);
  } else {
    corr_id_.resize(smp::kCorrIdSize);
    crypto::random_bytes(corr_id_);
  }
  seal(relay, block_of(relay, version, request, corr_id_));
}

RelayedCommand::RelayedCommand(const RelayEnd& relay, smp::Version version, ByteView corr_id, ByteView content)
    : version_(version), corr_id_(to_bytes(corr_id)), key_(crypto::PrivateKey::generate(crypto::KeyKind::x25519)) {
  seal(relay, content);
}

void RelayedCommand::seal(const RelayEnd& relay, ByteView content) {
  const auto raw = crypto::dh(relay.key, key_);
  if (!raw) throw std::runtime_error("the relay's key gives no secret");
  secret_ = crypto::BoxKey::from_raw(*raw);
  auto sealed = smp::seal_for_relay(secret_, crypto::nonce_from(corr_id_), content);
  if (!sealed) throw std::runtime_error("too large for a proxied command");
  encrypted_ = *std::move(sealed);
}

Result<client::Received> RelayedCommand::open(ByteView encrypted_response) const {
  auto content = smp::open_from_client(secret_, crypto::reversed(crypto::nonce_from(corr_id_)), encrypted_response);
  if (!content) return protocol_error("the response does not open");
  const auto memory = std::make_shared<Bytes>(*std::move(content));
  const auto parsed = smp::parse_block(*memory, version_);
  if (!parsed || parsed->transmissions.size() != 1 || !parsed->transmissions.front()) {
    return protocol_error("the response is not one transmission");
  }
  const auto& transmission = *parsed->transmissions.front();
  auto response = smp::parse_response(transmission.command, version_);
  if (!response) return response.error();
  return client::Received{memory, transmission.corr_id, transmission.entity_id, transmission.command,
                          *std::move(response)};
}

ProxiedClient::ProxiedClient(client::SyncClient& proxy, Relay relay, smp::Version version)
    : proxy_(proxy), address_(std::move(relay)), version_(version) {}

Status ProxiedClient::connect(std::optional<std::string_view> password) {
  smp::Prxy prxy;
  for (const auto& host : address_.hosts) prxy.hosts.push_back(as_bytes(host));
  const auto port = std::to_string(address_.port);
  prxy.port = as_bytes(port);
  prxy.fingerprint = address_.fingerprint;
  if (password) prxy.password = as_bytes(*password);
  const auto answer = proxy_.command(nullptr, {}, prxy, std::chrono::seconds(30));
  if (!answer) return answer.error();
  const auto* pkey = answer->get<smp::Pkey>();
  if (pkey == nullptr) return client::unexpected(*answer);
  auto end = open_pkey(*pkey, address_.fingerprint);
  if (!end) return end.error();
  end_ = *std::move(end);
  return ok_status();
}

std::string ProxiedClient::connect_text(std::optional<std::string_view> password) {
  return text_of(connect(password));
}

smp::Version ProxiedClient::version() const {
  return std::min(version_, end_->versions.max);
}

Result<client::Received> ProxiedClient::opened(const RelayedCommand& command, Result<client::Received> answer) const {
  if (!answer) return answer;
  const auto* pres = answer->get<smp::Pres>();
  if (pres == nullptr) return client::unexpected(*answer);
  return command.open(pres->encrypted);
}

std::vector<Result<client::Received>> ProxiedClient::request(std::span<const client::Request> requests) {
  std::vector<RelayedCommand> commands;
  std::vector<client::Request> outer;
  commands.reserve(requests.size());
  for (const auto& request : requests) {
    const auto& command = commands.emplace_back(*end_, version(), request);
    outer.push_back({.entity_id = end_->session_id, .command = command.pfwd(), .corr_id = command.corr_id()});
  }
  auto answers = proxy_.request(outer, std::chrono::seconds(60));
  std::vector<Result<client::Received>> out;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    out.push_back(answers ? opened(commands[i], std::move((*answers)[i])) : Result<client::Received>(answers.error()));
  }
  return out;
}

Result<client::Received> ProxiedClient::request(const client::Request& request) {
  return std::move(this->request(std::span(&request, 1)).front());
}

std::string ProxiedClient::ask(const client::Request& request) {
  const auto answer = this->request(request);
  return answer ? text_of(*answer) : "proxy: " + answer.error().message;
}

std::string ProxiedClient::ask(const crypto::PrivateKey* key, ByteView entity_id, smp::Command command) {
  return ask({.key = key, .entity_id = entity_id, .command = std::move(command)});
}

}  // namespace sotto::test
