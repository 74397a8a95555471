// SchemaChoice: the option that says the schemas of which services a command works on. They are all in one database
// unless somebody gives a service one of its own. A part of a command; one thread.
#pragma once

#include <string>
#include <vector>

#include "libs/postgres/migration.hpp"

namespace CLI {
class App;
}

namespace sotto::cli {

class SchemaChoice {
 public:
  void declare(CLI::App& app);
  // In the order in which they are applied and shown.
  [[nodiscard]] std::vector<postgres::MigrationSet> sets() const;

 private:
  std::string service_;  // empty: all
};

}  // namespace sotto::cli
