#include <chrono>
#include <limits>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "admin-cli/admin/admin_commands.hpp"
#include "admin-cli/admin/new_secret.hpp"
#include "admin-cli/admin/password_names.hpp"
#include "admin-cli/admin/password_report.hpp"
#include "libs/config/value.hpp"

namespace sotto::cli {
namespace {

class PasswordRotateCommand final : public Command {
 public:
  explicit PasswordRotateCommand(CLI::App& app) {
    server_.declare(app);
    app.add_option("PASSWORD", name_, "Label or id of the password")->required();
    app.add_option("--overlap", overlap_, "How long the old one still works, such as 14d; 0: not at all")
        ->capture_default_str();
    secret_.declare(app);
    app.add_flag("--dry-run", dry_run_, "Check everything and change nothing");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto password rotate team-a --handout team-a.html\n"
        "  sotto password rotate team-a --overlap 0 --out team-a.password\n"
        "\n"
        "The new password works at once, on every gateway; the old one until the overlap is over. Sending and "
        "receiving\n"
        "never need a password. `sotto password usage` says who still comes with the old one.\n"
        "Exit codes: 0 rotated, 2 usage or a weak password, 3 a file cannot be used, 4 the server is not reached,\n"
        "5 not allowed, 6 no such password, 7 it is not active or a file is there.");
  }

  int run(Console& console) override {
    constexpr std::chrono::milliseconds kMost = std::chrono::hours(24 * 3650);
    const auto overlap = config::parse_duration(overlap_, {std::chrono::milliseconds(0), kMost});
    if (!overlap) return report({overlap.error().code, "--overlap " + overlap.error().message}, console);
    auto own = secret_.read(console, dry_run_);
    if (!own) return report(own.error(), console);
    auto stub = server_.make_stub<v1::PasswordAdmin>();
    if (!stub) return report(stub.error(), console);
    const auto all = all_passwords(server_, **stub);
    if (!all) return report(all.error(), console);
    const auto old = find_password(*all, name_);
    if (!old) return report(old.error(), console);

    v1::RotatePasswordRequest request;
    request.set_request_id(new_request_id());
    request.set_dry_run(dry_run_);
    request.set_password_id(old->password_id());
    request.set_overlap_seconds(
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(*overlap).count()));
    if (*own) request.set_own_password(std::string((*own)->expose()));
    v1::RotatePasswordResponse response;
    if (auto status = server_.call(**stub, &v1::PasswordAdmin::Stub::RotatePassword, request, response); !status) {
      return report(status.error(), console);
    }
    nlohmann::ordered_json json{{"schemaVersion", 1},
                                {"dryRun", dry_run_},
                                {"old", to_json(response.old_password())},
                                {"new", to_json(response.new_password())}};
    if (!json_) {
      console.out << (dry_run_ ? "would supersede " : "superseded ");
      print_line(response.old_password(), console.out);
      console.out << (dry_run_ ? "would create " : "created ");
      print_line(response.new_password(), console.out);
    }
    if (!dry_run_) {
      const auto secret = *own ? **own : SecretString(response.made_password());
      const auto delivered = secret_.deliver(secret, response.new_password().label(), response.new_password().expires(),
                                             console, json_ ? &json : nullptr);
      if (!delivered) return report(delivered.error(), console);
    }
    if (json_) console.out << json.dump(2) << '\n';
    return kExitOk;
  }

 private:
  AdminConnection server_;
  NewSecret secret_;
  std::string name_;
  std::string overlap_ = "14d";
  bool dry_run_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_password_rotate_command(CLI::App& app) {
  return std::make_unique<PasswordRotateCommand>(app);
}

}  // namespace sotto::cli
