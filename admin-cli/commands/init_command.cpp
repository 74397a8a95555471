#include "admin-cli/commands/init_command.hpp"

#include <chrono>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "admin-cli/commands/file.hpp"
#include "admin-cli/commands/identity_files.hpp"

namespace sotto::cli {

namespace fs = std::filesystem;

namespace {

class InitCommand final : public Command {
 public:
  explicit InitCommand(CLI::App& app);
  int run(Console& console) override;

 private:
  // Makes the password file, or checks the one that is there; says what it did.
  Status provide_password(Console& console) const;
  [[nodiscard]] fs::path password_file() const {
    return password_file_.empty() ? default_password_file(identity_dir_) : fs::path(password_file_);
  }
  Result<IdentityPlan> plan() const;

  std::string identity_dir_ = kDefaultIdentityDir;
  std::string ca_key_dir_;
  std::vector<std::string> hosts_;
  std::uint16_t port_ = 0;
  std::string algorithm_ = "ed25519";
  std::string password_file_;
  bool no_password_ = false;
  bool if_missing_ = false;
};

InitCommand::InitCommand(CLI::App& app) {
  app.add_option("--identity-dir", identity_dir_, "Where the identity goes")->capture_default_str();
  app.add_option("--ca-key-dir", ca_key_dir_, "Where the key of the CA goes (default: ca-key beside --identity-dir)");
  app.add_option("--host", hosts_, "Name or address that clients connect to; again for more (default: this machine's)")
      ->allow_extra_args(false);
  app.add_option("--port", port_, "Port in the address, when it is not 5223")->check(CLI::Range(1, 65535));
  app.add_option("--sign-algorithm", algorithm_, "Of both certificates")
      ->check(CLI::IsMember({"ed25519", "ed448"}))
      ->capture_default_str();
  auto* password = app.add_option("--password-file", password_file_,
                                  "Where the password goes (default: password in --identity-dir); one that is there "
                                  "already is kept and used");
  app.add_flag("--no-password", no_password_, "Anybody may create queues")->excludes(password);
  app.add_flag("--if-missing", if_missing_, "An identity that is there already is fine, and kept");
  app.footer(
      "Examples:\n"
      "  sotto init --host smp.example.com\n"
      "  sotto init --identity-dir ./identity --ca-key-dir /media/usb/ca-key --host smp.example.com --port 5224\n"
      "\n"
      "No file is ever overwritten. Exit codes: 0 made or kept, 2 usage, 3 an incomplete identity or an unusable\n"
      "directory, 7 there is an identity already.");
}

Result<IdentityPlan> InitCommand::plan() const {
  IdentityPlan plan;
  plan.identity_dir = identity_dir_;
  plan.ca_key_dir = ca_key_dir_.empty() ? default_ca_key_dir(identity_dir_) : fs::path(ca_key_dir_);
  plan.algorithm = algorithm_ == "ed448" ? crypto::KeyKind::ed448 : crypto::KeyKind::ed25519;
  auto hosts = parse_hosts(hosts_);
  if (!hosts) return hosts.error();
  plan.hosts = *std::move(hosts);
  if (plan.hosts.empty()) plan.hosts.push_back(guess_host());
  if (port_ != 0) plan.port = port_;
  if (resolved(plan.ca_key_dir) == resolved(plan.identity_dir)) {
    return Error{ErrorCode::invalid_argument,
                 "--ca-key-dir is the identity directory: the key of the CA must not lie where the server runs"};
  }
  return plan;
}

Status InitCommand::provide_password(Console& console) const {
  if (no_password_) {
    console.err << "No password: anybody who knows the address may create queues.\n";
    return ok_status();
  }
  const auto file = password_file();
  std::error_code error;
  if (fs::exists(file, error)) {
    if (const auto password = read_password(file); !password) return password.error();
    console.err << "Password: kept as it is in " << file.string() << '\n';
    return ok_status();
  }
  if (file.has_parent_path()) {
    if (auto status = make_directory(file.parent_path()); !status) return status;
  }
  const SecretString line(std::string(new_password().expose()) + '\n');
  if (auto status = create_file(file, line.expose(), Access::owner); !status) return status;
  console.err << "Password: made, in " << file.string() << " (`sotto address show --show-password` prints it)\n"
              << "  Start the server with SOTTO_PASSWORD_FILE=" << resolved(file).string() << '\n';
  return ok_status();
}

int InitCommand::run(Console& console) {
  const auto state = identity_state(identity_dir_);
  if (!state) return report(state.error(), console);
  const bool exists = *state == IdentityState::complete;
  if (exists && !if_missing_) {
    return report({ErrorCode::conflict, identity_dir_ + " holds an identity already; --if-missing accepts it. A new "
                                                        "one would cut off every client: move the directory away first "
                                                        "if you mean that"},
                  console);
  }
  const auto plan = this->plan();
  if (!plan) return report(plan.error(), console);
  if (!exists) {
    if (const auto status = create_identity(*plan, std::chrono::system_clock::now()); !status) {
      return report(status.error(), console);
    }
  }
  if (const auto status = provide_password(console); !status) return report(status.error(), console);
  const auto address = read_address(identity_dir_, {});
  if (exists) {
    console.err << "Identity: kept as it is in " << identity_dir_ << '\n';
    // An identity that another tool made names no hosts: it is complete all the same.
    if (!address) return kExitOk;
  } else {
    if (!address) return report(address.error(), console);
    const auto ca_key = (plan->ca_key_dir / "ca.key").string();
    console.err << "Identity: made, in " << identity_dir_ << " (back it up: without it clients need a new address)\n"
                << "Key of the CA: " << ca_key << "\n  The server does not need it. Move it offline now; it signs new "
                << "server certificates for this address.\n";
  }
  auto shown = *address;
  if (!no_password_) shown.password = SecretString("***");
  console.out << masked(shown) << '\n';
  return kExitOk;
}

}  // namespace

void add_init_command(CLI::App& parent, CommandTable& commands) {
  auto* app = parent.add_subcommand("init", "Makes the identity and the password of a new server");
  commands.add(*app, std::make_unique<InitCommand>(*app));
}

}  // namespace sotto::cli
