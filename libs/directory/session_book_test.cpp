#include "libs/directory/session_book.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace sotto::directory {
namespace {

constexpr SessionRef kPhone{.gateway = 1, .connection = 1};
constexpr SessionRef kTablet{.gateway = 2, .connection = 1};

RecipientId queue(std::uint8_t number) {
  RecipientId id;
  id.bytes.fill(number);
  return id;
}

TEST(SessionBook, TakesWhatIsTheSessionsAndForgetsIt) {
  SessionBook<RecipientId> book;
  book.add(kPhone, queue(1));
  book.add(kPhone, queue(2));
  book.add(kPhone, queue(2));
  book.add(kTablet, queue(3));
  auto taken = book.take(kPhone);
  std::sort(taken.begin(), taken.end());
  EXPECT_EQ(taken, (std::vector{queue(1), queue(2)}));
  EXPECT_TRUE(book.take(kPhone).empty());
  EXPECT_EQ(book.take(kTablet), std::vector{queue(3)});
  EXPECT_EQ(book.sessions(), 0U);
}

TEST(SessionBook, RemovesOneAndTheSessionWithItsLast) {
  SessionBook<RecipientId> book;
  book.add(kPhone, queue(1));
  book.add(kPhone, queue(2));
  book.remove(kPhone, queue(1));
  book.remove(kPhone, queue(7));
  book.remove(kTablet, queue(2));
  EXPECT_EQ(book.sessions(), 1U);
  book.remove(kPhone, queue(2));
  EXPECT_EQ(book.sessions(), 0U);
}

}  // namespace
}  // namespace sotto::directory
