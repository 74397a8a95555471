#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "admin-cli/database/database_commands.hpp"
#include "admin-cli/database/database_options.hpp"
#include "admin-cli/database/step_json.hpp"
#include "libs/postgres/migrator.hpp"
#include "services/queue/migrations/migrations.hpp"

namespace sotto::cli {
namespace {

class MigrateCommand final : public Command {
 public:
  explicit MigrateCommand(CLI::App& app) {
    database_.declare(app);
    app.add_flag("--dry-run", dry_run_, "Say what would be applied, and change nothing");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto db migrate --database-url postgresql://sotto@db.example.com/sotto --dry-run\n"
        "  sotto db migrate --database-password-file /run/secrets/database-password\n"
        "\n"
        "May be run at any time and any number of times. Exit codes: 0 the schema is up to date, 2 usage,\n"
        "3 configuration, 4 cannot connect, 5 password or access refused, 6 no such database, 7 the database has the\n"
        "schema of a newer version, 1 a step failed.");
  }

  int run(Console& console) override {
    auto session = database_.connect();
    if (!session) return report(session.error(), console);
    const auto before = postgres::schema_state(**session, queue::migrations());
    if (!before) return report(before.error(), console);
    return dry_run_ ? show(*before, console) : apply(**session, *before, console);
  }

 private:
  int show(const postgres::SchemaState& before, Console& console) const {
    if (json_) {
      print_json(before.version, before.version, {}, before.pending, console);
      return kExitOk;
    }
    for (const auto& step : before.pending) print_step("pending", step, console);
    print_result(before, before.version, console);
    return kExitOk;
  }

  int apply(postgres::AdminSession& session, const postgres::SchemaState& before, Console& console) const {
    std::vector<postgres::Migration> applied;
    const auto status = postgres::migrate(session, queue::migrations(), [&](const postgres::Migration& step) {
      applied.push_back(step);
      if (!json_) print_step("applied", step, console);
    });
    if (!status) return report(status.error(), console);
    const int after = queue::migrations().back().version;
    if (json_) {
      print_json(before.version, after, applied, {}, console);
    } else {
      print_result({after, {}}, before.version, console);
    }
    return kExitOk;
  }

  static void print_step(const char* what, const postgres::Migration& step, Console& console) {
    console.out << what << ' ' << step.version << ' ' << step.name << '\n';
    console.out.flush();
  }

  static void print_result(const postgres::SchemaState& state, int before, Console& console) {
    if (!state.pending.empty()) {
      console.err << "The schema has version " << state.version << "; nothing was changed.\n";
    } else if (state.version == before) {
      console.err << "The schema is up to date: version " << state.version << ".\n";
    } else {
      console.err << "The schema has version " << state.version << " now (before: " << before << ").\n";
    }
  }

  static void print_json(int before, int after, std::span<const postgres::Migration> applied,
                         std::span<const postgres::Migration> pending, Console& console) {
    const nlohmann::ordered_json json{{"schemaVersion", 1},
                                      {"versionBefore", before},
                                      {"version", after},
                                      {"applied", to_json(applied)},
                                      {"pending", to_json(pending)}};
    console.out << json.dump(2) << '\n';
  }

  DatabaseOptions database_;
  bool dry_run_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_migrate_command(CLI::App& app) {
  return std::make_unique<MigrateCommand>(app);
}

}  // namespace sotto::cli
