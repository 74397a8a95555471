#include <chrono>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "admin-cli/certificate/certificate_commands.hpp"
#include "admin-cli/certificate/certificate_report.hpp"
#include "admin-cli/certificate/leaf_files.hpp"
#include "admin-cli/certificate/server_certificate.hpp"
#include "admin-cli/commands/identity_files.hpp"

namespace sotto::cli {

namespace fs = std::filesystem;

namespace {

class InstallCommand final : public Command {
 public:
  explicit InstallCommand(CLI::App& app) {
    app.add_option("--certificate", certificate_, "What `sotto cert sign` made")->required();
    app.add_option("--identity-dir", identity_dir_, "Directory that `sotto init` made")->capture_default_str();
    app.add_flag("--no-backup", no_backup_, "Keep no server.key.previous and server.crt.previous");
    app.add_flag("--dry-run", dry_run_, "Check everything and change nothing");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto cert install --certificate server.crt\n"
        "\n"
        "The certificate must be for the key that waits, under the CA of this identity, and valid now.\n"
        "Exit codes: 0 in place, 2 usage, 3 a file that is missing, cannot be written or does not fit, 6 no key "
        "waits.");
  }

  int run(Console& console) override {
    const auto former = read_server_certificate(identity_dir_);
    if (!former) return report(former.error(), console);
    if (const auto status = check_replaceable(identity_dir_); !status) return report(status.error(), console);
    const auto leaf = read_certificate(certificate_);
    if (!leaf) return report(leaf.error(), console);
    if (const auto status = check(*former, *leaf); !status) return report(status.error(), console);
    const bool keep = !no_backup_ && check_server_key(identity_dir_, *former).ok();
    if (!dry_run_) {
      const auto status = replace_leaf(identity_dir_, pending_key(identity_dir_), former->pem_with(*leaf), keep);
      if (!status) return report(status.error(), console);
    }
    print_change({"in place", identity_dir_, !dry_run_, keep}, report_of(former->fingerprint, *leaf), json_, console);
    return kExitOk;
  }

 private:
  // Whether the server can use it with the key that waits.
  [[nodiscard]] Status check(const ServerCertificate& former, ByteView leaf) const {
    const auto pending = pending_key(identity_dir_);
    std::error_code ignored;
    if (!fs::exists(pending, ignored)) {
      return Error{ErrorCode::not_found,
                   pending.string() + ": no key waits for a certificate: begin with `sotto cert csr`"};
    }
    const auto key = read_private_key(pending);
    if (!key) return key.error();
    const auto wrong = [this](const std::string& message) {
      return Error{ErrorCode::configuration, certificate_ + ": " + message};
    };
    const auto leaf_key = crypto::certificate_key(leaf);
    if (!leaf_key) return wrong(leaf_key.error().message);
    if (!(*leaf_key == key->public_key())) {
      return wrong("is not for the key that waits in " + pending.string() +
                   " (it was made of another request: sign the one of this key)");
    }
    if (const auto status = crypto::verify_server_chain(former.chain_with(leaf), std::chrono::system_clock::now());
        !status) {
      return wrong(status.error().message + " (it must be signed by the CA of this identity, and be valid now)");
    }
    return ok_status();
  }

  std::string certificate_;
  std::string identity_dir_ = kDefaultIdentityDir;
  bool no_backup_ = false;
  bool dry_run_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_install_command(CLI::App& app) {
  return std::make_unique<InstallCommand>(app);
}

}  // namespace sotto::cli
