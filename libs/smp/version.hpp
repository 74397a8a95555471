// Versions of the protocol and what came with each (docs/wire.md). Constants and values only.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace sotto::smp {

using Version = std::uint16_t;

inline constexpr Version kMinVersion = 6;
inline constexpr Version kMaxVersion = 20;

inline constexpr Version kVersionAuthenticators = 7;    // session keys, no session id in transmissions
inline constexpr Version kVersionSenderSecure = 9;      // SKEY; optional password as Maybe
inline constexpr Version kVersionDeleted = 10;          // DELD; before, END
inline constexpr Version kVersionBlockEncryption = 11;  // and 16048-byte bodies
inline constexpr Version kVersionBlocked = 12;          // ERR BLOCKED; before, AUTH
inline constexpr Version kVersionProxyFlag = 14;        // proxyServer in the client's handshake
inline constexpr Version kVersionShortLinks = 15;       // queueReqData, link data
inline constexpr Version kVersionServices = 16;         // service certificates, SOK
inline constexpr Version kVersionNewNotifier = 17;      // notifier credentials in NEW
inline constexpr Version kVersionClientNotices = 18;    // notice in ERR BLOCKED
inline constexpr Version kVersionServiceHash = 19;      // count and hash in SUBS, SOKS, ENDS
inline constexpr Version kVersionNames = 20;            // RSLV

struct VersionRange {
  Version min = kMinVersion;
  Version max = kMaxVersion;
  [[nodiscard]] bool contains(Version v) const { return v >= min && v <= max; }
  friend bool operator==(VersionRange, VersionRange) = default;
};

inline constexpr std::size_t kBlockSize = 16384;
inline constexpr std::size_t kSessionIdSize = 32;
inline constexpr std::size_t kCorrIdSize = 24;

// Largest SEND body: 16048 bytes from v11, 16064 in v8..10, 16088 before.
constexpr std::size_t max_message_size(Version v) {
  return v >= 11 ? 16048 : v >= 8 ? 16064 : 16088;
}

}  // namespace sotto::smp
