#include "bench/measure/progress.hpp"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::bench {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class ProgressLine : public testing::Test {
 protected:
  [[nodiscard]] std::string written() const {
    std::fflush(file_.get());
    std::rewind(file_.get());
    std::string text(4096, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file_.get()));
    return text;
  }
  struct Close {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
  };
  std::unique_ptr<std::FILE, Close> file_{std::tmpfile()};
  Progress::Time now_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
};

TEST_F(ProgressLine, SaysHowFarItIs) {
  Progress progress("storm", 100, file_.get());
  progress.add(42);
  progress.show(now_);
  EXPECT_THAT(written(), HasSubstr("\rstorm: 42 of 100, "));
}

TEST_F(ProgressLine, IsWrittenFiveTimesASecondAtMost) {
  Progress progress("storm", 100, file_.get());
  progress.show(now_);
  const auto once = written();
  progress.add();
  progress.show(now_ + milliseconds(199));
  EXPECT_EQ(written(), once);
  progress.show(now_ + milliseconds(200));
  EXPECT_NE(written(), once);
}

TEST_F(ProgressLine, IsGoneAtTheEnd) {
  {
    Progress progress("storm", 100, file_.get());
    progress.show(now_);
  }
  const auto text = written();
  const auto length = text.find('\r', 1) - 1;
  EXPECT_THAT(text, HasSubstr('\r' + std::string(length, ' ') + '\r'));
}

TEST_F(ProgressLine, LeavesNothingWhenItIsNeverShown) {
  { const Progress progress("storm", 100, file_.get()); }
  EXPECT_EQ(written(), "");
}

TEST_F(ProgressLine, KnowsSinceWhenNothingMoves) {
  Progress progress("storm", 100, nullptr);
  progress.add();
  progress.show(now_);
  progress.show(now_ + milliseconds(500));
  EXPECT_EQ(progress.stalled(now_ + milliseconds(700)), milliseconds(700));
  progress.add();
  progress.show(now_ + milliseconds(700));
  EXPECT_EQ(progress.stalled(now_ + milliseconds(700)), milliseconds(0));
}

TEST_F(ProgressLine, IsCompleteWhenAllIsDone) {
  Progress progress("storm", 2, nullptr);
  progress.add();
  EXPECT_FALSE(progress.complete());
  progress.add();
  EXPECT_TRUE(progress.complete());
}

}  // namespace
}  // namespace sotto::bench
