#include <algorithm>
#include <array>

#include "libs/smp/command.hpp"
#include "libs/smp/encoding.hpp"

namespace sotto::smp {
namespace {

constexpr std::size_t kIdsHashSize = 16;
constexpr std::size_t kFingerprintSize = 32;
constexpr auto kX25519 = crypto::KeyKind::x25519;

using Parsed = std::optional<Command>;
// Reads the parameters of one word, from the space on, and all of them. Nothing: they do not parse.
using Parser = Parsed (*)(Reader& reader, Version version);

bool all_of(ByteView bytes, bool (*allowed)(std::uint8_t)) {
  return std::all_of(bytes.begin(), bytes.end(), allowed);
}

bool is_letter_or_digit(std::uint8_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// What clients may send as a password: wider than what we let be configured (check_password), so that a wrong one is
// answered as wrong and not as a syntax error.
bool is_password_byte(std::uint8_t c) {
  if (c >= 0x80) return c > 0xa0 && c != 0xad;
  return c > ' ' && c < 0x7f && c != '@' && c != ':' && c != '/';
}

std::optional<ByteView> read_password(Reader& reader) {
  const ByteView password = reader.s8();
  if (!all_of(password, is_password_byte)) reader.fail();
  return password;
}

LinkData read_link_data(Reader& reader) {
  const ByteView fixed = reader.s16();
  const ByteView user = reader.s16();
  return {fixed, user};
}

template <class T>
Parsed no_parameters(Reader& reader, Version /*version*/) {
  if (reader.remaining() != 0) return std::nullopt;
  return T{};
}

template <class T>
Parsed one_key(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  const auto key = reader.key();
  if (!key || !reader.done()) return std::nullopt;
  return T{*key};
}

template <class T>
Parsed service_subscription(Reader& reader, Version version) {
  T command;
  if (version >= kVersionServiceHash) {
    reader.expect(' ');
    command.count = reader.i64();
    command.ids_hash = reader.s8();
    if (command.ids_hash.size() != kIdsHashSize) return std::nullopt;
  }
  if (!reader.done()) return std::nullopt;
  return command;
}

void read_queue_request(Reader& reader, New& command) {
  if (!reader.opt()) return;
  switch (reader.u8()) {
    case 'M': {
      MessagingRequest request;
      if (reader.opt()) {
        const ByteView sender_id = reader.s8();
        request.link = MessagingRequest::Link{sender_id, read_link_data(reader)};
      }
      command.request = request;
      return;
    }
    case 'C': {
      ContactRequest request;
      if (reader.opt()) {
        const ByteView link_id = reader.s8();
        const ByteView sender_id = reader.s8();
        request.link = ContactRequest::Link{link_id, sender_id, read_link_data(reader)};
      }
      command.request = request;
      return;
    }
    default:
      reader.fail();
  }
}

Parsed parse_new(Reader& reader, Version version) {
  reader.expect(' ');
  const auto key = reader.key();
  const auto dh_key = reader.key(kX25519);
  if (!key || !dh_key) return std::nullopt;
  New command{*key, *dh_key, std::nullopt, true, {}, std::nullopt};

  if (version < kVersionSenderSecure) {
    if (reader.peek() == 'A') {
      reader.expect('A');
      command.password = read_password(reader);
    }
  } else if (reader.opt()) {
    command.password = read_password(reader);
  }
  const auto mode = reader.u8();
  if (mode != 'S' && mode != 'C') return std::nullopt;
  command.subscribe = mode == 'S';

  if (version >= kVersionShortLinks) {
    read_queue_request(reader, command);
  } else if (version >= kVersionSenderSecure) {
    if (reader.boolean()) {
      command.request = MessagingRequest{};
    } else {
      command.request = ContactRequest{};
    }
  }
  if (version >= kVersionNewNotifier && reader.opt()) {
    const auto notifier_key = reader.key();
    const auto notifier_dh_key = reader.key(kX25519);
    if (!notifier_key || !notifier_dh_key) return std::nullopt;
    command.notifier = NewNotifier{*notifier_key, *notifier_dh_key};
  }
  if (!reader.done()) return std::nullopt;
  return command;
}

Parsed parse_rkey(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  const std::size_t count = reader.u8();
  if (count == 0) return std::nullopt;
  Rkey command;
  for (std::size_t i = 0; i < count; ++i) {
    const auto key = reader.key();
    if (!key) return std::nullopt;
    command.keys.push_back(*key);
  }
  if (!reader.done()) return std::nullopt;
  return command;
}

Parsed parse_lset(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  Lset command;
  command.link_id = reader.s8();
  command.data = read_link_data(reader);
  if (!reader.done()) return std::nullopt;
  return command;
}

Parsed parse_nkey(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  const auto key = reader.key();
  const auto dh_key = reader.key(kX25519);
  if (!key || !dh_key || !reader.done()) return std::nullopt;
  return Nkey{*key, *dh_key};
}

Parsed parse_ack(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  Ack command;
  command.message_id = reader.s8();
  if (!reader.done()) return std::nullopt;
  return command;
}

Parsed parse_send(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  const ByteView rest = reader.tail();
  const auto space = std::find(rest.begin(), rest.end(), static_cast<std::uint8_t>(' '));
  if (!reader.ok() || space == rest.end()) return std::nullopt;
  const auto flags_size = static_cast<std::size_t>(space - rest.begin());
  Send command{rest.first(flags_size), rest.subspan(flags_size + 1)};
  if (flags_size == 0 || (command.flags[0] != 'T' && command.flags[0] != 'F')) return std::nullopt;
  return command;
}

// Not the rules of an address (parse_host), only that it may be one: whether the host can be used is found out, and
// answered as PROXY BROKER HOST, when the proxy connects.
bool is_host_byte(std::uint8_t c) {
  return c > ' ' && c != 0x7f && c != '#' && c != ',' && c != ';' && c != '/';
}

bool is_digit(std::uint8_t c) {
  return c >= '0' && c <= '9';
}

Parsed parse_prxy(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  const std::size_t count = reader.u8();
  if (count == 0) return std::nullopt;
  Prxy command;
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    const ByteView host = reader.s8();
    if (host.empty() || !all_of(host, is_host_byte)) return std::nullopt;
    command.hosts.push_back(host);
  }
  command.port = reader.s8();
  command.fingerprint = reader.s8();
  if (!all_of(command.port, is_digit) || command.fingerprint.size() != kFingerprintSize) return std::nullopt;
  if (reader.opt()) command.password = read_password(reader);
  if (!reader.done()) return std::nullopt;
  return command;
}

Parsed parse_pfwd(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  const Version version = reader.w16();
  const auto key = reader.key(kX25519);
  if (!key) return std::nullopt;
  return Pfwd{version, *key, reader.tail()};
}

Parsed parse_rfwd(Reader& reader, Version /*version*/) {
  reader.expect(' ');
  const Rfwd command{reader.tail()};
  if (!reader.ok()) return std::nullopt;
  return command;
}

// Two labels or more, separated by dots; a label is 1 to 63 letters and digits, with single hyphens between them.
bool is_name(ByteView name) {
  std::size_t labels = 0;
  std::size_t label_size = 0;
  std::uint8_t previous = '.';
  for (const auto c : name) {
    if (c == '.' || c == '-') {
      if (!is_letter_or_digit(previous)) return false;
    } else if (!is_letter_or_digit(c)) {
      return false;
    }
    if (c == '.') {
      ++labels;
      label_size = 0;
    } else if (++label_size > 63) {
      return false;
    }
    previous = c;
  }
  return labels >= 1 && is_letter_or_digit(previous);
}

bool is_space(std::uint8_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

Parsed parse_rslv(Reader& reader, Version /*version*/) {
  constexpr std::size_t kMaxName = 253;
  reader.expect(' ');
  const ByteView rest = reader.tail();
  if (!reader.ok()) return std::nullopt;
  // The name ends at the first white space; what follows is reserved.
  const auto end = std::find_if(rest.begin(), rest.end(), is_space);
  const ByteView name = rest.first(static_cast<std::size_t>(end - rest.begin()));
  if (name.size() > kMaxName || !is_name(name)) return std::nullopt;
  return Rslv{name};
}

struct Entry {
  std::string_view word;
  Parser parse;
};

// Looked through from the front: the words of every message come first.
constexpr std::array<Entry, std::variant_size_v<Command>> kEntries{{
    {"SEND", parse_send},
    {"ACK", parse_ack},
    {"SUB", no_parameters<Sub>},
    {"PING", no_parameters<Ping>},
    {"PFWD", parse_pfwd},
    {"RFWD", parse_rfwd},
    {"NEW", parse_new},
    {"KEY", one_key<Key>},
    {"SKEY", one_key<Skey>},
    {"LKEY", one_key<Lkey>},
    {"NKEY", parse_nkey},
    {"RKEY", parse_rkey},
    {"LSET", parse_lset},
    {"LDEL", no_parameters<Ldel>},
    {"LGET", no_parameters<Lget>},
    {"NSUB", no_parameters<Nsub>},
    {"NDEL", no_parameters<Ndel>},
    {"GET", no_parameters<Get>},
    {"DEL", no_parameters<Del>},
    {"OFF", no_parameters<Off>},
    {"QUE", no_parameters<Que>},
    {"SUBS", service_subscription<Subs>},
    {"NSUBS", service_subscription<Nsubs>},
    {"PRXY", parse_prxy},
    {"RSLV", parse_rslv},
}};

}  // namespace

std::variant<Command, CommandError> parse_command(ByteView text, Version version) {
  const auto space = std::find(text.begin(), text.end(), static_cast<std::uint8_t>(' '));
  const auto word_size = static_cast<std::size_t>(space - text.begin());
  const std::string_view word = as_text(text.first(word_size));
  for (const auto& entry : kEntries) {
    if (entry.word != word) continue;
    Reader reader(text.subspan(word_size));
    auto command = entry.parse(reader, version);
    if (!command) return CommandError::syntax;
    return std::move(*command);
  }
  return CommandError::unknown;
}

}  // namespace sotto::smp
