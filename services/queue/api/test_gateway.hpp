// A gateway that says exactly what a test wants: one stream, frame by frame, on the test's own thread. Tests only.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <sotto/queue/v1/queue.grpc.pb.h>

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "libs/contract/events.hpp"
#include "libs/contract/operations.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/rpc/deadline.hpp"

namespace sotto::queue {

class TestGateway {
 public:
  using Item = v1::ServiceFrame::Item;

  // Attaches, but says nothing yet.
  explicit TestGateway(const std::string& address)
      : channel_(rpc::make_channel({.target = "ipv4:" + address}).value()), stub_(v1::QueueService::NewStub(channel_)) {
    // No test may hang.
    rpc::set_timeout(context_, std::chrono::seconds(60));
    stream_ = stub_->Attach(&context_);
  }
  // Says Hello and takes Welcome.
  TestGateway(const std::string& address, std::uint64_t id) : TestGateway(address) {
    hello(id, contract::kProtocol);
    welcome_ = next();
  }
  TestGateway(const TestGateway&) = delete;
  TestGateway& operator=(const TestGateway&) = delete;
  ~TestGateway() { context_.TryCancel(); }

  bool hello(std::uint64_t id, std::uint32_t protocol) {
    v1::GatewayFrame frame;
    frame.mutable_hello()->set_gateway(id);
    frame.mutable_hello()->set_protocol(protocol);
    frame.mutable_hello()->set_name("test");
    return send(frame);
  }
  bool send(const v1::GatewayFrame& frame) { return stream_->Write(frame); }
  static void add(v1::GatewayFrame& frame, std::uint64_t number, std::uint64_t connection,
                  const std::vector<backend::Operation>& operations) {
    auto& batch = *frame.add_batches();
    batch.set_number(number);
    batch.set_connection(connection);
    for (const auto& operation : operations) contract::to_proto(operation, *batch.add_operations());
  }
  bool send_batch(std::uint64_t number, std::uint64_t connection, const std::vector<backend::Operation>& operations) {
    v1::GatewayFrame frame;
    add(frame, number, connection, operations);
    return send(frame);
  }

  // The next item; nothing when the stream has ended.
  std::optional<Item> next() {
    while (items_.empty()) {
      v1::ServiceFrame frame;
      if (!stream_->Read(&frame)) return std::nullopt;
      ++frames_;
      items_.insert(items_.end(), frame.items().begin(), frame.items().end());
    }
    Item item = std::move(items_.front());
    items_.pop_front();
    return item;
  }
  // The next one of a kind, without those before it.
  std::optional<Item> next(Item::WhatCase kind) {
    for (;;) {
      auto item = next();
      if (!item || item->what_case() == kind) return item;
    }
  }

  // Frames that were read.
  [[nodiscard]] std::uint64_t frames() const { return frames_; }

  void half_close() { stream_->WritesDone(); }
  // Reads to the end.
  grpc::Status finish() {
    while (next()) {
    }
    return stream_->Finish();
  }
  [[nodiscard]] bool welcomed() const { return welcome_ && welcome_->has_welcome(); }
  std::shared_ptr<grpc::Channel> channel() { return channel_; }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::QueueService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::GatewayFrame, v1::ServiceFrame>> stream_;
  std::deque<Item> items_;
  std::optional<Item> welcome_;
  std::uint64_t frames_ = 0;
};

}  // namespace sotto::queue
