// Scenario messages: the life of a message (SEND, OK, MSG, ACK, OK) between pairs of senders and recipients. Throws
// when the server errs, UsageError when the options do not fit together.
#pragma once

#include <cstdint>

#include "bench/load/message_load.hpp"
#include "bench/report/report.hpp"
#include "bench/scenarios/scenario_options.hpp"
#include "bench/target/target.hpp"

namespace sotto::bench {

struct MessagesOptions : ScenarioOptions {
  LoadShape shape{};
  std::uint64_t messages = 10'000;
  double rate = 0;       // messages a second of an open loop; 0: closed loop
  bool half = false;     // after a closed loop, an open one at half of what that did a second
  bool separate = true;  // senders go the first way in, recipients the last; else all go the first
};

void messages(Report& report, Target& target, const MessagesOptions& options);

}  // namespace sotto::bench
