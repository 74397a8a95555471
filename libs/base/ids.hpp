// The ids of the protocol as types of their own, so that a sender id cannot be passed for a recipient id. All are 24
// random bytes (docs/wire.md). Plain values, no thread rules. None may be printed to logs, metrics or errors.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>

#include "libs/base/bytes.hpp"

namespace sotto {

inline constexpr std::size_t kIdSize = 24;

template <class Tag>
struct Id {
  std::array<std::uint8_t, kIdSize> bytes{};

  // Nothing when the length is not 24: such an id names no queue.
  static std::optional<Id> from(ByteView view) {
    if (view.size() != kIdSize) return std::nullopt;
    Id id;
    std::copy(view.begin(), view.end(), id.bytes.begin());
    return id;
  }
  // Views this id.
  [[nodiscard]] ByteView view() const { return bytes; }

  friend auto operator<=>(const Id&, const Id&) = default;
};

using RecipientId = Id<struct RecipientTag>;
using SenderId = Id<struct SenderTag>;
using NotifierId = Id<struct NotifierTag>;
using LinkId = Id<struct LinkTag>;
using ServiceId = Id<struct ServiceTag>;
using MessageId = Id<struct MessageTag>;

}  // namespace sotto

// Ids are random, so eight of their bytes are a hash. Clients may choose sender and link ids, but only as truncated
// digests or next to a signature; maps that an attacker could fill on purpose are bounded elsewhere.
template <class Tag>
struct std::hash<sotto::Id<Tag>> {
  std::size_t operator()(const sotto::Id<Tag>& id) const noexcept {
    std::size_t h = 0;
    std::memcpy(&h, id.bytes.data() + 8, sizeof h);
    return h;
  }
};
