#include "bench/load/stream_check.hpp"

#include <gtest/gtest.h>

#include "bench/load/numbered_body.hpp"

namespace sotto::bench {
namespace {

Bytes message(std::uint64_t queue, std::uint64_t sequence, std::size_t size = 100) {
  Bytes out(size);
  write_body({queue, sequence}, out);
  return out;
}

class OneStream : public testing::Test {
 protected:
  OneStream() {
    for (std::uint64_t i = 0; i < 3; ++i) first_ += check_.take(message(4, i));
  }
  StreamCheck check_{4, 100};
  std::string first_;
};

TEST_F(OneStream, IsContentWithWhatWasSent) {
  EXPECT_EQ(first_, "");
  EXPECT_EQ(check_.received(), 3U);
  EXPECT_EQ(check_.take(message(4, 3)), "");
  EXPECT_EQ(check_.at_end(4), "");
}

TEST_F(OneStream, SaysWhatCameTwice) {
  EXPECT_EQ(check_.take(message(4, 2)), "queue 4: message 2 came twice");
  EXPECT_EQ(check_.take(message(4, 0)), "queue 4: message 0 came twice");
}

TEST_F(OneStream, SaysWhatIsLostOrOutOfOrder) {
  EXPECT_EQ(check_.take(message(4, 5)), "queue 4: message 5 came when message 3 was due: lost, or out of order");
}

TEST_F(OneStream, SaysWhatIsMissingAtTheEnd) {
  EXPECT_EQ(check_.at_end(5), "queue 4: 5 messages were sent and 3 came");
}

TEST_F(OneStream, SaysWhatIsOfAnotherQueue) {
  EXPECT_EQ(check_.take(message(5, 3)), "queue 4: a message of queue 5");
}

TEST_F(OneStream, SaysWhatHasAnotherContent) {
  auto changed = message(4, 3);
  changed.back() ^= 1;
  EXPECT_EQ(check_.take(changed), "queue 4: message 3 has another content");
  EXPECT_EQ(check_.take(Bytes(100, 'x')), "queue 4: a message whose content nobody sent");
}

TEST_F(OneStream, SaysWhatHasAnotherSize) {
  EXPECT_EQ(check_.take(message(4, 3, 99)), "queue 4: message 3 has 99 bytes instead of 100");
  EXPECT_EQ(check_.take(Bytes(5, 'x')), "queue 4: a message of 5 bytes, which nobody sent");
}

TEST_F(OneStream, CountsOnlyWhatIsRight) {
  static_cast<void>(check_.take(message(4, 2)));
  static_cast<void>(check_.take(message(4, 5)));
  EXPECT_EQ(check_.received(), 3U);
}

}  // namespace
}  // namespace sotto::bench
