#include "admin-cli/config/programs.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "gateway/process/settings.hpp"
#include "services/auth/process/settings.hpp"
#include "services/notification/process/settings.hpp"
#include "services/queue/process/settings.hpp"
#include "standalone/settings/settings.hpp"

namespace sotto::cli {
namespace {

template <class Settings, config::Table (*make)(Settings&)>
void with_table(const std::function<void(config::Table&)>& use) {
  Settings settings;
  auto table = make(settings);
  use(table);
}

// `load`: the function that the program's main() calls.
template <auto load>
Result<std::vector<std::string>> check(const std::string& file, const std::vector<std::string>& environment) {
  const auto config = "--config=" + file;
  const std::array arguments{"sotto", "--check-config", config.c_str()};
  std::vector<const char*> variables;
  variables.reserve(environment.size() + 1);
  for (const auto& variable : environment) variables.push_back(variable.c_str());
  variables.push_back(nullptr);
  auto loaded = load(static_cast<int>(arguments.size()), arguments.data(), variables.data());
  if (!loaded) return loaded.error();
  return std::move(loaded->warnings);
}

constexpr std::array kPrograms{
    Program{"server", "sotto-server", &with_table<standalone::ServerSettings, &standalone::server_table>,
            &check<&standalone::load_settings>},
    Program{"gateway", "sotto-gateway", &with_table<gateway::ProgramSettings, &gateway::program_table>,
            &check<&gateway::load_program>},
    Program{"queue", "sotto-queue", &with_table<queue::ProgramSettings, &queue::program_table>,
            &check<&queue::load_program>},
    Program{"auth", "sotto-auth", &with_table<auth::ProgramSettings, &auth::program_table>,
            &check<&auth::load_program>},
    Program{"notification", "sotto-notification",
            &with_table<notification::ProgramSettings, &notification::program_table>,
            &check<&notification::load_program>},
};

}  // namespace

std::span<const Program> programs() {
  return kPrograms;
}

const Program& program(std::string_view word) {
  const auto* found =
      std::find_if(kPrograms.begin(), kPrograms.end(), [&](const auto& each) { return each.word == word; });
  if (found == kPrograms.end()) std::abort();  // the parser lets no other word through
  return *found;
}

std::vector<std::string> program_words() {
  std::vector<std::string> words;
  for (const auto& each : kPrograms) words.emplace_back(each.word);
  return words;
}

}  // namespace sotto::cli
