#include "bench/load/numbered_body.hpp"

#include <gtest/gtest.h>

namespace sotto::bench {
namespace {

Bytes body(const Number& number, std::size_t size) {
  Bytes out(size);
  write_body(number, out);
  return out;
}

TEST(NumberedBody, SaysItsNumberAndHasItsPattern) {
  for (const std::size_t size : {kLeastBody, kLeastBody + 1, std::size_t{527}, std::size_t{528}, std::size_t{529},
                                 std::size_t{16'000}, std::size_t{16'048}}) {
    const Number number{3, 1'000'000'007};
    const auto made = body(number, size);
    EXPECT_EQ(number_of(made), number);
    EXPECT_TRUE(has_pattern(made)) << size;
  }
}

TEST(NumberedBody, ShowsAnyByteThatChanged) {
  const auto made = body({3, 7}, 1'200);
  for (std::size_t i = kLeastBody; i < made.size(); ++i) {
    auto changed = made;
    changed[i] ^= 1;
    EXPECT_FALSE(has_pattern(changed)) << i;
  }
}

TEST(NumberedBody, HasAnotherPatternForEachQueueAndMessage) {
  const auto rest = [](const Number& number) {
    const auto made = body(number, 100);
    return Bytes(made.begin() + kLeastBody, made.end());
  };
  EXPECT_NE(rest({3, 7}), rest({3, 8}));
  EXPECT_NE(rest({3, 7}), rest({4, 7}));
  EXPECT_NE(rest({3, 7}), rest({7, 3}));
}

TEST(NumberedBody, HasNoNumberWhenTooShort) {
  EXPECT_FALSE(number_of(Bytes(kLeastBody - 1)));
}

}  // namespace
}  // namespace sotto::bench
