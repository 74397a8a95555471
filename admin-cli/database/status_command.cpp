#include <optional>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "admin-cli/database/database_commands.hpp"
#include "admin-cli/database/database_options.hpp"
#include "admin-cli/database/step_json.hpp"
#include "libs/postgres/migrator.hpp"
#include "services/queue/migrations/migrations.hpp"

namespace sotto::cli {
namespace {

constexpr std::chrono::milliseconds kQuickLimit = std::chrono::seconds(30);
constexpr std::chrono::milliseconds kScanLimit = std::chrono::hours(1);

struct KeyUse {
  std::int32_t key_id = 0;
  std::int64_t queues = 0;
};

struct Content {
  std::int64_t queues = 0;
  std::int64_t messages = 0;
  std::optional<std::vector<KeyUse>> keys;  // nothing: not counted
};

Result<Content> read_content(postgres::AdminSession& session, bool count_keys) {
  Content content;
  const auto totals = session.query(
      "SELECT coalesce(sum(queues), 0)::bigint, coalesce(sum(messages), 0)::bigint FROM queue_totals", kQuickLimit);
  if (!totals) return totals.error();
  content.queues = totals->integer(0, 0);
  content.messages = totals->integer(0, 1);
  if (!count_keys) return content;
  const auto keys =
      session.query("SELECT sealing_key, count(*) FROM queues GROUP BY sealing_key ORDER BY 1", kScanLimit);
  if (!keys) return keys.error();
  content.keys.emplace();
  for (std::size_t row = 0; row < keys->size(); ++row) {
    content.keys->push_back({static_cast<std::int32_t>(keys->integer(row, 0)), keys->integer(row, 1)});
  }
  return content;
}

void print_text(const postgres::SchemaState& state, const std::optional<Content>& content, std::ostream& out) {
  out << "schema         version " << state.version << " of " << queue::migrations().back().version << '\n';
  for (const auto& step : state.pending) out << "pending        " << step.version << ' ' << step.name << '\n';
  if (!content) return;
  out << "queues         " << content->queues << '\n' << "messages       " << content->messages << '\n';
  if (!content->keys) {
    out << "platform keys  not counted (--count-keys reads every queue)\n";
    return;
  }
  if (content->keys->empty()) out << "platform keys  none in use\n";
  for (const auto& use : *content->keys) {
    out << "platform key   " << use.key_id << " seals the secrets of " << use.queues << " queues\n";
  }
}

void print_json(const postgres::SchemaState& state, const std::optional<Content>& content, std::ostream& out) {
  nlohmann::ordered_json json{{"schemaVersion", 1},
                              {"version", state.version},
                              {"neededVersion", queue::migrations().back().version},
                              {"pending", to_json(state.pending)}};
  if (content) {
    json["queues"] = content->queues;
    json["messages"] = content->messages;
    if (content->keys) {
      json["platformKeys"] = nlohmann::ordered_json::array();
      for (const auto& use : *content->keys)
        json["platformKeys"].push_back({{"id", use.key_id}, {"queues", use.queues}});
    }
  }
  out << json.dump(2) << '\n';
}

class StatusCommand final : public Command {
 public:
  explicit StatusCommand(CLI::App& app) {
    database_.declare(app);
    app.add_flag("--count-keys", count_keys_, "Count by which platform key secrets are sealed; reads every queue");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto db status --database-url postgresql://sotto@db.example.com/sotto\n"
        "  sotto db status --count-keys --json\n"
        "\n"
        "Changes nothing. Exit codes: 0 the schema is up to date, 2 usage, 3 configuration, 4 cannot connect,\n"
        "5 password or access refused, 6 no such database, 7 steps are pending or the database has the schema of a\n"
        "newer version.");
  }

  int run(Console& console) override {
    auto session = database_.connect();
    if (!session) return report(session.error(), console);
    const auto state = postgres::schema_state(**session, queue::migrations());
    if (!state) return report(state.error(), console);
    std::optional<Content> content;
    // A step may change how things are counted.
    if (state->pending.empty()) {
      auto read = read_content(**session, count_keys_);
      if (!read) return report(read.error(), console);
      content = *std::move(read);
    }
    json_ ? print_json(*state, content, console.out) : print_text(*state, content, console.out);
    if (state->pending.empty()) return kExitOk;
    return report({ErrorCode::conflict, "the schema is not up to date: run `sotto db migrate`"}, console);
  }

 private:
  DatabaseOptions database_;
  bool count_keys_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_status_command(CLI::App& app) {
  return std::make_unique<StatusCommand>(app);
}

}  // namespace sotto::cli
