#include "gateway/backend/replica_stream.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "libs/contract/events.hpp"
#include "libs/contract/operations.hpp"
#include "libs/observability/log.hpp"

namespace sotto::gateway {
namespace {

using google::protobuf::Arena;

std::uint32_t time_left_ms(SteadyTime deadline, SteadyTime now) {
  if (deadline <= now) return 0;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now).count();
  // Less than a millisecond is not yet nothing.
  return static_cast<std::uint32_t>(std::clamp<decltype(left)>(left, 1, 3'600'000));
}

}  // namespace

void ReplicaStream::start(queue::v1::QueueService::Stub& stub, grpc::CompletionQueue& completions) {
  self_ = shared_from_this();
  call_ = stub.PrepareAsyncAttach(&context_, &completions);
  call_->StartCall(started_.tag());
}

void ReplicaStream::on_started(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    open_ = ok;
    over_ = !ok;
  }
  if (ok) read();
  drive();
}

void ReplicaStream::read() {
  read_arena_.Reset();
  read_frame_ = Arena::CreateMessage<queue::v1::ServiceFrame>(&read_arena_);
  call_->Read(read_frame_, read_.tag());
}

void ReplicaStream::half_close() {
  {
    const std::lock_guard lock(mutex_);
    half_close_asked_ = true;
  }
  drive();
}

ReplicaStream::Step ReplicaStream::next_step() {
  if (finishing_ || writing_) return Step::nothing;
  if (over_) {
    finishing_ = true;
    return Step::finish;
  }
  if (!open_) return Step::nothing;
  if (!hello_sent_) {
    hello_sent_ = true;
    writing_ = true;
    return Step::hello;
  }
  if (half_closed_) return Step::nothing;
  if (std::exchange(something_waits_, false) && welcomed_) {
    writing_ = true;
    return Step::frame;
  }
  if (half_close_asked_) {
    half_closed_ = true;
    writing_ = true;
    return Step::half_close;
  }
  return Step::nothing;
}

void ReplicaStream::drive() {
  std::unique_lock lock(mutex_);
  something_waits_ = true;
  drive_again_ = true;
  if (driving_) return;
  driving_ = true;
  while (std::exchange(drive_again_, false)) {
    const Step step = next_step();
    if (step == Step::nothing) continue;
    drive_again_ = true;
    if (step == Step::finish) {
      // Nothing may be touched afterwards: the end may come at once, and drop the last reference.
      driving_ = false;
      lock.unlock();
      call_->Finish(&status_, finished_.tag());
      return;
    }
    lock.unlock();
    bool started = true;
    if (step == Step::hello) {
      write_hello();
    } else if (step == Step::frame) {
      started = write_frame();
    } else {
      call_->WritesDone(written_.tag());
    }
    lock.lock();
    if (!started) writing_ = false;
  }
  driving_ = false;
}

void ReplicaStream::write_hello() {
  write_arena_.Reset();
  auto* frame = Arena::CreateMessage<queue::v1::GatewayFrame>(&write_arena_);
  auto& hello = *frame->mutable_hello();
  hello.set_gateway(owner_.gateway);
  hello.set_protocol(contract::kProtocol);
  hello.set_name(owner_.name);
  call_->Write(*frame, written_.tag());
}

bool ReplicaStream::write_frame() {
  const auto content = owner_.dispatcher.take(*this);
  if (!content) return false;
  if (content->half_close) {
    const std::lock_guard lock(mutex_);
    half_close_asked_ = true;
  }
  if (content->batches.empty() && content->ended_connections.empty()) return false;

  write_arena_.Reset();
  auto* frame = Arena::CreateMessage<queue::v1::GatewayFrame>(&write_arena_);
  frame->mutable_batches()->Reserve(static_cast<int>(content->batches.size()));
  const auto now = owner_.clock.steady_now();
  for (const auto& each : content->batches) {
    auto& batch = *frame->add_batches();
    batch.set_number(each.number);
    batch.set_connection(each.connection);
    batch.set_time_left_ms(time_left_ms(each.deadline, now));
    for (const auto& operation : *each.operations) contract::to_proto(operation, *batch.add_operations());
  }
  for (const auto connection : content->ended_connections) frame->add_ended_connections(connection);
  ++owner_.counters.frames_written;
  call_->Write(*frame, written_.tag());
  return true;
}

void ReplicaStream::on_written(bool /*ok*/) {
  // When it failed, so does the read.
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
  }
  drive();
}

void ReplicaStream::on_read(bool ok) {
  if (ok) {
    ++owner_.counters.frames_read;
    take(*read_frame_);
    return read();
  }
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  drive();
}

void ReplicaStream::take(const queue::v1::ServiceFrame& frame) {
  using Item = queue::v1::ServiceFrame::Item;
  const auto together = owner_.dispatcher.frame();
  for (const auto& item : frame.items()) {
    switch (item.what_case()) {
      case Item::kWelcome:
        if (!welcomed_.exchange(true)) {
          log::info("attached to a queue service", {{"name", item.welcome().name()}});
          owner_.dispatcher.link_up(shared_from_this());
        }
        break;
      case Item::kResult:
        take_result(item.result());
        break;
      case Item::kEvent:
        take_event(item.event());
        break;
      case Item::kResume:
        take_resume(item.resume());
        break;
      case Item::kLeaving:
        owner_.dispatcher.link_leaving(shared_from_this());
        break;
      case Item::WHAT_NOT_SET:
        break;
    }
  }
}

void ReplicaStream::take_result(const queue::v1::BatchResult& in) {
  std::vector<backend::OperationResult> results;
  results.reserve(static_cast<std::size_t>(in.results_size()));
  for (const auto& each : in.results()) {
    auto result = contract::from_proto(each);
    if (result) {
      results.push_back(*std::move(result));
    } else {
      ++owner_.counters.malformed;
      results.emplace_back();
    }
  }
  owner_.dispatcher.answered(in.number(), std::move(results));
}

void ReplicaStream::take_event(const queue::v1::Event& in) {
  auto event = contract::from_proto(in);
  if (!event) {
    ++owner_.counters.malformed;
    return;
  }
  if (*event) owner_.dispatcher.event(*this, in.connection(), in.relayed(), **std::move(event));
}

void ReplicaStream::take_resume(const common::v1::Resume& in) {
  auto scope = Dispatcher::Scope::gateway;
  if (in.scope() == common::v1::Resume::SCOPE_STREAM) scope = Dispatcher::Scope::link;
  if (in.scope() == common::v1::Resume::SCOPE_LISTED) scope = Dispatcher::Scope::listed;
  owner_.dispatcher.resume(*this, scope, {in.connections().begin(), in.connections().end()});
}

void ReplicaStream::on_finished(bool /*ok*/) {
  const auto self = std::move(self_);
  if (welcomed_) owner_.dispatcher.link_down(self, status_.ok());
  owner_.ended(*this, status_);
}

}  // namespace sotto::gateway
