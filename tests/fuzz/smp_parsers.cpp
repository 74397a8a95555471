#include "libs/smp/address.hpp"
#include "libs/smp/authorization.hpp"
#include "libs/smp/block.hpp"
#include "libs/smp/command.hpp"
#include "libs/smp/handshake.hpp"
#include "libs/smp/message_body.hpp"
#include "libs/smp/proxy_layers.hpp"
#include "libs/smp/response.hpp"
#include "libs/smp/transmission.hpp"
#include "tests/fuzz/parsers.hpp"

namespace sotto::fuzz {
namespace {

template <class T>
Bytes encoded(const T& value, smp::Version version) {
  Bytes out;
  smp::encode(value, version, out);
  return out;
}

bool starts_with(ByteView bytes, ByteView prefix) {
  return bytes.size() >= prefix.size() && equal(bytes.first(prefix.size()), prefix);
}

// Responses that an older version writes with another word, and errors with several texts for one value.
bool has_one_encoding(const smp::Response& response, smp::Version version) {
  if (std::holds_alternative<smp::Sok>(response)) return version >= smp::kVersionServices;
  if (std::holds_alternative<smp::Deld>(response)) return version >= smp::kVersionDeleted;
  return !std::holds_alternative<smp::Err>(response);
}

const crypto::BoxKey& box_key() {
  static const crypto::BoxKey key = crypto::BoxKey::from_raw(crypto::RawKey(Bytes(32, 7)));
  return key;
}

}  // namespace

void command(ByteView input, smp::Version version) {
  const auto parsed = smp::parse_command(input, version);
  const auto* command = std::get_if<smp::Command>(&parsed);
  if (command == nullptr) return;
  const auto again = encoded(*command, version);
  // What stands behind the name of RSLV is reserved and dropped; everything else has one encoding.
  if (std::holds_alternative<smp::Rslv>(*command)) {
    require(starts_with(input, again), "RSLV encodes to its beginning");
  } else {
    require(equal(again, input), "a command encodes to what was parsed");
  }
  for (const bool authorization : {false, true}) {
    for (const bool entity : {false, true}) (void)smp::check_credentials(*command, authorization, entity);
  }
  require(starts_with(input, as_bytes(smp::word(*command))), "a command has its word");
}

void response(ByteView input, smp::Version version) {
  const auto parsed = smp::parse_response(input, version);
  if (!parsed) return;
  const auto again = encoded(*parsed, version);
  if (has_one_encoding(*parsed, version)) require(equal(again, input), "a response encodes to what was parsed");
  const auto twice = smp::parse_response(again, version);
  require(twice.ok(), "an encoded response parses");
  require(equal(encoded(*twice, version), again), "a response encodes to the same again");
}

void error(ByteView input, smp::Version version) {
  const auto parsed = smp::parse_error(input);
  if (parsed) {
    const auto twice = smp::parse_error(encoded(*parsed, smp::kMaxVersion));
    require(twice && smp::same(*twice, *parsed), "an error encodes to the same value");
    require(smp::parse_error(encoded(*parsed, version)).has_value(), "an error for an older version parses");
  }
  if (const auto transport = smp::parse_transport_error(input)) {
    Bytes again;
    smp::encode(*transport, again);
    require(equal(again, input), "a transport error encodes to what was parsed");
  }
}

void block(ByteView input, smp::Version version) {
  const auto parsed = smp::parse_block(input, version);
  if (!parsed) return;
  smp::BlockPacker packer;
  bool all_fit = true;
  for (const auto& t : parsed->transmissions) {
    if (!t) return;
    Bytes text;
    smp::encode_transmission(*t, version, text);
    all_fit = all_fit && packer.fits(text.size());
    if (all_fit) packer.add(text);
  }
  if (all_fit) require(equal(packer.take(), input), "a block packs to what was parsed");
}

void transmission(ByteView input, smp::Version version) {
  const auto parsed = smp::parse_transmission(input, version);
  if (!parsed) return;
  Bytes again;
  smp::encode_transmission(*parsed, version, again);
  require(equal(again, input), "a transmission encodes to what was parsed");
  (void)smp::authorization_kind(parsed->authorization);
  const Bytes session_id(smp::kSessionIdSize, 1);
  const ByteView signed_id = version >= smp::kVersionAuthenticators ? ByteView(session_id) : parsed->session_id;
  Bytes one;
  Bytes other;
  smp::append_signed_content(*parsed, session_id, version, one);
  smp::append_signed_content(signed_id, parsed->corr_id, parsed->entity_id, parsed->command, other);
  require(equal(one, other), "both ways to what is signed agree");
  command(parsed->command, version);
}

void server_hello(ByteView input, smp::Version /*version*/) {
  if (const auto hello = smp::parse_server_hello(input)) {
    require(starts_with(input, smp::encode(*hello)), "a server hello encodes to the beginning of what was parsed");
  }
}

void client_hello(ByteView input, smp::Version /*version*/) {
  if (const auto hello = smp::parse_client_hello(input)) {
    require(starts_with(input, smp::encode(*hello)), "a client hello encodes to the beginning of what was parsed");
  }
}

void service_reply(ByteView input, smp::Version /*version*/) {
  if (const auto reply = smp::parse_service_reply(input)) {
    require(starts_with(input, smp::encode(*reply)), "a service reply encodes to the beginning of what was parsed");
  }
}

void address(ByteView input, smp::Version /*version*/) {
  if (const auto parsed = smp::parse_address(as_text(input))) {
    const auto text = parsed->print(smp::ShowPassword::yes);
    const auto again = smp::parse_address(text);
    require(again.ok(), "a printed address parses");
    require(again->hosts == parsed->hosts && again->port == parsed->port && again->password == parsed->password,
            "a printed address is the same address");
    require(again->print(smp::ShowPassword::yes) == text, "an address prints the same again");
  }
  if (const auto host = smp::parse_host(as_text(input))) {
    const auto again = smp::parse_host(host->name);
    require(again.ok() && *again == *host, "the name of a host is the same host");
  }
  (void)smp::check_password(as_text(input));
}

void forwarded(ByteView input, smp::Version /*version*/) {
  if (const auto parsed = smp::parse_forwarded(input)) {
    require(equal(smp::encode(*parsed), input), "a forwarded command encodes to what was parsed");
  }
  if (const auto parsed = smp::parse_forwarded_response(input)) {
    require(equal(smp::encode(*parsed), input), "a forwarded response encodes to what was parsed");
  }
}

void decrypted(ByteView input, smp::Version /*version*/) {
  const MessageId id{};
  const crypto::Nonce nonce{};
  // As given: lengths that lie.
  const auto raw = crypto::box_seal(box_key(), nonce, input);
  (void)smp::decrypt_message(box_key(), id.view(), raw);
  (void)smp::decrypt_notification(box_key(), nonce, raw);
  (void)smp::open_from_client(box_key(), nonce, raw);
  (void)smp::unpad(input);

  // Padded as it should be: content that may be anything.
  Bytes padded;
  if (!smp::pad(input, smp::kMessagePaddedSize, padded)) return;
  require(equal(smp::unpad(padded).value(), input), "padding comes off");
  const auto sealed = crypto::box_seal(box_key(), nonce, padded);
  const auto opened = smp::decrypt_message(box_key(), id.view(), sealed);
  if (opened) {
    Bytes again;
    if (const auto* message = std::get_if<smp::ReceivedMessage>(&*opened)) {
      smp::encrypt_message(box_key(), id, message->seconds, message->flags, message->body, again);
    } else {
      smp::encrypt_quota_marker(box_key(), id, std::get<smp::QuotaMarker>(*opened).seconds, again);
    }
    require(again == sealed, "a message encrypts to what was opened");
  }
  (void)smp::decrypt_notification(box_key(), nonce, sealed);
}

}  // namespace sotto::fuzz
