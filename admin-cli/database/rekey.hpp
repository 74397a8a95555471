// Rekeying: sealing the secrets of all queues with the current platform key again, while queue services run.
//
// It goes through the queues by id, and changes a few of them in a transaction, under their row locks, which it takes
// in the order of ids as the services do. Nothing is kept between runs: one that was interrupted starts over and passes
// quickly over what is done. The version of a record does not change, as none of its values does.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "libs/crypto/key_ring.hpp"
#include "libs/postgres/connection.hpp"

namespace sotto::cli {

struct RekeyCounts {
  std::uint64_t seen = 0;        // queues looked at, in this pass
  std::uint64_t resealed = 0;    // queues whose secrets were sealed again, in all passes
  std::uint64_t unreadable = 0;  // queues whose secrets do not open, in this pass; they are left as they are
};

struct RekeyResult {
  RekeyCounts counts;
  std::optional<Error> first_unreadable;
};

// Passes through all queues until a pass finds nothing more to do. `conflict` when that does not come: a queue service
// still seals with another key. Tells `progress` a few times a second at most, from this thread. On another failure
// what was done before stays done.
Result<RekeyResult> rekey(postgres::Connection& connection, const crypto::KeyRing& keys,
                          const std::function<void(const RekeyCounts&)>& progress);

}  // namespace sotto::cli
