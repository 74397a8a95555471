#include <string>

#include <CLI/CLI.hpp>

#include "admin-cli/commands/file.hpp"
#include "admin-cli/database/database_commands.hpp"
#include "libs/base/secret.hpp"
#include "libs/crypto/key_ring.hpp"

namespace sotto::cli {
namespace {

class NewKeyCommand final : public Command {
 public:
  explicit NewKeyCommand(CLI::App& app) {
    app.add_option("--id", id_, "Number of the key; each key of a file has its own")
        ->check(CLI::Range(1, 65535))
        ->capture_default_str();
    app.add_option("--out", out_, "Make this file instead of printing the line; only its owner can read it");
    app.footer(
        "Examples:\n"
        "  sotto db new-key --out /etc/sotto/platform-keys\n"
        "  sotto db new-key --id 2\n"
        "\n"
        "Makes one line of a platform key file. The first line of the file seals, all of them open.\n"
        "No file is ever overwritten. Exit codes: 0 made, 2 usage, 3 the file cannot be made, 7 there is one already.");
  }

  int run(Console& console) override {
    auto line = crypto::KeyRing::generate_line(id_);
    const SecretString text(std::move(line) + '\n');
    if (out_.empty()) {
      console.out << text.expose();
      return kExitOk;
    }
    if (const auto status = create_file(out_, text.expose(), Access::owner); !status) {
      return report(status.error(), console);
    }
    console.err << "Platform key " << id_ << ": made, in " << out_
                << " (back it up apart from the database: without it what it sealed is lost)\n";
    return kExitOk;
  }

 private:
  std::uint16_t id_ = 1;
  std::string out_;
};

}  // namespace

std::unique_ptr<Command> make_new_key_command(CLI::App& app) {
  return std::make_unique<NewKeyCommand>(app);
}

}  // namespace sotto::cli
