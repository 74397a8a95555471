// FailureLog: says in the log why relays cannot be reached, without a line for each: of each kind of failure one line
// at once, and then at most one a minute with how many there were. Without host names, unless they are asked for. Owned
// by the RelayPool; its thread only.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "gateway/relay/relays.hpp"
#include "libs/base/clock.hpp"
#include "libs/smp-client/failure.hpp"

namespace sotto::gateway {

class FailureLog {
 public:
  explicit FailureLog(bool hosts) : hosts_(hosts) {}

  // `key` tells destinations apart, for counting only.
  void failed(const RelayAddress& address, const std::string& key, const client::Failure& failure, SteadyTime now);
  // Writes what has been held back for a minute.
  void tick(SteadyTime now);

 private:
  // By the layer that failed and the kind of the first host.
  using Kind = std::pair<client::Layer, smp::HostKind>;
  struct Held {
    SteadyTime since;
    std::uint64_t failures = 0;
    std::set<std::size_t> destinations;  // digests
    std::string message;                 // of the last
    std::string host;                    // likewise, where hosts may be named
  };
  void write(const Kind& kind, const Held& held) const;

  const bool hosts_;
  std::map<Kind, Held> held_;
};

}  // namespace sotto::gateway
