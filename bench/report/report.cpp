#include "bench/report/report.hpp"

#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "bench/report/text_report.hpp"

namespace sotto::bench {

void Report::add(RunRecord run) {
  std::erase_if(run.figures, [](const Figure& figure) { return !std::isfinite(figure.value); });
  fmt::print("{}\n", to_text(run));
  std::fflush(stdout);
  runs_.push_back(std::move(run));
}

}  // namespace sotto::bench
