// ProcessSettings: what can be set of every server process: log, metrics, shutdown. A value; const after start.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/config/load.hpp"
#include "libs/config/table.hpp"
#include "libs/observability/log.hpp"

namespace sotto::runtime {

struct ProcessSettings {
  // [log]
  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::text;
  // [metrics]
  std::optional<config::Endpoint> metrics_listen;  // absent: off
  // [shutdown]
  std::chrono::milliseconds announce_time{};
  std::chrono::milliseconds drain_time{};
};

// The sections [log], [metrics] and [shutdown], bound to `settings`, which must outlive the table.
void process_rows(config::Table& table, ProcessSettings& settings);

// What a command line asks for.
struct LoadedTable {
  config::Request request = config::Request::run;
  std::vector<std::string> warnings;
  std::string text;  // for check_config, help and version: what to print on standard output
};

// Fills the targets of the table. configuration with all problems, one a line. `environment` as main() finds it in
// `environ`, ended by a null pointer.
Result<LoadedTable> load_table(config::Table& table, int argc, const char* const* argv, const char* const* environment);

}  // namespace sotto::runtime
