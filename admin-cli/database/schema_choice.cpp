#include "admin-cli/database/schema_choice.hpp"

#include <array>

#include <CLI/CLI.hpp>

#include "services/auth/migrations/migrations.hpp"
#include "services/queue/migrations/migrations.hpp"

namespace sotto::cli {
namespace {

std::array<postgres::MigrationSet, 2> all_sets() {
  return {queue::migrations(), auth::migrations()};
}

}  // namespace

void SchemaChoice::declare(CLI::App& app) {
  std::vector<std::string> names;
  for (const auto& set : all_sets()) names.emplace_back(set.service);
  app.add_option("--service", service_, "Only the schema of this service, for one that has a database of its own")
      ->check(CLI::IsMember(names));
}

std::vector<postgres::MigrationSet> SchemaChoice::sets() const {
  std::vector<postgres::MigrationSet> out;
  for (const auto& set : all_sets()) {
    if (service_.empty() || set.service == service_) out.push_back(set);
  }
  return out;
}

}  // namespace sotto::cli
