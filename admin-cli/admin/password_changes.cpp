// `sotto password expire` and `revoke`.
#include <chrono>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "admin-cli/admin/admin_commands.hpp"
#include "admin-cli/admin/password_names.hpp"
#include "admin-cli/admin/password_report.hpp"
#include "admin-cli/admin/times.hpp"
#include "libs/base/clock.hpp"

namespace sotto::cli {
namespace {

// What both have: which password, and how what was done is told.
class PasswordChange : public Command {
 protected:
  void declare(CLI::App& app) {
    server_.declare(app);
    app.add_option("PASSWORD", name_, "Label or id of the password")->required();
    app.add_flag("--dry-run", dry_run_, "Check everything and change nothing");
    app.add_flag("--json", json_, "One JSON document");
  }

  // Finds the password, fills in what all changes carry, and calls.
  template <class Request, class Response, class Method>
  int change(Method method, Request request, const char* verb, Console& console) {
    auto stub = server_.make_stub<v1::PasswordAdmin>();
    if (!stub) return report(stub.error(), console);
    const auto all = all_passwords(server_, **stub);
    if (!all) return report(all.error(), console);
    const auto password = find_password(*all, name_);
    if (!password) return report(password.error(), console);
    request.set_request_id(new_request_id());
    request.set_dry_run(dry_run_);
    request.set_password_id(password->password_id());
    Response response;
    if (auto status = server_.call(**stub, method, request, response); !status) return report(status.error(), console);
    if (json_) {
      const nlohmann::ordered_json json{
          {"schemaVersion", 1}, {"dryRun", dry_run_}, {"password", to_json(response.password())}};
      console.out << json.dump(2) << '\n';
    } else {
      console.out << (dry_run_ ? "would " : "") << verb << ' ';
      print_line(response.password(), console.out);
    }
    return kExitOk;
  }

 private:
  AdminConnection server_;
  std::string name_;
  bool dry_run_ = false;
  bool json_ = false;
};

class PasswordExpireCommand final : public PasswordChange {
 public:
  explicit PasswordExpireCommand(CLI::App& app) {
    declare(app);
    app.add_option("--at", at_, "When it ends: 2027-01-31, or 7d from now, or now")->capture_default_str();
    app.footer(
        "Examples:\n"
        "  sotto password expire guests --at 2027-01-31\n"
        "  sotto password expire guests\n"
        "\n"
        "Exit codes: 0 done, 2 usage, 4 the server is not reached, 5 not allowed, 6 no such password, 7 it is "
        "revoked.");
  }
  int run(Console& console) override {
    const auto time = parse_time(at_, unix_seconds(std::chrono::system_clock::now()));
    if (!time) return report({time.error().code, "--at " + time.error().message}, console);
    v1::ExpirePasswordRequest request;
    request.set_expires(*time);
    return change<v1::ExpirePasswordRequest, v1::ExpirePasswordResponse>(&v1::PasswordAdmin::Stub::ExpirePassword,
                                                                         std::move(request), "set", console);
  }

 private:
  std::string at_ = "now";
};

class PasswordRevokeCommand final : public PasswordChange {
 public:
  explicit PasswordRevokeCommand(CLI::App& app) {
    declare(app);
    app.footer(
        "Examples:\n"
        "  sotto password revoke team-a\n"
        "\n"
        "At once and for good: who comes with it cannot create queues any more. Queues that exist go on. Exit codes:\n"
        "0 done (also when it was revoked before), 2 usage, 4 the server is not reached, 5 not allowed, 6 no such\n"
        "password.");
  }
  int run(Console& console) override {
    return change<v1::RevokePasswordRequest, v1::RevokePasswordResponse>(&v1::PasswordAdmin::Stub::RevokePassword, {},
                                                                         "revoke", console);
  }
};

}  // namespace

std::unique_ptr<Command> make_password_expire_command(CLI::App& app) {
  return std::make_unique<PasswordExpireCommand>(app);
}

std::unique_ptr<Command> make_password_revoke_command(CLI::App& app) {
  return std::make_unique<PasswordRevokeCommand>(app);
}

}  // namespace sotto::cli
