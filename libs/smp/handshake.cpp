#include "libs/smp/handshake.hpp"

#include "libs/smp/encoding.hpp"

namespace sotto::smp {
namespace {

Error bad(std::string_view what) {
  return {ErrorCode::invalid_argument, std::string(what)};
}

void write_chain(Writer& writer, const std::vector<Bytes>& chain) {
  writer.u8(static_cast<std::uint8_t>(chain.size()));
  for (const auto& certificate : chain) writer.s16(certificate);
}

// list(s16(certificate)), at least one.
std::vector<Bytes> read_chain(Reader& reader) {
  std::vector<Bytes> chain;
  const std::size_t count = reader.u8();
  if (count == 0) reader.fail();
  for (std::size_t i = 0; i < count && reader.ok(); ++i) chain.push_back(to_bytes(reader.s16()));
  return chain;
}

std::optional<ServiceRole> role_from(std::uint8_t letter) {
  switch (letter) {
    case 'M':
      return ServiceRole::messaging;
    case 'N':
      return ServiceRole::notifier;
    case 'P':
      return ServiceRole::proxy;
    default:
      return std::nullopt;
  }
}

}  // namespace

Bytes encode(const ServerHello& hello) {
  Bytes out;
  Writer writer(out);
  writer.w16(hello.versions.min);
  writer.w16(hello.versions.max);
  writer.s8(hello.session_id);
  if (hello.versions.max >= kVersionAuthenticators && !hello.certificate_chain.empty()) {
    write_chain(writer, hello.certificate_chain);
    writer.s16(hello.signed_key);
  }
  return out;
}

Result<ServerHello> parse_server_hello(ByteView content) {
  Reader reader(content);
  ServerHello hello;
  hello.versions.min = reader.w16();
  hello.versions.max = reader.w16();
  hello.session_id = to_bytes(reader.s8());
  if (!reader.ok()) return bad("the server's first block does not parse");
  if (hello.versions.min > hello.versions.max) return bad("the server's version range is empty");
  if (hello.versions.max >= kVersionAuthenticators && reader.remaining() > 0) {
    hello.certificate_chain = read_chain(reader);
    hello.signed_key = to_bytes(reader.s16());
    if (!reader.ok()) return bad("the certificate chain or the signed key in the server's first block does not parse");
  }
  return hello;
}

Bytes encode(const ClientHello& hello) {
  Bytes out;
  Writer writer(out);
  writer.w16(hello.version);
  writer.s8(hello.fingerprint);
  if (hello.version >= kVersionAuthenticators && hello.session_key) writer.key(*hello.session_key);
  if (hello.version >= kVersionProxyFlag) writer.boolean(hello.proxy_server);
  if (hello.version >= kVersionServices) {
    writer.opt(hello.service.has_value());
    if (hello.service) {
      writer.u8(static_cast<std::uint8_t>(hello.service->role));
      write_chain(writer, hello.service->certificate_chain);
      writer.s16(hello.service->signed_key);
    }
  }
  return out;
}

Result<ClientHello> parse_client_hello(ByteView content) {
  Reader reader(content);
  ClientHello hello;
  hello.version = reader.w16();
  hello.fingerprint = to_bytes(reader.s8());
  if (!reader.ok()) return bad("the client's handshake block does not parse");
  if (hello.version >= kVersionAuthenticators) {
    // The key is optional and has no marker of its own: what does not parse as a key is the next field.
    Reader attempt = reader;
    hello.session_key = attempt.key(crypto::KeyKind::x25519);
    if (hello.session_key) reader = attempt;
  }
  if (hello.version >= kVersionProxyFlag) hello.proxy_server = reader.boolean();
  if (hello.version >= kVersionServices && reader.opt()) {
    ClientService service;
    const auto role = role_from(reader.u8());
    service.certificate_chain = read_chain(reader);
    service.signed_key = to_bytes(reader.s16());
    if (!role || !reader.ok()) return bad("the service part of the client's handshake block does not parse");
    service.role = *role;
    hello.service = std::move(service);
  }
  if (!reader.ok()) return bad("the client's handshake block does not parse");
  return hello;
}

Bytes encode(const ServiceReply& reply) {
  Bytes out;
  Writer writer(out);
  if (const auto* id = std::get_if<ServiceId>(&reply)) {
    writer.u8('R');
    writer.s8(id->view());
  } else {
    writer.u8('E');
    encode(std::get<TransportError>(reply), out);
  }
  return out;
}

Result<ServiceReply> parse_service_reply(ByteView content) {
  Reader reader(content);
  switch (reader.u8()) {
    case 'R':
      if (const auto id = ServiceId::from(reader.s8())) return ServiceReply(*id);
      break;
    case 'E':
      if (const auto error = parse_transport_error(reader.tail())) return ServiceReply(*error);
      break;
    default:
      break;
  }
  return bad("the server's answer to the service handshake does not parse");
}

}  // namespace sotto::smp
