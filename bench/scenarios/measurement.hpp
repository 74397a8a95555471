// Measurement: what the target and this program use from its making to stop(), as a part of a run's record. One thread,
// that which does the work.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "bench/report/run_record.hpp"
#include "bench/target/target.hpp"

namespace sotto::bench {

class Measurement {
 public:
  explicit Measurement(Target& target);
  // Sets operations, seconds, own_cpu and processes of `run`. Once.
  void stop(RunRecord& run, std::uint64_t operations);

 private:
  Target& target_;
  const std::vector<Target::Part> before_;
  const std::chrono::nanoseconds own_before_;
  const std::chrono::steady_clock::time_point begin_;
};

// A run that has done nothing yet.
RunRecord begin_record(const std::string& scenario, const Target& target);

// Figures of what stop() said: "CPU per <operation>", what of it is user and kernel time, and of each kind of process;
// none where no processes are known. With the CPU time of this program for each.
void add_cpu_figures(RunRecord& run, const std::string& operation, const std::string& aim = {});
// "<operations> a second".
void add_rate_figure(RunRecord& run, const std::string& operations);
// Of all processes, user and kernel, in microseconds.
double cpu_of(const RunRecord& run);

// Measures the floor of `life` and keeps it in the record.
void add_floor(RunRecord& run, const Life& life = {});

}  // namespace sotto::bench
