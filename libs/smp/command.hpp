// All commands of versions 6 to 20 as values (docs/wire.md section 7). Byte fields are views: of the parsed buffer, or
// of what the caller of encode() holds; whoever owns those bytes must outlive the command.
#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/crypto/keys.hpp"
#include "libs/smp/error.hpp"
#include "libs/smp/version.hpp"

namespace sotto::smp {

enum class QueueMode : char { messaging = 'M', contact = 'C' };

struct LinkData {
  ByteView fixed;
  ByteView user;
};

// What NEW asks for beyond keys. v6..8: none; v9..14: only a mode (sndSecure); v15+: as on the wire.
struct MessagingRequest {
  struct Link {
    ByteView sender_id;
    LinkData data;
  };
  std::optional<Link> link;
};
struct ContactRequest {
  struct Link {
    ByteView link_id;
    ByteView sender_id;
    LinkData data;
  };
  std::optional<Link> link;
};
struct NewNotifier {
  crypto::PublicKey key;
  crypto::PublicKey dh_key;  // X25519
};

struct New {
  crypto::PublicKey recipient_key;
  crypto::PublicKey recipient_dh_key;  // X25519
  std::optional<ByteView> password;
  bool subscribe = true;
  std::variant<std::monostate, MessagingRequest, ContactRequest> request;
  std::optional<NewNotifier> notifier;  // v17+
};
struct Sub {};
struct Subs {  // and its parameters from v19
  std::int64_t count = 0;
  ByteView ids_hash;  // 16 bytes
};
struct Key {
  crypto::PublicKey key;
};
struct Rkey {
  std::vector<crypto::PublicKey> keys;
};
struct Lset {
  ByteView link_id;
  LinkData data;
};
struct Ldel {};
struct Nkey {
  crypto::PublicKey key;
  crypto::PublicKey dh_key;
};
struct Ndel {};
struct Get {};
struct Ack {
  ByteView message_id;
};
struct Off {};
struct Del {};
struct Que {};
struct Skey {
  crypto::PublicKey key;
};
struct Send {
  ByteView flags;  // first character T or F
  ByteView body;
  [[nodiscard]] bool notify() const { return !flags.empty() && flags[0] == 'T'; }
};
struct Ping {};
struct Lkey {
  crypto::PublicKey key;
};
struct Lget {};
struct Nsub {};
struct Nsubs {
  std::int64_t count = 0;
  ByteView ids_hash;
};
struct Prxy {
  std::vector<ByteView> hosts;
  ByteView port;
  ByteView fingerprint;
  std::optional<ByteView> password;
};
struct Pfwd {
  Version version = 0;
  crypto::PublicKey key;
  ByteView encrypted;
};
struct Rfwd {
  ByteView encrypted;
};
struct Rslv {
  ByteView name;
};

using Command = std::variant<New, Sub, Subs, Key, Rkey, Lset, Ldel, Nkey, Ndel, Get, Ack, Off, Del, Que, Skey, Send,
                             Ping, Lkey, Lget, Nsub, Nsubs, Prxy, Pfwd, Rfwd, Rslv>;

// Who gives a command, which decides by which id its queue is found.
enum class Party : std::uint8_t {
  none,
  creator,
  recipient,
  sender,
  link,
  notifier,
  recipient_service,
  notifier_service,
  proxy
};

// The word on the wire, for example "SKEY".
std::string_view word(const Command& command);
Party party(const Command& command);

// Parses `text` as it stands in a transmission of this version. unknown: no such word (or not in this version, where
// the reference does not know it either); syntax: parameters that do not parse or leave bytes over.
std::variant<Command, CommandError> parse_command(ByteView text, Version version);

// Appends. A command younger than `version` is encoded in its first form.
void encode(const Command& command, Version version, Bytes& out);

// The credentials table of docs/wire.md section 6; nothing when the command may go on.
std::optional<CommandError> check_credentials(const Command& command, bool has_authorization, bool has_entity);

// The sender id that a client may choose: first 24 bytes of SHA3-384(corrId).
std::array<std::uint8_t, 24> client_sender_id(ByteView corr_id);

}  // namespace sotto::smp
