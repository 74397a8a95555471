// Scenario service: a service with many queues comes back to a server that has just started: by one SUB for each queue,
// and by one SUBS for all. Throws when the server errs.
#pragma once

#include "bench/report/report.hpp"
#include "bench/scenarios/scenario_options.hpp"
#include "bench/target/target.hpp"

namespace sotto::bench {

struct ServiceOptions : ScenarioOptions {
  ServiceOptions() { version = 20; }
  std::size_t queues = 20'000;
};

void service(Report& report, Target& target, const ServiceOptions& options);

}  // namespace sotto::bench
