#include "libs/rocksdb/database.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include "libs/rocksdb/log_tail.hpp"
#include "libs/rocksdb/row.hpp"
#include "libs/rocksdb/tuning.hpp"

namespace sotto::rocks {
namespace {

namespace fs = std::filesystem;

constexpr std::array kFamilies = {Family::queues, Family::messages, Family::notifications, Family::auth};
static_assert(kFamilies.size() == kFamilyCount);

// In the family that RocksDB always has and that holds nothing else.
constexpr std::string_view kLayoutKey = "layout";
constexpr std::uint8_t kLayoutRowVersion = 1;

// Memtables up to this size are left to the replay of the log at the next start (some tens of milliseconds).
constexpr std::uint64_t kQuickReplayBytes = std::uint64_t{8} << 20U;

::rocksdb::Slice slice(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
ByteView view(const ::rocksdb::Slice& slice) {
  return {reinterpret_cast<const std::uint8_t*>(slice.data()), slice.size()};
}

// Engine messages may hold file names but no rows; the text is kept because "No space left on device" is the remedy.
Error unavailable(std::string_view doing, const ::rocksdb::Status& status) {
  return Error{ErrorCode::unavailable, "cannot " + std::string(doing) + " the data directory: " + status.ToString()};
}

Error cannot_open(const fs::path& directory, const std::string& cause) {
  return Error{ErrorCode::configuration, "data directory " + directory.string() + " " + cause};
}

// Holds an exclusive flock of the directory. RocksDB locks a file of its own too, but says so only in prose.
class DirectoryLock {
 public:
  static Result<DirectoryLock> take(const fs::path& directory) {
    DirectoryLock lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock.fd_ < 0) return cannot_open(directory, std::string("cannot be opened: ") + std::strerror(errno));
    if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return cannot_open(directory, "is in use by another process");
      return cannot_open(directory, std::string("cannot be locked: ") + std::strerror(errno));
    }
    return lock;
  }
  DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

Status make_directory(const fs::path& directory) {
  std::error_code error;
  if (fs::is_directory(directory, error)) return ok_status();
  fs::create_directories(directory, error);
  if (error) return cannot_open(directory, "cannot be made: " + error.message());
  fs::permissions(directory, fs::perms::owner_all, error);
  if (error) return cannot_open(directory, "cannot be made private: " + error.message());
  return ok_status();
}

// RocksDB would begin a new, empty database on top of tables whose CURRENT file was lost.
Status refuse_remains(const fs::path& directory) {
  std::error_code error;
  if (fs::exists(directory / "CURRENT", error)) return ok_status();
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".sst") {
      return cannot_open(directory, "is damaged: there are table files but no CURRENT file");
    }
  }
  if (error) return cannot_open(directory, "cannot be read: " + error.message());
  return ok_status();
}

}  // namespace

struct Database::Impl {
  explicit Impl(DirectoryLock directory_lock) : lock(std::move(directory_lock)) {}
  ~Impl() { close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ::rocksdb::Status open(const Options& options);
  void close() {
    if (!db) return;
    // Not after a failed write: the engine aborts when its log is touched again.
    if (!stopped.load(std::memory_order_relaxed)) {
      // Buffered writes reach the disk too; a failure loses no more than a crash of the machine would.
      static_cast<void>(db->SyncWAL());
      // A log that takes long to replay is written to tables now, so that the next start is quick.
      std::uint64_t unflushed = 0;
      if (db->GetAggregatedIntProperty(::rocksdb::DB::Properties::kCurSizeAllMemTables, &unflushed) &&
          unflushed > kQuickReplayBytes) {
        static_cast<void>(db->Flush(::rocksdb::FlushOptions(), handles));
      }
    }
    for (auto* handle : handles) static_cast<void>(db->DestroyColumnFamilyHandle(handle));
    static_cast<void>(db->Close());
    db.reset();
  }
  [[nodiscard]] ::rocksdb::ColumnFamilyHandle* handle(Family family) const {
    return handles[static_cast<std::size_t>(family) + 1];
  }

  // Constant after Database::open().
  DirectoryLock lock;  // goes last: nobody may open the directory before the engine let go of it
  std::unique_ptr<::rocksdb::DB> db;
  std::vector<::rocksdb::ColumnFamilyHandle*> handles;  // the default family, then ours

  // Synchronises itself. After a failed write the engine refuses all others until it is resumed.
  std::atomic<bool> stopped{false};
};

struct WriteBatch::Impl {
  explicit Impl(const Database& owner) : database(owner.impl_.get()) {}
  const Database::Impl* database;
  ::rocksdb::WriteBatch batch;
};

WriteBatch::WriteBatch(const Database& database) : impl_(std::make_unique<Impl>(database)) {}
WriteBatch::WriteBatch(WriteBatch&&) noexcept = default;
WriteBatch& WriteBatch::operator=(WriteBatch&&) noexcept = default;
WriteBatch::~WriteBatch() = default;

// Adding to a batch fails only for a batch with a size limit, which ours is not.
void WriteBatch::put(Family family, ByteView key, ByteView head, ByteView tail) {
  const ::rocksdb::Slice key_part = slice(key);
  const std::array value_parts = {slice(head), slice(tail)};
  static_cast<void>(impl_->batch.Put(impl_->database->handle(family), ::rocksdb::SliceParts(&key_part, 1),
                                     ::rocksdb::SliceParts(value_parts.data(), value_parts.size())));
}

void WriteBatch::remove(Family family, ByteView key) {
  static_cast<void>(impl_->batch.Delete(impl_->database->handle(family), slice(key)));
}

void WriteBatch::remove_single(Family family, ByteView key) {
  static_cast<void>(impl_->batch.SingleDelete(impl_->database->handle(family), slice(key)));
}

bool WriteBatch::empty() const {
  return impl_->batch.Count() == 0;
}

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;

namespace {

::rocksdb::Status put_layout(::rocksdb::DB& db) {
  ::rocksdb::WriteOptions synced;
  synced.sync = true;
  const RowWriter row = RowWriter(kLayoutRowVersion).u32(kLayoutVersion);
  return db.Put(synced, kLayoutKey, slice(row.view()));
}

// Writes the layout number into a new database; refuses another number.
Status check_layout(::rocksdb::DB& db, const fs::path& directory) {
  std::string stored;
  const auto found = db.Get(::rocksdb::ReadOptions(), kLayoutKey, &stored);
  if (found.IsNotFound()) {
    const auto written = put_layout(db);
    if (!written.ok()) return cannot_open(directory, "cannot be written: " + written.ToString());
    return ok_status();
  }
  if (!found.ok()) return cannot_open(directory, "cannot be read: " + found.ToString());
  RowReader row(as_bytes(stored));
  const std::uint8_t row_version = row.u8();
  const std::uint32_t layout = row.u32();
  if (row_version != kLayoutRowVersion || !row.finish("the layout row")) {
    return cannot_open(directory, "holds data of an unknown format; use the version that wrote it");
  }
  if (layout != kLayoutVersion) {
    return cannot_open(directory, "holds data of layout " + std::to_string(layout) + ", this version reads layout " +
                                      std::to_string(kLayoutVersion) + "; use the version that wrote it");
  }
  return ok_status();
}

}  // namespace

::rocksdb::Status Database::Impl::open(const Options& options) {
  const auto cache = ::rocksdb::NewLRUCache(options.block_cache_bytes);
  std::vector<::rocksdb::ColumnFamilyDescriptor> families;
  ::rocksdb::ColumnFamilyOptions layout_only;
  layout_only.write_buffer_size = std::size_t{1} << 16U;  // after a full disk, all buffers must fit before it goes on
  families.emplace_back(::rocksdb::kDefaultColumnFamilyName, layout_only);
  for (const Family family : kFamilies) {
    families.emplace_back(std::string(family_name(family)), family_options(family, options, cache));
  }
  ::rocksdb::DB* engine = nullptr;
  handles.clear();
  auto status = ::rocksdb::DB::Open(database_options(options), options.directory.string(), families, &handles, &engine);
  db.reset(engine);
  return status;
}

Result<std::shared_ptr<Database>> Database::open(const Options& options) {
  const fs::path& directory = options.directory;
  if (auto made = make_directory(directory); !made) return made.error();
  auto lock = DirectoryLock::take(directory);
  if (!lock) return lock.error();
  if (auto clean = refuse_remains(directory); !clean) return clean.error();

  auto impl = std::make_unique<Impl>(std::move(*lock));
  auto opened = impl->open(options);
  if (opened.IsCorruption() && !options.accept_damaged_log && only_last_commit_is_torn(directory)) {
    Options up_to_damage = options;
    up_to_damage.accept_damaged_log = true;
    opened = impl->open(up_to_damage);
  }
  if (opened.IsCorruption()) {
    return cannot_open(directory, "is damaged: " + opened.ToString() +
                                      ". Restore a backup; or, when only the write-ahead log is damaged, accept the "
                                      "loss of what was written behind the damage (see docs/storage.md)");
  }
  if (!opened.ok()) return cannot_open(directory, "cannot be opened: " + opened.ToString());
  if (auto layout = check_layout(*impl->db, directory); !layout) return layout.error();
  return std::shared_ptr<Database>(new Database(std::move(impl)));
}

Result<bool> Database::read(Family family, ByteView key, const std::function<Status(ByteView)>& use,
                            CacheUse cache) const {
  ::rocksdb::ReadOptions options;
  options.fill_cache = cache == CacheUse::fill;
  ::rocksdb::PinnableSlice value;
  const auto status = impl_->db->Get(options, impl_->handle(family), slice(key), &value);
  if (status.IsNotFound()) return false;
  if (!status.ok()) return unavailable("read", status);
  if (auto used = use(view(value)); !used) return used.error();
  return true;
}

Status Database::scan(Family family, ByteView first, ByteView last,
                      const std::function<Result<bool>(ByteView, ByteView)>& visit) const {
  ::rocksdb::ReadOptions options;
  const ::rocksdb::Slice end = slice(last);
  options.iterate_upper_bound = &end;
  const std::unique_ptr<::rocksdb::Iterator> it(impl_->db->NewIterator(options, impl_->handle(family)));
  for (it->Seek(slice(first)); it->Valid(); it->Next()) {
    auto more = visit(view(it->key()), view(it->value()));
    if (!more) return more.error();
    if (!*more) return ok_status();
  }
  if (!it->status().ok()) return unavailable("read", it->status());
  return ok_status();
}

Status Database::write(const WriteBatch& batch, Durability durability) {
  // A full disk may have been given room: ask the engine to go on. It refuses while the cause is still there, while it
  // is trying by itself, and always after an error of the disk (what such a disk holds is known only after a restart);
  // the write then fails and names the cause.
  if (impl_->stopped.load(std::memory_order_relaxed)) static_cast<void>(impl_->db->Resume());
  ::rocksdb::WriteOptions options;
  options.sync = durability == Durability::synced;
  const auto status = impl_->db->Write(options, &batch.impl_->batch);
  impl_->stopped.store(!status.ok(), std::memory_order_relaxed);
  if (!status.ok()) return unavailable("write", status);
  return ok_status();
}

Status Database::compact() {
  ::rocksdb::FlushOptions flush;
  flush.allow_write_stall = true;
  // All families at once: a log goes only when no family needs it any more.
  if (const auto status = impl_->db->Flush(flush, impl_->handles); !status.ok()) return unavailable("flush", status);
  ::rocksdb::CompactRangeOptions compact;
  compact.bottommost_level_compaction = ::rocksdb::BottommostLevelCompaction::kForceOptimized;
  compact.exclusive_manual_compaction = false;
  for (const Family family : kFamilies) {
    const auto status = impl_->db->CompactRange(compact, impl_->handle(family), nullptr, nullptr);
    if (!status.ok()) return unavailable("compact", status);
  }
  // One change of files more begins a manifest that no longer names the tables that were just replaced.
  if (const auto status = put_layout(*impl_->db); !status.ok()) return unavailable("compact", status);
  if (const auto status = impl_->db->Flush(flush, impl_->handles.front()); !status.ok()) {
    return unavailable("flush", status);
  }
  // Obsolete files go in the background; switching deletions off and on waits for that and takes what is left.
  if (const auto status = impl_->db->DisableFileDeletions(); !status.ok()) return unavailable("compact", status);
  if (const auto status = impl_->db->EnableFileDeletions(false); !status.ok()) return unavailable("compact", status);
  return ok_status();
}

Status Database::checkpoint(const fs::path& directory) {
  if (impl_->stopped.load(std::memory_order_relaxed)) {
    return Error{ErrorCode::unavailable, "cannot copy the data directory: the last write to it failed"};
  }
  ::rocksdb::Checkpoint* made = nullptr;
  const auto ready = ::rocksdb::Checkpoint::Create(impl_->db.get(), &made);
  const std::unique_ptr<::rocksdb::Checkpoint> checkpoint(made);
  if (!ready.ok()) return unavailable("copy", ready);
  // Memtables are not flushed for it, the log has what is in them: a flush that finds no room would stop all writes,
  // and would write down bodies that are soon deleted.
  constexpr auto kNoFlush = std::numeric_limits<std::uint64_t>::max();
  if (const auto status = checkpoint->CreateCheckpoint(directory.string(), kNoFlush); !status.ok()) {
    return unavailable("copy", status);
  }
  return ok_status();
}

}  // namespace sotto::rocks
