#include "standalone/backups.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

namespace sotto::standalone {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxName = 64;
// No name of a backup, and none that a pattern of the shell finds.
constexpr const char* kUnfinished = ".unfinished";
// The engine's own, while it copies.
constexpr const char* kUnfinishedCopy = ".unfinished.tmp";
// Holds when the last backup was made, for the server that starts next: backups themselves are carried away.
constexpr const char* kLastSuccess = ".last-success";
constexpr const char* kNewLastSuccess = ".last-success.new";

Error unusable(const fs::path& directory, const std::string& why) {
  return {ErrorCode::configuration, "the directory of backups " + directory.string() + " " + why};
}

Error unfinished(const std::string& doing, int number) {
  return {ErrorCode::unavailable, "the backup cannot be " + doing + ": " + std::strerror(number)};
}

void remove_unfinished(const fs::path& directory) {
  std::error_code ignored;
  fs::remove_all(directory / kUnfinished, ignored);
  fs::remove_all(directory / kUnfinishedCopy, ignored);
}

// Makes a file or directory its owner's only, and brings it to the disk.
Status settle(const fs::path& path, mode_t mode) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return unfinished("read", errno);
  const bool settled = ::fchmod(fd, mode) == 0 && ::fsync(fd) == 0;
  const int number = errno;
  ::close(fd);
  if (!settled) return unfinished("written", number);
  return ok_status();
}

// All files of a new backup, and the backup itself.
Result<Backups::Backup> settle_all(const fs::path& backup) {
  Backups::Backup out;
  std::error_code error;
  for (fs::directory_iterator it(backup, error), end; !error && it != end; it.increment(error)) {
    if (auto settled = settle(it->path(), 0600); !settled) return settled.error();
    ++out.files;
    out.bytes += it->file_size(error);
    if (error) break;
  }
  if (error) return unfinished("read", error.value());
  if (auto settled = settle(backup, 0700); !settled) return settled.error();
  return out;
}

}  // namespace

Backups::Backups(std::shared_ptr<rocks::Database> database, const fs::path& data_dir, const Clock& clock)
    : database_(std::move(database)), directory_(data_dir / "backups"), clock_(clock) {
  remove_unfinished(directory_);
  std::int64_t seconds = 0;
  if (std::ifstream(directory_ / kLastSuccess) >> seconds) last_success_ = seconds;
}

bool Backups::is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= kMaxName && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), fits);
}

Result<Backups::Backup> Backups::create(const std::string& name) {
  if (!is_name(name)) {
    return Error{ErrorCode::invalid_argument,
                 "a backup has a name of 1 to 64 letters, digits, '.', '_' and '-', not beginning with '.' or '-'"};
  }
  const std::unique_lock lock(one_at_a_time_, std::try_to_lock);
  if (!lock) return Error{ErrorCode::conflict, "another backup is being made; wait for its end"};
  auto backup = create_locked(name);
  if (!backup) {
    ++failed_;
    remove_unfinished(directory_);
    return backup;
  }
  ++made_;
  last_success_ = unix_seconds(clock_.system_now());
  remember(last_success_);
  return backup;
}

Status Backups::make_room() const {
  std::error_code error;
  fs::create_directory(directory_, error);
  // A file that is in the way is no error to it.
  if (!error && !fs::is_directory(directory_)) error = std::make_error_code(std::errc::not_a_directory);
  if (error) return unusable(directory_, "cannot be made: " + error.message());
  fs::permissions(directory_, fs::perms::owner_all, error);
  if (error) return unusable(directory_, "cannot be made private: " + error.message());
  if (::access(directory_.c_str(), W_OK | X_OK) != 0) {
    return unusable(directory_, std::string("cannot be written: ") + std::strerror(errno));
  }
  remove_unfinished(directory_);
  return ok_status();
}

Result<Backups::Backup> Backups::create_locked(const std::string& name) {
  if (auto room = make_room(); !room) return room.error();
  const auto target = directory_ / name;
  const Error exists{ErrorCode::conflict, "there is a backup " + name + " already; nothing was done"};
  std::error_code error;
  if (fs::exists(fs::symlink_status(target, error))) return exists;
  const auto copy = directory_ / kUnfinished;
  if (auto copied = database_->checkpoint(copy); !copied) return copied.error();
  auto backup = settle_all(copy);
  if (!backup) return backup;
  // What somebody has put there meanwhile is not replaced: the name of a directory takes no file's place, and that of
  // an empty directory only.
  fs::rename(copy, target, error);
  if (error == std::errc::file_exists || error == std::errc::directory_not_empty ||
      error == std::errc::not_a_directory) {
    return exists;
  }
  if (error) return unfinished("given its name", error.value());
  if (auto settled = settle(directory_, 0700); !settled) return settled.error();
  backup->directory = target;
  return backup;
}

// Without it the next server does not know of this backup; that is no reason to call it failed.
void Backups::remember(std::int64_t seconds) const {
  std::error_code ignored;
  if (std::ofstream(directory_ / kNewLastSuccess) << seconds << '\n') {
    fs::rename(directory_ / kNewLastSuccess, directory_ / kLastSuccess, ignored);
  }
}

void Backups::expose(metrics::Metrics& metrics) {
  const auto counter = [&metrics](const char* result, const std::atomic<std::uint64_t>& value) {
    metrics.callback_counter("smp_backups_total", "Backups of the store that were asked for.",
                             [&value] { return static_cast<double>(value.load()); }, {{"result", result}});
  };
  counter("ok", made_);
  counter("failed", failed_);
  metrics.callback_gauge("smp_backup_last_success_seconds",
                         "When the last backup of the store was made, seconds since 1970; 0: never.",
                         [this] { return static_cast<double>(last_success_.load()); });
}

}  // namespace sotto::standalone
