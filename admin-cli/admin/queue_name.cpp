#include "admin-cli/admin/queue_name.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "libs/base/bytes.hpp"
#include "libs/crypto/hash.hpp"

namespace sotto::cli {
namespace {

constexpr std::size_t kIdSize = 24;
constexpr std::size_t kLinkKeySize = 32;
constexpr std::string_view kQueueScheme = "smp://";

using common::v1::QueueId;

Error unreadable() {
  return {
      ErrorCode::invalid_argument,
      "QUEUE is neither an id (24 bytes in base64url), nor the address of a queue (smp://…@host/ID…), nor a link of "
      "an app (https://host/i#…, /a#…, /c#…, /g#…)"};
}

QueueId named(common::v1::Role role, ByteView id) {
  QueueId out;
  out.set_role(role);
  out.set_id(std::string(id.begin(), id.end()));
  return out;
}

// %XX is the byte; what is no such escape stays.
std::string without_escapes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      if (const auto byte = from_hex(text.substr(i + 1, 2))) {
        out.push_back(static_cast<char>(byte->front()));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

std::string_view up_to(std::string_view text, std::string_view ends) {
  return text.substr(0, std::min(text.find_first_of(ends), text.size()));
}

// smp://fingerprint@hosts/ID#/?…: the sender's id, whatever stands around it.
std::optional<QueueId> from_queue_address(std::string_view text) {
  const auto begin = text.find(kQueueScheme);
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin + kQueueScheme.size());
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto id = from_base64url(up_to(text.substr(slash + 1), "#?/&"));
  if (!id || id->size() != kIdSize) return std::nullopt;
  return named(common::v1::ROLE_SENDER, *id);
}

// https://host/i#ID/KEY of an invitation; https://host/a#KEY (also c, g) of an address, a channel, a group, whose link
// id follows from the key (simplexmq, Crypto/ShortLink).
std::optional<QueueId> from_short_link(std::string_view text) {
  const auto hash = text.find('#');
  if (hash == std::string_view::npos || hash < 2 || text[hash - 2] != '/') return std::nullopt;
  const char kind = text[hash - 1];
  const auto first = from_base64url(up_to(text.substr(hash + 1), "/?&"));
  if (!first) return std::nullopt;
  if (kind == 'i' && first->size() == kIdSize) return named(common::v1::ROLE_LINK, *first);
  if (std::string_view("acgr").find(kind) == std::string_view::npos || first->size() != kLinkKeySize) {
    return std::nullopt;
  }
  std::array<std::uint8_t, kIdSize + 32> derived{};
  crypto::hkdf_sha512({}, *first, as_bytes("SimpleXContactLink"), derived);
  const auto out = named(common::v1::ROLE_LINK, ByteView(derived).first(kIdSize));
  wipe(derived);  // the rest opens the link's data
  return out;
}

common::v1::Role role_of(std::string_view word) {
  if (word == "recipient") return common::v1::ROLE_RECIPIENT;
  if (word == "notifier") return common::v1::ROLE_NOTIFIER;
  if (word == "link") return common::v1::ROLE_LINK;
  return common::v1::ROLE_SENDER;
}

}  // namespace

Result<QueueId> queue_name(std::string_view text, std::string_view role) {
  if (const auto id = from_base64url(text); id && id->size() == kIdSize) return named(role_of(role), *id);
  const auto plain = without_escapes(text);
  auto found = from_queue_address(plain);
  if (!found) found = from_short_link(plain);
  if (!found) return unreadable();
  if (!role.empty() && role_of(role) != found->role()) {
    return Error{ErrorCode::invalid_argument, "--role is of a plain id; QUEUE says by itself which one it has"};
  }
  return *found;
}

}  // namespace sotto::cli
