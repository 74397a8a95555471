#include "gateway/web/web_certificate.hpp"

#include <utility>

#include "libs/observability/log.hpp"

namespace sotto::gateway {

Result<std::unique_ptr<WebCertificate>> WebCertificate::open(Options options) {
  auto certificate = std::unique_ptr<WebCertificate>(new WebCertificate(std::move(options)));
  certificate->seen_ = certificate->stamps();
  if (auto status = certificate->load(); !status) return status.error();
  certificate->thread_ = std::thread([watch = certificate.get()] { watch->run(); });
  return certificate;
}

WebCertificate::~WebCertificate() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void WebCertificate::look_now() {
  {
    const std::lock_guard lock(mutex_);
    asked_ = true;
  }
  wake_.notify_all();
}

WebCertificate::Stamps WebCertificate::stamps() const {
  return {runtime::file_stamp(options_.chain), runtime::file_stamp(options_.key)};
}

Status WebCertificate::load() const {
  auto context = transport::TlsContext::browsers(options_.chain.string(), options_.key.string());
  if (!context) return context.error();
  browsers_->use(*std::move(context));
  return ok_status();
}

void WebCertificate::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, options_.interval, [this] { return stopping_ || asked_; });
    if (stopping_) return;
    asked_ = false;
    lock.unlock();
    look();
    lock.lock();
  }
}

void WebCertificate::look() {
  const auto now = stamps();
  if (now == seen_) return;
  // Before reading: what changes meanwhile has other stamps, and is read at the next look. So is a key that comes after
  // its certificate.
  seen_ = now;
  const auto status = load();
  if (status) return log::info("web certificate reloaded");
  log::error("web certificate refused, the former one goes on", status.error());
}

}  // namespace sotto::gateway
