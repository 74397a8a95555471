#include "admin-cli/commands/application.hpp"

#include <algorithm>
#include <exception>
#include <optional>

#include <CLI/CLI.hpp>

#include "admin-cli/commands/address_command.hpp"
#include "admin-cli/commands/init_command.hpp"
#include "admin-cli/commands/server_test_command.hpp"
#include "libs/config/nearest.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  sotto init --identity-dir /etc/sotto/identity --host smp.example.com\n"
    "  sotto address show --show-password\n"
    "  sotto server test - < address.txt\n"
    "\n"
    "Exit codes: 0 ok, 1 other error, 2 usage, 3 configuration, 4 cannot connect, 5 authentication, 6 not found,\n"
    "7 conflict, 8 timeout, 9 test negative.";

std::vector<const CLI::App*> commands_below(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* /*unused*/) { return true; });
}

// The first word that names no command where one is expected, with its place in the tree.
struct UnknownCommand {
  std::string word;
  const CLI::App* group = nullptr;
};

std::optional<UnknownCommand> unknown_command(const CLI::App& root, const std::vector<std::string>& arguments) {
  const auto* app = &root;
  for (const auto& argument : arguments) {
    const auto below = commands_below(*app);
    if (below.empty()) return std::nullopt;
    if (argument.starts_with('-')) continue;
    const auto next = std::find_if(below.begin(), below.end(),
                                   [&](const CLI::App* candidate) { return candidate->get_name() == argument; });
    if (next == below.end()) return UnknownCommand{argument, app};
    app = *next;
  }
  return std::nullopt;
}

int complain(const UnknownCommand& unknown, Console& console) {
  std::vector<std::string> names;
  for (const auto* app : commands_below(*unknown.group)) names.push_back(app->get_name());
  // An address or a database URL may hold a password, which is never repeated.
  const bool is_address = unknown.word.find("://") != std::string::npos || unknown.word.find('=') != std::string::npos;
  console.err << "sotto: unknown command '" << (is_address ? "..." : unknown.word) << "'";
  if (const auto nearest = config::nearest_name(unknown.word, names); !nearest.empty()) {
    console.err << "; did you mean '" << nearest << "'?";
  }
  console.err << "\nCommands here:";
  for (const auto& name : names) console.err << ' ' << name;
  console.err << '\n';
  return error_row(ErrorCode::invalid_argument).exit_code;
}

// "sotto address show"
std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

// The command that was parsed, at the end of the chain of groups.
const CLI::App& parsed_command(const CLI::App& root) {
  const auto* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

}  // namespace

int run(const std::vector<std::string>& arguments, Console& console, std::span<const AddCommands> more) {
  crypto::initialise();
  CLI::App app("Sets up, shows and tests SMP servers.", "sotto");
  app.set_version_flag("--version", std::string("sotto ") + SOTTO_VERSION);
  app.footer(kExamples);
  app.require_subcommand(1);
  CommandTable commands;
  add_init_command(app, commands);
  add_address_commands(app, commands);
  add_server_commands(app, commands);
  for (const auto add : more) add(app, commands);

  if (const auto unknown = unknown_command(app, arguments)) return complain(*unknown, console);
  try {
    auto reversed = arguments;  // CLI11 takes them from the back
    std::reverse(reversed.begin(), reversed.end());
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp& help) {
    app.exit(help, console.out, console.err);
    console.out << '\n';
    return kExitOk;
  } catch (const CLI::Success& success) {
    return app.exit(success, console.out, console.err);
  } catch (const CLI::ParseError& error) {
    // CLI11 repeats the values it refuses: an address, password included, may be among them.
    const auto& command = parsed_command(app);
    console.err << "sotto: "
                << (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr
                        ? "an option or argument is unknown or given twice"
                        : error.what());
    console.err << "\nRun `" << full_name(command) << " --help` for what it takes.\n";
    return error_row(ErrorCode::invalid_argument).exit_code;
  }
  auto* command = commands.find(parsed_command(app));
  if (command == nullptr) return report({ErrorCode::internal, "this command does nothing"}, console);
  return command->run(console);
}

}  // namespace sotto::cli
