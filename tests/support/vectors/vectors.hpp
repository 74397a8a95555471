// The protocol's test vectors (tests/vectors/README.md): JSON files with binary values in hexadecimal. For tests only,
// so a file or a field that is missing throws. Any thread.
#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "libs/base/bytes.hpp"

namespace sotto::tests {

// One file by its name, for example "crypto.json".
nlohmann::json load_vectors(std::string_view file);

// Hexadecimal values as bytes: of a JSON string, and of a field of an object.
Bytes hex_bytes(const nlohmann::json& value);
Bytes hex_field(const nlohmann::json& object, const char* field);

// Whether `actual` is what `expected` describes: either a hexadecimal string, or an object with `len`, `sha256` (hex),
// `head` (the first 96 bytes) and `tail` (the last 32 bytes), as the vectors give long outputs.
//   EXPECT_TRUE(matches_vector(block, vectors["block"]["encrypted_block"]));
testing::AssertionResult matches_vector(ByteView actual, const nlohmann::json& expected);

}  // namespace sotto::tests
