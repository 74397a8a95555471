#include "libs/rocksdb/row.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace sotto::rocks {
namespace {

TEST(Row, NumbersAreBigEndian) {
  const RowWriter row = RowWriter(7).u16(0x0102).u32(0x03040506).u64(0x0708090a0b0c0d0eU);
  EXPECT_EQ(to_hex(row.view()),
            "07"
            "0102"
            "03040506"
            "0708090a0b0c0d0e");
}

TEST(Row, WhatWasWrittenIsRead) {
  const Bytes tail = {9, 8, 7};
  const RowWriter row = RowWriter(1).u8(5).u16(6).u32(7).u64(8).i64(-9).sized(tail).raw(tail);
  RowReader reader(row.view());
  EXPECT_TRUE(reader.version(1, "a row"));
  EXPECT_EQ(reader.u8(), 5);
  EXPECT_EQ(reader.u16(), 6);
  EXPECT_EQ(reader.u32(), 7U);
  EXPECT_EQ(reader.u64(), 8U);
  EXPECT_EQ(reader.i64(), -9);
  EXPECT_TRUE(equal(reader.sized(), tail));
  EXPECT_TRUE(equal(reader.rest(), tail));
  EXPECT_TRUE(reader.finish("a row"));
}

TEST(Row, SignedNumbersSortAsTheyCompare) {
  const std::int64_t ordered[] = {std::numeric_limits<std::int64_t>::min(), -2, -1, 0, 1, 1'700'000'000,
                                  std::numeric_limits<std::int64_t>::max()};
  std::string previous;
  for (const auto number : ordered) {
    const RowWriter row = RowWriter().i64(number);
    const std::string key(as_text(row.view()));
    EXPECT_LT(previous, key);
    previous = key;
  }
}

TEST(Row, AnUnknownVersionIsRefusedByName) {
  const RowWriter row(3);
  RowReader reader(row.view());
  const auto status = reader.version(2, "a queue record");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::unavailable);
  EXPECT_EQ(status.error().message, "a queue record in the data directory has format 3; this program knows format 2");
}

TEST(Row, ShortAndLongRowsAreDamaged) {
  const RowWriter row = RowWriter(1).u16(4);
  RowReader short_read(row.view());
  short_read.u64();
  EXPECT_FALSE(short_read.finish("a row"));
  RowReader long_read(row.view());
  long_read.u8();
  EXPECT_FALSE(long_read.finish("a row"));
  const RowWriter lying = RowWriter().u32(1'000'000);
  RowReader sized(lying.view());
  EXPECT_TRUE(sized.sized().empty());
  EXPECT_FALSE(sized.finish("a row"));
  RowReader empty(ByteView{});
  EXPECT_FALSE(empty.version(0, "a row"));
}

}  // namespace
}  // namespace sotto::rocks
