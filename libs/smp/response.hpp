// All responses and events of versions 6 to 20 as values (docs/wire.md section 7). Byte fields are views, as in
// command.hpp.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "libs/base/bytes.hpp"
#include "libs/crypto/keys.hpp"
#include "libs/smp/command.hpp"
#include "libs/smp/error.hpp"
#include "libs/smp/version.hpp"

namespace sotto::smp {

struct Ids {
  ByteView recipient_id;
  ByteView sender_id;
  crypto::PublicKey server_dh_key;
  std::optional<QueueMode> mode;       // v9..14 as sndSecure, v15+ as mode
  std::optional<ByteView> link_id;     // v15+
  std::optional<ByteView> service_id;  // v16+
  struct Notifier {
    ByteView id;
    crypto::PublicKey server_dh_key;
  };
  std::optional<Notifier> notifier;  // v17+
};
struct Lnk {
  ByteView sender_id;
  LinkData data;
};
struct Sok {
  std::optional<ByteView> service_id;
};  // before v16 it is encoded as OK
struct Soks {
  std::int64_t count = 0;
  ByteView ids_hash;  // 16 bytes; v19+
};
struct Alls {};
struct Msg {
  ByteView message_id;
  ByteView body;  // encrypted for the recipient
};
struct Nid {
  ByteView notifier_id;
  crypto::PublicKey server_dh_key;
};
struct Nmsg {
  ByteView nonce;  // 24 bytes
  ByteView encrypted_meta;
};
struct End {};
struct Ends {
  std::int64_t count = 0;
  ByteView ids_hash;
};
struct Deld {};  // before v10 it is encoded as END
struct Ok {};
struct Pong {};
struct Info {
  ByteView json;
};
struct Pkey {
  ByteView session_id;
  VersionRange versions;
  std::vector<ByteView> certificate_chain;
  ByteView signed_key;
};
struct Rres {
  ByteView encrypted;
};
struct Pres {
  ByteView encrypted;
};
struct Rname {
  ByteView json;
};
struct Err {
  ProtocolError error;
};

using Response = std::variant<Ids, Lnk, Sok, Soks, Alls, Msg, Nid, Nmsg, End, Ends, Deld, Ok, Pong, Info, Pkey, Rres,
                              Pres, Rname, Err>;

std::string_view word(const Response& response);
void encode(const Response& response, Version version, Bytes& out);
// invalid_argument for anything that does not parse as a whole.
Result<Response> parse_response(ByteView text, Version version);

}  // namespace sotto::smp
