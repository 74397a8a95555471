#include "bench/scenarios/measurement.hpp"

#include <numeric>

namespace sotto::bench {
namespace {

double microseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

}  // namespace

Measurement::Measurement(Target& target)
    : target_(target), before_(target.parts()), own_before_(thread_cpu()), begin_(std::chrono::steady_clock::now()) {}

void Measurement::stop(RunRecord& run, std::uint64_t operations) {
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  run.own_cpu = microseconds(thread_cpu() - own_before_);
  run.operations = operations;
  run.processes.clear();
  const auto after = target_.parts();
  for (std::size_t i = 0; i < after.size(); ++i) {
    const auto& was = before_.at(i).stats;
    const auto& is = after[i].stats;
    run.processes.push_back({after[i].name, after[i].processes, microseconds(is.user - was.user),
                             microseconds(is.kernel - was.kernel), was.resident_bytes, is.resident_bytes});
  }
}

RunRecord begin_record(const std::string& scenario, const Target& target) {
  return {.scenario = scenario, .target = target.name()};
}

double cpu_of(const RunRecord& run) {
  return std::accumulate(run.processes.begin(), run.processes.end(), 0.0,
                         [](double sum, const ProcessUse& each) { return sum + each.cpu(); });
}

void add_cpu_figures(RunRecord& run, const std::string& operation, const std::string& aim) {
  const auto operations = static_cast<double>(run.operations);
  double user = 0;
  for (const auto& each : run.processes) user += each.user;
  if (!run.processes.empty()) {
    const auto cpu = cpu_of(run);
    run.figures.push_back({"CPU per " + operation, cpu / operations, "us CPU", aim});
    run.figures.push_back({"of it user time", user / operations, "us CPU"});
    run.figures.push_back({"of it kernel time", (cpu - user) / operations, "us CPU"});
  }
  if (run.processes.size() > 1) {
    for (const auto& each : run.processes) {
      run.figures.push_back({"of it " + each.name, each.cpu() / operations, "us CPU"});
    }
  }
  run.figures.push_back({"sotto-bench itself, CPU per " + operation, run.own_cpu / operations, "us CPU"});
}

void add_rate_figure(RunRecord& run, const std::string& operations) {
  run.figures.push_back({operations + " a second", static_cast<double>(run.operations) / run.seconds, "1/s"});
}

void add_floor(RunRecord& run, const Life& life) {
  run.floor = measure_floor(life).parts;
}

}  // namespace sotto::bench
