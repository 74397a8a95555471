#include <unistd.h>

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "admin-cli/config/config_commands.hpp"
#include "admin-cli/config/programs.hpp"
#include "libs/config/load.hpp"

namespace sotto::cli {
namespace {

constexpr int kSchemaVersion = 1;

class ValidateCommand final : public Command {
 public:
  explicit ValidateCommand(CLI::App& app) {
    app.add_option("FILE", file_, "The configuration file (TOML)")->required();
    app.add_option("--program", program_, "Whose it is: server, gateway or queue")
        ->check(CLI::IsMember(program_words()))
        ->capture_default_str();
    app.add_flag("--with-environment", with_environment_, "Together with the SOTTO_… variables that are set here");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto config validate /etc/sotto/sotto.toml\n"
        "  SOTTO_PLATFORM_KEY_FILE=keys sotto config validate --program queue --with-environment queue.toml\n"
        "\n"
        "Prints all problems, one a line, as the program itself would find them with --check-config on this machine.\n"
        "Exit codes: 0 it can be used, 2 usage, 3 it cannot.");
  }

  int run(Console& console) override {
    const auto& whose = program(program_);
    const auto checked = whose.check(file_, with_environment_ ? variables() : std::vector<std::string>());
    const auto problems = checked ? std::vector<std::string>() : config::problems_of(checked.error());
    const auto warnings = checked ? *checked : std::vector<std::string>();
    if (json_) {
      const nlohmann::ordered_json json{
          {"schemaVersion", kSchemaVersion}, {"file", file_},        {"program", whose.name},
          {"valid", checked.ok()},           {"problems", problems}, {"warnings", warnings}};
      console.out << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
    } else {
      for (const auto& problem : problems) console.out << problem << '\n';
      for (const auto& warning : warnings) console.err << "warning: " << warning << '\n';
      if (checked) console.out << file_ << " can be used by " << whose.name << '\n';
    }
    return checked ? kExitOk : error_row(checked.error().code).exit_code;
  }

 private:
  // Of other variables the program takes no notice.
  static std::vector<std::string> variables() {
    std::vector<std::string> ours;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
      ours.emplace_back(*variable);
    return ours;
  }

  std::string file_;
  std::string program_ = "server";
  bool with_environment_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_validate_command(CLI::App& app) {
  return std::make_unique<ValidateCommand>(app);
}

}  // namespace sotto::cli
