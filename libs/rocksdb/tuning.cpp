#include "libs/rocksdb/tuning.hpp"

#include <algorithm>
#include <cstdarg>
#include <memory>

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

namespace sotto::rocks {

namespace {

class NoLog final : public ::rocksdb::Logger {
 public:
  using ::rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

}  // namespace

std::string_view family_name(Family family) {
  switch (family) {
    case Family::queues:
      return "queues";
    case Family::messages:
      return "messages";
    case Family::notifications:
      return "notifications";
    case Family::auth:
      return "auth";
  }
  return "";
}

::rocksdb::DBOptions database_options(const Options& options) {
  ::rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.paranoid_checks = true;

  // Every acknowledged commit was synced, so the only record that may be incomplete after a crash is the last one. This
  // mode tolerates exactly that. kPointInTimeRecovery would also open a log that is damaged in the middle, silently
  // without all acknowledged commits behind the damage.
  db.wal_recovery_mode = options.accept_damaged_log ? ::rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                                    : ::rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.max_total_wal_size = options.max_log_bytes;
  // A recycled or archived log would keep deleted bodies on disk.
  db.recycle_log_file_num = 0;
  db.WAL_ttl_seconds = 0;
  db.WAL_size_limit_MB = 0;
  db.use_fsync = false;  // fdatasync also writes the new size of the file, which is all that replay needs

  db.db_write_buffer_size = 3 * options.write_buffer_bytes;
  db.max_background_jobs = 2;
  db.max_open_files = options.max_open_files;
  // Opening must not read every table: a million queues start as fast as none.
  db.skip_stats_update_on_db_open = true;
  db.avoid_unnecessary_blocking_io = true;

  // The manifest names the first and last key of every table, those of former tables too. Beginning a new one with
  // every change keeps deleted ids out of it; a change is a flush or a compaction, and the file is small.
  db.max_manifest_file_size = 1;

  // No text log of the engine: it may name keys, and the engine aborts the process when a full disk takes no more of it
  // (assertion in WritableFileWriter). What goes wrong comes back as the status of a call.
  db.info_log = std::make_shared<NoLog>();
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  return db;
}

::rocksdb::ColumnFamilyOptions family_options(Family family, const Options& options,
                                              const std::shared_ptr<::rocksdb::Cache>& cache) {
  ::rocksdb::ColumnFamilyOptions cf;
  // Ids, keys and ciphertext do not compress.
  cf.compression = ::rocksdb::kNoCompression;
  cf.bottommost_compression = ::rocksdb::kNoCompression;
  cf.level_compaction_dynamic_level_bytes = true;
  cf.periodic_compaction_seconds = static_cast<std::uint64_t>(options.compaction_period.count());
  cf.ttl = cf.periodic_compaction_seconds;
  cf.max_write_buffer_number = 2;
  cf.target_file_size_base = std::uint64_t{64} << 20U;

  ::rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  // Indexes and filters live in the cache, in small parts: memory stays bounded whatever the number of queues.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(::rocksdb::NewBloomFilterPolicy(10));
  table.index_type = ::rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.format_version = 5;
  switch (family) {
    case Family::queues:
      cf.write_buffer_size = std::max<std::size_t>(options.write_buffer_bytes / 2, std::size_t{1} << 16U);
      break;
    case Family::messages:
      cf.write_buffer_size = options.write_buffer_bytes;
      table.block_size = std::size_t{16} << 10U;  // a message is a block
      // What is written to a queue lies beside what was written to it before: its place in the memtable is found at
      // once.
      cf.memtable_insert_with_hint_prefix_extractor.reset(::rocksdb::NewFixedPrefixTransform(24));
      break;
    case Family::notifications:
    case Family::auth:
      cf.write_buffer_size = std::max<std::size_t>(options.write_buffer_bytes / 8, std::size_t{1} << 16U);
      break;
  }
  cf.table_factory.reset(::rocksdb::NewBlockBasedTableFactory(table));
  return cf;
}

}  // namespace sotto::rocks
