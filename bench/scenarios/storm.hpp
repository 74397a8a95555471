// Scenario storm: many clients come back at once and subscribe to all their queues, usually to a server that has just
// started, so that nothing is in its caches. Throws when the server errs.
#pragma once

#include "bench/report/report.hpp"
#include "bench/scenarios/scenario_options.hpp"
#include "bench/target/target.hpp"

namespace sotto::bench {

struct StormOptions : ScenarioOptions {
  std::size_t connections = 200;
  std::size_t queues = 100;  // of a connection
  bool warm = false;         // without kill -9 and restart before; a server that is not ours is never restarted
};

void storm(Report& report, Target& target, const StormOptions& options);

}  // namespace sotto::bench
