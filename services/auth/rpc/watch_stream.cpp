#include "services/auth/rpc/watch_stream.hpp"

#include <utility>

namespace sotto::auth {

std::shared_ptr<WatchStream> WatchStream::begin(std::shared_ptr<WatchHub> hub, grpc::CallbackServerContext& context) {
  std::shared_ptr<WatchStream> stream(new WatchStream(std::move(hub), context));
  stream->self_ = stream;
  if (!stream->hub_->opened(stream)) {
    stream->end({grpc::StatusCode::UNAVAILABLE, "the auth service takes no more streams; watch another replica"});
  }
  stream->drive();
  return stream;
}

void WatchStream::drive() {
  std::unique_lock lock(mutex_);
  drive_again_ = true;
  if (driving_) return;
  driving_ = true;
  while (std::exchange(drive_again_, false)) {
    if (finished_ || writing_) continue;
    if (end_) {
      finished_ = true;
      driving_ = false;
      const auto status = *end_;
      lock.unlock();
      // Nothing may be touched afterwards but by OnDone(), which may come at once and drop the last reference.
      Finish(status);
      return;
    }
    auto newest = hub_->newest();
    if (!newest || newest == last_) continue;
    last_ = std::move(newest);
    writing_ = true;
    const auto* message = last_.get();  // stays until OnWriteDone()
    lock.unlock();
    StartWrite(message);
    lock.lock();
  }
  driving_ = false;
}

void WatchStream::end(const grpc::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (!end_) end_ = status;
  }
  drive();
}

void WatchStream::cancel() {
  const std::lock_guard lock(mutex_);
  if (self_) context_.TryCancel();
}

void WatchStream::OnWriteDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok && !end_) end_.emplace(grpc::StatusCode::CANCELLED, "the stream is broken");
  }
  drive();
}

void WatchStream::OnCancel() {
  end({grpc::StatusCode::CANCELLED, "the gateway watches no more"});
}

void WatchStream::OnDone() {
  std::shared_ptr<WatchStream> self;
  {
    const std::lock_guard lock(mutex_);
    self.swap(self_);
    finished_ = true;
  }
  hub_->closed(*this);
}

}  // namespace sotto::auth
