// Counters of the relays of a gateway: what metrics show. Written by the relays' thread, read by anybody.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "gateway/relay/relay_outcome.hpp"

namespace sotto::gateway {

struct RelayCounters {
  using ByOutcome = std::array<std::atomic<std::uint64_t>, kRelayOutcomes>;
  // 0: servers of others, 1: of our own domains.
  std::array<ByOutcome, 2> sessions{};       // PRXY answered
  std::array<ByOutcome, 2> messages{};       // PFWD answered
  std::atomic<std::uint64_t> remembered{0};  // PRXY answered with a failure that was remembered
  std::atomic<std::uint64_t> evicted{0};     // idle connections closed to make room
  std::atomic<std::uint64_t> connected{0};   // now
  std::atomic<std::uint64_t> connecting{0};  // now
  std::atomic<std::uint64_t> in_flight{0};   // commands at relays, now
};

}  // namespace sotto::gateway
