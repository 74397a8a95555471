#include "libs/backend/id_set.hpp"

#include <gtest/gtest.h>

namespace sotto::backend {
namespace {

// MD5 of "a" and of "b", RFC 1321 and by md5sum.
constexpr IdsHash kOfA{0x0c, 0xc1, 0x75, 0xb9, 0xc0, 0xf1, 0xb6, 0xa8, 0x31, 0xc3, 0x99, 0xe2, 0x69, 0x77, 0x26, 0x61};
constexpr IdsHash kOfB{0x92, 0xeb, 0x5f, 0xfe, 0xe6, 0xae, 0x2f, 0xec, 0x3a, 0xd7, 0x1c, 0x77, 0x75, 0x31, 0x57, 0x8f};

TEST(IdSet, IsTheXorOfDigests) {
  IdSet set;
  set.add(as_bytes("a"));
  EXPECT_EQ(set, (IdSet{1, kOfA}));
  set.add(as_bytes("b"));
  IdsHash both = kOfA;
  for (std::size_t i = 0; i < both.size(); ++i) both[i] ^= kOfB[i];
  EXPECT_EQ(set, (IdSet{2, both}));
}

TEST(IdSet, TakesIdsInAnyOrder) {
  IdSet set;
  for (const auto* id : {"a", "b", "c"}) set.add(as_bytes(id));
  for (const auto* id : {"b", "c"}) set.remove(as_bytes(id));
  EXPECT_EQ(set, (IdSet{1, kOfA}));
  set.remove(as_bytes("a"));
  EXPECT_EQ(set, IdSet{});
}

TEST(IdSet, AddsUp) {
  IdSet whole;
  IdSet part;
  for (const auto* id : {"a", "b"}) whole.add(as_bytes(id));
  whole.add(as_bytes("c"));
  part.add(as_bytes("c"));
  IdSet sum;
  for (const auto* id : {"b", "a"}) sum.add(as_bytes(id));
  sum.add(part);
  EXPECT_EQ(sum, whole);
}

}  // namespace
}  // namespace sotto::backend
