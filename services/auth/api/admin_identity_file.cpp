#include "services/auth/api/admin_identity_file.hpp"

#include <utility>

#include "libs/observability/log.hpp"

namespace sotto::auth {

Result<std::unique_ptr<AdminIdentityFile>> AdminIdentityFile::open(const std::filesystem::path& path,
                                                                   std::chrono::milliseconds interval) {
  // Before reading: what changes meanwhile has another stamp, and is read at the next look.
  const auto seen = runtime::file_stamp(path);
  auto first = AdminIdentities::read(path);
  if (!first) return first.error();
  return std::unique_ptr<AdminIdentityFile>(new AdminIdentityFile(path, interval, seen, *std::move(first)));
}

AdminIdentityFile::AdminIdentityFile(std::filesystem::path path, std::chrono::milliseconds interval,
                                     runtime::FileStamp seen, AdminIdentities first)
    : path_(std::move(path)),
      interval_(interval),
      seen_(seen),
      current_(std::make_shared<const AdminIdentities>(std::move(first))) {
  thread_ = std::thread([this] { run(); });
}

AdminIdentityFile::~AdminIdentityFile() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::shared_ptr<const AdminIdentities> AdminIdentityFile::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void AdminIdentityFile::look_now() {
  {
    const std::lock_guard lock(mutex_);
    asked_ = true;
  }
  wake_.notify_all();
}

void AdminIdentityFile::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, interval_, [this] { return stopping_ || asked_; }) || !stopping_) {
    const bool asked = std::exchange(asked_, false);
    lock.unlock();
    look(asked);
    lock.lock();
  }
}

void AdminIdentityFile::look(bool asked) {
  const auto stamp = runtime::file_stamp(path_);
  if (!asked && stamp == seen_) return;
  seen_ = stamp;
  auto read = AdminIdentities::read(path_);
  if (!read) return log::error("administrators refused, the former ones go on", read.error());
  auto next = std::make_shared<const AdminIdentities>(*std::move(read));
  const auto count = next->size();
  {
    const std::lock_guard lock(mutex_);
    current_ = std::move(next);
  }
  log::info("administrators reloaded", {{"administrators", count}});
}

}  // namespace sotto::auth
