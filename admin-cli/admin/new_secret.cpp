#include "admin-cli/admin/new_secret.hpp"

#include <filesystem>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "admin-cli/admin/times.hpp"
#include "admin-cli/commands/file.hpp"
#include "admin-cli/commands/handout_page.hpp"

namespace sotto::cli {
namespace {

// Whether the file is not there and can be made: it is made, and taken away again. A password is told once, so this is
// known before there is one.
Status check_new(const std::string& path) {
  auto made = create_file(path, {}, Access::owner);
  if (made) std::filesystem::remove(path);
  if (!made && made.error().code == ErrorCode::conflict) {
    return Error{ErrorCode::conflict, path + " is there already: no file is overwritten"};
  }
  return made;
}

// The password works, and could not be put where it was to go.
Error undelivered(const Error& error) {
  return {error.code,
          error.message + "; the password was made, and nobody has it: `sotto password rotate` makes another"};
}

}  // namespace

void NewSecret::declare(CLI::App& app) {
  auto* file = app.add_option("--password-file", password_file_,
                              "Take the password of this file instead of making one; at least 12 characters");
  app.add_flag("--password-stdin", password_stdin_, "The same from standard input")->excludes(file);
  app.add_option("--out", out_, "Make this file with the password; only its owner can read it");
  app.add_option("--handout", handout_,
                 "Make this page to print, with QR code and address (see `sotto address handout`); only its owner can "
                 "read it");
  app.add_flag("--show-password", show_, "Print the password: it is told this once");
  own_.declare_identity(app);
}

Result<std::optional<SecretString>> NewSecret::read(Console& console, bool dry_run) {
  for (const auto& path : {out_, handout_}) {
    if (path.empty()) continue;
    if (auto status = check_new(path); !status) return status.error();
  }
  if (!handout_.empty()) {
    if (const auto address = own_.read(); !address) return address.error();
  }
  std::optional<SecretString> own;
  if (password_stdin_) {
    std::string line;
    std::getline(console.in, line);
    own.emplace(std::string(trimmed(line)));
    wipe({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
  } else if (!password_file_.empty()) {
    auto text = read_file(password_file_);
    if (!text) return text.error();
    own.emplace(std::string(trimmed(*text)));
    wipe({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});
  }
  if (!own && !dry_run && out_.empty() && handout_.empty() && !show_) {
    return Error{ErrorCode::invalid_argument,
                 "a password that is made is told once: say where it goes, --out FILE, --handout FILE or "
                 "--show-password"};
  }
  return own;
}

Status NewSecret::deliver(const SecretString& secret, const std::string& label, std::int64_t expires, Console& console,
                          nlohmann::ordered_json* json) const {
  if (!out_.empty()) {
    auto line = std::string(secret.expose()) + "\n";
    auto made = create_file(out_, line, Access::owner);
    wipe({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
    if (!made) return undelivered(made.error());
    console.err << "The password is in " << out_ << ".\n";
  }
  if (!handout_.empty()) {
    auto address = own_.read();
    if (!address) return undelivered(address.error());
    address->password = secret;
    const auto page = handout_page({*std::move(address), label, expires == 0 ? std::string() : format_time(expires)});
    if (!page) return undelivered(page.error());
    if (auto made = create_file(handout_, *page, Access::owner); !made) return undelivered(made.error());
    console.err << "The page to hand out is " << handout_ << ".\n";
  }
  if (show_) {
    if (json != nullptr) {
      (*json)["password"] = secret.expose();
    } else {
      console.out << secret.expose() << '\n';
    }
  }
  return ok_status();
}

}  // namespace sotto::cli
