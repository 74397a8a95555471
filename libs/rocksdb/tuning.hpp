// Options of RocksDB for our column families. Private to libs/rocksdb: not included by any header of it.
#pragma once

#include <string_view>

#include <rocksdb/options.h>

#include "libs/rocksdb/database.hpp"

namespace sotto::rocks {

std::string_view family_name(Family family);
::rocksdb::DBOptions database_options(const Options& options);
// `cache` is shared by all families.
::rocksdb::ColumnFamilyOptions family_options(Family family, const Options& options,
                                              const std::shared_ptr<::rocksdb::Cache>& cache);

}  // namespace sotto::rocks
