// `sotto password list` and `usage`.
#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin-cli/admin/admin_commands.hpp"
#include "admin-cli/admin/password_names.hpp"
#include "admin-cli/admin/password_report.hpp"
#include "admin-cli/admin/times.hpp"

namespace sotto::cli {
namespace {

bool works(const v1::Password& password) {
  return password.state() == v1::PASSWORD_STATE_ACTIVE || password.state() == v1::PASSWORD_STATE_SUPERSEDED;
}

void print_json(const std::vector<v1::Password>& passwords, std::ostream& out) {
  nlohmann::ordered_json json{{"schemaVersion", 1}, {"passwords", nlohmann::ordered_json::array()}};
  for (const auto& password : passwords) json["passwords"].push_back(to_json(password));
  out << json.dump(2) << '\n';
}

class PasswordListCommand final : public Command {
 public:
  explicit PasswordListCommand(CLI::App& app) {
    server_.declare(app);
    app.add_flag("--all", all_, "Those that have ended or were revoked, too");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto password list\n"
        "  sotto password list --all --json\n"
        "\n"
        "Passwords themselves are known to nobody: the server has digests. Exit codes: 0 listed, 2 usage, 4 the "
        "server\n"
        "is not reached, 5 not allowed.");
  }
  int run(Console& console) override {
    auto stub = server_.make_stub<v1::PasswordAdmin>();
    if (!stub) return report(stub.error(), console);
    auto passwords = all_passwords(server_, **stub);
    if (!passwords) return report(passwords.error(), console);
    const bool open = passwords->empty();
    if (!all_) std::erase_if(*passwords, [](const auto& password) { return !works(password); });
    json_ ? print_json(*passwords, console.out) : print_table(*passwords, console.out);
    if (open) console.err << "There is no password: anybody who knows the address may create queues.\n";
    return kExitOk;
  }

 private:
  AdminConnection server_;
  bool all_ = false;
  bool json_ = false;
};

class PasswordUsageCommand final : public Command {
 public:
  explicit PasswordUsageCommand(CLI::App& app) {
    server_.declare(app);
    app.add_option("PASSWORD", name_, "Label or id of one password (default: all that work)");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto password usage\n"
        "  sotto password usage team-a --json\n"
        "\n"
        "Queues that were created with each, the last day of that, and for a password that was rotated away whether it "
        "is\n"
        "still used. Exit codes: 0 shown, 2 usage, 4 the server is not reached, 5 not allowed, 6 no such password.");
  }
  int run(Console& console) override {
    auto stub = server_.make_stub<v1::PasswordAdmin>();
    if (!stub) return report(stub.error(), console);
    auto passwords = all_passwords(server_, **stub);
    if (!passwords) return report(passwords.error(), console);
    if (!name_.empty()) {
      auto one = find_password(*passwords, name_);
      if (!one) return report(one.error(), console);
      // With those that it replaced: who comes with them has not heard of it yet.
      const auto label = one->label();
      std::erase_if(*passwords, [&](const auto& password) { return password.label() != label; });
    } else {
      std::erase_if(*passwords, [](const auto& password) { return !works(password); });
    }
    if (json_) {
      print_json(*passwords, console.out);
      return kExitOk;
    }
    for (const auto& password : *passwords) {
      console.out << fmt::format("{} ({}): {}, {} queues, last used {}\n", password.label(), password.password_id(),
                                 to_string(password.state()), password.uses(), format_day(password.last_used_day()));
    }
    return kExitOk;
  }

 private:
  AdminConnection server_;
  std::string name_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_password_list_command(CLI::App& app) {
  return std::make_unique<PasswordListCommand>(app);
}

std::unique_ptr<Command> make_password_usage_command(CLI::App& app) {
  return std::make_unique<PasswordUsageCommand>(app);
}

}  // namespace sotto::cli
