#include "gateway/authority/password_checks.hpp"

#include <grpcpp/client_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <string>
#include <utility>
#include <vector>

#include "libs/base/secret.hpp"
#include "libs/contract/access.hpp"
#include "libs/rpc/completion_thread.hpp"
#include "libs/rpc/deadline.hpp"

namespace sotto::gateway {

using backend::AccessDecision;
using backend::CheckResult;

struct PasswordChecks::Call {
  explicit Call(PasswordChecks& asker) : checks(asker) {}

  PasswordChecks& checks;
  std::shared_ptr<auth::v1::AuthService::Stub> stub;
  std::function<void(CheckResult)> done;
  grpc::ClientContext context;
  auth::v1::CheckPasswordRequest request;
  auth::v1::CheckPasswordResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<auth::v1::CheckPasswordResponse>> reader;
  rpc::MemberCompletion<Call> finished{*this, &Call::on_finished};

  void on_finished(bool /*ok*/) { checks.answered(*this); }
  ~Call() {
    auto& password = *request.mutable_password();
    wipe({reinterpret_cast<std::uint8_t*>(password.data()), password.size()});
  }
};

void PasswordChecks::ask(std::shared_ptr<auth::v1::AuthService::Stub> stub, ByteView password,
                         const backend::AccessSource& source, std::function<void(CheckResult)> done) {
  ++counters_.checks;
  auto call = std::make_shared<Call>(*this);
  call->stub = std::move(stub);
  call->done = std::move(done);
  call->request.set_password(password.data(), password.size());
  if (source) call->request.set_source(source->data(), source->size());
  rpc::set_timeout(call->context, deadline_);
  {
    std::unique_lock lock(mutex_);
    if (stopping_ || !call->stub || running_ >= most_) {
      lock.unlock();
      ++counters_.checks_failed;
      return call->done({});
    }
    ++running_;
    calls_.emplace(call.get(), call);
  }
  ++counters_.checks_in_flight;
  call->reader = call->stub->PrepareAsyncCheckPassword(&call->context, call->request, &completions_);
  call->reader->StartCall();
  call->reader->Finish(&call->response, &call->status, call->finished.tag());
}

void PasswordChecks::answered(const Call& asked) {
  std::shared_ptr<Call> call;
  {
    const std::lock_guard lock(mutex_);
    call = std::move(calls_.extract(&asked).mapped());
  }
  const auto& status = call->status;
  CheckResult result;
  if (status.ok()) {
    result = contract::from_proto(call->response);
  } else if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
    result.decision = AccessDecision::too_many_attempts;
  }
  if (result.decision == AccessDecision::unknown) ++counters_.checks_failed;
  --counters_.checks_in_flight;
  call->done(std::move(result));
  call->done = nullptr;  // what it holds goes before stop() returns
  call.reset();
  const std::lock_guard lock(mutex_);
  --running_;
  all_answered_.notify_all();
}

void PasswordChecks::stop() {
  std::vector<std::shared_ptr<Call>> calls;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [call, shared] : calls_) calls.push_back(shared);
  }
  for (const auto& call : calls) call->context.TryCancel();
  std::unique_lock lock(mutex_);
  all_answered_.wait(lock, [this] { return running_ == 0; });
}

}  // namespace sotto::gateway
