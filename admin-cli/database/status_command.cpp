#include <iomanip>
#include <optional>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "admin-cli/database/database_commands.hpp"
#include "admin-cli/database/database_options.hpp"
#include "admin-cli/database/schema_choice.hpp"
#include "admin-cli/database/step_json.hpp"
#include "libs/postgres/migrator.hpp"

namespace sotto::cli {
namespace {

constexpr std::chrono::milliseconds kQuickLimit = std::chrono::seconds(30);
constexpr std::chrono::milliseconds kScanLimit = std::chrono::hours(1);

// How much is sealed, or digested, with a key.
struct KeyUse {
  std::int32_t key_id = 0;
  std::int64_t count = 0;
};

struct QueueContent {
  std::int64_t queues = 0;
  std::int64_t messages = 0;
  std::optional<std::vector<KeyUse>> keys;  // nothing: not counted
};

struct AuthContent {
  std::int64_t passwords = 0;  // those that have ended included
  std::vector<KeyUse> keys;
};

// Of a service: its schema, and what is in it unless steps are pending, as a step may change how things are counted.
struct Found {
  postgres::MigrationSet set;
  postgres::SchemaState state;
  std::optional<QueueContent> queue;
  std::optional<AuthContent> auth;
};

// `sql` gives key ids and counts.
Result<std::vector<KeyUse>> read_keys(postgres::AdminSession& session, const char* sql,
                                      std::chrono::milliseconds limit) {
  const auto rows = session.query(sql, limit);
  if (!rows) return rows.error();
  std::vector<KeyUse> keys;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    keys.push_back({static_cast<std::int32_t>(rows->integer(row, 0)), rows->integer(row, 1)});
  }
  return keys;
}

Result<QueueContent> read_queue_content(postgres::AdminSession& session, bool count_keys) {
  QueueContent content;
  const auto totals = session.query(
      "SELECT coalesce(sum(queues), 0)::bigint, coalesce(sum(messages), 0)::bigint FROM queue_totals", kQuickLimit);
  if (!totals) return totals.error();
  content.queues = totals->integer(0, 0);
  content.messages = totals->integer(0, 1);
  if (!count_keys) return content;
  auto keys =
      read_keys(session, "SELECT sealing_key, count(*) FROM queues GROUP BY sealing_key ORDER BY 1", kScanLimit);
  if (!keys) return keys.error();
  content.keys = *std::move(keys);
  return content;
}

Result<AuthContent> read_auth_content(postgres::AdminSession& session) {
  auto keys = read_keys(session, "SELECT key_id, count(*) FROM auth_passwords GROUP BY key_id ORDER BY 1", kQuickLimit);
  if (!keys) return keys.error();
  AuthContent content{0, *std::move(keys)};
  for (const auto& use : content.keys) content.passwords += use.count;
  return content;
}

Result<Found> look(postgres::AdminSession& session, const postgres::MigrationSet& set, bool count_keys) {
  const auto state = postgres::schema_state(session, set);
  if (!state) return state.error();
  Found found{set, *state, {}, {}};
  if (!state->pending.empty()) return found;
  if (set.service == "queue") {
    auto content = read_queue_content(session, count_keys);
    if (!content) return content.error();
    found.queue = *std::move(content);
  } else if (set.service == "auth") {
    auto content = read_auth_content(session);
    if (!content) return content.error();
    found.auth = *std::move(content);
  }
  return found;
}

// Two columns.
std::ostream& line(std::ostream& out, const std::string& name) {
  constexpr int kWidth = 15;
  return out << std::left << std::setw(kWidth) << name;
}

void print_text(const QueueContent& content, std::ostream& out) {
  line(out, "queues") << content.queues << '\n';
  line(out, "messages") << content.messages << '\n';
  if (!content.keys) {
    line(out, "platform keys") << "not counted (--count-keys reads every queue)\n";
    return;
  }
  if (content.keys->empty()) line(out, "platform keys") << "none in use\n";
  for (const auto& use : *content.keys) {
    line(out, "platform key") << use.key_id << " seals the secrets of " << use.count << " queues\n";
  }
}

void print_text(const AuthContent& content, std::ostream& out) {
  line(out, "passwords") << content.passwords << '\n';
  for (const auto& use : content.keys) {
    line(out, "password key") << use.key_id << " is needed by " << use.count << " passwords\n";
  }
}

void print_text(const std::vector<Found>& all, std::ostream& out) {
  for (const auto& found : all) {
    line(out, std::string(found.set.service) + " schema")
        << "version " << found.state.version << " of " << found.set.steps.back().version << '\n';
  }
  for (const auto& found : all) {
    for (const auto& step : found.state.pending) {
      line(out, "pending") << found.set.service << ' ' << step.version << ' ' << step.name << '\n';
    }
  }
  for (const auto& found : all) {
    if (found.queue) print_text(*found.queue, out);
    if (found.auth) print_text(*found.auth, out);
  }
}

nlohmann::ordered_json keys_json(const std::vector<KeyUse>& keys, const char* what) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& use : keys) json.push_back({{"id", use.key_id}, {what, use.count}});
  return json;
}

void print_json(const std::vector<Found>& all, std::ostream& out) {
  nlohmann::ordered_json json{{"schemaVersion", 1}};
  auto services = nlohmann::ordered_json::array();
  for (const auto& found : all) {
    const nlohmann::ordered_json fields{{"version", found.state.version},
                                        {"neededVersion", found.set.steps.back().version},
                                        {"pending", to_json(found.state.pending)}};
    add_service(json, services, found.set, fields);
    if (found.queue) {
      json["queues"] = found.queue->queues;
      json["messages"] = found.queue->messages;
      if (found.queue->keys) json["platformKeys"] = keys_json(*found.queue->keys, "queues");
    }
    if (found.auth) {
      json["passwords"] = found.auth->passwords;
      json["passwordKeys"] = keys_json(found.auth->keys, "passwords");
    }
  }
  json["services"] = std::move(services);
  out << json.dump(2) << '\n';
}

class StatusCommand final : public Command {
 public:
  explicit StatusCommand(CLI::App& app) {
    database_.declare(app);
    schemas_.declare(app);
    app.add_flag("--count-keys", count_keys_, "Count by which platform key secrets are sealed; reads every queue");
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto db status --database-url postgresql://sotto@db.example.com/sotto\n"
        "  sotto db status --count-keys --json\n"
        "\n"
        "Changes nothing. Exit codes: 0 the schemas are up to date, 2 usage, 3 configuration, 4 cannot connect,\n"
        "5 password or access refused, 6 no such database, 7 steps are pending or the database has the schema of a\n"
        "newer version.");
  }

  int run(Console& console) override {
    auto session = database_.connect();
    if (!session) return report(session.error(), console);
    std::vector<Found> all;
    bool pending = false;
    for (const auto& set : schemas_.sets()) {
      auto found = look(**session, set, count_keys_);
      if (!found) return report(found.error(), console);
      pending = pending || !found->state.pending.empty();
      all.push_back(*std::move(found));
    }
    json_ ? print_json(all, console.out) : print_text(all, console.out);
    if (!pending) return kExitOk;
    return report({ErrorCode::conflict, "the schema is not up to date: run `sotto db migrate`"}, console);
  }

 private:
  DatabaseOptions database_;
  SchemaChoice schemas_;
  bool count_keys_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_status_command(CLI::App& app) {
  return std::make_unique<StatusCommand>(app);
}

}  // namespace sotto::cli
