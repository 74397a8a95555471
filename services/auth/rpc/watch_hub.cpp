#include "services/auth/rpc/watch_hub.hpp"

#include <chrono>
#include <utility>

#include "libs/contract/access.hpp"
#include "services/auth/rpc/watch_stream.hpp"

namespace sotto::auth {
namespace {

// How long a gateway may take to read the end of its stream, before the call is broken.
constexpr std::chrono::seconds kEndTime{1};

const grpc::Status kStopping{grpc::StatusCode::UNAVAILABLE, "the auth service is stopping; watch another replica"};
const grpc::Status kLost{grpc::StatusCode::UNAVAILABLE, "the auth service does not know the passwords now"};

}  // namespace

bool WatchHub::opened(const std::shared_ptr<WatchStream>& stream) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || open_.size() >= max_streams_) return false;
  open_.emplace(stream.get(), stream);
  return true;
}

void WatchHub::closed(WatchStream& stream) {
  std::shared_ptr<WatchStream> last;  // dropped after the lock
  const std::lock_guard lock(mutex_);
  const auto open = open_.find(&stream);
  if (open == open_.end()) return;
  last = std::move(open->second);
  open_.erase(open);
  all_closed_.notify_all();
}

std::shared_ptr<const v1::WatchResponse> WatchHub::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::size_t WatchHub::streams() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

bool WatchHub::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

std::vector<std::shared_ptr<WatchStream>> WatchHub::all() const {
  std::vector<std::shared_ptr<WatchStream>> out;
  const std::lock_guard lock(mutex_);
  out.reserve(open_.size());
  for (const auto& [stream, shared] : open_) out.push_back(shared);
  return out;
}

void WatchHub::update(const backend::AccessState& state) {
  auto message = std::make_shared<v1::WatchResponse>();
  contract::to_proto(state, *message);
  {
    const std::lock_guard lock(mutex_);
    newest_ = std::move(message);
  }
  for (const auto& stream : all()) stream->drive();
}

void WatchHub::lost() {
  {
    const std::lock_guard lock(mutex_);
    newest_.reset();
  }
  for (const auto& stream : all()) stream->end(kLost);
}

void WatchHub::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    newest_.reset();
  }
  for (const auto& stream : all()) stream->end(kStopping);
  const auto none = [this] { return open_.empty(); };
  std::unique_lock lock(mutex_);
  if (all_closed_.wait_for(lock, kEndTime, none)) return;
  lock.unlock();
  for (const auto& stream : all()) stream->cancel();
  lock.lock();
  all_closed_.wait(lock, none);
}

}  // namespace sotto::auth
