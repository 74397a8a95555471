#include <filesystem>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "admin-cli/certificate/certificate_commands.hpp"
#include "admin-cli/certificate/leaf_files.hpp"
#include "admin-cli/certificate/server_certificate.hpp"
#include "admin-cli/commands/file.hpp"
#include "admin-cli/commands/identity_files.hpp"
#include "libs/crypto/certificate_request.hpp"

namespace sotto::cli {

namespace fs = std::filesystem;

namespace {

class CsrCommand final : public Command {
 public:
  explicit CsrCommand(CLI::App& app) {
    app.add_option("--identity-dir", identity_dir_, "Directory that `sotto init` made")->capture_default_str();
    app.add_option("--sign-algorithm", algorithm_, "Of the new key (default: as the present one)")
        ->check(CLI::IsMember({"ed25519", "ed448"}));
    app.add_option("--out", out_, "Make this file of the request instead of printing it");
    app.add_flag("--json", json_, "One JSON document, with the request in it");
    app.footer(
        "Examples:\n"
        "  sotto cert csr --out server.csr\n"
        "  sotto cert csr --json\n"
        "\n"
        "The new key waits in server.key.pending and never leaves this machine; the request is no secret. The server\n"
        "goes on with its present key until `sotto cert install`.\n"
        "Exit codes: 0 made, 2 usage, 3 no or a damaged identity, or a file cannot be made, 7 a key waits already.");
  }

  int run(Console& console) override {
    const auto present = read_server_certificate(identity_dir_);
    if (!present) return report(present.error(), console);
    if (const auto status = check_replaceable(identity_dir_); !status) return report(status.error(), console);
    const auto key = crypto::PrivateKey::generate(kind_of_new_key(*present, algorithm_));
    const auto request = crypto::make_certificate_request(key, present->leaf.subject_common_name);
    if (!request) return report(request.error(), console);
    const auto pending = pending_key(identity_dir_);
    if (const auto status = create_key_file(pending, key, identity_dir_); !status) {
      if (status.error().code != ErrorCode::conflict) return report(status.error(), console);
      return report({ErrorCode::conflict, pending.string() +
                                              ": a key waits for its certificate already: install that, or remove the "
                                              "file to begin anew"},
                    console);
    }
    if (!out_.empty()) {
      if (const auto status = create_file(out_, *request, Access::everybody); !status) {
        std::error_code ignored;
        fs::remove(pending, ignored);
        return report(status.error(), console);
      }
    }
    print(*request, *present, key.kind(), console);
    return kExitOk;
  }

 private:
  void print(const std::string& request, const ServerCertificate& present, crypto::KeyKind kind,
             Console& console) const {
    const auto pending = pending_key(identity_dir_).string();
    if (json_) {
      const nlohmann::ordered_json json{{"schemaVersion", 1},
                                        {"fingerprint", to_base64url(present.fingerprint)},
                                        {"subject", present.leaf.subject_common_name},
                                        {"algorithm", algorithm_name(kind)},
                                        {"pendingKey", pending},
                                        {"request", request}};
      console.out << json.dump(2) << '\n';
    } else if (out_.empty()) {
      console.out << request;
    }
    console.err << "Key: made, waits in " << pending << " for its certificate\n"
                << "  Next, where the key of the CA is: sotto cert sign --csr … --ca-key-dir … --ca-cert … --out …\n";
  }

  std::string identity_dir_ = kDefaultIdentityDir;
  std::string algorithm_;
  std::string out_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_csr_command(CLI::App& app) {
  return std::make_unique<CsrCommand>(app);
}

}  // namespace sotto::cli
