// WebCertificate: the certificate that browsers are shown, from its files, and anew when these have changed, as those
// do who renew it. What cannot be used is refused, with the reason in the log, and the former one goes on.
//
// Owned by the program. A thread of its own; look_now() from any.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "libs/base/result.hpp"
#include "libs/runtime/file_stamp.hpp"
#include "libs/transport/tls_context.hpp"

namespace sotto::gateway {

class WebCertificate {
 public:
  struct Options {
    std::filesystem::path chain;
    std::filesystem::path key;
    std::chrono::milliseconds interval{};
  };
  // configuration: the files cannot be used now.
  static Result<std::unique_ptr<WebCertificate>> open(Options options);
  ~WebCertificate();
  WebCertificate(const WebCertificate&) = delete;
  WebCertificate& operator=(const WebCertificate&) = delete;

  // Always holds one.
  [[nodiscard]] std::shared_ptr<const transport::BrowserTls> browsers() const { return browsers_; }
  void look_now();

 private:
  using Stamps = std::array<runtime::FileStamp, 2>;
  explicit WebCertificate(Options options) : options_(std::move(options)) {}
  [[nodiscard]] Stamps stamps() const;
  [[nodiscard]] Status load() const;
  void run();
  void look();

  const Options options_;
  const std::shared_ptr<transport::BrowserTls> browsers_ = std::make_shared<transport::BrowserTls>();
  Stamps seen_;  // of the thread, once it runs

  std::mutex mutex_;
  std::condition_variable wake_;
  bool asked_ = false;     // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: it uses the rest
};

}  // namespace sotto::gateway
