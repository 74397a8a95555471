// IdentityWatch: sees that the files of the identity have changed, and has the new certificate used without a restart.
// It looks at them every interval, and at once when asked (SIGHUP). What they hold is used only when it is whole: a
// chain that verifies now, under the same CA, with its key. Else it is refused, with the reason in the log, and the
// former identity goes on.
//
// Owned by the program beside its gateway. A thread of its own; look_now() and counters() from any.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "gateway/counters.hpp"
#include "gateway/identity/file_stamps.hpp"
#include "gateway/tls/served_identity.hpp"
#include "libs/base/clock.hpp"

namespace sotto::gateway {

struct IdentityCounters {
  std::atomic<std::int64_t> certificate_end{0};  // of the leaf in use, seconds since 1970
  Counter reloaded;
  Counter refused;
};

class IdentityWatch {
 public:
  struct Options {
    std::filesystem::path directory;
    std::chrono::milliseconds interval{};
    std::shared_ptr<const transport::BrowserTls> browsers{};  // as load_served_identity() takes it
  };
  // `use` is called on the watch's thread with each new identity. `current` is in use already. `clock` must outlive it.
  IdentityWatch(Options options, ServedIdentityPtr current, const Clock& clock,
                std::function<void(const ServedIdentityPtr&)> use);
  // When it returns `use` is not called any more.
  ~IdentityWatch();
  IdentityWatch(const IdentityWatch&) = delete;
  IdentityWatch& operator=(const IdentityWatch&) = delete;

  // Reads the files again, whatever they look like, and says in the log what came of it.
  void look_now();
  [[nodiscard]] const IdentityCounters& counters() const { return counters_; }

 private:
  void run();
  void look(bool asked);
  [[nodiscard]] Result<ServedIdentityPtr> load() const;
  void take(const ServedIdentityPtr& loaded, bool asked);
  void refuse(const Error& error, bool news);
  // False: the watch ends.
  bool pause(std::chrono::milliseconds time);

  const Options options_;
  const Clock& clock_;
  const std::function<void(const ServedIdentityPtr&)> use_;
  IdentityCounters counters_;

  // Of the thread alone.
  ServedIdentityPtr current_;
  FileStamps seen_;                     // of the files that were read last
  std::optional<std::string> refusal_;  // why they are not used

  std::mutex mutex_;
  std::condition_variable wake_;
  bool asked_ = false;     // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: it uses the rest
};

}  // namespace sotto::gateway
