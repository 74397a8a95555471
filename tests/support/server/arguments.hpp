// What the programs' parts take, made from what a test says. One thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/observability/health.hpp"
#include "libs/observability/metrics.hpp"

namespace sotto::test {

// A command line and an environment as main() has them.
class Arguments {
 public:
  Arguments(std::string program, std::vector<std::string> first, const std::vector<std::string>& more,
            std::vector<std::string> environment)
      : texts_(std::move(first)), variables_(std::move(environment)) {
    texts_.insert(texts_.begin(), std::move(program));
    texts_.insert(texts_.end(), more.begin(), more.end());
    for (const auto& text : texts_) argv_.push_back(text.c_str());
    for (const auto& variable : variables_) environment_.push_back(variable.c_str());
    environment_.push_back(nullptr);
  }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  [[nodiscard]] int argc() const { return static_cast<int>(argv_.size()); }
  [[nodiscard]] const char* const* argv() const { return argv_.data(); }
  [[nodiscard]] const char* const* environment() const { return environment_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<std::string> variables_;
  std::vector<const char*> argv_;
  std::vector<const char*> environment_;
};

// The value now of a metric as it stands in the exposition of a process, labels included. Nothing when there is none.
template <class Process>
std::optional<double> metric_of(Process& process, const std::string& name) {
  metrics::Metrics metrics;
  Health health;
  process.expose(metrics, health);
  const auto text = metrics.exposition();
  metrics.release_callbacks();
  const auto wanted = "\n" + name + " ";
  const auto at = text.find(wanted);
  if (at == std::string::npos) return std::nullopt;
  return std::stod(text.substr(at + wanted.size()));
}

}  // namespace sotto::test
