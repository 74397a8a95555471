// Scenario mixed: a team's day in fast motion. Members have queues with each other, are idle most of the time, send
// single messages and bursts, lose their connection and come back with all their subscriptions. What happens when is
// drawn by lot from a seed, the same for every server. Checks that each message comes once, in order, whatever
// connections it finds. Throws when the server errs.
#pragma once

#include <cstdint>

#include "bench/report/report.hpp"
#include "bench/scenarios/scenario_options.hpp"
#include "bench/target/target.hpp"

namespace sotto::bench {

struct MixedOptions : ScenarioOptions {
  std::size_t members = 200;
  std::size_t queues = 20;     // that a member receives from, each of another member
  std::uint64_t seconds = 30;  // how long the day takes
  double rate = 100;           // single messages a second, of all members together
  double bursts = 2;           // a second: a member sends several messages to several others at once
  double reconnects = 5;       // a second: a member's connection ends, and it comes back
  std::uint64_t seed = 1;
};

void mixed(Report& report, Target& target, const MixedOptions& options);

}  // namespace sotto::bench
