// The two lists of scenarios that sotto-bench runs by itself: the suite (`make bench`), and the quick comparison with
// stored costs (`make bench-quick`). One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/report/report.hpp"
#include "bench/target/target.hpp"

namespace sotto::bench {

struct SuiteOptions {
  bool tenth = false;             // a tenth of the work, to see that it runs
  std::vector<std::string> only;  // scenarios, by name; empty: all
  std::vector<std::string> on;    // targets; empty: both
  PlatformFlags flags;
};

// Runs what is wanted, one after the other. A scenario that fails is in the report with its reason, and the next one
// runs; throws at the end when any did.
void run_suite(Report& report, const SuiteOptions& options);

struct QuickOptions {
  std::filesystem::path against;  // a report that was stored
  bool write = false;             // store this one there instead of comparing
  PlatformFlags flags;
};

// Prints how each cost compares with the stored one. Throws when something became dearer by more than 15 %.
void run_quick(Report& report, const QuickOptions& options);

}  // namespace sotto::bench
