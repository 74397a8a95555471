#include "gateway/authority/state_stream.hpp"

#include <utility>

#include "libs/contract/access.hpp"

namespace sotto::gateway {

StateStream::StateStream(const Owner& owner, std::shared_ptr<auth::v1::AuthService::Stub> stub)
    : owner_(owner), stub_(std::move(stub)) {
  request_.set_gateway(owner_.gateway);
}

void StateStream::start(grpc::CompletionQueue& completions) {
  self_ = shared_from_this();
  call_ = stub_->PrepareAsyncWatch(&context_, request_, &completions);
  call_->StartCall(started_.tag());
}

void StateStream::read_or_finish(bool ok) {
  if (ok) {
    call_->Read(&response_, read_.tag());
  } else {
    call_->Finish(&status_, finished_.tag());
  }
}

void StateStream::on_started(bool ok) {
  read_or_finish(ok);
}

void StateStream::on_read(bool ok) {
  if (ok) owner_.state(contract::from_proto(response_));
  read_or_finish(ok);
}

void StateStream::on_finished(bool /*ok*/) {
  const auto& owner = owner_;  // outlives this, and `ended` lets go of it
  const auto status = std::move(status_);
  owner.ended(std::move(self_), status);
}

}  // namespace sotto::gateway
