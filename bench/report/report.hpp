// Report: the runs of this call of the program: each is printed when it is added. One thread.
#pragma once

#include <vector>

#include "bench/report/run_record.hpp"

namespace sotto::bench {

class Report {
 public:
  // Prints the run to standard output. Figures that are no numbers are left out: of few operations the kernel's clock,
  // which has steps of 10 ms, may show nothing, and a ratio to nothing says nothing.
  void add(RunRecord run);
  [[nodiscard]] const std::vector<RunRecord>& runs() const { return runs_; }

 private:
  std::vector<RunRecord> runs_;
};

}  // namespace sotto::bench
