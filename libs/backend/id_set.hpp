// IdSet: how many ids a set has, and a hash of them: what a service and a server compare to find that they mean the
// same queues (docs/wire.md section 9: SUBS, SOKS, ENDS). The hash is the XOR of the MD5 digests of the ids, so ids
// come and go in any order, and without the others. A value; no thread rules.
#pragma once

#include <array>
#include <cstdint>

#include "libs/base/bytes.hpp"

namespace sotto::backend {

using IdsHash = std::array<std::uint8_t, 16>;

struct IdSet {
  std::int64_t count = 0;
  IdsHash hash{};

  // Precondition: not in the set.
  void add(ByteView id);
  // Precondition: in the set.
  void remove(ByteView id);
  // The ids of a set that shares none with this one.
  void add(const IdSet& other);
  friend bool operator==(const IdSet&, const IdSet&) = default;
};

}  // namespace sotto::backend
