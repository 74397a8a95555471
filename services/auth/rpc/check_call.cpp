#include "services/auth/rpc/check_call.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "libs/base/secret.hpp"
#include "libs/contract/access.hpp"

namespace sotto::auth {

using backend::AccessDecision;

std::shared_ptr<CheckCall> CheckCall::begin(backend::AccessAuthority& authority, std::shared_ptr<WatchHub> hub,
                                            const v1::CheckPasswordRequest& request,
                                            v1::CheckPasswordResponse& response) {
  std::shared_ptr<CheckCall> call(new CheckCall(std::move(hub), response));
  call->self_ = call;
  call->ask(authority, request);
  return call;
}

void CheckCall::ask(backend::AccessAuthority& authority, const v1::CheckPasswordRequest& request) {
  if (hub_->stopped()) return end({grpc::StatusCode::UNAVAILABLE, "the auth service is stopping; ask another replica"});
  backend::AccessSource source;
  if (!request.source().empty()) {
    source.emplace();
    if (request.source().size() != source->size()) {
      return end({grpc::StatusCode::INVALID_ARGUMENT, "the digest of a source has 16 bytes"});
    }
    std::copy(request.source().begin(), request.source().end(), source->begin());
  }
  if (request.password().empty()) {
    const auto state = hub_->newest();
    return answered({AccessDecision::missing_password, {}, state ? state->generation() : 0, false});
  }
  authority.check(as_bytes(request.password()), source,
                  [call = shared_from_this()](const backend::CheckResult& result) { call->answered(result); });
}

void CheckCall::answered(const backend::CheckResult& result) {
  if (result.decision == AccessDecision::unknown) {
    return end({grpc::StatusCode::UNAVAILABLE, "the auth service does not know now; ask again"});
  }
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true)) return;
    contract::to_proto(result, response_);
    if (const auto state = hub_->newest()) {
      for (const auto& valid : state->passwords()) {
        if (valid.password_id() != result.password_id) continue;
        response_.set_valid_until(valid.valid_until());
        response_.set_superseded(valid.superseded());
      }
    }
  }
  Finish(grpc::Status::OK);
}

void CheckCall::end(const grpc::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true)) return;
  }
  Finish(status);
}

void CheckCall::OnCancel() {
  end({grpc::StatusCode::CANCELLED, "given up"});
}

void CheckCall::OnDone() {
  std::shared_ptr<CheckCall> self;
  const std::lock_guard lock(mutex_);
  self.swap(self_);
}

namespace {

class WipedMessages final : public grpc::MessageHolder<v1::CheckPasswordRequest, v1::CheckPasswordResponse> {
 public:
  WipedMessages() {
    set_request(&request_);
    set_response(&response_);
  }
  ~WipedMessages() override {
    auto& password = *request_.mutable_password();
    wipe({reinterpret_cast<std::uint8_t*>(password.data()), password.size()});
  }
  void Release() override { delete this; }

 private:
  v1::CheckPasswordRequest request_;
  v1::CheckPasswordResponse response_;
};

}  // namespace

grpc::MessageHolder<v1::CheckPasswordRequest, v1::CheckPasswordResponse>* CheckMessages::AllocateMessages() {
  return new WipedMessages;
}

}  // namespace sotto::auth
