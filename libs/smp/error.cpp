#include "libs/smp/error.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "libs/smp/encoding.hpp"

namespace sotto::smp {
namespace {

template <class T>
struct Named {
  T value;
  std::string_view word;
};

constexpr Named<SimpleError> kSimple[] = {
    {SimpleError::block, "BLOCK"},       {SimpleError::session, "SESSION"},     {SimpleError::auth, "AUTH"},
    {SimpleError::service, "SERVICE"},   {SimpleError::crypto, "CRYPTO"},       {SimpleError::quota, "QUOTA"},
    {SimpleError::no_msg, "NO_MSG"},     {SimpleError::large_msg, "LARGE_MSG"}, {SimpleError::expired, "EXPIRED"},
    {SimpleError::internal, "INTERNAL"},
};

constexpr Named<CommandError> kCommand[] = {
    {CommandError::unknown, "UNKNOWN"}, {CommandError::syntax, "SYNTAX"},     {CommandError::prohibited, "PROHIBITED"},
    {CommandError::no_auth, "NO_AUTH"}, {CommandError::has_auth, "HAS_AUTH"}, {CommandError::no_entity, "NO_ENTITY"},
};

constexpr Named<TransportErrorKind> kTransport[] = {
    {TransportErrorKind::block, "BLOCK"},
    {TransportErrorKind::version, "VERSION"},
    {TransportErrorKind::large_msg, "LARGE_MSG"},
    {TransportErrorKind::session, "SESSION"},
    {TransportErrorKind::no_auth, "NO_AUTH"},
    {TransportErrorKind::handshake_parse, "HANDSHAKE PARSE"},
    {TransportErrorKind::handshake_identity, "HANDSHAKE IDENTITY"},
    {TransportErrorKind::handshake_bad_auth, "HANDSHAKE BAD_AUTH"},
    {TransportErrorKind::handshake_bad_service, "HANDSHAKE BAD_SERVICE"},
};

constexpr Named<BrokerError::Kind> kBroker[] = {
    {BrokerError::Kind::response, "RESPONSE"},   {BrokerError::Kind::unexpected, "UNEXPECTED"},
    {BrokerError::Kind::network, "NETWORK"},     {BrokerError::Kind::timeout, "TIMEOUT"},
    {BrokerError::Kind::host, "HOST"},           {BrokerError::Kind::no_service, "NO_SERVICE"},
    {BrokerError::Kind::transport, "TRANSPORT"},
};

template <class Table, class T>
std::string_view word_of(const Table& table, T value) {
  for (const auto& row : table) {
    if (row.value == value) return row.word;
  }
  return {};
}

template <class Table>
auto value_of(const Table& table, std::string_view word) -> std::optional<decltype(table[0].value)> {
  for (const auto& row : table) {
    if (row.word == word) return row.value;
  }
  return std::nullopt;
}

// Errors nest through PROXY PROTOCOL. Servers nest once; a text that goes on is not an error of anyone's.
constexpr int kMaxNesting = 4;

// Takes a word and, when it stands there, the space behind it. `had_space` tells "STORE" from "STORE ".
struct Word {
  std::string_view text;
  std::string_view rest;
  bool had_space;
};
Word split(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return {text, {}, false};
  return {text.substr(0, space), text.substr(space + 1), true};
}

// The whole of `text` as one s8.
std::optional<std::string> whole_s8(std::string_view text) {
  Reader reader(as_bytes(text));
  const auto inside = reader.s8();
  if (!reader.done()) return std::nullopt;
  return std::string(as_text(inside));
}

// A JSON object; its `ttl`, where there is one, is a whole number of seconds or null.
bool is_notice(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return false;
  const auto ttl = json.find("ttl");
  return ttl == json.end() || ttl->is_null() || ttl->is_number_integer();
}

std::optional<ProtocolError> parse_blocked(std::string_view text) {
  constexpr std::string_view kReason = "reason=";
  constexpr std::string_view kNotice = ",notice=";
  if (!text.starts_with(kReason)) return std::nullopt;
  text.remove_prefix(kReason.size());
  Blocked blocked;
  if (text.starts_with("spam")) {
    text.remove_prefix(4);
  } else if (text.starts_with("content")) {
    blocked.reason = BlockingReason::content;
    text.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  if (text.empty()) return blocked;
  if (!text.starts_with(kNotice)) return std::nullopt;
  text.remove_prefix(kNotice.size());
  if (!is_notice(text)) return std::nullopt;
  blocked.notice_json = std::string(text);
  return blocked;
}

// What newer servers may write behind NETWORK; nothing of it is kept.
bool is_network_detail(std::string_view text) {
  const auto [word, rest, had_space] = split(text);
  if (word == "CONNECT" || word == "TLS" || word == "SUBSCRIBE") return had_space && whole_s8(rest).has_value();
  return !had_space && (word == "UNKNOWNCA" || word == "FAILED" || word == "TIMEOUT");
}

std::optional<BrokerError> parse_broker(std::string_view text) {
  const auto [word, rest, had_space] = split(text);
  const auto kind = value_of(kBroker, word);
  if (!kind) return std::nullopt;
  BrokerError error;
  error.kind = *kind;
  switch (*kind) {
    case BrokerError::Kind::response:
    case BrokerError::Kind::unexpected: {
      auto inside = whole_s8(rest);
      if (!had_space || !inside) return std::nullopt;
      error.text = std::move(*inside);
      return error;
    }
    case BrokerError::Kind::transport: {
      const auto transport = parse_transport_error(as_bytes(rest));
      if (!transport) return std::nullopt;
      error.transport = *transport;
      return error;
    }
    case BrokerError::Kind::network:
      if (had_space && !is_network_detail(rest)) return std::nullopt;
      return error;
    default:
      if (had_space) return std::nullopt;
      return error;
  }
}

std::optional<ProtocolError> parse(std::string_view text, int nesting);

std::optional<ProtocolError> parse_proxy(std::string_view text, int nesting) {
  if (text == "BASIC_AUTH") return proxy_error(ProxyBasicAuth{});
  if (text == "NO_SESSION") return proxy_error(ProxyNoSession{});
  const auto [word, rest, had_space] = split(text);
  if (word == "PROTOCOL" && nesting < kMaxNesting) {
    auto inside = parse(rest, nesting + 1);
    if (!inside) return std::nullopt;
    return proxy_error(std::move(*inside));
  }
  if (word == "BROKER") {
    auto inside = parse_broker(rest);
    if (!inside) return std::nullopt;
    return proxy_error(std::move(*inside));
  }
  return std::nullopt;
}

std::optional<ProtocolError> parse_name(std::string_view text) {
  if (text == "NO_RESOLVER") return NameError{NameError::Kind::no_resolver, {}};
  if (text == "NOT_FOUND") return NameError{NameError::Kind::not_found, {}};
  const auto [word, rest, had_space] = split(text);
  if (word == "RESOLVER" && had_space) return NameError{NameError::Kind::resolver, std::string(rest)};
  return std::nullopt;
}

std::optional<ProtocolError> parse(std::string_view text, int nesting) {
  if (const auto simple = value_of(kSimple, text)) return *simple;
  const auto [word, rest, had_space] = split(text);
  if (!had_space) return std::nullopt;
  if (word == "CMD") {
    // An older server's name for the same error.
    if (rest == "NO_QUEUE") return CommandError::no_entity;
    if (const auto command = value_of(kCommand, rest)) return *command;
    return std::nullopt;
  }
  if (word == "BLOCKED") return parse_blocked(rest);
  if (word == "STORE") return StoreError{std::string(rest)};
  if (word == "NAME") return parse_name(rest);
  if (word == "PROXY") return parse_proxy(rest, nesting);
  return std::nullopt;
}

void encode_broker(const BrokerError& error, Bytes& out) {
  Writer writer(out);
  writer.text(word_of(kBroker, error.kind));
  switch (error.kind) {
    case BrokerError::Kind::response:
    case BrokerError::Kind::unexpected:
      writer.u8(' ');
      writer.s8(as_bytes(std::string_view(error.text).substr(0, 255)));
      break;
    case BrokerError::Kind::transport:
      writer.u8(' ');
      encode(error.transport, out);
      break;
    default:
      break;
  }
}

struct Encoder {
  Version version;
  Bytes& out;

  void text(std::string_view text) const { Writer(out).text(text); }

  void operator()(SimpleError error) const { text(word_of(kSimple, error)); }
  void operator()(CommandError error) const {
    text("CMD ");
    text(word_of(kCommand, error));
  }
  void operator()(const Blocked& blocked) const {
    if (version < kVersionBlocked) return text("AUTH");
    text("BLOCKED reason=");
    text(blocked.reason == BlockingReason::spam ? "spam" : "content");
    if (version >= kVersionClientNotices && !blocked.notice_json.empty()) {
      text(",notice=");
      text(blocked.notice_json);
    }
  }
  void operator()(const StoreError& error) const {
    text("STORE ");
    text(error.text);
  }
  void operator()(const NameError& error) const {
    switch (error.kind) {
      case NameError::Kind::no_resolver:
        return text("NAME NO_RESOLVER");
      case NameError::Kind::not_found:
        return text("NAME NOT_FOUND");
      case NameError::Kind::resolver:
        text("NAME RESOLVER ");
        return text(error.text);
    }
  }
  void operator()(const ProxyErrorPtr& proxy) const {
    text("PROXY ");
    std::visit(*this, proxy->error);
  }
  void operator()(const ProtocolError& error) const {
    text("PROTOCOL ");
    std::visit(*this, error);
  }
  void operator()(const BrokerError& error) const {
    text("BROKER ");
    encode_broker(error, out);
  }
  void operator()(ProxyBasicAuth) const { text("BASIC_AUTH"); }
  void operator()(ProxyNoSession) const { text("NO_SESSION"); }
};

}  // namespace

ProtocolError proxy_error(std::variant<ProtocolError, BrokerError, ProxyBasicAuth, ProxyNoSession> error) {
  return std::make_shared<const ProxyError>(ProxyError{std::move(error)});
}

bool same(const ProtocolError& a, const ProtocolError& b) {
  if (a.index() != b.index()) return false;
  const auto* left = std::get_if<ProxyErrorPtr>(&a);
  if (left == nullptr) return a == b;
  const auto& x = (*left)->error;
  const auto& y = std::get<ProxyErrorPtr>(b)->error;
  if (x.index() != y.index()) return false;
  const auto* inside = std::get_if<ProtocolError>(&x);
  return inside == nullptr ? x == y : same(*inside, std::get<ProtocolError>(y));
}

void encode(const ProtocolError& error, Version version, Bytes& out) {
  std::visit(Encoder{version, out}, error);
}

std::optional<ProtocolError> parse_error(ByteView text) {
  return parse(as_text(text), 0);
}

void encode(TransportError error, Bytes& out) {
  Writer(out).text(word_of(kTransport, error.kind));
}

std::optional<TransportError> parse_transport_error(ByteView text) {
  const auto kind = value_of(kTransport, as_text(text));
  if (!kind) return std::nullopt;
  return TransportError{*kind};
}

std::string to_string(const ProtocolError& error) {
  Bytes out;
  encode(error, kMaxVersion, out);
  return std::string(as_text(out));
}

}  // namespace sotto::smp
