#include "tests/support/session/raw_session.hpp"

#include "libs/smp/authorization.hpp"
#include "libs/smp/encoding.hpp"
#include "libs/smp/response.hpp"
#include "libs/smp/transmission.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {

RawSession::RawSession(const InProcessServer& server, transport::Alpn alpn,
                       std::optional<transport::Credentials> credentials)
    : RawSession(server.port(), server.options().fingerprint, alpn, std::move(credentials)) {}

RawSession::RawSession(std::uint16_t port, const crypto::Fingerprint& fingerprint, transport::Alpn alpn,
                       std::optional<transport::Credentials> credentials)
    : fingerprint_(fingerprint) {
  tls_ = must(transport::TlsContext::client({.alpn = alpn, .credentials = std::move(credentials)}));
  must(connection_.connect("127.0.0.1", port));
  must(connection_.start_tls(tls_->native()));
  server_hello_ = must(smp::parse_server_hello(read_content()));
}

smp::ClientHello RawSession::client_hello(smp::Version version) {
  smp::ClientHello hello;
  hello.version = version;
  hello.fingerprint = to_bytes(fingerprint_);
  if (version >= smp::kVersionAuthenticators) {
    session_key_ = crypto::PrivateKey::generate(crypto::KeyKind::x25519);
    hello.session_key = session_key_->public_key();
  }
  return hello;
}

void RawSession::hello(ByteView content, smp::Version version) {
  send_content(content);
  begin(version);
}

smp::ServiceReply RawSession::service_hello(const smp::ClientHello& hello) {
  send_content(smp::encode(hello));
  auto reply = must(smp::parse_service_reply(read_content()));
  begin(hello.version);
  return reply;
}

void RawSession::begin(smp::Version version) {
  version_ = version;
  if (!session_key_) return;
  const auto leaf = must(crypto::certificate_key(connection_.peer_chain().front()));
  server_key_ = must(crypto::open_signed_key(server_hello_.signed_key, leaf));
  if (version < smp::kVersionBlockEncryption) return;
  const auto secret = crypto::dh(*server_key_, *session_key_);
  chains_ = smp::make_block_chains(*secret, session_id());
}

void RawSession::hello(smp::Version version) {
  hello(smp::encode(client_hello(version)), version);
}

void RawSession::send_block(ByteView block) {
  must(connection_.write(block));
}

void RawSession::send_content(ByteView content) {
  Bytes block(smp::kBlockSize);
  const std::size_t header = chains_ ? 2 + crypto::kBoxTagSize : 2;
  std::copy(content.begin(), content.end(), block.begin() + static_cast<std::ptrdiff_t>(header));
  const bool fits = chains_ ? smp::encrypt_block(chains_->client_to_server, block, content.size())
                            : smp::pad_in_place(block, content.size());
  if (!fits) throw std::runtime_error("the content does not fit a block");
  send_block(block);
}

void RawSession::skip_key() {
  if (chains_) static_cast<void>(chains_->client_to_server.next());
}

void RawSession::send(const std::vector<Bytes>& transmissions) {
  Bytes content;
  smp::Writer writer(content);
  writer.u8(static_cast<std::uint8_t>(transmissions.size()));
  for (const auto& transmission : transmissions) writer.s16(transmission);
  send_content(content);
}

Bytes RawSession::read_content() {
  auto block = must(connection_.read_block());
  const auto content = chains_ ? smp::decrypt_block(chains_->server_to_client, block) : smp::unpad(block);
  if (!content) throw std::runtime_error("the server's block cannot be read");
  return to_bytes(*content);
}

std::vector<RawSession::Answer> RawSession::read_answers() {
  const auto content = read_content();
  const auto parsed = smp::parse_block(content, version_);
  if (!parsed) throw std::runtime_error("the server's block does not parse");
  std::vector<Answer> answers;
  for (const auto& transmission : parsed->transmissions) {
    if (!transmission) throw std::runtime_error("a transmission of the server does not parse");
    const auto response = must(smp::parse_response(transmission->command, version_));
    const auto* error = std::get_if<smp::Err>(&response);
    answers.push_back({to_bytes(transmission->corr_id), to_bytes(transmission->entity_id),
                       error != nullptr ? "ERR " + smp::to_string(error->error) : std::string(smp::word(response))});
  }
  return answers;
}

std::vector<std::vector<RawSession::Answer>> RawSession::read_blocks(std::size_t count) {
  std::vector<std::vector<Answer>> blocks;
  for (std::size_t seen = 0; seen < count; seen += blocks.back().size()) blocks.push_back(read_answers());
  return blocks;
}

Bytes RawSession::transmission(const crypto::PrivateKey* key, std::string_view corr_id, ByteView entity_id,
                               ByteView command) const {
  if (key == nullptr) return transmission_with({}, corr_id, entity_id, command);
  Bytes signed_content;
  smp::append_signed_content(session_id(), as_bytes(corr_id), entity_id, command, signed_content);
  return transmission_with(must(smp::authorize(*key, server_key_, as_bytes(corr_id), signed_content)), corr_id,
                           entity_id, command);
}

Bytes RawSession::transmission_with(ByteView authorization, std::string_view corr_id, ByteView entity_id,
                                    ByteView command, ByteView service_signature) const {
  const auto id = session_id();
  Bytes out;
  smp::encode_transmission({.authorization = authorization,
                            .service_signature = service_signature,
                            .session_id = id,
                            .corr_id = as_bytes(corr_id),
                            .entity_id = entity_id,
                            .command = command,
                            .authorized = {}},
                           version_, out);
  return out;
}

}  // namespace sotto::test
