#include "admin-cli/doctor/subject.hpp"

#include <utility>

#include "admin-cli/config/programs.hpp"
#include "gateway/process/settings.hpp"
#include "libs/config/load.hpp"
#include "services/auth/migrations/migrations.hpp"
#include "services/auth/process/settings.hpp"
#include "services/notification/process/settings.hpp"
#include "services/queue/migrations/migrations.hpp"
#include "services/queue/process/settings.hpp"
#include "standalone/settings/settings.hpp"

namespace sotto::cli {
namespace {

constexpr const char* kName = "sotto doctor";  // what PostgreSQL shows in pg_stat_activity

void describe(const standalone::ServerSettings& settings, Subject& subject) {
  subject.gateway = settings;
  subject.metrics = settings.metrics_listen;
  subject.admin_socket = settings.admin_socket;
  if (settings.ephemeral) return;
  subject.data_dir = settings.data_dir;
  if (subject.admin_socket.empty()) subject.admin_socket = settings.data_dir / "admin.sock";
}

void describe(const gateway::ProgramSettings& settings, Subject& subject) {
  subject.gateway = settings;
  subject.metrics = settings.metrics_listen;
}

void describe(const notification::ProgramSettings& settings, Subject& subject) {
  subject.metrics = settings.metrics_listen;
  subject.grpc = settings.grpc.listen;
  subject.redis = service::redis_options(settings.redis);
}

// What the services with a database have.
template <class Settings>
void describe_service(const Settings& settings, const postgres::MigrationSet& schema, Subject& subject) {
  subject.metrics = settings.metrics_listen;
  subject.grpc = settings.grpc.listen;
  subject.database = Database{service::connect_options(settings.database, kName), schema};
  subject.redis = service::redis_options(settings.redis);
}

void describe(const queue::ProgramSettings& settings, Subject& subject) {
  describe_service(settings, queue::migrations(), subject);
}

void describe(const auth::ProgramSettings& settings, Subject& subject) {
  describe_service(settings, auth::migrations(), subject);
  subject.admin_socket = settings.admin_socket;
}

// `load`: the function that the program's main() calls.
template <auto load>
void read(const std::vector<const char*>& arguments, const char* const* environment, Subject& subject) {
  auto loaded = load(static_cast<int>(arguments.size()), arguments.data(), environment);
  if (!loaded) {
    subject.problems = config::problems_of(loaded.error());
    if (subject.problems.empty()) subject.problems.push_back(loaded.error().message);
    return;
  }
  subject.warnings = std::move(loaded->warnings);
  describe(loaded->settings, subject);
}

}  // namespace

Subject read_subject(std::string_view word, const std::string& file, const std::vector<std::string>& variables) {
  Subject subject;
  subject.program = program(word).name;
  subject.source = file.empty() ? "the environment and the defaults" : file;
  const auto config = "--config=" + file;
  std::vector<const char*> arguments{"sotto", "--check-config"};
  if (!file.empty()) arguments.push_back(config.c_str());
  std::vector<const char*> environment;
  environment.reserve(variables.size() + 1);
  for (const auto& variable : variables) environment.push_back(variable.c_str());
  environment.push_back(nullptr);
  if (word == "gateway") {
    read<&gateway::load_program>(arguments, environment.data(), subject);
  } else if (word == "queue") {
    read<&queue::load_program>(arguments, environment.data(), subject);
  } else if (word == "auth") {
    read<&auth::load_program>(arguments, environment.data(), subject);
  } else if (word == "notification") {
    read<&notification::load_program>(arguments, environment.data(), subject);
  } else {
    read<&standalone::load_settings>(arguments, environment.data(), subject);
  }
  return subject;
}

}  // namespace sotto::cli
