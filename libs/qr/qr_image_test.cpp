#include "libs/qr/qr_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::qr {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The smallest code there is, 21 modules a side: what it looks like was checked with a QR reader once.
const QrCode& small_code() {
  static const QrCode code = *QrCode::encode("smp");
  return code;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  lines.pop_back();
  return lines;
}

TEST(QrCode, HasAQuietZoneOfFourModules) {
  const auto& code = small_code();
  EXPECT_EQ(code.size(), 29U);
  for (std::size_t i = 0; i < code.size(); ++i) {
    for (std::size_t depth = 0; depth < kQuietZone; ++depth) {
      EXPECT_FALSE(code.dark(i, depth));
      EXPECT_FALSE(code.dark(depth, i));
      EXPECT_FALSE(code.dark(i, code.size() - 1 - depth));
      EXPECT_FALSE(code.dark(code.size() - 1 - depth, i));
    }
  }
  // The corner of the finder pattern.
  EXPECT_TRUE(code.dark(kQuietZone, kQuietZone));
}

TEST(QrCode, RefusesWhatNoCodeHolds) {
  EXPECT_FALSE(QrCode::encode(std::string(5000, 'x')).ok());
}

TEST(QrImage, Utf8TakesTwoRowsToALine) {
  const auto lines = lines_of(qr_utf8(small_code(), false));
  ASSERT_EQ(lines.size(), 15U);
  EXPECT_EQ(lines[0], "█████████████████████████████");
  EXPECT_EQ(lines[1], "█████████████████████████████");
  // Two finder patterns: the upper edge, and the row below it.
  EXPECT_THAT(lines[2], StartsWith("████ ▄▄▄▄▄ █"));
  EXPECT_THAT(lines[3], StartsWith("████ █   █ █"));
  // An odd number of rows: the last line has a row of quiet zone, and nothing below.
  EXPECT_EQ(lines[14], "█████████████████████████████");
}

TEST(QrImage, InverseSwapsTheColours) {
  const auto lines = lines_of(qr_utf8(small_code(), true));
  EXPECT_EQ(lines[0], std::string(29, ' '));
  EXPECT_THAT(lines[2], StartsWith("    █▀▀▀▀▀█ "));
}

TEST(QrImage, AnsiBringsItsOwnColours) {
  const auto lines = lines_of(qr_ansi(small_code(), false));
  ASSERT_EQ(lines.size(), 29U);
  std::string light;
  for (int i = 0; i < 29; ++i) light += "\x1b[47m  ";
  EXPECT_EQ(lines[0], light + "\x1b[0m");
  EXPECT_THAT(lines[4], HasSubstr("\x1b[40m  \x1b[40m  \x1b[40m  "));
}

TEST(QrImage, PngHasEightPixelsAModule) {
  const auto png = *qr_png(small_code(), false);
  EXPECT_THAT(png, StartsWith("\x89PNG\r\n"));
  // Width and height in the header: 29 modules of 8 pixels.
  EXPECT_EQ(static_cast<unsigned char>(png[19]), 232);
  EXPECT_EQ(static_cast<unsigned char>(png[23]), 232);
}

TEST(QrImage, SvgIsAsLargeAsTheCode) {
  EXPECT_THAT(qr_svg(small_code(), false), HasSubstr("viewBox=\"0 0 29 29\""));
  EXPECT_THAT(qr_svg(small_code(), false), HasSubstr("M4 4h1v1h-1z"));
}

}  // namespace
}  // namespace sotto::qr
