// The command line of sotto-bench: what shall be run against what. Parsing ends the program for --help and for options
// that are wrong. One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bench/report/report.hpp"
#include "bench/target_choice.hpp"

namespace sotto::bench {

struct CommandLine {
  std::string scenario;
  TargetChoice target;
  std::string json_file;  // empty: none
  bool table = false;     // of all runs, at the end
  // Runs the scenario. Throws when it fails.
  std::function<void(Report&)> run;
  // Set when options are wrong or --help was asked for: nothing is to be run.
  std::optional<int> exit_code;
};

std::unique_ptr<CommandLine> parse_command_line(int argc, char** argv);

}  // namespace sotto::bench
