#include "libs/runtime/program.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "libs/observability/exposer.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/process_metrics.hpp"
#include "libs/runtime/file_limit.hpp"
#include "libs/runtime/signals.hpp"
#include "libs/runtime/version.hpp"

namespace sotto::runtime {
namespace {

int fail(const ProgramName& name, const Error& error) {
  fmt::print(stderr, "{}: {}\n", name.program, error.message);
  return error_row(error.code).exit_code;
}

// How a stop goes on, for who watches it. Both values stay until the process has ended.
class StopMetrics {
 public:
  explicit StopMetrics(metrics::Metrics& metrics)
      : draining_(metrics.gauge("smp_draining", "1: it was told to stop, and has not ended yet.")),
        deadline_(metrics.gauge("smp_drain_deadline_seconds",
                                "When its time to stop is over, seconds since 1970; 0: it was not told to stop.")) {}

  void begin(std::chrono::milliseconds time) const {
    deadline_.set(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch() + time).count());
    draining_.set(1);
  }

 private:
  metrics::Gauge draining_;
  metrics::Gauge deadline_;
};

}  // namespace

int run_process(const ProgramName& name, const ProcessSettings& settings, const std::vector<std::string>& warnings,
                const std::function<Result<std::unique_ptr<Process>>()>& start) {
  log::configure(settings.log_level, settings.log_format);
  raise_file_limit();
  const Signals signals;
  for (const auto& warning : warnings) log::warning("setting", {{"warning", warning}});

  metrics::Metrics metrics;
  Health health;
  metrics::expose_process(metrics, name.component, std::string(version()));
  const StopMetrics stop(metrics);
  auto started = start();
  if (!started) return fail(name, started.error());
  auto process = std::move(*started);
  process->expose(metrics, health);
  std::optional<metrics::HttpExposer> exposer;
  if (const auto& listen = settings.metrics_listen) {
    auto listening = metrics::HttpExposer::start(metrics, listen->address, listen->port, &health);
    if (!listening) {
      health.drain();
      metrics.release_callbacks();
      return fail(name, listening.error());
    }
    exposer.emplace(std::move(*listening));
    log::info("metrics", {{"port", exposer->port()}});
  }
  process->announce();

  auto signal = signals.wait();
  for (; !signal.stop; signal = signals.wait()) {
    log::info("reloading", {{"signal", signal.name}});
    process->reload();
  }
  log::info("stopping", {{"signal", signal.name}});
  signals.release_stop();
  // First of all, so that nobody sends new clients here.
  health.drain();
  stop.begin(settings.announce_time + process->close_time() + settings.drain_time);
  std::this_thread::sleep_for(settings.announce_time);  // a second signal ends it, and all
  process->drain();
  metrics.release_callbacks();
  process.reset();
  log::info("stopped");
  return 0;
}

int run_program(const ProgramName& name, const std::function<Result<LoadedTable>()>& load,
                const std::function<int(const LoadedTable&)>& run) {
  try {
    const auto loaded = load();
    if (!loaded) return fail(name, loaded.error());
    if (loaded->request == config::Request::run) return run(*loaded);
    for (const auto& warning : loaded->warnings) fmt::print(stderr, "{}: warning: {}\n", name.program, warning);
    fmt::print("{}", loaded->text);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: internal error: {}\n", name.program, error.what());
    return 1;
  }
}

}  // namespace sotto::runtime
