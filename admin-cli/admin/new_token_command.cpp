// `sotto admin new-token`.
#include <algorithm>
#include <array>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin-cli/admin/admin_commands.hpp"
#include "admin-cli/commands/file.hpp"
#include "libs/base/bytes.hpp"
#include "libs/base/secret.hpp"
#include "libs/crypto/hash.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::cli {
namespace {

constexpr std::size_t kMaxName = 64;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// What the server takes for a name, too.
std::string name_problem(const std::string& name) {
  const bool fits = !name.empty() && name.size() <= kMaxName &&
                    std::all_of(name.begin(), name.end(), [](char c) { return is_plain(c) || c == '.' || c == '@'; });
  if (fits && !name.starts_with("local") && !name.starts_with("unknown")) return {};
  return "a name has at most 64 letters, digits, or . _ - @, and begins neither with local nor with unknown";
}

// 32 random bytes in base64url, without padding: one word.
SecretString make_token() {
  Secret<32> bytes;
  crypto::random_bytes(bytes.expose_mutable());
  auto text = to_base64url(bytes.expose());
  text.erase(text.find_last_not_of('=') + 1);
  return SecretString(std::move(text));
}

class NewTokenCommand final : public Command {
 public:
  explicit NewTokenCommand(CLI::App& app) {
    app.add_option("--name", name_, "Whose token it is; the audit has this name")
        ->required()
        ->check(CLI::Validator(name_problem, "NAME"));
    app.add_option("--role", role_, "What that may be: viewer, moderator, operator or admin")
        ->required()
        ->check(CLI::IsMember({"viewer", "moderator", "operator", "admin"}));
    app.add_option("--token-file", token_file_, "Make this file with the token; only its owner can read it")
        ->required();
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto admin new-token --name alice --role operator --token-file alice.token >> /etc/sotto/admins.toml\n"
        "\n"
        "Prints the entry for the file that admin.identities of a server names; it has the digest of the token only.\n"
        "No file is ever overwritten. Exit codes: 0 made, 2 usage, 3 the file cannot be made, 7 there is one already.");
  }
  int run(Console& console) override {
    const auto token = make_token();
    const SecretString line(std::string(token.expose()) + '\n');
    if (auto made = create_file(token_file_, line.expose(), Access::owner); !made) {
      return report(made.error(), console);
    }
    console.err << "The token is in " << token_file_ << ".\n";
    const auto digest = to_hex(crypto::sha256(as_bytes(token.expose())));
    if (json_) {
      const nlohmann::ordered_json json{
          {"schemaVersion", 1}, {"name", name_}, {"role", role_}, {"tokenSha256", digest}, {"entry", entry(digest)}};
      console.out << json.dump(2) << '\n';
    } else {
      console.out << entry(digest);
    }
    return kExitOk;
  }

 private:
  [[nodiscard]] std::string entry(const std::string& digest) const {
    const bool plain = std::all_of(name_.begin(), name_.end(), is_plain);
    return fmt::format("[{0}{1}{0}]\nrole = \"{2}\"\ntoken_sha256 = \"{3}\"\n", plain ? "" : "\"", name_, role_,
                       digest);
  }

  std::string name_;
  std::string role_;
  std::string token_file_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_new_token_command(CLI::App& app) {
  return std::make_unique<NewTokenCommand>(app);
}

}  // namespace sotto::cli
