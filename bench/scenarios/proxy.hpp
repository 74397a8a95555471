// Scenario proxy: the life of messages whose senders use private routing: SEND inside of PFWD to the target, which is
// the proxy, RFWD to a relay, MSG from there to the recipient, ACK. The relay is a server of its own, or one that is
// given. Throws when a server errs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bench/report/report.hpp"
#include "bench/scenarios/scenario_options.hpp"
#include "bench/target/target.hpp"

namespace sotto::bench {

struct ProxyOptions : ScenarioOptions {
  std::size_t pairs = 16;
  std::size_t size = 16'000;
  std::uint64_t messages = 5'000;
  std::string relay;  // its address; empty: a sotto-server of our own
};

// What a server of our own must be told to forward to one on this machine.
inline constexpr const char* kProxyToThisMachine = "--proxy-private-networks=127.0.0.0/8";

void proxy(Report& report, Target& target, const ProxyOptions& options);

}  // namespace sotto::bench
