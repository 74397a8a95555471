// The report as text for people. Any thread.
#pragma once

#include <string>
#include <vector>

#include "bench/report/run_record.hpp"

namespace sotto::bench {

// One run, on several lines: its title, figures, the use of each kind of process, latencies.
std::string to_text(const RunRecord& run);
// All runs as one Markdown table, a line a figure and a line for each 99th percentile.
std::string to_table(const std::vector<RunRecord>& runs);

}  // namespace sotto::bench
