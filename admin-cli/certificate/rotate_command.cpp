#include <filesystem>
#include <optional>

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

class RotateCommand final : public Command {
 public:
  explicit RotateCommand(CLI::App& app) {
    app.add_option("--identity-dir", identity_dir_, "Directory that `sotto init` made")->capture_default_str();
    app.add_option("--ca-key-dir", ca_key_dir_,
                   "Where the key of the CA is; it stays there (default: ca-key beside --identity-dir)");
    app.add_option("--sign-algorithm", algorithm_, "Of the new key (default: as the present one)")
        ->check(CLI::IsMember({"ed25519", "ed448"}));
    app.add_option("--days", days_, "How long the certificate is valid")
        ->check(CLI::Range(1, crypto::kIdentityDays))
        ->capture_default_str();
    app.add_flag("--no-backup", no_backup_, "Keep no server.key.previous and server.crt.previous");
    app.add_flag("--dry-run", dry_run_, "Check everything and change nothing");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto cert rotate --ca-key-dir /media/usb/ca-key\n"
        "  sotto cert rotate --ca-key-dir /media/usb/ca-key --dry-run\n"
        "\n"
        "The address stays as it is. A running server takes the new certificate by itself, at once after SIGHUP;\n"
        "connections that are open stay. Exit codes: 0 made, 2 usage, 3 a file that is missing, cannot be written or\n"
        "does not fit.");
  }

  int run(Console& console) override {
    const auto former = read_server_certificate(identity_dir_);
    if (!former) return report(former.error(), console);
    if (const auto status = check_replaceable(identity_dir_); !status) return report(status.error(), console);
    const auto key = crypto::PrivateKey::generate(kind_of_new_key(*former, algorithm_));
    const auto leaf = sign_leaf({key.public_key(), former->leaf.subject_common_name, days_}, former->chain,
                                ca_key_dir_.empty() ? default_ca_key_dir(identity_dir_) : fs::path(ca_key_dir_));
    if (!leaf) return report(leaf.error(), console);
    // What does not fit is of no use later.
    const bool keep = !no_backup_ && check_server_key(identity_dir_, *former).ok();
    if (!dry_run_) {
      if (const auto status = put_in_place(key, former->pem_with(*leaf), keep); !status) {
        return report(status.error(), console);
      }
    }
    print_change({"made anew", identity_dir_, !dry_run_, keep}, report_of(former->fingerprint, *leaf), json_, console);
    return kExitOk;
  }

 private:
  [[nodiscard]] Status put_in_place(const crypto::PrivateKey& key, const std::string& certificate, bool keep) const {
    const auto key_file = new_key(identity_dir_);
    std::error_code ignored;
    fs::remove(key_file, ignored);  // of one that was interrupted
    if (auto status = create_key_file(key_file, key, identity_dir_); !status) return status;
    auto status = replace_leaf(identity_dir_, key_file, certificate, keep);
    if (!status) fs::remove(key_file, ignored);
    return status;
  }

  std::string identity_dir_ = kDefaultIdentityDir;
  std::string ca_key_dir_;
  std::string algorithm_;
  int days_ = crypto::kIdentityDays;
  bool no_backup_ = false;
  bool dry_run_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_rotate_command(CLI::App& app) {
  return std::make_unique<RotateCommand>(app);
}

}  // namespace sotto::cli
