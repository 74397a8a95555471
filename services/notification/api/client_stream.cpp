#include "services/notification/api/client_stream.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "libs/observability/log.hpp"
#include "services/notification/api/server_state.hpp"

namespace sotto::notification {
namespace {

constexpr std::size_t kMaxNameLength = 256;

// The client chooses it, and logs show it.
std::string printable(std::string name) {
  if (name.size() > kMaxNameLength) name.resize(kMaxNameLength);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return name;
}

}  // namespace

std::shared_ptr<ClientStream> ClientStream::begin(std::shared_ptr<ServerState> server,
                                                  grpc::CallbackServerContext& context) {
  std::shared_ptr<ClientStream> stream(new ClientStream(std::move(server), context));
  stream->self_ = stream;
  if (!stream->server_->opened(stream)) {
    stream->end({grpc::StatusCode::UNAVAILABLE, "the notification service is stopping; attach to another replica"});
  }
  stream->drive();
  return stream;
}

ClientStream::ClientStream(std::shared_ptr<ServerState> server, grpc::CallbackServerContext& context)
    : server_(std::move(server)), context_(context), outbox_({.max_events = server_->settings.max_events}) {}

ClientStream::Step ClientStream::next_step() {
  if (finished_) return Step::nothing;
  const bool may_finish = end_ || (half_closed_ && !leaving_);
  if (broken_ || (may_finish && outbox_.empty())) {
    if (writing_) return Step::nothing;
    finished_ = true;
    return Step::finish;
  }
  if (!reading_ && !half_closed_ && !end_) {
    reading_ = true;
    return Step::read;
  }
  if (!writing_ && !outbox_.empty()) {
    writing_ = true;
    return Step::write;
  }
  return Step::nothing;
}

void ClientStream::drive() {
  std::unique_lock lock(mutex_);
  drive_again_ = true;
  if (driving_) return;
  driving_ = true;
  while (std::exchange(drive_again_, false)) {
    const Step step = next_step();
    if (step == Step::nothing) continue;
    drive_again_ = true;
    if (step == Step::read) {
      lock.unlock();
      StartRead(&read_frame_);
    } else if (step == Step::write) {
      write_frame_.Clear();
      server_->counters.events_sent += outbox_.take(write_frame_);
      lock.unlock();
      StartWrite(&write_frame_);
    } else {
      const grpc::Status status = end_      ? *end_
                                  : broken_ ? grpc::Status(grpc::StatusCode::CANCELLED, "the stream is broken")
                                            : grpc::Status::OK;
      // Nothing may be touched after Finish() but by OnDone(), which may come at once and drop the last reference.
      driving_ = false;
      lock.unlock();
      Finish(status);
      return;
    }
    lock.lock();
  }
  driving_ = false;
}

void ClientStream::OnReadDone(bool ok) {
  if (ok) {
    if (!attached_) {
      if (take_hello(read_frame_)) take_requests(read_frame_);
    } else if (read_frame_.has_hello()) {
      end({grpc::StatusCode::INVALID_ARGUMENT, "a second Hello on one stream"});
    } else {
      take_requests(read_frame_);
    }
  }
  {
    const std::lock_guard lock(mutex_);
    reading_ = false;
    half_closed_ = half_closed_ || !ok;
  }
  if (!ok) server_->silent();
  drive();
}

bool ClientStream::take_hello(const v1::ClientFrame& frame) {
  if (!frame.has_hello() || frame.hello().client() == 0) {
    end({grpc::StatusCode::INVALID_ARGUMENT, "the first frame of a stream must have a Hello with a client id"});
    return false;
  }
  if (frame.hello().protocol() != contract::kProtocol) {
    end({grpc::StatusCode::FAILED_PRECONDITION,
         "this notification service serves protocol " + std::to_string(contract::kProtocol) +
             " of the stream, the client speaks " + std::to_string(frame.hello().protocol()) +
             "; update the older of the two"});
    return false;
  }
  attached_ = true;
  log::info("queue service attached", {{"name", printable(frame.hello().name())}});
  {
    const std::lock_guard lock(mutex_);
    outbox_.welcome(server_->settings.name);
  }
  server_->attached(self_);
  return true;
}

void ClientStream::take_requests(const v1::ClientFrame& frame) {
  for (const auto& each : frame.requests()) {
    ++server_->counters.requests;
    auto request = contract::from_proto(each);
    if (!request) {
      ++server_->counters.malformed;
    } else if (*request) {
      server_->take(self_, **std::move(request));
    }
  }
}

bool ClientStream::deliver(contract::SessionEvent& event) {
  const std::lock_guard lock(mutex_);
  if (finished_ || broken_) return false;
  server_->counters.events_dropped += outbox_.add(std::move(event));
  return true;
}

void ClientStream::registered(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (!finished_ && !broken_) outbox_.add_registered(number);
}

void ClientStream::resume() {
  const std::lock_guard lock(mutex_);
  if (!finished_ && !broken_) outbox_.resume();
}

void ClientStream::leave() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(leaving_, true)) outbox_.leave();
  }
  drive();
}

bool ClientStream::silent() {
  const std::lock_guard lock(mutex_);
  return half_closed_ || broken_ || finished_;
}

void ClientStream::end(const grpc::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (!end_) end_ = status;
  }
  drive();
}

void ClientStream::cancel() {
  const std::lock_guard lock(mutex_);
  if (self_) context_.TryCancel();
}

void ClientStream::OnWriteDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    broken_ = broken_ || !ok;
  }
  drive();
}

void ClientStream::OnCancel() {
  {
    const std::lock_guard lock(mutex_);
    broken_ = true;
  }
  server_->silent();
  drive();
}

void ClientStream::OnDone() {
  std::shared_ptr<ClientStream> self;
  {
    const std::lock_guard lock(mutex_);
    self.swap(self_);
    finished_ = true;
  }
  server_->closed(*this);
}

}  // namespace sotto::notification
