// AdminIdentityFile: the identities of a file, as they are now. A thread of its own looks every second, and at once
// when asked (SIGHUP), whether the file has changed. One that cannot be used is refused, with the reason in the log,
// and the former identities go on. Owned by the program, beside who serves administrators; current() and look_now()
// from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "libs/runtime/file_stamp.hpp"
#include "services/auth/api/admin_identities.hpp"

namespace sotto::auth {

class AdminIdentityFile {
 public:
  // configuration: it cannot be used as it is now.
  static Result<std::unique_ptr<AdminIdentityFile>> open(const std::filesystem::path& path,
                                                         std::chrono::milliseconds interval = std::chrono::seconds(1));
  ~AdminIdentityFile();
  AdminIdentityFile(const AdminIdentityFile&) = delete;
  AdminIdentityFile& operator=(const AdminIdentityFile&) = delete;

  // Never null.
  [[nodiscard]] std::shared_ptr<const AdminIdentities> current() const;
  // Reads the file again, whatever it looks like, and says in the log what came of it.
  void look_now();

 private:
  AdminIdentityFile(std::filesystem::path path, std::chrono::milliseconds interval, runtime::FileStamp seen,
                    AdminIdentities first);
  void run();
  void look(bool asked);

  const std::filesystem::path path_;
  const std::chrono::milliseconds interval_;
  runtime::FileStamp seen_;  // of what was read last; of the thread alone

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<const AdminIdentities> current_;  // guarded by mutex_
  bool asked_ = false;                              // guarded by mutex_
  bool stopping_ = false;                           // guarded by mutex_
  std::thread thread_;                              // last: it uses the rest
};

}  // namespace sotto::auth
