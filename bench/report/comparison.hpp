// Comparison: costs of now beside those that were stored, and which of them moved. Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/report/run_record.hpp"

namespace sotto::bench {

// One cost to compare. Less is better.
struct Cost {
  std::string name;  // the same in both
  double value = 0;
  std::string unit;
};

struct Compared {
  enum class Verdict : std::uint8_t { same, cheaper, dearer, added, missing };
  std::string name;
  std::string unit;
  std::optional<double> stored;
  std::optional<double> now;
  Verdict verdict = Verdict::same;
  // Of `now` to `stored`, such as 0.2 for a fifth more. 0 unless both are there.
  [[nodiscard]] double change() const;
};

// What moved by no more than this counts as the same.
inline constexpr double kTolerance = 0.15;

// The costs of runs: CPU per operation as a ratio to the floor of the same run (what the machine does at that moment is
// then in both), and memory as it is. Other figures are no costs.
std::vector<Cost> costs_of(const std::vector<RunRecord>& runs);

// In the order of `stored`, then what is new.
std::vector<Compared> compare(const std::vector<Cost>& stored, const std::vector<Cost>& now);
// Whether something became dearer or is missing.
bool is_worse(const std::vector<Compared>& compared);
std::string to_text(const std::vector<Compared>& compared);

}  // namespace sotto::bench
