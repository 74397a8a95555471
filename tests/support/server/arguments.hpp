// What the programs' parts take, made from what a test says. One thread.
#pragma once

#include <memory>
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

// A process (standalone::Server, gateway::GatewayProcess …) with its metrics, which are exposed once.
template <class Process>
class Exposed {
 public:
  explicit Exposed(std::unique_ptr<Process> process) : process_(std::move(process)) {
    process_->expose(metrics_, health_);
  }
  ~Exposed() { stop(); }
  Exposed(const Exposed&) = delete;
  Exposed& operator=(const Exposed&) = delete;

  Process& operator*() { return *process_; }
  Process* operator->() { return process_.get(); }
  // The value now of a metric as it stands in the exposition, labels included. Nothing when there is none.
  [[nodiscard]] std::optional<double> metric(const std::string& name) const {
    const auto text = metrics_.exposition();
    const auto wanted = "\n" + name + " ";
    const auto at = text.find(wanted);
    if (at == std::string::npos) return std::nullopt;
    return std::stod(text.substr(at + wanted.size()));
  }
  // Drains it and ends it; its metrics keep their last values.
  void stop() {
    if (!process_) return;
    health_.drain();
    process_->drain();
    metrics_.release_callbacks();
    process_.reset();
  }

 private:
  // Outlive the process, which asks them.
  metrics::Metrics metrics_;
  Health health_;
  std::unique_ptr<Process> process_;
};

}  // namespace sotto::test
