#include "libs/smp/encoding.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"

namespace sotto::smp {
namespace {

TEST(Encoding, WhatIsWrittenIsRead) {
  Bytes out;
  Writer writer(out);
  writer.u8(7);
  writer.w16(0x1234);
  writer.i64(-2);
  writer.i64(std::numeric_limits<std::int64_t>::max());
  writer.s8(as_bytes("short"));
  writer.s16(as_bytes("longer"));
  writer.boolean(true);
  writer.boolean(false);
  writer.opt(true);
  writer.opt(false);
  writer.text("x");
  writer.raw(as_bytes("tail"));

  Reader reader(out);
  EXPECT_EQ(reader.u8(), 7);
  EXPECT_EQ(reader.w16(), 0x1234);
  EXPECT_EQ(reader.i64(), -2);
  EXPECT_EQ(reader.i64(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(as_text(reader.s8()), "short");
  EXPECT_EQ(as_text(reader.s16()), "longer");
  EXPECT_TRUE(reader.boolean());
  EXPECT_FALSE(reader.boolean());
  EXPECT_TRUE(reader.opt());
  EXPECT_FALSE(reader.opt());
  EXPECT_EQ(reader.peek(), 'x');
  reader.expect('x');
  EXPECT_EQ(reader.remaining(), 4U);
  EXPECT_EQ(as_text(reader.tail()), "tail");
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.peek(), 0);
}

TEST(Encoding, BytesOnTheWire) {
  Bytes out;
  Writer writer(out);
  writer.w16(258);
  writer.i64(1);
  writer.s8(as_bytes("a"));
  writer.s16(as_bytes("b"));
  EXPECT_EQ(to_hex(out),
            "0102"
            "0000000000000001"
            "0161"
            "000162");
}

TEST(Encoding, LongestLengths) {
  Bytes out;
  Writer writer(out);
  writer.s8(Bytes(255, 1));
  writer.s16(Bytes(65535, 2));
  Reader reader(out);
  EXPECT_EQ(reader.s8().size(), 255U);
  EXPECT_EQ(reader.s16().size(), 65535U);
  EXPECT_TRUE(reader.done());
}

TEST(Encoding, AfterAFailureEverythingFails) {
  const Bytes bytes{5, 'a', 'b', 'T'};
  Reader reader(bytes);
  EXPECT_TRUE(reader.s8().empty());  // five bytes are promised, three are there
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_FALSE(reader.boolean());
  EXPECT_TRUE(reader.tail().empty());
  EXPECT_FALSE(reader.done());
}

TEST(Encoding, OtherLettersAreRefused) {
  for (const auto* text : {"", "t", "0", "1"}) {
    Reader reader(as_bytes(text));
    reader.boolean();
    EXPECT_FALSE(reader.ok()) << text;
  }
  for (const auto* text : {"", "T", "2", " "}) {
    Reader reader(as_bytes(text));
    reader.opt();
    EXPECT_FALSE(reader.ok()) << text;
  }
}

TEST(Encoding, KeysOfOneKindOnly) {
  crypto::initialise();
  const auto key = crypto::PrivateKey::generate(crypto::KeyKind::ed448).public_key();
  Bytes out;
  Writer(out).key(key);
  EXPECT_EQ(out.size(), 1U + 69U);
  EXPECT_EQ(Reader(out).key(), key);
  EXPECT_EQ(Reader(out).key(crypto::KeyKind::ed448), key);
  Reader other(out);
  EXPECT_EQ(other.key(crypto::KeyKind::x25519), std::nullopt);
  EXPECT_FALSE(other.ok());
}

}  // namespace
}  // namespace sotto::smp
