#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin-cli/commands/progress_line.hpp"
#include "admin-cli/database/database_commands.hpp"
#include "admin-cli/database/database_options.hpp"
#include "admin-cli/database/schema_choice.hpp"
#include "admin-cli/database/step_json.hpp"
#include "libs/postgres/migrator.hpp"

namespace sotto::cli {
namespace {

// What was found of a service's schema, and what was made of it.
struct Outcome {
  postgres::MigrationSet set;
  int before = 0;
  int after = 0;
  std::vector<postgres::Migration> applied;
  std::span<const postgres::Migration> pending;
};

class MigrateCommand final : public Command {
 public:
  explicit MigrateCommand(CLI::App& app) {
    database_.declare(app);
    schemas_.declare(app);
    app.add_flag("--dry-run", dry_run_, "Say what would be applied, and change nothing");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto db migrate --database-url postgresql://sotto@db.example.com/sotto --dry-run\n"
        "  sotto db migrate --database-password-file /run/secrets/database-password\n"
        "  sotto db migrate --database-url postgresql://sotto@db2.example.com/passwords --service auth\n"
        "\n"
        "May be run at any time and any number of times. Exit codes: 0 the schemas are up to date, 2 usage,\n"
        "3 configuration, 4 cannot connect, 5 password or access refused, 6 no such database, 7 the database has the\n"
        "schema of a newer version, 1 a step failed.");
  }

  int run(Console& console) override {
    auto session = database_.connect();
    if (!session) return report(session.error(), console);
    // All are looked at first: where one is not ours, nothing is changed.
    std::vector<Outcome> outcomes;
    for (const auto& set : schemas_.sets()) {
      const auto state = postgres::schema_state(**session, set);
      if (!state) return report(state.error(), console);
      outcomes.push_back({set, state->version, state->version, {}, state->pending});
    }
    for (auto& outcome : outcomes) {
      if (dry_run_) {
        show(outcome, console);
      } else if (const auto status = apply(**session, outcome, console); !status) {
        return report(status.error(), console);
      }
    }
    if (json_) print_json(outcomes, console);
    return kExitOk;
  }

 private:
  void show(const Outcome& outcome, Console& console) const {
    if (json_) return;
    for (const auto& step : outcome.pending) print_step("pending", outcome.set, step, console);
    print_result(outcome, console);
  }

  Status apply(postgres::AdminSession& session, Outcome& outcome, Console& console) const {
    ProgressLine progress(console);
    // A step may take hours, and another runner may have done some of those that were pending.
    const auto show_next = [&](int done) {
      for (const auto& step : outcome.pending) {
        if (step.version <= done) continue;
        return progress.show(fmt::format("applying {} {} {}", outcome.set.service, step.version, step.name));
      }
    };
    show_next(outcome.before);
    auto status = postgres::migrate(session, outcome.set, [&](const postgres::Migration& step) {
      outcome.applied.push_back(step);
      progress.clear();
      if (!json_) print_step("applied", outcome.set, step, console);
      show_next(step.version);
    });
    progress.clear();
    if (!status) return status;
    outcome.after = outcome.set.steps.back().version;
    outcome.pending = {};
    if (!json_) print_result(outcome, console);
    return ok_status();
  }

  static void print_step(const char* what, const postgres::MigrationSet& set, const postgres::Migration& step,
                         Console& console) {
    console.out << what << ' ' << set.service << ' ' << step.version << ' ' << step.name << '\n';
    console.out.flush();
  }

  static void print_result(const Outcome& outcome, Console& console) {
    console.err << "The " << outcome.set.service << " schema ";
    if (!outcome.pending.empty()) {
      console.err << "has version " << outcome.after << "; nothing was changed.\n";
    } else if (outcome.after == outcome.before) {
      console.err << "is up to date: version " << outcome.after << ".\n";
    } else {
      console.err << "has version " << outcome.after << " now (before: " << outcome.before << ").\n";
    }
  }

  static void print_json(const std::vector<Outcome>& outcomes, Console& console) {
    nlohmann::ordered_json json{{"schemaVersion", 1}};
    auto services = nlohmann::ordered_json::array();
    for (const auto& outcome : outcomes) {
      const nlohmann::ordered_json fields{{"versionBefore", outcome.before},
                                          {"version", outcome.after},
                                          {"applied", to_json(outcome.applied)},
                                          {"pending", to_json(outcome.pending)}};
      add_service(json, services, outcome.set, fields);
    }
    json["services"] = std::move(services);
    console.out << json.dump(2) << '\n';
  }

  DatabaseOptions database_;
  SchemaChoice schemas_;
  bool dry_run_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_migrate_command(CLI::App& app) {
  return std::make_unique<MigrateCommand>(app);
}

}  // namespace sotto::cli
