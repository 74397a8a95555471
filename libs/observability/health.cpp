#include "libs/observability/health.hpp"

#include <algorithm>
#include <utility>

namespace sotto {

void Health::add(std::string name, Check check) {
  const std::lock_guard lock(mutex_);
  checks_.push_back({std::move(name), std::move(check)});
}

void Health::drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  checks_.clear();
}

std::vector<Health::Line> Health::lines() const {
  const std::lock_guard lock(mutex_);
  if (draining_) return {{"drain", false, "the process is stopping"}};
  std::vector<Line> lines;
  lines.reserve(checks_.size());
  for (const auto& [name, check] : checks_) {
    const auto status = check();
    lines.push_back({name, status.ok(), status.ok() ? std::string() : status.error().message});
  }
  return lines;
}

bool Health::ready() const {
  const auto all = lines();
  return std::all_of(all.begin(), all.end(), [](const Line& line) { return line.ok; });
}

}  // namespace sotto
