// The subcommands of sotto-bench that run one scenario each, with their options. One thread.
#pragma once

#include <CLI/CLI.hpp>

#include "bench/command_line.hpp"

namespace sotto::bench {

// Each writes into `line`, which outlives the parsing and the run.
void add_scenario_commands(CLI::App& parent, CommandLine& line);
// --gateway-flag and --queue-flag.
void add_platform_flags(CLI::App& app, PlatformFlags& flags);

}  // namespace sotto::bench
