#include "services/queue/api/attach_stream.hpp"

#include <algorithm>
#include <utility>

#include "libs/contract/events.hpp"
#include "libs/contract/operations.hpp"
#include "libs/observability/log.hpp"
#include "services/queue/api/server_state.hpp"

namespace sotto::queue {
namespace {

using google::protobuf::Arena;

constexpr std::size_t kMaxNameLength = 256;

// The gateway chooses it, and logs show it.
std::string printable(std::string name) {
  if (name.size() > kMaxNameLength) name.resize(kMaxNameLength);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return name;
}

}  // namespace

std::shared_ptr<AttachStream> AttachStream::begin(std::shared_ptr<ServerState> server,
                                                  grpc::CallbackServerContext& context) {
  std::shared_ptr<AttachStream> stream(new AttachStream(std::move(server), context));
  stream->self_ = stream;
  if (!stream->server_->opened(stream)) {
    ++stream->server_->counters.streams_refused;
    stream->end({grpc::StatusCode::UNAVAILABLE, "the queue service is stopping; attach to another replica"});
  }
  stream->drive();
  return stream;
}

AttachStream::AttachStream(std::shared_ptr<ServerState> server, grpc::CallbackServerContext& context)
    : server_(std::move(server)), context_(context), outbox_(server_->settings, server_->counters) {}

bool AttachStream::may_read() const {
  if (reading_ || half_closed_) return false;
  const auto& settings = server_->settings;
  return unanswered_operations_ < settings.max_unanswered_operations &&
         request_bytes_ + outbox_.result_bytes() < settings.max_unanswered_bytes;
}

AttachStream::Step AttachStream::next_step() {
  if (finished_) return Step::nothing;
  const bool all_said = half_closed_ && unanswered_batches_ == 0 && outbox_.empty();
  if (end_ || broken_ || all_said) {
    if (writing_) return Step::nothing;
    finished_ = true;
    return Step::finish;
  }
  if (may_read()) {
    reading_ = true;
    paused_ = false;
    return Step::read;
  }
  if (!reading_ && !half_closed_ && !std::exchange(paused_, true)) ++server_->counters.reads_paused;
  if (!writing_ && !outbox_.empty()) {
    writing_ = true;
    return Step::write;
  }
  return Step::nothing;
}

void AttachStream::drive() {
  std::unique_lock lock(mutex_);
  wake_asked_ = false;
  drive_again_ = true;
  if (driving_) return;
  driving_ = true;
  while (std::exchange(drive_again_, false)) {
    const Step step = next_step();
    if (step == Step::nothing) continue;
    drive_again_ = true;
    if (step == Step::read) {
      lock.unlock();
      read_arena_.Reset();
      read_frame_ = Arena::CreateMessage<v1::GatewayFrame>(&read_arena_);
      StartRead(read_frame_);
    } else if (step == Step::write) {
      const auto items = outbox_.take();
      for (const auto& item : items) {
        const auto* result = std::get_if<Outbox::Result>(&item);
        if (result == nullptr) continue;
        --unanswered_batches_;
        unanswered_operations_ -= result->operations;
      }
      lock.unlock();
      write_arena_.Reset();
      auto* frame = Arena::CreateMessage<v1::ServiceFrame>(&write_arena_);
      to_proto(items, *frame);
      ++server_->counters.frames_written;
      StartWrite(frame);
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

void AttachStream::OnReadDone(bool ok) {
  if (ok) {
    ++server_->counters.frames_read;
    const bool understood = gateway_ == 0 ? take_hello(*read_frame_) : !read_frame_->has_hello();
    if (!understood && gateway_ != 0) {
      end({grpc::StatusCode::INVALID_ARGUMENT, "a second Hello on one stream"});
    } else if (understood) {
      take_frame(*read_frame_);
    }
  }
  {
    const std::lock_guard lock(mutex_);
    reading_ = false;
    half_closed_ = half_closed_ || !ok;
  }
  drive();
}

bool AttachStream::take_hello(const v1::GatewayFrame& frame) {
  const auto refuse = [this](grpc::StatusCode code, const std::string& why) {
    ++server_->counters.streams_refused;
    end({code, why});
    return false;
  };
  if (!frame.has_hello() || frame.hello().gateway() == 0) {
    return refuse(grpc::StatusCode::INVALID_ARGUMENT,
                  "the first frame of a stream must have a Hello with a gateway id");
  }
  if (frame.hello().protocol() != contract::kProtocol) {
    return refuse(grpc::StatusCode::FAILED_PRECONDITION,
                  "this queue service serves protocol " + std::to_string(contract::kProtocol) + " of the stream, the " +
                      "gateway speaks " + std::to_string(frame.hello().protocol()) + "; update the older of the two");
  }
  gateway_ = frame.hello().gateway();
  log::info("gateway attached", {{"gateway", printable(frame.hello().name())}});
  server_->attach(self_);
  return true;
}

void AttachStream::take_frame(const v1::GatewayFrame& frame) {
  std::vector<backend::Batch> batches;
  batches.reserve(static_cast<std::size_t>(frame.batches_size()));
  for (const auto& in : frame.batches()) {
    if (auto batch = read_batch(in)) batches.push_back(*std::move(batch));
  }
  if (!batches.empty()) server_->queues->submit_all(std::move(batches));
  for (const auto connection : frame.ended_connections()) {
    {
      const std::lock_guard lock(mutex_);
      if (sessions_.erase(connection) > 0) --server_->counters.sessions;
    }
    server_->queues->end_session({.gateway = gateway_, .connection = connection});
  }
}

std::optional<backend::Batch> AttachStream::read_batch(const v1::Batch& in) {
  auto& counters = server_->counters;
  ++counters.batches;
  const auto operations = static_cast<std::size_t>(in.operations_size());
  counters.operations += operations;

  backend::Batch batch;
  batch.session = {.gateway = gateway_, .connection = in.connection()};
  batch.operations.reserve(operations);
  std::size_t bytes = 0;
  bool understood = true;
  for (const auto& each : in.operations()) {
    auto operation = contract::from_proto(each);
    if (!operation) {
      understood = false;
      break;
    }
    bytes += contract::body_bytes(*operation);
    batch.operations.push_back(*std::move(operation));
  }
  const bool late = in.has_time_left_ms() && in.time_left_ms() == 0;
  {
    const std::lock_guard lock(mutex_);
    if (ending()) return std::nullopt;
    ++unanswered_batches_;
    unanswered_operations_ += operations;
    request_bytes_ += bytes;
    if (sessions_.insert(in.connection()).second) ++counters.sessions;
  }
  if (!understood || late) {
    ++(understood ? counters.batches_late : counters.batches_malformed);
    answered(in.number(), {}, operations, bytes);
    return std::nullopt;
  }
  if (in.has_time_left_ms()) {
    batch.deadline = server_->clock.steady_now() + std::chrono::milliseconds(in.time_left_ms());
  }
  batch.done = [stream = self_, number = in.number(), operations,
                bytes](std::vector<backend::OperationResult> results) {
    stream->answered(number, std::move(results), operations, bytes);
  };
  return batch;
}

void AttachStream::answered(std::uint64_t number, std::vector<backend::OperationResult> results, std::size_t operations,
                            std::size_t bytes) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    request_bytes_ -= bytes;
    outbox_.add(Outbox::Result{.number = number, .results = std::move(results), .operations = operations, .bytes = 0});
    wake = needs_wake();
  }
  if (wake) server_->wake(shared_from_this());
}

bool AttachStream::needs_wake() {
  // What is being written now is followed by what waits. An end that is near needs nobody.
  if (writing_ || finished_ || wake_asked_) return false;
  wake_asked_ = true;
  return true;
}

bool AttachStream::deliver(std::uint64_t connection, backend::Event& event) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (ending()) return false;
    outbox_.add(Outbox::EventTo{.connection = connection, .event = std::move(event)});
    wake = needs_wake();
  }
  if (wake) server_->wake(shared_from_this());
  return true;
}

bool AttachStream::add(Outbox::Item item) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (ending()) return false;
    outbox_.add(std::move(item));
    wake = needs_wake();
  }
  if (wake) server_->wake(shared_from_this());
  return true;
}

void AttachStream::relay(v1::RelayFrame& frame) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (ending()) return;
    for (const auto& each : frame.events()) {
      if (!sessions_.contains(each.connection())) continue;
      auto event = contract::from_proto(each);
      if (!event || !*event) continue;
      outbox_.add(Outbox::EventTo{.connection = each.connection(), .event = **std::move(event), .relayed = true});
    }
    contract::common::Resume resume;
    resume.set_scope(contract::common::Resume::SCOPE_LISTED);
    for (const auto connection : frame.resume().connections()) {
      if (sessions_.contains(connection)) resume.add_connections(connection);
    }
    if (resume.connections_size() > 0) outbox_.add(std::move(resume));
    wake = !outbox_.empty() && needs_wake();
  }
  if (wake) server_->wake(shared_from_this());
}

void AttachStream::resume(const std::function<bool(backend::SessionRef)>& concerned) {
  contract::common::Resume resume;
  std::unordered_set<std::uint64_t> sessions;
  {
    const std::lock_guard lock(mutex_);
    sessions = sessions_;
  }
  for (const auto connection : sessions) {
    if (concerned({.gateway = gateway_, .connection = connection})) resume.add_connections(connection);
  }
  if (resume.connections_size() == 0) return;
  resume.set_scope(contract::common::Resume::SCOPE_LISTED);
  if (static_cast<std::size_t>(resume.connections_size()) == sessions.size()) {
    resume.clear_connections();
    resume.set_scope(contract::common::Resume::SCOPE_STREAM);
  }
  add(std::move(resume));
}

void AttachStream::end(const grpc::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (!end_) end_ = status;
  }
  drive();
}

void AttachStream::cancel() {
  const std::lock_guard lock(mutex_);
  if (self_) context_.TryCancel();
}

std::unordered_set<std::uint64_t> AttachStream::take_sessions() {
  const std::lock_guard lock(mutex_);
  server_->counters.sessions -= sessions_.size();
  return std::exchange(sessions_, {});
}

void AttachStream::OnWriteDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    broken_ = broken_ || !ok;
  }
  drive();
}

void AttachStream::OnCancel() {
  {
    const std::lock_guard lock(mutex_);
    broken_ = true;
  }
  drive();
}

void AttachStream::OnDone() {
  std::shared_ptr<AttachStream> self;
  {
    const std::lock_guard lock(mutex_);
    self.swap(self_);
    finished_ = true;
  }
  server_->closed(*this);
}

}  // namespace sotto::queue
