#include "libs/observability/log.hpp"

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/observability/log_line.hpp"

namespace sotto::log {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr SystemTime kTime{std::chrono::milliseconds(1'700'000'000'123)};

TEST(TextLine, AlignsLevelsAndAppendsFields) {
  EXPECT_EQ(text_line(kTime, Level::info, "listening", {{"address", "::"}, {"port", 5223}, {"tls", true}}),
            "2023-11-14T22:13:20.123Z info    listening address=:: port=5223 tls=true");
  EXPECT_EQ(text_line(kTime, Level::warning, "nothing to say", {}), "2023-11-14T22:13:20.123Z warning nothing to say");
}

TEST(TextLine, QuotesWhatWouldBeAmbiguousOrBreakTheLine) {
  EXPECT_THAT(text_line(kTime, Level::info, "m", {{"a", "two words"}, {"b", ""}, {"c", "x\ny"}, {"d", "say \"hi\""}}),
              EndsWith(R"(m a="two words" b="" c="x\ny" d="say \"hi\"")"));
  EXPECT_THAT(text_line(kTime, Level::info, "a\nb\x1b[31m", {}), EndsWith("a?b?[31m"));
}

TEST(JsonLine, IsOneObject) {
  EXPECT_EQ(json_line(kTime, Level::error, "it \"failed\"",
                      {{"big", ~std::uint64_t{0}}, {"small", -1}, {"share", 0.5}, {"ok", false}}),
            R"({"time":"2023-11-14T22:13:20.123Z","level":"error","message":"it \"failed\"",)"
            R"("big":18446744073709551615,"small":-1,"share":0.5,"ok":false})");
}

TEST(JsonLine, EscapesEverythingThatJsonForbids) {
  EXPECT_THAT(json_line(kTime, Level::info, "m", {{"a", std::string_view("\0\x01\b\n\r\t\\\"\x7f", 9)}}),
              EndsWith(R"("a":"\u0000\u0001\u0008\n\r\t\\\"\u007f"})"));
}

TEST(JsonLine, KeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_THAT(json_line(kTime, Level::info, "m", {{"a", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x94\x91"}}),
              EndsWith("\"a\":\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x94\x91\"}"));
  // A lone continuation byte, an overlong form, a surrogate, beyond U+10FFFF, cut off.
  EXPECT_THAT(json_line(kTime, Level::info, "m", {{"a", "\x80|\xc0\xaf|\xed\xa0\x80|\xf5\x80\x80\x80|\xe2\x82"}}),
              EndsWith(R"("a":"\ufffd|\ufffd\ufffd|\ufffd\ufffd\ufffd|\ufffd\ufffd\ufffd\ufffd|\ufffd\ufffd"})"));
}

TEST(JsonLine, KeepsReservedNamesApart) {
  EXPECT_THAT(json_line(kTime, Level::info, "m", {{"level", 3}, {"message", "x"}}),
              EndsWith(R"("message":"m","level_":3,"message_":"x"})"));
}

TEST(JsonLine, HasNoInfinity) {
  EXPECT_THAT(json_line(kTime, Level::info, "m", {{"a", 1.0 / 0.0}}), EndsWith(R"("a":null})"));
}

class Log : public testing::Test {
 protected:
  Log() {
    configure(Level::info, Format::text);
    set_sink([this](std::string_view line) { lines_.emplace_back(line); });
  }
  ~Log() override {
    set_sink({});
    configure(Level::info, Format::text);
  }

  std::vector<std::string> lines_;
};

TEST_F(Log, LeavesOutWhatIsLessImportant) {
  debug("small");
  EXPECT_THAT(lines_, IsEmpty());
  info("medium");
  EXPECT_THAT(lines_, ElementsAre(EndsWith("info    medium")));
  configure(Level::error, Format::text);
  EXPECT_FALSE(enabled(Level::warning));
  warning("large");
  EXPECT_THAT(lines_, SizeIs(1));
}

TEST_F(Log, WritesJsonWhenAsked) {
  configure(Level::info, Format::json);
  error("store failed", Error{ErrorCode::unavailable, "no space left"});
  EXPECT_THAT(lines_,
              ElementsAre(HasSubstr(
                  R"("level":"error","message":"store failed","error":"unavailable","cause":"no space left"})")));
}

TEST_F(Log, KeepsLinesOfThreadsWhole) {
  constexpr int kLines = 200;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([] {
      for (int i = 0; i < kLines; ++i) info("line", {{"text", "abc"}});
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(lines_, SizeIs(4 * kLines));
  EXPECT_THAT(lines_, testing::Each(EndsWith("info    line text=abc")));
}

// A `{}` in a message or a field is text and no instruction to the formatter.
TEST_F(Log, TakesBracesAsTheyAre) {
  info("odd {} message {0:n}", {{"field", "{}%v"}});
  EXPECT_THAT(lines_, ElementsAre(EndsWith("odd {} message {0:n} field={}%v")));
}

}  // namespace
}  // namespace sotto::log
