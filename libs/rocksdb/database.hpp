// Database: the embedded store of a standalone server, one RocksDB database in one data directory. The stores of queues
// and of notifications share it, each in column families of its own; what they write there is in docs/storage.md.
//
// Owned by shared_ptr, by every store that uses it; closed when the last one goes. Any thread may call anything. Calls
// may wait for the disk: never on a thread that serves sockets.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "libs/base/bytes.hpp"

namespace sotto::rocks {

// Column families. Each has its own tuning (tuning.cpp); the names on disk are those of the enumerators.
enum class Family : std::uint8_t {
  queues,         // many small rows, read by exact key
  messages,       // bodies of 16 KiB, written once, mostly deleted within seconds
  notifications,  // few small rows, soon gone
  auth,           // few small rows: passwords, policy, audit
};
inline constexpr std::size_t kFamilyCount = 4;

// The number of the layout of all families together (docs/storage.md). A directory with another one is refused.
inline constexpr std::uint32_t kLayoutVersion = 1;

struct Options {
  std::filesystem::path directory;                          // made (mode 0700) when it is not there
  std::size_t block_cache_bytes = std::size_t{64} << 20U;   // rows, indexes and filters read from files
  std::size_t write_buffer_bytes = std::size_t{64} << 20U;  // one memtable of `messages`; all together at most 3 of it
  std::uint64_t max_log_bytes = std::uint64_t{128} << 20U;  // write-ahead log, all of it replayed after a crash
  int max_open_files = 512;
  // Deleted bodies that a flush did not already drop leave the disk within about this time.
  std::chrono::seconds compaction_period = std::chrono::hours(24);
  // After damage in the middle of the write-ahead log: open with all commits before the damage and lose those behind
  // it. Without, such a directory is refused, for an accepted message must not be lost without anybody noticing.
  bool accept_damaged_log = false;
};

class Database;

// Changes that are written together or not at all. For one database, which must outlive it; one thread at a time.
class WriteBatch {
 public:
  explicit WriteBatch(const Database& database);
  WriteBatch(WriteBatch&&) noexcept;
  WriteBatch& operator=(WriteBatch&&) noexcept;
  ~WriteBatch();

  // The bytes are copied. The value is head + tail, so that a body needs no second copy in memory.
  void put(Family family, ByteView key, ByteView head, ByteView tail = {});
  void remove(Family family, ByteView key);
  // For a key that was put exactly once since it was last removed, and is always removed by this call: value and
  // removal then cancel each other as soon as they meet, usually before anything reaches a table file.
  void remove_single(Family family, ByteView key);
  [[nodiscard]] bool empty() const;

 private:
  friend class Database;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

enum class Durability : std::uint8_t {
  synced,    // on the disk (fdatasync of the log) when write() returns
  buffered,  // survives the end of the process, not that of the machine
};
// `skip`: a read that should not push other rows out of the block cache.
enum class CacheUse : std::uint8_t { fill, skip };

class Database {
 public:
  // configuration: the directory cannot be made, read or written, is in use by another process, holds another layout,
  // or is damaged. The message names directory and cause.
  static Result<std::shared_ptr<Database>> open(const Options& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Whether the key is there; `use` is then called once with its value, which it views only during the call, and may
  // refuse it with an error. unavailable: the engine could not read.
  Result<bool> read(Family family, ByteView key, const std::function<Status(ByteView value)>& use,
                    CacheUse cache = CacheUse::fill) const;
  // Visits the keys of [first, last) in order, as they were when scan() began, until `visit` gives false. Views are
  // valid during the call of `visit` only.
  Status scan(Family family, ByteView first, ByteView last,
              const std::function<Result<bool>(ByteView key, ByteView value)>& visit) const;
  // unavailable: nothing of the batch is visible, now or later (when the machine fails at that very moment, a batch
  // that was reported as failed may still turn up after the restart). A full disk is
  // tried anew with every write; a few seconds after it was given room, writes are taken again.
  Status write(const WriteBatch& batch, Durability durability);
  // Rewrites all tables and starts a new log, so that no deleted row is left in any file. Slow. unavailable on failure.
  Status compact();
  // Makes `directory`, which must not be there: a database that open() takes, as this one is now. Whatever write() has
  // reported is in it. Tables are links where the file system allows it, so it is made as quickly as the log, of up to
  // Options::max_log_bytes, is copied. Writes go on meanwhile. Its files may be readable by others, and are on the disk
  // only after they were synced. unavailable: it cannot be made, or the last write has failed; nothing is left of it.
  Status checkpoint(const std::filesystem::path& directory);

 private:
  friend class WriteBatch;
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::rocks
