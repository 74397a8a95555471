#include <string>

#include <CLI/CLI.hpp>

#include "admin-cli/config/config_commands.hpp"
#include "admin-cli/config/programs.hpp"
#include "libs/config/document.hpp"

namespace sotto::cli {
namespace {

class DefaultsCommand final : public Command {
 public:
  explicit DefaultsCommand(CLI::App& app) {
    app.add_option("--program", program_, "Whose: server, gateway or queue")
        ->check(CLI::IsMember(program_words()))
        ->capture_default_str();
    app.footer(
        "Examples:\n"
        "  sotto config defaults > sotto.toml\n"
        "  sotto config defaults --program gateway\n"
        "\n"
        "Exit codes: 0 printed, 2 usage.");
  }

  int run(Console& console) override {
    program(program_).with_table([&](const config::Table& table) { console.out << config::commented_defaults(table); });
    return kExitOk;
  }

 private:
  std::string program_ = "server";
};

}  // namespace

std::unique_ptr<Command> make_defaults_command(CLI::App& app) {
  return std::make_unique<DefaultsCommand>(app);
}

}  // namespace sotto::cli
