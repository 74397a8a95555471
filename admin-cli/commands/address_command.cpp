#include "admin-cli/commands/address_command.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "admin-cli/commands/address_argument.hpp"
#include "admin-cli/commands/file.hpp"
#include "admin-cli/commands/handout_command.hpp"
#include "admin-cli/commands/own_address.hpp"
#include "libs/qr/qr_image.hpp"

namespace sotto::cli {
namespace {

constexpr int kSchemaVersion = 1;

std::string_view kind_text(smp::HostKind kind) {
  switch (kind) {
    case smp::HostKind::domain:
      return "domain";
    case smp::HostKind::ipv4:
      return "ipv4";
    case smp::HostKind::ipv6:
      return "ipv6";
    case smp::HostKind::onion:
      break;
  }
  return "onion";
}

nlohmann::ordered_json to_json(const smp::ServerAddress& address, bool show_password) {
  nlohmann::ordered_json json{{"schemaVersion", kSchemaVersion},
                              {"address", show_password ? address.print(smp::ShowPassword::yes) : masked(address)},
                              {"fingerprint", to_base64url(address.fingerprint)},
                              {"hasPassword", address.password.has_value()}};
  if (address.password && show_password) json["password"] = std::string(address.password->expose());
  for (const auto& host : address.hosts) json["hosts"].push_back({{"name", host.name}, {"kind", kind_text(host.kind)}});
  if (address.port) json["port"] = *address.port;
  return json;
}

class ShowCommand final : public Command {
 public:
  explicit ShowCommand(CLI::App& app) {
    own_.declare(app);
    app.add_flag("--show-password", show_password_, "Print the password instead of ***");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto address show\n"
        "  sotto address show --show-password --host smp.example.com --port 443\n"
        "\n"
        "Exit codes: 0 printed, 2 usage, 3 no or a damaged identity.");
  }

  int run(Console& console) override {
    const auto address = own_.read();
    if (!address) return report(address.error(), console);
    if (json_) {
      console.out << to_json(*address, show_password_).dump(2) << '\n';
    } else {
      console.out << (show_password_ ? address->print(smp::ShowPassword::yes) : masked(*address)) << '\n';
    }
    if (address->password && !show_password_) console.err << "The password is hidden; --show-password prints it.\n";
    return kExitOk;
  }

 private:
  OwnAddress own_;
  bool show_password_ = false;
  bool json_ = false;
};

class QrCommand final : public Command {
 public:
  explicit QrCommand(CLI::App& app) {
    own_.declare(app);
    app.add_flag("--show-password", show_password_, "Put the password into the code: whoever scans it has it");
    app.add_option("--format", format_, "utf8, ansi, png or svg")
        ->check(CLI::IsMember({"utf8", "ansi", "png", "svg"}))
        ->capture_default_str();
    app.add_flag("--inverse", inverse_, "Swap dark and light");
    app.add_option("--out", out_, "Write to this file instead of standard output");
    app.footer(
        "Examples:\n"
        "  sotto address qr --show-password\n"
        "  sotto address qr --no-password --format png --out address.png\n"
        "\n"
        "The code holds exactly the address. Where the server has a password, say whether it goes in:\n"
        "--show-password or --no-password.\n"
        "Exit codes: 0 drawn, 2 usage, 3 no or a damaged identity, or the file cannot be written.");
  }

  int run(Console& console) override {
    const auto address = own_.read();
    if (!address) return report(address.error(), console);
    if (address->password && !show_password_) {
      return report({ErrorCode::invalid_argument,
                     "this server has a password: --show-password puts it into the code, for those who may create "
                     "queues; --no-password leaves it out"},
                    console);
    }
    if (format_ == "png" && out_.empty() && console.terminal) {
      return report({ErrorCode::invalid_argument, "a PNG is not for terminals: name a file with --out"}, console);
    }
    const auto code = qr::QrCode::encode(address->print(smp::ShowPassword::yes));
    if (!code) return report(code.error(), console);
    const auto image = draw(*code);
    if (!image) return report(image.error(), console);
    if (out_.empty()) {
      console.out << *image;
      return kExitOk;
    }
    const auto access = address->password ? Access::owner : Access::everybody;
    if (const auto status = replace_file(out_, *image, access); !status) return report(status.error(), console);
    return kExitOk;
  }

 private:
  [[nodiscard]] Result<std::string> draw(const qr::QrCode& code) const {
    if (format_ == "png") return qr::qr_png(code, inverse_);
    if (format_ == "svg") return qr::qr_svg(code, inverse_);
    if (format_ == "ansi") return qr::qr_ansi(code, inverse_);
    return qr::qr_utf8(code, inverse_);
  }

  OwnAddress own_;
  bool show_password_ = false;
  std::string format_ = "utf8";
  bool inverse_ = false;
  std::string out_;
};

class ParseCommand final : public Command {
 public:
  explicit ParseCommand(CLI::App& app) {
    app.add_option("ADDRESS", address_, "smp://…, or - to read it from standard input")->required();
    app.add_flag("--show-password", show_password_, "Print the password instead of ***");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto address parse smp://LcJU…=@smp.example.com:5223\n"
        "  sotto address parse --json - < address.txt\n"
        "\n"
        "Exit codes: 0 it is an address, 2 it is not.");
  }

  int run(Console& console) override {
    const auto address = read_address_argument(address_, console.in);
    if (!address) return report(address.error(), console);
    if (json_) {
      console.out << to_json(*address, show_password_).dump(2) << '\n';
      return kExitOk;
    }
    console.out << "fingerprint  " << to_base64url(address->fingerprint) << '\n';
    console.out << "password     ";
    if (!address->password) {
      console.out << "none\n";
    } else {
      console.out << (show_password_ ? address->password->expose() : "***") << '\n';
    }
    for (const auto& host : address->hosts) {
      console.out << "host         " << host.name << " (" << kind_text(host.kind) << ")\n";
    }
    console.out << "port         ";
    if (address->port) {
      console.out << *address->port << '\n';
    } else {
      console.out << "not given (clients use " << smp::kDefaultPort << " or 443)\n";
    }
    return kExitOk;
  }

 private:
  std::string address_;
  bool show_password_ = false;
  bool json_ = false;
};

}  // namespace

void add_address_commands(CLI::App& parent, CommandTable& commands) {
  auto* group = parent.add_subcommand("address", "Shows and reads server addresses");
  group->require_subcommand(1);
  group->footer(
      "Examples:\n  sotto address show\n  sotto address qr --show-password\n"
      "  sotto address handout --show-password --out handout.html\n  sotto address parse -");
  auto* show = group->add_subcommand("show", "Prints the address of the server whose identity is here");
  commands.add(*show, std::make_unique<ShowCommand>(*show));
  auto* qr = group->add_subcommand("qr", "Draws that address as a QR code");
  commands.add(*qr, std::make_unique<QrCommand>(*qr));
  auto* handout = group->add_subcommand("handout", "Makes a page with that address to print and hand out");
  commands.add(*handout, make_handout_command(*handout));
  auto* parse = group->add_subcommand("parse", "Takes an address apart and checks it");
  commands.add(*parse, std::make_unique<ParseCommand>(*parse));
}

}  // namespace sotto::cli
