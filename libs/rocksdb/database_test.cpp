#include "libs/rocksdb/database.hpp"

#include <gtest/gtest.h>

TEST(Placeholder, X) {}
