#include <algorithm>
#include <array>

#include "libs/smp/encoding.hpp"
#include "libs/smp/response.hpp"

namespace sotto::smp {
namespace {

constexpr std::size_t kIdsHashSize = 16;
constexpr std::size_t kNonceSize = 24;
constexpr auto kX25519 = crypto::KeyKind::x25519;

using Parsed = std::optional<Response>;
// Reads what follows the word, from the space on. Nothing: it does not parse; bytes over are found by the caller.
using Parser = Parsed (*)(Reader& reader, Version version);

std::optional<ByteView> read_opt_s8(Reader& reader) {
  if (!reader.opt()) return std::nullopt;
  return reader.s8();
}

template <class T>
Parsed bare(Reader& /*reader*/, Version /*version*/) {
  return T{};
}

template <class T>
Parsed with_tail(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  return T{reader.tail()};
}

template <class T>
Parsed service_event(Reader& reader, Version version) {
  reader.expect(' ');
  T event;
  event.count = reader.i64();
  if (version >= kVersionServiceHash) {
    event.ids_hash = reader.s8();
    if (event.ids_hash.size() != kIdsHashSize) return std::nullopt;
  }
  return event;
}

void read_mode(Reader& reader, Version version, Ids& ids) {
  if (version < kVersionShortLinks) {
    ids.mode = reader.boolean() ? QueueMode::messaging : QueueMode::contact;
    return;
  }
  if (!reader.opt()) return;
  const auto letter = reader.u8();
  if (letter == 'M') {
    ids.mode = QueueMode::messaging;
  } else if (letter == 'C') {
    ids.mode = QueueMode::contact;
  } else {
    reader.fail();
  }
}

Parsed parse_ids(Reader& reader, Version version) {
  reader.expect(' ');
  const ByteView recipient_id = reader.s8();
  const ByteView sender_id = reader.s8();
  const auto server_dh_key = reader.key(kX25519);
  if (!server_dh_key) return std::nullopt;
  Ids ids{recipient_id, sender_id, *server_dh_key, {}, {}, {}, {}};
  if (version >= kVersionSenderSecure) read_mode(reader, version, ids);
  if (version >= kVersionShortLinks) ids.link_id = read_opt_s8(reader);
  if (version >= kVersionServices) ids.service_id = read_opt_s8(reader);
  if (version >= kVersionNewNotifier && reader.opt()) {
    const ByteView notifier_id = reader.s8();
    const auto notifier_dh_key = reader.key(kX25519);
    if (!notifier_dh_key) return std::nullopt;
    ids.notifier = Ids::Notifier{notifier_id, *notifier_dh_key};
  }
  return ids;
}

Parsed parse_lnk(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  Lnk link;
  link.sender_id = reader.s8();
  link.data.fixed = reader.s16();
  link.data.user = reader.s16();
  return link;
}

Parsed parse_sok(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  return Sok{read_opt_s8(reader)};
}

Parsed parse_msg(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  Msg message;
  message.message_id = reader.s8();
  message.body = reader.tail();
  return message;
}

Parsed parse_nid(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  const ByteView notifier_id = reader.s8();
  const auto key = reader.key(kX25519);
  if (!key) return std::nullopt;
  return Nid{notifier_id, *key};
}

Parsed parse_nmsg(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  Nmsg notification;
  notification.nonce = reader.take(kNonceSize);
  notification.encrypted_meta = reader.s8();
  return notification;
}

Parsed parse_pkey(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  Pkey pkey;
  pkey.session_id = reader.s8();
  pkey.versions.min = reader.w16();
  pkey.versions.max = reader.w16();
  if (pkey.versions.min > pkey.versions.max) return std::nullopt;
  const std::size_t count = reader.u8();
  if (count == 0) return std::nullopt;
  for (std::size_t i = 0; i < count && reader.ok(); ++i) pkey.certificate_chain.push_back(reader.s16());
  pkey.signed_key = reader.s16();
  return pkey;
}

Parsed parse_err(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  auto error = parse_error(reader.tail());
  if (!error) return std::nullopt;
  return Err{std::move(*error)};
}

struct Entry {
  std::string_view word;
  Parser parse;
};

constexpr std::array<Entry, std::variant_size_v<Response>> kEntries{{
    {"OK", bare<Ok>},
    {"MSG", parse_msg},
    {"SOK", parse_sok},
    {"ERR", parse_err},
    {"PONG", bare<Pong>},
    {"PRES", with_tail<Pres>},
    {"RRES", with_tail<Rres>},
    {"NMSG", parse_nmsg},
    {"IDS", parse_ids},
    {"LNK", parse_lnk},
    {"NID", parse_nid},
    {"PKEY", parse_pkey},
    {"END", bare<End>},
    {"DELD", bare<Deld>},
    {"INFO", with_tail<Info>},
    {"SOKS", service_event<Soks>},
    {"ENDS", service_event<Ends>},
    {"ALLS", bare<Alls>},
    {"RNAME", with_tail<Rname>},
}};

}  // namespace

Result<Response> parse_response(ByteView text, Version version) {
  const auto space = std::find(text.begin(), text.end(), static_cast<std::uint8_t>(' '));
  const auto word_size = static_cast<std::size_t>(space - text.begin());
  const std::string_view word = as_text(text.first(word_size));
  for (const auto& entry : kEntries) {
    if (entry.word != word) continue;
    Reader reader(text.subspan(word_size));
    auto response = entry.parse(reader, version);
    if (!response || !reader.done()) return Error{ErrorCode::invalid_argument, "the response does not parse"};
    return std::move(*response);
  }
  return Error{ErrorCode::invalid_argument, "unknown response word"};
}

}  // namespace sotto::smp
