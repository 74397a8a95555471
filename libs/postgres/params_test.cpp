#include "libs/postgres/params.hpp"

#include <gtest/gtest.h>

namespace sotto::postgres {
namespace {

TEST(Params, ValuesAreBigEndianAndNullIsNotEmpty) {
  Params params;
  params.add(true).add(std::int16_t{-2}).add(std::int32_t{3}).add(std::int64_t{4}).null().add(ByteView{});
  ASSERT_EQ(params.size(), 6U);
  EXPECT_EQ(to_hex(*params[0]), "01");
  EXPECT_EQ(to_hex(*params[1]), "fffe");
  EXPECT_EQ(to_hex(*params[2]), "00000003");
  EXPECT_EQ(to_hex(*params[3]), "0000000000000004");
  EXPECT_EQ(params[4], std::nullopt);
  EXPECT_EQ(params[5], Bytes{});
}

TEST(Params, AnArrayHasItsHeaderElementsAndNulls) {
  Array array(Array::Element::int2);
  array.add(std::int16_t{258});
  array.add(std::optional<std::int16_t>{});
  EXPECT_EQ(array.size(), 2U);
  Params params;
  params.add(std::move(array));
  EXPECT_EQ(to_hex(*params[0]),
            "00000001"  // dimensions
            "00000001"  // has nulls
            "00000015"  // int2
            "00000002"  // elements
            "00000001"  // the first index
            "000000020102"
            "ffffffff");
}

TEST(Params, AnEmptyArrayHasNoDimensions) {
  Params params;
  params.add(Array(Array::Element::bytea));
  EXPECT_EQ(to_hex(*params[0]), "000000000000000000000011");
}

}  // namespace
}  // namespace sotto::postgres
