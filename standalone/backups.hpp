// Backups: copies of the store of a standalone server that are made while it runs, each in a directory of its own below
// "backups" in the data directory, readable by its user only. What belongs to a backup besides: docs/operations.md.
// Owned by Server; any thread; create() waits for the disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "libs/observability/metrics.hpp"
#include "libs/rocksdb/database.hpp"

namespace sotto::standalone {

class Backups {
 public:
  struct Backup {
    std::filesystem::path directory;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
  };

  // Removes what a server that was killed left unfinished. `clock` must outlive it.
  Backups(std::shared_ptr<rocks::Database> database, const std::filesystem::path& data_dir, const Clock& clock);
  Backups(const Backups&) = delete;
  Backups& operator=(const Backups&) = delete;

  // 1 to 64 of A-Z a-z 0-9 . _ - and neither "." nor "-" first.
  static bool is_name(std::string_view name);

  // Everything that the store reported as durable before is in it, and it is on the disk when this returns.
  // invalid_argument: no name. conflict: there is one of this name, or another one is being made. configuration: the
  // directory of backups cannot be used. unavailable: the store cannot be copied. Nothing is left of what failed.
  Result<Backup> create(const std::string& name);

  // The callbacks of `metrics` must be released before it goes.
  void expose(metrics::Metrics& metrics);

 private:
  Result<Backup> create_locked(const std::string& name);
  Status make_room() const;
  void remember(std::int64_t seconds) const;

  const std::shared_ptr<rocks::Database> database_;
  const std::filesystem::path directory_;
  const Clock& clock_;
  std::mutex one_at_a_time_;
  std::atomic<std::uint64_t> made_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::int64_t> last_success_{0};  // seconds since 1970; 0: never
};

}  // namespace sotto::standalone
