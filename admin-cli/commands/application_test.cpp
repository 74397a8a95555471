#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/commands/command_runner.hpp"

namespace sotto::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Application, SuggestsTheNearestCommand) {
  const auto top = run_sotto({"adress", "show"});
  EXPECT_EQ(top.exit_code, 2);
  EXPECT_THAT(top.err, HasSubstr("unknown command 'adress'; did you mean 'address'?"));
  EXPECT_EQ(top.out, "");
  const auto below = run_sotto({"server", "tset"});
  EXPECT_EQ(below.exit_code, 2);
  EXPECT_THAT(below.err, HasSubstr("did you mean 'test'?"));
}

TEST(Application, ListsTheCommandsWhereNoneIsNear) {
  const auto output = run_sotto({"frobnicate"});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, AllOf(HasSubstr("Commands here: init address server"), Not(HasSubstr("did you mean"))));
}

TEST(Application, NeverRepeatsAnAddressThatStandsForACommand) {
  const auto output = run_sotto({"smp://LcJU@localhost:secret"});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, Not(HasSubstr("secret")));
}

TEST(Application, NeverRepeatsAnAddressThatIsOneTooMany) {
  const auto output = run_sotto({"address", "parse", "-", "smp://fp:secret@localhost"});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, Not(HasSubstr("secret")));
  EXPECT_THAT(output.err, HasSubstr("sotto address parse --help"));
}

TEST(Application, AsksForACommand) {
  EXPECT_EQ(run_sotto({}).exit_code, 2);
  EXPECT_EQ(run_sotto({"address"}).exit_code, 2);
}

TEST(Application, RefusesAnUnknownOption) {
  EXPECT_EQ(run_sotto({"init", "--hots", "a"}).exit_code, 2);
}

class Help : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(Help, HasExamplesOnStandardOutput) {
  auto arguments = GetParam();
  arguments.emplace_back("--help");
  const auto output = run_sotto(arguments);
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.out, AllOf(HasSubstr("Usage: sotto"), HasSubstr("Example")));
  EXPECT_EQ(output.err, "");
}

INSTANTIATE_TEST_SUITE_P(
    Commands, Help,
    testing::Values(std::vector<std::string>{}, std::vector<std::string>{"init"}, std::vector<std::string>{"address"},
                    std::vector<std::string>{"address", "show"}, std::vector<std::string>{"address", "qr"},
                    std::vector<std::string>{"address", "parse"}, std::vector<std::string>{"server"},
                    std::vector<std::string>{"server", "test"}));

TEST(Application, SaysItsVersion) {
  const auto output = run_sotto({"--version"});
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.out, HasSubstr("sotto "));
}

}  // namespace
}  // namespace sotto::cli
