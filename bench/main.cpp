// sotto-bench: loads an SMP server and says what it costs, in CPU time and memory (bench/README.md). Exit codes: 0 all
// went well, 1 the server is wrong or cannot be reached, 2 the command line is wrong.
#include <sys/resource.h>

#include <exception>

#include <fmt/format.h>

#include "bench/command_line.hpp"
#include "bench/measure/usage_error.hpp"
#include "bench/report/json_report.hpp"
#include "bench/report/text_report.hpp"
#include "libs/crypto/random.hpp"

namespace {

void raise_file_limit() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

// Failures of the scenario end up in the report; what went before stays.
int run(const sotto::bench::CommandLine& line) {
  sotto::bench::Report report;
  int exit_code = 0;
  try {
    line.run(report);
  } catch (const sotto::bench::UsageError& error) {
    fmt::print(stderr, "sotto-bench: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "sotto-bench: {}\n", error.what());
    // A list of scenarios has noted its own.
    if (report.runs().empty()) {
      report.add({.scenario = line.scenario, .target = target_name(line.target), .failure = error.what()});
    }
    exit_code = 1;
  }
  if (line.table) fmt::print("\n{}", sotto::bench::to_table(report.runs()));
  if (!line.json_file.empty()) sotto::bench::write_report(line.json_file, report.runs());
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto line = sotto::bench::parse_command_line(argc, argv);
    if (line->exit_code) return *line->exit_code;
    sotto::crypto::initialise();
    raise_file_limit();
    return run(*line);
  } catch (const std::exception& error) {
    fmt::print(stderr, "sotto-bench: {}\n", error.what());
    return 1;
  }
}
