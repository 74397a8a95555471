// The names of metrics are an interface: dashboards and alerts are made of them. Whatever a program exposes is in its
// list here, "name type labels"; a change of a list is a change for operators. After one: SOTTO_TEST_WRITE_METRICS=1.
// And what Prometheus' own tool says of them.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/operations/programs.hpp"
#include "tests/support/child/free_port.hpp"

namespace sotto::test {
namespace {

constexpr std::array kPrograms{"sotto-server", "sotto-gateway", "sotto-queue", "sotto-auth", "sotto-notification"};

std::filesystem::path list_of(const std::string& program) {
  return std::filesystem::path(SOTTO_SOURCE_DIR) / "tests/operations/metrics" / (program + ".txt");
}

// What an exposition names, sorted, a metric a line.
std::string names_in(const std::string& exposition) {
  std::map<std::string, std::string> types;
  std::map<std::string, std::set<std::string>> labels;
  std::istringstream lines(exposition);
  const std::regex type("# TYPE (\\S+) (\\S+)");
  const std::regex sample("([a-z0-9_]+)(?:\\{(.*)\\})? \\S+");
  const std::regex label("([a-z_]+)=\"[^\"]*\"");
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_match(line, found, type)) {
      types[found[1]] = found[2];
    } else if (line.rfind('#', 0) != 0 && std::regex_match(line, found, sample)) {
      const std::string name = found[1];
      const std::string all = found[2];
      for (std::sregex_iterator each(all.begin(), all.end(), label), end; each != end; ++each)
        labels[name].insert((*each)[1]);
    }
  }
  std::string out;
  for (const auto& [name, kind] : types) {
    out.append(name).append(" ").append(kind);
    for (const auto& key : labels[name]) out.append(" ").append(key);
    out += '\n';
  }
  return out;
}

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class MetricNames : public testing::Test {
 protected:
  // What `program` exposes is what its list says.
  static void check(const std::string& program, ServerProgram& running) {
    running.wait_live();
    std::string exposition;
    ASSERT_EQ(running.probe("/metrics", &exposition), 200);
    const auto names = names_in(exposition);
    if (std::getenv("SOTTO_TEST_WRITE_METRICS") != nullptr) std::ofstream(list_of(program)) << names;
    EXPECT_EQ(names, read(list_of(program))) << "in " << list_of(program);
    EXPECT_EQ(complaints(running.directory(), exposition), "") << program;
  }

 private:
  // Of promtool; empty when it has none.
  static std::string complaints(const std::filesystem::path& directory, const std::string& exposition) {
    const auto file = directory / "exposition";
    std::ofstream(file) << exposition;
    Child promtool({.arguments = {"sh", "-c", "promtool check metrics <\"$0\"", file.string()},
                    .environment = {},
                    .log = directory / "promtool.log",
                    .user = {},
                    .working_directory = {}});
    return promtool.wait() == 0 ? ""
                                : "promtool says, or is not there (scripts/install-packages test): " + promtool.log();
  }
};

TEST_F(MetricNames, OfTheStandaloneServer) {
  auto server = ServerProgram::durable({"--web-listen=127.0.0.1:0"});
  check("sotto-server", server);
}

// What is behind them need not be there for a metric to have its name.
TEST_F(MetricNames, OfTheGateway) {
  auto gateway = ServerProgram::gateway(
      "127.0.0.1:" + std::to_string(free_port()),
      {"--auth-service-targets=127.0.0.1:" + std::to_string(free_port()), "--web-listen=127.0.0.1:0"});
  check("sotto-gateway", gateway);
}

TEST_F(MetricNames, OfTheQueueService) {
  auto queue = ServerProgram::queue("host=127.0.0.1 dbname=sotto port=" + std::to_string(free_port()),
                                    "redis://127.0.0.1:" + std::to_string(free_port()),
                                    {"--notification-service-targets=127.0.0.1:" + std::to_string(free_port())});
  check("sotto-queue", queue);
}

TEST_F(MetricNames, OfTheNotificationService) {
  auto notification = ServerProgram::notification("redis://127.0.0.1:" + std::to_string(free_port()));
  check("sotto-notification", notification);
}

TEST_F(MetricNames, OfTheAuthService) {
  auto auth = ServerProgram::auth("host=127.0.0.1 dbname=sotto port=" + std::to_string(free_port()),
                                  "redis://127.0.0.1:" + std::to_string(free_port()));
  check("sotto-auth", auth);
}

// One concept has one name and one kind, whichever program counts it.
TEST_F(MetricNames, AreOfOneKindEverywhere) {
  std::map<std::string, std::string> lines;
  for (const auto* program : kPrograms) {
    std::istringstream list(read(list_of(program)));
    for (std::string line; std::getline(list, line);) {
      const auto [known, added] = lines.insert({line.substr(0, line.find(' ')), line});
      EXPECT_EQ(known->second, line) << program;
    }
  }
  for (const auto& [name, line] : lines) {
    EXPECT_TRUE(name.starts_with("smp_") || name.starts_with("process_")) << name;
    EXPECT_EQ(name.ends_with("_total"), line.find(" counter") != std::string::npos) << line;
  }
}

TEST_F(MetricNames, AreExplained) {
  const auto page = read(std::filesystem::path(SOTTO_SOURCE_DIR) / "docs/operations.md");
  for (const auto* program : kPrograms) {
    std::istringstream list(read(list_of(program)));
    for (std::string line; std::getline(list, line);) {
      EXPECT_THAT(page, testing::HasSubstr("`" + line.substr(0, line.find(' ')) + "`"));
    }
  }
}

}  // namespace
}  // namespace sotto::test
