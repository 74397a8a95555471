#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "admin-cli/database/database_commands.hpp"
#include "admin-cli/database/database_options.hpp"
#include "admin-cli/database/rekey.hpp"
#include "admin-cli/database/secret_file.hpp"
#include "libs/postgres/migrator.hpp"
#include "services/queue/migrations/migrations.hpp"

namespace sotto::cli {
namespace {

class RekeyCommand final : public Command {
 public:
  explicit RekeyCommand(CLI::App& app) {
    database_.declare(app);
    app.add_option("--platform-key-file", key_file_, "The keys: the first seals, all of them open")
        ->envname("SOTTO_PLATFORM_KEY_FILE");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto db rekey --platform-key-file /etc/sotto/platform-keys\n"
        "\n"
        "Runs beside queue services, and may be interrupted and run again. First give all services the new key in the\n"
        "first line of their key file. Exit codes: 0 everything is sealed with the current key, 2 usage,\n"
        "3 configuration, or secrets do not open, 4 cannot connect, 5 password or access refused, 6 no such database,\n"
        "7 the schema is not that of this version, or services still seal with another key.");
  }

  int run(Console& console) override {
    if (key_file_.empty()) {
      return report({ErrorCode::invalid_argument,
                     "which keys? Name their file with --platform-key-file or SOTTO_PLATFORM_KEY_FILE"},
                    console);
    }
    const auto keys = read_platform_keys(key_file_);
    if (!keys) return report(keys.error(), console);
    auto connection = database_.connect_for_bulk();
    if (!connection) return report(connection.error(), console);
    if (const auto status = postgres::require_schema(**connection, queue::migrations()); !status) {
      return report(status.error(), console);
    }
    const auto result = rekey(**connection, *keys, [&](const RekeyCounts& counts) { show_progress(counts, console); });
    if (console.error_terminal) console.err << "\r\033[K";
    if (!result) return report(result.error(), console);
    return print(*result, keys->current_id(), console);
  }

 private:
  static void show_progress(const RekeyCounts& counts, Console& console) {
    if (!console.error_terminal) return;
    console.err << "\r\033[K" << counts.seen << " queues seen, " << counts.resealed << " sealed again";
    console.err.flush();
  }

  int print(const RekeyResult& result, std::uint16_t key_id, Console& console) const {
    const auto& counts = result.counts;
    if (json_) {
      const nlohmann::ordered_json json{{"schemaVersion", 1},
                                        {"keyId", key_id},
                                        {"queues", counts.seen},
                                        {"resealed", counts.resealed},
                                        {"unreadable", counts.unreadable}};
      console.out << json.dump(2) << '\n';
    } else {
      console.out << counts.resealed << " of " << counts.seen << " queues were sealed with the platform key " << key_id
                  << "; the others " << (counts.unreadable == 0 ? "were already" : "were already, or do not open")
                  << ".\n";
    }
    if (counts.unreadable == 0) return kExitOk;
    return report({ErrorCode::configuration, std::to_string(counts.unreadable) +
                                                 " queues were left as they are, because their secrets do not open: " +
                                                 result.first_unreadable->message},
                  console);
  }

  DatabaseOptions database_;
  std::string key_file_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_rekey_command(CLI::App& app) {
  return std::make_unique<RekeyCommand>(app);
}

}  // namespace sotto::cli
