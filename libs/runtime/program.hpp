// The life of every server program, from its settings to its exit code:
//
//   settings → log, file limit, signals → start → metrics and health → ready → signal → not ready → drain → stop → 0
//
// SIGHUP in between has the process read again what it can change while it runs.
//
// A start that fails says why on standard error and ends with the exit code of the error's kind (libs/base/error.hpp).
// Called by main() alone.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/observability/health.hpp"
#include "libs/observability/metrics.hpp"
#include "libs/runtime/process_settings.hpp"

namespace sotto::runtime {

// What a program runs: it works from when it was made; its destructor stops it. One thread.
class Process {
 public:
  virtual ~Process() = default;
  // Registers what it counts and what it checks. Checks are asked until drain(), counters until the destructor.
  virtual void expose(metrics::Metrics& metrics, Health& health) = 0;
  // Says in the log where it listens and that it is ready.
  virtual void announce() const = 0;
  // SIGHUP: reads again what may change without a restart. Does not wait for it. Nothing, unless a process has such.
  virtual void reload() {}
  // Over how long drain() lets clients go before the drain time begins: 0, unless a process has clients.
  [[nodiscard]] virtual std::chrono::milliseconds close_time() const { return {}; }
  // Takes nothing new and finishes what is under way, within the drain time. Once.
  virtual void drain() = 0;
};

struct ProgramName {
  std::string program;    // sotto-server: in messages
  std::string component;  // server: in smp_build_info
};

// Runs what `start` makes until SIGTERM or SIGINT has been handled. Returns the exit code. A second signal ends the
// process at once. `warnings` go to the log first.
int run_process(const ProgramName& name, const ProcessSettings& settings, const std::vector<std::string>& warnings,
                const std::function<Result<std::unique_ptr<Process>>()>& start);

// main() around it: prints what --help, --version and --check-config ask for, or calls `run`; an exception is our own
// bug and ends with 1.
int run_program(const ProgramName& name, const std::function<Result<LoadedTable>()>& load,
                const std::function<int(const LoadedTable&)>& run);

}  // namespace sotto::runtime
