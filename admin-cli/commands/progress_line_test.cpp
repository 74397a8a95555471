#include "admin-cli/commands/progress_line.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::cli {
namespace {

using testing::EndsWith;
using testing::StartsWith;

class ProgressLineTest : public testing::Test {
 protected:
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(ProgressLineTest, IsShownOnATerminalAndGoes) {
  Console console{in, out, err, false, true};
  ProgressLine line(console, std::chrono::hours(1));
  line.show("applying queue 1 queues");
  EXPECT_EQ(err.str(), "\r\033[Kapplying queue 1 queues");
  line.show("applying queue 2 links");
  EXPECT_THAT(err.str(), EndsWith("\r\033[Kapplying queue 2 links"));
  line.clear();
  EXPECT_THAT(err.str(), EndsWith("links\r\033[K"));
  const auto cleared = err.str();
  line.clear();
  EXPECT_EQ(err.str(), cleared);
  EXPECT_EQ(out.str(), "");
}

TEST_F(ProgressLineTest, IsClearedAtTheEndAndRenewedMeanwhile) {
  {
    Console console{in, out, err, false, true};
    ProgressLine line(console, std::chrono::milliseconds(1));
    line.show("working");
  }
  EXPECT_THAT(err.str(), StartsWith("\r\033[Kworking"));
  EXPECT_THAT(err.str(), EndsWith("\r\033[K"));
}

TEST_F(ProgressLineTest, ShowsNothingElsewhere) {
  Console console{in, out, err, true, false};
  ProgressLine line(console);
  line.show("working");
  line.clear();
  EXPECT_EQ(err.str() + out.str(), "");
}

}  // namespace
}  // namespace sotto::cli
