#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "admin-cli/commands/file.hpp"
#include "admin-cli/commands/identity_files.hpp"
#include "admin-cli/config/config_commands.hpp"
#include "admin-cli/config/convert_ini.hpp"
#include "admin-cli/config/programs.hpp"

namespace sotto::cli {
namespace {

class ConvertIniCommand final : public Command {
 public:
  explicit ConvertIniCommand(CLI::App& app) {
    app.add_option("FILE", file_, "smp-server.ini of the reference server")->required();
    app.add_option("--out", out_, "Make this file instead of printing the configuration");
    app.add_option("--password-out", password_out_, "Make this file of the password; only its owner can read it");
    app.footer(
        "Examples:\n"
        "  sotto config convert-ini /etc/opt/simplex/smp-server.ini\n"
        "  sotto config convert-ini smp-server.ini --out sotto.toml --password-out /etc/sotto/password\n"
        "\n"
        "For sotto-server. Notes on standard error say what has no equivalent, and why. The password goes into the "
        "file\n"
        "of --password-out only, never into the configuration or onto the terminal. No file is ever overwritten.\n"
        "Exit codes: 0 converted, 2 usage, 3 the file cannot be read or holds what cannot be, 7 an output file "
        "exists.");
  }

  int run(Console& console) override {
    auto converted = read();
    if (!converted) return report(converted.error(), console);
    if (const auto status = write(*converted, console); !status) return report(status.error(), console);
    for (const auto& note : converted->notes) console.err << "note: " << note << '\n';
    return kExitOk;
  }

 private:
  [[nodiscard]] Result<ConvertedIni> read() const {
    auto text = read_file(file_);
    if (!text) return text.error();
    auto values = parse_ini(*text);
    wipe({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});  // the password is in it
    auto converted = values ? convert_ini(*std::move(values)) : Result<ConvertedIni>(values.error());
    if (converted) return converted;
    return Error{converted.error().code, file_ + " cannot be converted:\n" + converted.error().message};
  }

  // Both files or none.
  Status write(ConvertedIni& converted, Console& console) const {
    if (converted.password) {
      if (password_out_.empty()) {
        converted.notes.emplace_back(
            "AUTH.create_password: not written anywhere; --password-out FILE makes a file of it. Without a password "
            "anybody may create queues");
      } else {
        const SecretString line(std::string(converted.password->expose()) + '\n');
        if (auto status = create_file(password_out_, line.expose(), Access::owner); !status) return status;
        converted.settings.push_back({"access.password", resolved(password_out_).string(), "AUTH.create_password"});
      }
    } else if (!password_out_.empty()) {
      converted.notes.emplace_back("AUTH.create_password is not set: no password file was made");
    }
    const auto text = document(converted);
    if (out_.empty()) {
      console.out << text;
      return ok_status();
    }
    auto status = create_file(out_, text, Access::everybody);
    if (!status && converted.password && !password_out_.empty()) {
      std::error_code ignored;  // what failed first is what is reported
      std::filesystem::remove(password_out_, ignored);
    }
    return status;
  }

  [[nodiscard]] std::string document(const ConvertedIni& converted) const {
    std::string text = fmt::format(
        "# Configuration of sotto-server, made of {} by `sotto config convert-ini`.\n"
        "# What is not here has its default: `sotto config defaults`.\n\n",
        std::filesystem::path(file_).filename().string());
    program("server").with_table(
        [&](const config::Table& table) { text += config::settings_file(table, converted.settings); });
    return text;
  }

  std::string file_;
  std::string out_;
  std::string password_out_;
};

}  // namespace

std::unique_ptr<Command> make_convert_ini_command(CLI::App& app) {
  return std::make_unique<ConvertIniCommand>(app);
}

}  // namespace sotto::cli
