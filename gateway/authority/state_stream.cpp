#include "gateway/authority/state_stream.hpp"

#include <utility>

#include "libs/contract/access.hpp"

namespace sotto::gateway {

StateStream::StateStream(const Owner& owner, std::shared_ptr<auth::v1::AuthService::Stub> stub)
    : owner_(owner), stub_(std::move(stub)) {
  request_.set_gateway(owner_.gateway);
}

void StateStream::start() {
  self_ = shared_from_this();
  stub_->async()->Watch(&context_, &request_, this);
  StartRead(&response_);
  StartCall();
}

void StateStream::OnReadDone(bool ok) {
  if (!ok) return;
  owner_.state(contract::from_proto(response_));
  StartRead(&response_);
}

void StateStream::OnDone(const grpc::Status& status) {
  const auto& owner = owner_;  // outlives this
  owner.ended(std::move(self_), status);
}

}  // namespace sotto::gateway
