#include <chrono>
#include <filesystem>
#include <iterator>

#include <CLI/CLI.hpp>

#include "admin-cli/certificate/ca_key.hpp"
#include "admin-cli/certificate/certificate_commands.hpp"
#include "admin-cli/certificate/certificate_report.hpp"
#include "admin-cli/certificate/server_certificate.hpp"
#include "admin-cli/commands/file.hpp"
#include "libs/crypto/certificate_request.hpp"

namespace sotto::cli {
namespace {

class SignCommand final : public Command {
 public:
  explicit SignCommand(CLI::App& app) {
    app.add_option("--csr", csr_, "The request of `sotto cert csr`, or - to read it from standard input")->required();
    app.add_option("--ca-key-dir", ca_key_dir_, "Where the key of the CA is; it stays there")->required();
    app.add_option("--ca-cert", ca_certificate_, "ca.crt of the identity")->required();
    app.add_option("--out", out_, "The file of the certificate that is made")->required();
    app.add_option("--days", days_, "How long the certificate is valid")
        ->check(CLI::Range(1, crypto::kIdentityDays))
        ->capture_default_str();
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto cert sign --csr server.csr --ca-key-dir /media/usb/ca-key --ca-cert ca.crt --out server.crt\n"
        "\n"
        "Runs where the key of the CA is, offline. No file is ever overwritten.\n"
        "Exit codes: 0 made, 2 usage or the text is no request, 3 a file that cannot be read or does not fit, 5 the\n"
        "request is not signed with its own key, 7 there is such a file already.");
  }

  int run(Console& console) override {
    const auto request = read_request(console);
    if (!request) return report(request.error(), console);
    const auto authority = read_certificate(ca_certificate_);
    if (!authority) return report(authority.error(), console);
    // The place of the first certificate is for the one that is made.
    const auto leaf = sign_leaf({request->key, request->common_name, days_}, {Bytes(), *authority}, ca_key_dir_);
    if (!leaf) return report(leaf.error(), console);
    if (const auto status = create_file(out_, crypto::certificate_to_pem(*leaf), Access::everybody); !status) {
      return report(status.error(), console);
    }
    const auto now = std::chrono::system_clock::now();
    const auto made = report_of(crypto::fingerprint(*authority), *leaf);
    if (json_) {
      console.out << to_json(made, now).dump(2) << '\n';
    } else {
      console.out << to_text(made, now);
    }
    console.err << "Certificate: made, in " << out_
                << "\n  Next, where the server is: sotto cert install --certificate …\n";
    return kExitOk;
  }

 private:
  [[nodiscard]] Result<crypto::CertificateRequest> read_request(Console& console) const {
    if (csr_ == "-") {
      const std::string text(std::istreambuf_iterator<char>(console.in), {});
      return crypto::open_certificate_request(text);
    }
    const auto text = read_file(csr_);
    if (!text) return text.error();
    auto request = crypto::open_certificate_request(*text);
    if (!request) return Error{request.error().code, csr_ + ": " + request.error().message};
    return request;
  }

  std::string csr_;
  std::string ca_key_dir_;
  std::string ca_certificate_;
  std::string out_;
  int days_ = crypto::kIdentityDays;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_sign_command(CLI::App& app) {
  return std::make_unique<SignCommand>(app);
}

}  // namespace sotto::cli
