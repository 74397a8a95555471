#include "gateway/authority/grpc_access_authority.hpp"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "gateway/authority/authority_targets.hpp"
#include "gateway/authority/password_checks.hpp"
#include "gateway/authority/state_relay.hpp"
#include "gateway/authority/state_stream.hpp"
#include "gateway/authority/use_reports.hpp"
#include "libs/observability/log.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/rpc/completion_thread.hpp"
#include "libs/rpc/deadline.hpp"

namespace sotto::gateway {
namespace {

using RealTime = std::chrono::steady_clock::time_point;
using Stub = auth::v1::AuthService::Stub;

constexpr std::int64_t kSecondsOfDay = 86'400;

}  // namespace

class GrpcAccessAuthority::Impl {
 public:
  Impl(const GrpcAuthoritySettings& settings, std::uint64_t gateway, const Clock& clock)
      : settings_(settings),
        clock_(clock),
        targets_(parse_authority_targets(settings.service).value()),
        checks_(settings.check_deadline, settings.max_checks, counters, completions_->queue()),
        owner_{.gateway = gateway,
               .state = [this](backend::AccessState state) { took(std::move(state)); },
               .ended = [this](std::shared_ptr<StateStream> stream,
                               const grpc::Status& status) { ended(std::move(stream), status); }},
        reports_(settings.max_reported_passwords),
        random_(std::random_device{}()) {
    thread_ = std::thread([this] { work(); });
  }

  void check(ByteView password, const backend::AccessSource& source, std::function<void(backend::CheckResult)> done) {
    std::shared_ptr<Stub> stub;
    {
      const std::lock_guard lock(mutex_);
      stub = stub_;
    }
    checks_.ask(std::move(stub), password, source, std::move(done));
  }
  void report(const std::vector<backend::UseReport>& uses);
  void stop();

  GrpcAuthorityCounters counters;
  StateRelay relay;

 private:
  struct ReportCall {
    std::shared_ptr<Stub> stub;
    grpc::ClientContext context;
    auth::v1::ReportUseRequest request;
    auth::v1::ReportUseResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<auth::v1::ReportUseResponse>> reader;
  };

  void work();
  // All with the lock held, which they may release meanwhile. Whether something was done.
  bool begin_attempt(std::unique_lock<std::mutex>& lock, RealTime now);
  bool give_up_attempt(std::unique_lock<std::mutex>& lock, RealTime now);
  bool send_report(std::unique_lock<std::mutex>& lock, RealTime now);
  // With the lock held.
  [[nodiscard]] std::optional<RealTime> next_look() const;
  std::chrono::milliseconds grown(std::chrono::milliseconds& backoff);

  void took(backend::AccessState state);
  void ended(std::shared_ptr<StateStream> stream, const grpc::Status& status);
  void reported(bool ok);

  const GrpcAuthoritySettings settings_;
  const Clock& clock_;
  const std::vector<AuthorityTarget> targets_;
  const std::shared_ptr<rpc::CompletionThread> completions_ = rpc::CompletionThread::shared();
  PasswordChecks checks_;
  const StateStream::Owner owner_;

  std::mutex mutex_;
  std::condition_variable wake_;     // the thread: something may be due
  std::condition_variable changed_;  // stop(): something ended
  // Guarded by mutex_.
  std::size_t target_ = 0;               // of the attempt, or of the next one
  std::shared_ptr<Stub> stub_;           // of the attempt that was begun last
  std::shared_ptr<StateStream> stream_;  // a null pointer: none now
  std::size_t unfinished_ = 0;           // streams and reports, until nothing of them is left
  bool up_ = false;                      // a state came by the stream
  bool given_up_ = false;                // the stream was cancelled
  bool failing_ = false;                 // since it was up last; the log says so once
  RealTime attempt_until_;
  RealTime next_attempt_;
  std::chrono::milliseconds backoff_{0};
  UseReports reports_;
  std::shared_ptr<ReportCall> report_call_;  // a null pointer: none is under way
  rpc::MemberCompletion<Impl> reported_{*this, &Impl::reported};
  RealTime next_report_;
  std::chrono::milliseconds report_backoff_{0};
  bool stopping_ = false;  // reports are still sent
  bool over_ = false;      // nothing is begun any more
  std::minstd_rand random_;

  std::thread thread_;
};

// --- the thread

void GrpcAccessAuthority::Impl::work() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    const auto now = std::chrono::steady_clock::now();
    // What releases the lock may have missed something.
    if (begin_attempt(lock, now) || give_up_attempt(lock, now) || send_report(lock, now)) continue;
    if (const auto time = next_look()) {
      wake_.wait_until(lock, *time);
    } else {
      wake_.wait(lock);
    }
  }
}

std::optional<RealTime> GrpcAccessAuthority::Impl::next_look() const {
  std::optional<RealTime> out;
  const auto at = [&out](RealTime time) { out = out ? std::min(*out, time) : time; };
  if (!stream_ && !stopping_) at(next_attempt_);
  if (stream_ && !up_ && !given_up_) at(attempt_until_);
  if (up_ && !report_call_ && !reports_.empty()) at(next_report_);
  return out;
}

std::chrono::milliseconds GrpcAccessAuthority::Impl::grown(std::chrono::milliseconds& backoff) {
  backoff = std::clamp(backoff * 2, settings_.backoff_first, settings_.backoff_last);
  // Between half and all of it, so that gateways do not come all at once.
  std::uniform_int_distribution<std::chrono::milliseconds::rep> part(backoff.count() / 2, backoff.count());
  return std::chrono::milliseconds(part(random_));
}

// --- the stream

bool GrpcAccessAuthority::Impl::begin_attempt(std::unique_lock<std::mutex>& lock, RealTime now) {
  if (stream_ || stopping_ || now < next_attempt_) return false;
  const auto& target = targets_[target_];
  auto channel = rpc::make_channel({.target = target.target,
                                    .authority = target.authority,
                                    .tls = settings_.tls,
                                    .keepalive_time = settings_.keepalive_time,
                                    .keepalive_timeout = settings_.keepalive_timeout,
                                    .backoff_first = settings_.backoff_first,
                                    .backoff_last = settings_.backoff_last,
                                    .callbacks = false});
  if (!channel) {
    ++counters.watch_failures;
    if (!std::exchange(failing_, true)) log::error("cannot use the certificate of the gateway", channel.error());
    next_attempt_ = now + grown(backoff_);
    return true;
  }
  stub_ = auth::v1::AuthService::NewStub(*channel);
  stream_ = std::make_shared<StateStream>(owner_, stub_);
  given_up_ = false;
  attempt_until_ = now + settings_.watch_timeout;
  ++unfinished_;
  const auto stream = stream_;
  lock.unlock();
  stream->start(completions_->queue());
  lock.lock();
  return true;
}

bool GrpcAccessAuthority::Impl::give_up_attempt(std::unique_lock<std::mutex>& lock, RealTime now) {
  if (!stream_ || up_ || given_up_ || now < attempt_until_) return false;
  given_up_ = true;
  const auto stream = stream_;
  lock.unlock();
  stream->cancel();
  lock.lock();
  return true;
}

void GrpcAccessAuthority::Impl::took(backend::AccessState state) {
  ++counters.states;
  relay.update(std::move(state));
  const std::lock_guard lock(mutex_);
  if (std::exchange(up_, true)) return;
  ++counters.watched;
  counters.connected = 1;
  failing_ = false;
  backoff_ = report_backoff_ = std::chrono::milliseconds(0);
  next_report_ = {};
  log::info("watching the auth service", {{"target", targets_[target_].target}});
  wake_.notify_all();
}

void GrpcAccessAuthority::Impl::ended(std::shared_ptr<StateStream> stream, const grpc::Status& status) {
  counters.connected = 0;
  relay.lost();
  std::unique_lock lock(mutex_);
  stream_.reset();
  const bool was_up = std::exchange(up_, false);
  ++(was_up ? counters.lost : counters.watch_failures);
  const bool said_already = !was_up && std::exchange(failing_, true);
  if (!stopping_ && !said_already) {
    log::warning(was_up ? "lost the auth service" : "cannot watch the auth service",
                 {{"target", targets_[target_].target}, {"cause", status.error_message()}});
  }
  target_ = (target_ + 1) % targets_.size();
  next_attempt_ = std::chrono::steady_clock::now() + grown(backoff_);
  wake_.notify_all();
  changed_.notify_all();
  lock.unlock();
  stream.reset();
  lock.lock();
  --unfinished_;
  changed_.notify_all();
}

// --- reports

void GrpcAccessAuthority::Impl::report(const std::vector<backend::UseReport>& uses) {
  const std::lock_guard lock(mutex_);
  if (stopping_) {
    for (const auto& use : uses) counters.queues_dropped += use.queues;
    return;
  }
  counters.queues_dropped += reports_.add(uses);
  counters.queues_unreported = reports_.queues();
  wake_.notify_all();
}

bool GrpcAccessAuthority::Impl::send_report(std::unique_lock<std::mutex>& lock, RealTime now) {
  if (!up_ || report_call_ || now < next_report_) return false;
  const auto* report = reports_.next();
  if (report == nullptr) return false;
  auto call = std::make_shared<ReportCall>();
  call->stub = stub_;
  call->request.set_gateway(owner_.gateway);
  call->request.set_number(report->number);
  const auto day = unix_seconds(clock_.system_now()) / kSecondsOfDay;
  for (const auto& each : report->uses) {
    auto& use = *call->request.add_uses();
    use.set_password_id(each.password_id);
    use.set_queues(each.queues);
    use.set_day(day);
  }
  rpc::set_timeout(call->context, settings_.report_deadline);
  report_call_ = call;
  ++unfinished_;
  lock.unlock();
  call->reader = call->stub->PrepareAsyncReportUse(&call->context, call->request, &completions_->queue());
  call->reader->StartCall();
  call->reader->Finish(&call->response, &call->status, reported_.tag());
  call.reset();
  lock.lock();
  return true;
}

void GrpcAccessAuthority::Impl::reported(bool /*ok*/) {
  std::unique_lock lock(mutex_);
  auto call = std::move(report_call_);
  const auto& status = call->status;
  if (status.ok()) {
    ++counters.reports;
    reports_.delivered();
    report_backoff_ = std::chrono::milliseconds(0);
  } else {
    ++counters.report_failures;
    if (status.error_code() == grpc::StatusCode::INVALID_ARGUMENT) {
      // It never will be taken, and others wait behind it.
      const auto before = reports_.queues();
      reports_.delivered();
      counters.queues_dropped += before - reports_.queues();
      log::error("the auth service refused a report of use", {{"cause", status.error_message()}});
    }
    next_report_ = std::chrono::steady_clock::now() + grown(report_backoff_);
  }
  counters.queues_unreported = reports_.queues();
  wake_.notify_all();
  changed_.notify_all();
  lock.unlock();
  call.reset();
  lock.lock();
  --unfinished_;
  changed_.notify_all();
}

// --- the end

void GrpcAccessAuthority::Impl::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  next_report_ = {};  // what failed is tried once more, now
  wake_.notify_all();
  changed_.wait_for(lock, settings_.stop_timeout, [this] { return !up_ || reports_.empty(); });
  over_ = true;
  auto stream = stream_;
  auto call = report_call_;
  wake_.notify_all();
  lock.unlock();
  if (thread_.joinable()) thread_.join();
  if (call) call->context.TryCancel();
  if (stream) stream->cancel();
  call.reset();
  stream.reset();
  checks_.stop();
  lock.lock();
  changed_.wait(lock, [this] { return unfinished_ == 0; });
  stub_.reset();
  if (const auto left = reports_.queues(); left > 0 && counters.queues_unreported.exchange(0) > 0) {
    counters.queues_dropped += left;
    log::warning("queues were created that the auth service does not know of", {{"queues", left}});
  }
}

// --- as others see it

Status GrpcAccessAuthority::check_settings(const GrpcAuthoritySettings& settings) {
  const auto targets = parse_authority_targets(settings.service);
  if (!targets) return targets.error();
  return ok_status();
}

GrpcAccessAuthority::GrpcAccessAuthority(const GrpcAuthoritySettings& settings, std::uint64_t gateway_id,
                                         const Clock& clock)
    : impl_(std::make_unique<Impl>(settings, gateway_id, clock)) {}

GrpcAccessAuthority::~GrpcAccessAuthority() {
  stop();
}

void GrpcAccessAuthority::check(ByteView password, const backend::AccessSource& source,
                                std::function<void(backend::CheckResult)> done) {
  impl_->check(password, source, std::move(done));
}

void GrpcAccessAuthority::report(std::vector<backend::UseReport> uses) {
  impl_->report(uses);
}

void GrpcAccessAuthority::watch(backend::AccessStateSink* sink) {
  impl_->relay.watch(sink);
}

bool GrpcAccessAuthority::healthy() const {
  return impl_->counters.connected > 0;
}

const GrpcAuthorityCounters& GrpcAccessAuthority::counters() const {
  return impl_->counters;
}

void GrpcAccessAuthority::stop() {
  impl_->stop();
}

}  // namespace sotto::gateway
