// A data directory for tests of this folder, and the store in it. Only tests include this. One thread at a time.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "libs/rocksdb/database.hpp"
#include "services/queue/storage/rocksdb/rocksdb_queue_store.hpp"

namespace sotto::queue {

// Made empty, removed with everything in it.
class TestDirectory {
 public:
  TestDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "sotto-store-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  // Whether any file of the directory holds these bytes.
  [[nodiscard]] bool contains(ByteView bytes) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string content((std::istreambuf_iterator<char>(file)), {});
      if (content.find(as_text(bytes)) != std::string::npos) return true;
    }
    return false;
  }

 private:
  std::filesystem::path path_;
};

inline rocks::Options test_options(const std::filesystem::path& directory) {
  rocks::Options options;
  options.directory = directory;
  return options;
}

inline std::unique_ptr<RocksDbQueueStore> open_store(const rocks::Options& options) {
  auto database = rocks::Database::open(options);
  if (!database) {
    ADD_FAILURE() << database.error().message;
    return nullptr;
  }
  auto store = RocksDbQueueStore::open(*database);
  if (!store) {
    ADD_FAILURE() << store.error().message;
    return nullptr;
  }
  return std::move(store).value();
}

}  // namespace sotto::queue
