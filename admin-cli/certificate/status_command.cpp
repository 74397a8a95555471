#include <chrono>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "admin-cli/certificate/ca_key.hpp"
#include "admin-cli/certificate/certificate_commands.hpp"
#include "admin-cli/certificate/certificate_report.hpp"
#include "admin-cli/certificate/leaf_files.hpp"
#include "admin-cli/certificate/server_certificate.hpp"
#include "admin-cli/commands/identity_files.hpp"

namespace sotto::cli {

namespace fs = std::filesystem;

namespace {

enum class State { valid, expiring, expired, early };

State state_of(const crypto::Certificate& leaf, int warn_days, SystemTime now) {
  if (now < leaf.not_before) return State::early;
  if (now > leaf.not_after) return State::expired;
  return days_until(leaf.not_after, now) < warn_days ? State::expiring : State::valid;
}

std::string_view name_of(State state) {
  switch (state) {
    case State::valid:
      return "valid";
    case State::expiring:
      return "expiring";
    case State::expired:
      return "expired";
    case State::early:
      break;
  }
  return "early";
}

std::string complaint(State state) {
  const std::string remedy = ": make a new one, `sotto cert rotate` (running servers take it by themselves)";
  switch (state) {
    case State::expiring:
      return "the certificate ends soon" + remedy;
    case State::expired:
      return "the certificate has ended, no client connects" + remedy;
    default:
      return "the certificate is not valid yet: see the clock of this machine, and of the one that made it";
  }
}

class StatusCommand final : public Command {
 public:
  explicit StatusCommand(CLI::App& app) {
    app.add_option("--identity-dir", identity_dir_, "Directory that `sotto init` made")->capture_default_str();
    app.add_option("--warn-days", warn_days_, "The answer is no when it ends within so many days")
        ->check(CLI::Range(0, crypto::kIdentityDays))
        ->capture_default_str();
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto cert status\n"
        "  sotto cert status --warn-days 30 --json\n"
        "\n"
        "Changes nothing. Exit codes: 0 the certificate is valid, 2 usage, 3 no or a damaged identity, 9 it has ended\n"
        "or ends within --warn-days.");
  }

  int run(Console& console) override {
    const auto certificate = read_server_certificate(identity_dir_);
    if (!certificate) return report(certificate.error(), console);
    if (const auto status = check_server_key(identity_dir_, *certificate); !status) {
      return report(status.error(), console);
    }
    const auto now = std::chrono::system_clock::now();
    const auto state = state_of(certificate->leaf, warn_days_, now);
    const auto ca_key = ca_key_place(identity_dir_);
    std::error_code ignored;
    const bool pending = fs::exists(pending_key(identity_dir_), ignored);
    const auto described = report_of(certificate->fingerprint, certificate->chain.front());
    if (json_) {
      auto json = to_json(described, now);
      json["state"] = name_of(state);
      json["caKey"] = name_of(ca_key);
      json["pendingKey"] = pending;
      console.out << json.dump(2) << '\n';
    } else {
      console.out << to_text(described, now) << "state         " << name_of(state) << '\n'
                  << "key of the CA " << name_of(ca_key) << '\n'
                  << "pending key   " << (pending ? "yes" : "no") << '\n';
    }
    if (ca_key != CaKeyPlace::absent) {
      console.err << "The key of the CA lies where the server runs, which does not need it: move it offline.\n";
    }
    if (pending) console.err << "A key waits for its certificate: `sotto cert install`.\n";
    if (state == State::valid) return kExitOk;
    return report({ErrorCode::check_failed, complaint(state)}, console);
  }

 private:
  std::string identity_dir_ = kDefaultIdentityDir;
  int warn_days_ = 14;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_certificate_status_command(CLI::App& app) {
  return std::make_unique<StatusCommand>(app);
}

}  // namespace sotto::cli
