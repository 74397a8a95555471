// What a check of `sotto doctor` saw, and what to do about it. Plain values; no thread rules.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sotto::cli {

// The later, the worse.
enum class State : std::uint8_t { skipped, ok, warning, failed };

struct Finding {
  State state = State::ok;
  std::string seen;    // one sentence; of `skipped` the reason
  std::string remedy;  // of `warning` and `failed`
};
using Findings = std::vector<Finding>;

inline Finding skipped(std::string reason) {
  return {State::skipped, std::move(reason), {}};
}
inline Finding fine(std::string seen) {
  return {State::ok, std::move(seen), {}};
}
inline Finding warning(std::string seen, std::string remedy) {
  return {State::warning, std::move(seen), std::move(remedy)};
}
inline Finding failed(std::string seen, std::string remedy) {
  return {State::failed, std::move(seen), std::move(remedy)};
}

struct Check {
  std::string_view name;
  Findings findings;  // at least one
};

inline State state_of(const Findings& findings) {
  auto worst = State::skipped;
  for (const auto& finding : findings) worst = std::max(worst, finding.state);
  return worst;
}

}  // namespace sotto::cli
