#include "services/notification/client/service_stream.hpp"

#include <utility>

namespace sotto::notification {

void ServiceStream::start(const v1::Hello& hello) {
  self_ = shared_from_this();
  *write_frame_.mutable_hello() = hello;
  stub_->async()->Attach(&context_, this);
  // Writes are started by whoever has something to say.
  AddHold();
  StartRead(&read_frame_);
  StartCall();
  drive();
}

ServiceStream::Step ServiceStream::next_step() {
  if (released_ || writing_) return Step::nothing;
  if (over_) {
    released_ = true;
    return Step::release;
  }
  if (!std::exchange(hello_sent_, true)) {
    writing_ = true;
    return Step::hello;
  }
  if (half_closed_) return Step::nothing;
  if (half_close_asked_) {
    half_closed_ = true;
    return Step::half_close;
  }
  if (std::exchange(something_waits_, false)) {
    writing_ = true;
    return Step::fill;
  }
  return Step::nothing;
}

void ServiceStream::drive() {
  std::unique_lock lock(mutex_);
  something_waits_ = true;
  if (driving_) return;
  driving_ = true;
  for (;;) {
    const Step step = next_step();
    if (step == Step::nothing) break;
    lock.unlock();
    bool wrote = true;
    if (step == Step::hello) {
      StartWrite(&write_frame_);
    } else if (step == Step::half_close) {
      StartWritesDone();
    } else if (step == Step::fill) {
      write_frame_.Clear();
      wrote = owner_.fill(write_frame_);
      if (wrote) {
        lock.lock();
        owners_frame_ = true;
        lock.unlock();
        StartWrite(&write_frame_);
      }
    } else {
      const auto keep = self_;
      lock.lock();
      driving_ = false;
      lock.unlock();
      RemoveHold();
      return;
    }
    lock.lock();
    if (!wrote) writing_ = false;
  }
  driving_ = false;
}

void ServiceStream::half_close() {
  {
    const std::lock_guard lock(mutex_);
    half_close_asked_ = true;
  }
  drive();
}

void ServiceStream::OnReadDone(bool ok) {
  if (ok) {
    owner_.took(read_frame_);
    StartRead(&read_frame_);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  drive();
}

void ServiceStream::OnWriteDone(bool ok) {
  bool owners = false;
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    owners = std::exchange(owners_frame_, false);
    // The end of the reads follows.
    if (!ok) half_closed_ = true;
  }
  if (ok && owners) owner_.written();
  drive();
}

void ServiceStream::OnDone(const grpc::Status& status) {
  const auto& owner = owner_;  // outlives this
  owner.ended(std::move(self_), status);
}

}  // namespace sotto::notification
