#include <chrono>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "admin-cli/admin/admin_commands.hpp"
#include "admin-cli/admin/new_secret.hpp"
#include "admin-cli/admin/password_names.hpp"
#include "admin-cli/admin/password_report.hpp"
#include "admin-cli/admin/times.hpp"
#include "libs/base/clock.hpp"

namespace sotto::cli {
namespace {

class PasswordCreateCommand final : public Command {
 public:
  explicit PasswordCreateCommand(CLI::App& app) {
    server_.declare(app);
    app.add_option("--label", label_, "For whom it is: letters, digits, '-', '_', '.'")->required();
    app.add_option("--not-before", not_before_, "From when it works: 2027-01-31, or 7d from now");
    app.add_option("--expires", expires_, "Until when it works: 2027-01-31, or 90d from now");
    app.add_option("--daily-limit", daily_limit_, "Queues that may be created with it a day (0: any number)");
    secret_.declare(app);
    app.add_flag("--dry-run", dry_run_, "Check everything and change nothing");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto password create --label team-a --expires 90d --handout team-a.html\n"
        "  sotto password create --label ci --daily-limit 100 --out ci.password\n"
        "\n"
        "A password that is made is told once: say where it goes. Exit codes: 0 made, 2 usage or a weak password,\n"
        "3 a file cannot be used, 4 the server is not reached, 5 not allowed, 7 the label is in use or a file is "
        "there.");
  }

  int run(Console& console) override {
    v1::CreatePasswordRequest request;
    request.set_label(label_);
    request.set_daily_limit(daily_limit_);
    request.set_dry_run(dry_run_);
    request.set_request_id(new_request_id());
    const auto now = unix_seconds(std::chrono::system_clock::now());
    if (!not_before_.empty()) {
      const auto time = parse_time(not_before_, now);
      if (!time) return report({time.error().code, "--not-before " + time.error().message}, console);
      request.set_not_before(*time);
    }
    if (!expires_.empty()) {
      const auto time = parse_time(expires_, now);
      if (!time) return report({time.error().code, "--expires " + time.error().message}, console);
      request.set_expires(*time);
    }
    auto own = secret_.read(console, dry_run_);
    if (!own) return report(own.error(), console);
    if (*own) request.set_own_password(std::string((*own)->expose()));
    auto stub = server_.make_stub<v1::PasswordAdmin>();
    if (!stub) return report(stub.error(), console);
    v1::CreatePasswordResponse response;
    if (auto status = server_.call(**stub, &v1::PasswordAdmin::Stub::CreatePassword, request, response); !status) {
      return report(status.error(), console);
    }
    nlohmann::ordered_json json{{"schemaVersion", 1}, {"dryRun", dry_run_}, {"created", to_json(response.password())}};
    if (!json_) {
      console.out << (dry_run_ ? "would create " : "created ");
      print_line(response.password(), console.out);
    }
    if (!dry_run_) {
      const auto secret = *own ? **own : SecretString(response.made_password());
      const auto delivered =
          secret_.deliver(secret, label_, response.password().expires(), console, json_ ? &json : nullptr);
      if (!delivered) return report(delivered.error(), console);
    }
    if (json_) console.out << json.dump(2) << '\n';
    return kExitOk;
  }

 private:
  AdminConnection server_;
  NewSecret secret_;
  std::string label_;
  std::string not_before_;
  std::string expires_;
  std::uint32_t daily_limit_ = 0;
  bool dry_run_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_password_create_command(CLI::App& app) {
  return std::make_unique<PasswordCreateCommand>(app);
}

}  // namespace sotto::cli
