#include "admin-cli/doctor/doctor_command.hpp"

#include <sotto/admin/v1/admin.grpc.pb.h>
#include <unistd.h>

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "admin-cli/commands/identity_files.hpp"
#include "admin-cli/config/programs.hpp"
#include "admin-cli/doctor/checkup.hpp"
#include "admin-cli/doctor/report.hpp"
#include "libs/observability/log.hpp"

namespace sotto::cli {
namespace {

// Those of `sotto` itself are no settings of a server, which would refuse them.
std::vector<std::string> variables_of_programs() {
  constexpr std::string_view kOurs = "SOTTO_SERVER=";
  std::vector<std::string> all;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with(kOurs)) all.emplace_back(*variable);
  }
  return all;
}

class DoctorCommand final : public Command {
 public:
  explicit DoctorCommand(CLI::App& app) {
    app.add_option("--config", config_, "The configuration file (TOML) of the server");
    app.add_option("--program", program_, "Which program is looked at: server, gateway, queue or auth")
        ->check(CLI::IsMember(program_words()))
        ->capture_default_str();
    app.add_option("--identity-dir", identity_dir_, "Instead of identity.dir of the settings");
    app.add_option("--host", hosts_, "Instead of the hosts of the identity; again for more")->allow_extra_args(false);
    server_.declare(app);
    // Only a server that somebody named goes before the socket of the settings.
    server_option_ = app.get_option("--server")->default_str("admin.socket of the settings");
    const auto names = [&](const char* option, std::vector<std::string>& target, const char* help) {
      return app.add_option(option, target, help)
          ->delimiter(',')
          ->allow_extra_args(false)
          ->check(CLI::IsMember(check_names()));
    };
    auto* only = names("--only", only_, "Only these checks, separated by commas");
    names("--skip", skip_, "Not these checks")->excludes(only);
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto doctor --config /etc/sotto/sotto.toml\n"
        "  sotto doctor --program queue --only database,redis\n"
        "  sotto doctor --skip dns --json | jq '.checks[] | select(.state == \"failed\")'\n"
        "\n"
        "Run it where the server runs, as its user. Settings come from the file and the SOTTO_… variables that are "
        "set\n"
        "here, as the program would read them. Changes nothing. Exit codes: 0 nothing fails (there may be warnings),\n"
        "2 usage, 9 a check fails.");
  }

  int run(Console& console) override {
    // What clients of stores log of a store that is away is a finding here.
    log::configure(log::Level::error, log::Format::text);
    const auto hosts = parse_hosts(hosts_);
    if (!hosts) return report(hosts.error(), console);
    const bool named = server_option_->count() > 0;
    if (named) {
      const auto stub = server_.make_stub<admin::v1::ServerAdmin>();
      if (!stub && stub.error().code == ErrorCode::invalid_argument) return report(stub.error(), console);
    }
    const auto subject = read_subject(program_, config_, variables_of_programs());
    const Checkup checkup(subject, {identity_dir_, *hosts, named ? &server_ : nullptr});
    const auto checks = checkup.run(chosen(), std::chrono::system_clock::now());
    json_ ? console.out << to_json(subject.program, checks) << '\n' : console.out << to_text(checks);
    return exit_code_of(checks);
  }

 private:
  [[nodiscard]] std::set<std::string> chosen() const {
    const auto all = check_names();
    std::set<std::string> names(all.begin(), all.end());
    if (!only_.empty()) names = {only_.begin(), only_.end()};
    for (const auto& name : skip_) names.erase(name);
    return names;
  }

  std::string config_;
  std::string program_ = "server";
  std::string identity_dir_;
  std::vector<std::string> hosts_;
  AdminConnection server_;
  CLI::Option* server_option_ = nullptr;
  std::vector<std::string> only_;
  std::vector<std::string> skip_;
  bool json_ = false;
};

}  // namespace

void add_doctor_command(CLI::App& parent, CommandTable& commands) {
  auto* app = parent.add_subcommand("doctor", "Says what is wrong with the server of this machine, and how to mend it");
  commands.add(*app, std::make_unique<DoctorCommand>(*app));
}

}  // namespace sotto::cli
