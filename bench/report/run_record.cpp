#include "bench/report/run_record.hpp"

#include <algorithm>

namespace sotto::bench {

Latency summary(std::string what, const Histogram& histogram) {
  const auto at = [&](double percent) { return static_cast<double>(histogram.percentile(percent)); };
  return {std::move(what), histogram.count(), at(50), at(90), at(99), at(99.9), static_cast<double>(histogram.max())};
}

const Figure* RunRecord::figure(std::string_view name) const {
  const auto found =
      std::find_if(figures.begin(), figures.end(), [&](const Figure& each) { return each.name == name; });
  return found == figures.end() ? nullptr : &*found;
}

double RunRecord::floor_total() const {
  return Floor{floor}.total();
}

std::string RunRecord::title() const {
  std::string out = scenario + ", " + target;
  const char* between = ": ";
  for (const auto& each : parameters) {
    out += between + each.name + " " + each.value;
    between = ", ";
  }
  return out;
}

}  // namespace sotto::bench
