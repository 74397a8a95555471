#include "libs/crypto/random.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace sotto::crypto {
namespace {

using Sixteen = std::array<std::uint8_t, 16>;

Sixteen draw() {
  Sixteen out{};
  random_bytes(out);
  return out;
}

class Random : public testing::Test {
 protected:
  static void SetUpTestSuite() { initialise(); }
};

TEST_F(Random, NothingIsHandedOutTwiceWithinAThreadOrBetweenThreads) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kDraws = 500;
  std::vector<std::vector<Sixteen>> drawn(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : drawn) {
    threads.emplace_back([&mine] {
      for (std::size_t i = 0; i < kDraws; ++i) mine.push_back(draw());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<Sixteen> all;
  for (const auto& mine : drawn) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), kThreads * kDraws);
}

TEST_F(Random, EverySizeIsFilledToItsEnd) {
  for (const std::size_t size : {1U, 24U, 63U, 64U, 65U, 512U, 513U, 5000U}) {
    // A byte that stays zero in every one of 8 tries was not written (one chance in 2^64 each).
    std::vector<std::uint8_t> seen(size);
    for (int i = 0; i < 8; ++i) {
      Bytes out(size);
      random_bytes(out);
      for (std::size_t at = 0; at < size; ++at) seen[at] = static_cast<std::uint8_t>(seen[at] | out[at]);
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 0), 0) << size;
  }
}

TEST_F(Random, AChildDoesNotDrawWhatItsParentDraws) {
  draw();  // some is drawn in advance
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Sixteen out = draw();
    _exit(write(ends[1], out.data(), out.size()) == static_cast<ssize_t>(out.size()) ? 0 : 1);
  }
  const Sixteen ours = draw();
  Sixteen theirs{};
  EXPECT_EQ(read(ends[0], theirs.data(), theirs.size()), static_cast<ssize_t>(theirs.size()));
  int status = 1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_NE(ours, theirs);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace sotto::crypto
