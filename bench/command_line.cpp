#include "bench/command_line.hpp"

#include <CLI/CLI.hpp>

#include "bench/scenario_commands.hpp"
#include "bench/suite.hpp"

namespace sotto::bench {
namespace {

void add_suite(CLI::App& parent, CommandLine& line) {
  auto& app = *parent.add_subcommand("suite", "all scenarios on standalone and platform, and one table");
  const auto options = std::make_shared<SuiteOptions>();
  app.add_flag("--quick", options->tenth, "a tenth of the work, to see that it runs");
  app.add_option("--only", options->only, "these scenarios only")->delimiter(',');
  app.add_option("--on", options->on, "standalone or platform only")
      ->delimiter(',')
      ->check(CLI::IsMember({"standalone", "platform"}));
  app.add_option("--json", line.json_file, "write the report to this file, too");
  add_platform_flags(app, options->flags);
  app.callback([&line, options] {
    line.scenario = "suite";
    line.table = true;
    line.run = [options](Report& report) { run_suite(report, *options); };
  });
}

void add_quick(CLI::App& parent, CommandLine& line) {
  auto& app = *parent.add_subcommand("quick", "the main costs beside stored ones: what moved by more than 15 %");
  const auto options = std::make_shared<QuickOptions>();
  app.add_option("--against", options->against, "a report that was stored with --write")->required();
  app.add_flag("--write", options->write, "store the costs of now there instead");
  app.add_option("--json", line.json_file, "write the report to this file, too");
  add_platform_flags(app, options->flags);
  app.callback([&line, options] {
    line.scenario = "quick";
    line.run = [options](Report& report) { run_quick(report, *options); };
  });
}

}  // namespace

std::unique_ptr<CommandLine> parse_command_line(int argc, char** argv) {
  auto line = std::make_unique<CommandLine>();
  CLI::App app("Loads an SMP server, checks all that it answers, and says what it costs in CPU time and memory.",
               "sotto-bench");
  app.require_subcommand(1);
  add_scenario_commands(app, *line);
  add_suite(app, *line);
  add_quick(app, *line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    line->exit_code = app.exit(error) == 0 ? 0 : 2;
  }
  return line;
}

}  // namespace sotto::bench
