// QueueAdmin over the real domain, in memory.
#include "services/queue/api/admin_service.hpp"

#include <grpcpp/channel.h>

#include <future>

#include <gtest/gtest.h>

#include "libs/backend/notification_backend.hpp"
#include "libs/contract/values.hpp"
#include "libs/crypto/random.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/rpc/deadline.hpp"
#include "libs/rpc/status.hpp"
#include "services/queue/api/test_replica.hpp"
#include "services/queue/domain/group_commit.hpp"
#include "services/queue/domain/in_process_directory.hpp"
#include "services/queue/domain/test_values.hpp"
#include "services/queue/storage/memory/memory_queue_store.hpp"

namespace sotto::queue {
namespace {

using namespace std::chrono_literals;

class NoNotifications final : public backend::NotificationBackend {
 public:
  void push(const backend::NotifierRef& /*notifier*/, backend::Notification /*notification*/) override {}
  void subscribe(const backend::NotifierRef& /*notifier*/, std::optional<backend::NotifierRef> /*former*/,
                 backend::SessionRef /*session*/, bool /*resume*/, std::function<void()> registered) override {
    registered();
  }
  void subscribe_service(const backend::Service& /*service*/, backend::SessionRef /*session*/, bool /*resume*/,
                         std::function<void()> registered) override {
    registered();
  }
  void remove(const backend::NotifierRef& /*notifier*/, backend::SessionRef /*by*/) override {}
  void end_session(backend::SessionRef /*session*/) override {}
};

class AdminServiceTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
  void SetUp() override {
    auto transaction = store_.begin({}).value();
    queue_ = values_.record();
    queue_.sender_key = values_.key();
    ASSERT_TRUE(transaction->insert(queue_).ok());
    ASSERT_TRUE(transaction->append(queue_.recipient_id, values_.message(), false).ok());
    blocked_ = values_.record();
    blocked_.status = backend::QueueStatus::blocked;
    blocked_.blocking = {.reason = backend::BlockingReason::content, .notice_json = "{}"};
    ASSERT_TRUE(transaction->insert(blocked_).ok());
    ASSERT_TRUE(transaction->commit().ok());

    TestReplica::Options options;
    options.make_backend = [this](backend::EventSink& sink) {
      GroupCommitSettings settings;
      settings.expire_on_start = false;
      return std::make_unique<GroupCommit>(settings, store_, directory_, notifications_, sink, clock_);
    };
    options.hooks.totals = [this] { return store_.totals(); };
    options.hooks.expire_now = [this] {
      expiry_started_.set_value();
      return expiry_result_.get_future().get();
    };
    replica_.emplace(std::move(options));
    stub_ = v1::QueueAdmin::NewStub(rpc::make_channel({.target = "ipv4:" + replica_->address()}).value());
  }

  template <class Request, class Response>
  grpc::Status call(grpc::Status (v1::QueueAdmin::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    rpc::set_timeout(context, 30s);
    return (stub_.get()->*method)(&context, request, &response);
  }
  template <class Request, class IdType>
  static Request about(backend::Role role, const IdType& id) {
    Request request;
    contract::to_proto(contract::NamedId{.role = role, .id = id.bytes}, *request.mutable_id());
    return request;
  }
  template <class IdType>
  grpc::Status status_of(backend::Role role, const IdType& id, v1::GetQueueStatusResponse& response) {
    return call(&v1::QueueAdmin::Stub::GetQueueStatus, about<v1::GetQueueStatusRequest>(role, id), response);
  }
  template <class IdType>
  grpc::Status remove(backend::Role role, const IdType& id) {
    v1::DeleteQueueResponse response;
    return call(&v1::QueueAdmin::Stub::DeleteQueue, about<v1::DeleteQueueRequest>(role, id), response);
  }

  grpc::Status block(const SenderId& id, v1::BlockingReason reason, const std::string& notice) {
    auto request = about<v1::BlockQueueRequest>(backend::Role::sender, id);
    request.mutable_blocking()->set_reason(reason);
    request.mutable_blocking()->set_notice_json(notice);
    v1::BlockQueueResponse response;
    return call(&v1::QueueAdmin::Stub::BlockQueue, request, response);
  }
  grpc::Status unblock(const SenderId& id) {
    v1::UnblockQueueResponse response;
    return call(&v1::QueueAdmin::Stub::UnblockQueue, about<v1::UnblockQueueRequest>(backend::Role::sender, id),
                response);
  }

  TestValues values_;
  SystemClock clock_;
  MemoryQueueStore store_;
  InProcessDirectory directory_;
  NoNotifications notifications_;
  QueueRecord queue_;
  QueueRecord blocked_;
  std::promise<void> expiry_started_;
  std::promise<std::uint64_t> expiry_result_;
  std::optional<TestReplica> replica_;
  std::unique_ptr<v1::QueueAdmin::Stub> stub_;
};

TEST_F(AdminServiceTest, Totals) {
  v1::GetTotalsResponse response;
  ASSERT_TRUE(call(&v1::QueueAdmin::Stub::GetTotals, v1::GetTotalsRequest(), response).ok());
  EXPECT_EQ(response.queues(), 2U);
  EXPECT_EQ(response.messages(), 1U);
}

TEST_F(AdminServiceTest, StatusOfAQueueByAnyOfItsIds) {
  v1::GetQueueStatusResponse response;
  ASSERT_TRUE(status_of(backend::Role::sender, queue_.sender_id, response).ok());
  EXPECT_EQ(response.mode(), v1::QUEUE_MODE_MESSAGING);
  EXPECT_EQ(response.status(), v1::QUEUE_STATUS_ACTIVE);
  EXPECT_TRUE(response.secured());
  EXPECT_FALSE(response.has_notifier());
  EXPECT_FALSE(response.has_blocking());
  EXPECT_EQ(response.messages(), 1U);
  EXPECT_FALSE(response.subscribed());
  response.Clear();
  ASSERT_TRUE(status_of(backend::Role::recipient, blocked_.recipient_id, response).ok());
  EXPECT_EQ(response.status(), v1::QUEUE_STATUS_BLOCKED);
  EXPECT_EQ(response.blocking().reason(), v1::BLOCKING_REASON_CONTENT);
  EXPECT_FALSE(response.has_messages());
}

TEST_F(AdminServiceTest, WrongIdsAreRefused) {
  v1::GetQueueStatusResponse response;
  const auto unknown = status_of(backend::Role::recipient, values_.id<RecipientId>(), response);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(rpc::to_error(unknown).code, ErrorCode::not_found);
  const auto none = call(&v1::QueueAdmin::Stub::GetQueueStatus, v1::GetQueueStatusRequest(), response);
  EXPECT_EQ(none.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(AdminServiceTest, DeletesAQueueBlockedOrNot) {
  EXPECT_TRUE(remove(backend::Role::sender, queue_.sender_id).ok());
  EXPECT_EQ(remove(backend::Role::sender, queue_.sender_id).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(store_.totals().queues, 1U);
  EXPECT_TRUE(remove(backend::Role::recipient, blocked_.recipient_id).ok());
  EXPECT_EQ(store_.totals().queues, 0U);
  EXPECT_EQ(store_.totals().messages, 0U);
}

TEST_F(AdminServiceTest, BlocksAQueueAndUnblocksIt) {
  ASSERT_TRUE(block(queue_.sender_id, v1::BLOCKING_REASON_CONTENT, R"({"ttl": 3600})").ok());
  v1::GetQueueStatusResponse response;
  ASSERT_TRUE(status_of(backend::Role::recipient, queue_.recipient_id, response).ok());
  EXPECT_EQ(response.status(), v1::QUEUE_STATUS_BLOCKED);
  EXPECT_EQ(response.blocking().reason(), v1::BLOCKING_REASON_CONTENT);
  EXPECT_EQ(response.blocking().notice_json(), R"({"ttl":3600})");
  EXPECT_FALSE(response.has_messages());
  EXPECT_FALSE(response.has_subscribed());

  ASSERT_TRUE(block(queue_.sender_id, v1::BLOCKING_REASON_SPAM, "").ok());
  response.Clear();
  ASSERT_TRUE(status_of(backend::Role::recipient, queue_.recipient_id, response).ok());
  EXPECT_EQ(response.blocking().reason(), v1::BLOCKING_REASON_SPAM);
  EXPECT_EQ(response.blocking().notice_json(), "");

  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(unblock(queue_.sender_id).ok());
    response.Clear();
    ASSERT_TRUE(status_of(backend::Role::recipient, queue_.recipient_id, response).ok());
    EXPECT_EQ(response.status(), v1::QUEUE_STATUS_ACTIVE);
    EXPECT_FALSE(response.has_blocking());
    EXPECT_EQ(response.messages(), 1U) << "what was accepted before is there";
  }
}

TEST_F(AdminServiceTest, WrongBlocksAreRefused) {
  const auto notice = block(queue_.sender_id, v1::BLOCKING_REASON_SPAM, R"({"ttl":-1})");
  EXPECT_EQ(notice.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(rpc::to_error(notice).code, ErrorCode::invalid_argument);
  EXPECT_NE(notice.error_message().find("ttl"), std::string::npos) << notice.error_message();
  EXPECT_EQ(block(queue_.sender_id, static_cast<v1::BlockingReason>(9), "").error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  v1::BlockQueueResponse blocked;
  EXPECT_EQ(call(&v1::QueueAdmin::Stub::BlockQueue, v1::BlockQueueRequest(), blocked).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  v1::UnblockQueueResponse unblocked;
  EXPECT_EQ(call(&v1::QueueAdmin::Stub::UnblockQueue, v1::UnblockQueueRequest(), unblocked).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  const auto nobody = values_.id<SenderId>();
  EXPECT_EQ(block(nobody, v1::BLOCKING_REASON_SPAM, "").error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(unblock(nobody).error_code(), grpc::StatusCode::NOT_FOUND);
  v1::GetQueueStatusResponse response;
  ASSERT_TRUE(status_of(backend::Role::sender, queue_.sender_id, response).ok());
  EXPECT_EQ(response.status(), v1::QUEUE_STATUS_ACTIVE);
}

TEST_F(AdminServiceTest, OneExpiryRunAtATime) {
  v1::ExpireNowResponse response;
  auto first = std::async(std::launch::async,
                          [&] { return call(&v1::QueueAdmin::Stub::ExpireNow, v1::ExpireNowRequest(), response); });
  expiry_started_.get_future().wait();
  v1::ExpireNowResponse second;
  EXPECT_EQ(call(&v1::QueueAdmin::Stub::ExpireNow, v1::ExpireNowRequest(), second).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  expiry_result_.set_value(42);
  EXPECT_TRUE(first.get().ok());
  EXPECT_EQ(response.messages(), 42U);
}

}  // namespace
}  // namespace sotto::queue
