#include "bench/measure/process_finder.hpp"

#include <unistd.h>

#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/child/temp_dir.hpp"

namespace sotto::bench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ProcessFinder : public testing::Test {
 protected:
  void process(pid_t pid, pid_t parent, const std::string& name, const std::string& command_line) const {
    const auto directory = proc_ / std::to_string(pid);
    std::filesystem::create_directory(directory);
    std::ofstream(directory / "stat") << pid << " (" << name << ") S " << parent << " 1 1 0";
    std::ofstream(directory / "cmdline") << command_line << '\0' << "--flag" << '\0';
  }
  [[nodiscard]] std::vector<pid_t> find(const std::string& name) const { return find_processes(name, proc_); }

  const test::TempDir directory_;
  const std::filesystem::path proc_ = directory_.path();
};

TEST_F(ProcessFinder, FindsByTheNameOfTheProgram) {
  process(10, 1, "sotto-queue", "/usr/bin/sotto-queue");
  process(11, 1, "sotto-queue", "/usr/bin/sotto-queue");
  process(12, 1, "sotto-gateway", "/usr/bin/sotto-gateway");
  EXPECT_THAT(find("sotto-queue"), ElementsAre(10, 11));
  EXPECT_THAT(find("sotto"), IsEmpty());
}

TEST_F(ProcessFinder, FindsLongNamesByTheCommandLine) {
  process(10, 1, "sotto-notificat", "/usr/bin/sotto-notification");
  process(11, 1, "sotto-notificat", "/usr/bin/sotto-notificator");
  EXPECT_THAT(find("sotto-notification"), ElementsAre(10));
}

TEST_F(ProcessFinder, HasAllDescendants) {
  process(10, 1, "postgres", "/usr/lib/postgresql/15/bin/postgres");
  process(11, 10, "postgres: writer", "postgres: checkpointer");
  process(12, 11, "odd (name) of it", "x");
  process(13, 1, "other", "other");
  EXPECT_THAT(find("postgres"), ElementsAre(10, 11, 12));
}

TEST_F(ProcessFinder, IgnoresWhatIsNoProcess) {
  std::filesystem::create_directory(proc_ / "sys");
  std::filesystem::create_directory(proc_ / "10");  // ended
  std::ofstream(proc_ / "11x") << "no";
  EXPECT_THAT(find("sotto-queue"), IsEmpty());
}

TEST_F(ProcessFinder, DoesNotFindItself) {
  process(getpid(), 1, "me", "me");
  EXPECT_THAT(find("me"), IsEmpty());
}

}  // namespace
}  // namespace sotto::bench
