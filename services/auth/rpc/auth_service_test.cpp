// The auth service as a gateway sees it: calls over real gRPC, on a Unix socket.
#include "services/auth/rpc/auth_service.hpp"

#include <grpcpp/channel.h>

#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/rpc/deadline.hpp"
#include "services/auth/rpc/test_auth_server.hpp"
#include "services/auth/rpc/test_authority.hpp"

namespace sotto::auth {
namespace {

using backend::AccessDecision;
using test::wait_until;

std::unique_ptr<v1::AuthService::Stub> connect(const std::string& address) {
  return v1::AuthService::NewStub(rpc::make_channel({.target = address}).value());
}

grpc::Status ask(v1::AuthService::Stub& stub, const std::string& password, v1::CheckPasswordResponse& response,
                 const std::string& source = "") {
  grpc::ClientContext context;
  rpc::set_timeout(context, std::chrono::seconds(60));
  v1::CheckPasswordRequest request;
  request.set_password(password);
  request.set_source(source);
  return stub.CheckPassword(&context, request, &response);
}

grpc::Status report(v1::AuthService::Stub& stub, std::uint64_t gateway, std::uint64_t number, const std::string& id,
                    std::uint64_t queues) {
  grpc::ClientContext context;
  rpc::set_timeout(context, std::chrono::seconds(60));
  v1::ReportUseRequest request;
  request.set_gateway(gateway);
  request.set_number(number);
  auto& use = *request.add_uses();
  use.set_password_id(id);
  use.set_queues(queues);
  v1::ReportUseResponse response;
  return stub.ReportUse(&context, request, &response);
}

class Watcher {
 public:
  explicit Watcher(v1::AuthService::Stub& stub) : reader_(stub.Watch(&context_, v1::WatchRequest())) {}
  ~Watcher() {
    if (!reader_) return;
    context_.TryCancel();
    finish();
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Nothing: the stream is over.
  std::optional<v1::WatchResponse> next() {
    v1::WatchResponse response;
    if (!reader_->Read(&response)) return std::nullopt;
    return response;
  }
  // Reads until a state is as it should be.
  bool until(const std::function<bool(const v1::WatchResponse&)>& is) {
    while (const auto state = next()) {
      if (is(*state)) return true;
    }
    return false;
  }
  grpc::Status finish() {
    while (next()) continue;
    const auto reader = std::move(reader_);
    return reader->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> reader_;
};

class BookOverGrpc : public TestAuthBook {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
  std::unique_ptr<v1::AuthService::Stub> stub = connect(address());
};

TEST_F(BookOverGrpc, SaysWhatAPasswordIsWorth) {
  const auto made = create("team-a");
  v1::CheckPasswordResponse response;
  ASSERT_TRUE(ask(*stub, std::string(made.secret->expose()), response).ok());
  EXPECT_EQ(response.decision(), v1::DECISION_ALLOWED);
  EXPECT_EQ(response.password_id(), made.password.id);
  EXPECT_EQ(response.generation(), book->state().generation);
  EXPECT_FALSE(response.guessable());
  EXPECT_FALSE(response.superseded());

  ASSERT_TRUE(ask(*stub, "guess", response, std::string(16, 's')).ok());
  EXPECT_EQ(response.decision(), v1::DECISION_WRONG_PASSWORD);
  EXPECT_EQ(response.password_id(), "");
  EXPECT_EQ(limits.sources(), 1U);
  ASSERT_TRUE(ask(*stub, "", response).ok());
  EXPECT_EQ(response.decision(), v1::DECISION_MISSING_PASSWORD);
  EXPECT_EQ(ask(*stub, "guess", response, "short").error_code(), grpc::StatusCode::INVALID_ARGUMENT);

  const auto rotated = admin->rotate(anna, made.password.id, std::chrono::hours(1), std::nullopt, {});
  ASSERT_TRUE(rotated);
  ASSERT_TRUE(ask(*stub, std::string(made.secret->expose()), response).ok());
  EXPECT_EQ(response.decision(), v1::DECISION_ALLOWED);
  EXPECT_TRUE(response.superseded());
  EXPECT_EQ(response.valid_until(), rotated->before.expires);
}

// Hardened by a thread of the book.
TEST_F(BookOverGrpc, AChosenPasswordIsGuessable) {
  ASSERT_TRUE(admin->create(anna, {.label = "team-a", .own = SecretString("correct-horse-battery")}, {}));
  v1::CheckPasswordResponse response;
  ASSERT_TRUE(ask(*stub, "correct-horse-battery", response).ok());
  EXPECT_EQ(response.decision(), v1::DECISION_ALLOWED);
  EXPECT_TRUE(response.guessable());
}

TEST_F(BookOverGrpc, EveryStreamHasTheStateNowAndEachChange) {
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < 20; ++i) {
    watchers.push_back(std::make_unique<Watcher>(*stub));
    const auto state = watchers.back()->next();
    ASSERT_TRUE(state);
    EXPECT_TRUE(state->open());
  }
  ASSERT_TRUE(admin->create(anna, {.label = "team-a", .daily_limit = 5}, {}));
  for (auto& watcher : watchers) {
    const auto state = watcher->next();
    ASSERT_TRUE(state);
    EXPECT_FALSE(state->open());
    ASSERT_EQ(state->passwords_size(), 1);
    EXPECT_EQ(state->passwords(0).remaining(), 5U);
  }
  EXPECT_EQ(server->service.watching(), 20U);
  watchers.clear();
  wait_until("the streams are over", [&] { return server->service.watching() == 0; });
}

TEST_F(BookOverGrpc, AReportIsCountedOnce) {
  const auto made = admin->create(anna, {.label = "team-a", .daily_limit = 10}, {});
  ASSERT_TRUE(made);
  Watcher watcher(*stub);
  const auto& id = made->password.id;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(report(*stub, 7, 1, id, 3).ok());
  EXPECT_TRUE(report(*stub, 8, 1, id, 1).ok());
  EXPECT_TRUE(report(*stub, 7, 2, id, 2).ok());
  EXPECT_TRUE(watcher.until([](const auto& state) { return state.passwords(0).remaining() == 4; }));
  EXPECT_EQ(server->service.counters().reports, 3U);
  EXPECT_EQ(server->service.counters().reports_repeated, 2U);
  EXPECT_EQ(report(*stub, 0, 1, id, 1).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(report(*stub, 7, 0, id, 1).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  server->service.stop();
  EXPECT_EQ(report(*stub, 7, 3, id, 1).error_code(), grpc::StatusCode::UNAVAILABLE);
  book->stop();
  EXPECT_EQ(store.load()->passwords.front().uses, 6U);
}

class ScriptedOverGrpc : public testing::Test {
 protected:
  ScriptedOverGrpc() { authority.tell(1); }

  ScriptedAuthority authority;
  TestAuthServer server{"127.0.0.1:0", authority};
  std::unique_ptr<v1::AuthService::Stub> stub = connect(server.address());
};

TEST_F(ScriptedOverGrpc, PasswordAndSourceArriveAsTheyAre) {
  const std::string password("p\0\xff", 3);
  authority.answer({AccessDecision::daily_limit, "id", 7, true});
  v1::CheckPasswordResponse response;
  ASSERT_TRUE(ask(*stub, password, response, std::string("\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2", 16)).ok());
  EXPECT_EQ(authority.password(), password);
  ASSERT_TRUE(authority.source());
  EXPECT_EQ(authority.source()->front(), 1);
  EXPECT_EQ(authority.source()->back(), 2);
  EXPECT_EQ(response.decision(), v1::DECISION_DAILY_LIMIT);
  EXPECT_EQ(response.password_id(), "id");
  EXPECT_EQ(response.generation(), 7U);
  ASSERT_TRUE(ask(*stub, password, response).ok());
  EXPECT_FALSE(authority.source());
}

TEST_F(ScriptedOverGrpc, WhatIsNotKnownIsAnError) {
  v1::CheckPasswordResponse response;
  EXPECT_EQ(ask(*stub, "password", response).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ScriptedOverGrpc, AnAuthorityThatIsLostEndsTheStreams) {
  Watcher before(*stub);
  ASSERT_TRUE(before.next());
  authority.lose();
  EXPECT_EQ(before.finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  Watcher after(*stub);
  wait_until("the stream is there", [&] { return server.service.watching() == 1; });
  authority.tell(5);
  const auto state = after.next();
  ASSERT_TRUE(state);
  EXPECT_EQ(state->generation(), 5U);
}

TEST_F(ScriptedOverGrpc, WhoReadsSlowlyHasTheNewestState) {
  constexpr std::uint64_t kLast = 100;
  Watcher watcher(*stub);
  ASSERT_TRUE(watcher.next());
  backend::AccessState state;
  state.proxy_destinations = {std::string(1 << 20, 'x')};
  for (state.generation = 2; state.generation < kLast; ++state.generation) authority.tell(state);
  authority.tell(state);
  std::uint64_t read = 0;
  std::uint64_t last = 1;
  while (last != kLast) {
    const auto next = watcher.next();
    ASSERT_TRUE(next);
    EXPECT_GT(next->generation(), last);
    last = next->generation();
    ++read;
  }
  EXPECT_LT(read, kLast / 2);
}

TEST_F(ScriptedOverGrpc, StopEndsStreamsAndTakesNoMore) {
  Watcher watcher(*stub);
  ASSERT_TRUE(watcher.next());
  server.service.stop();
  EXPECT_EQ(server.service.watching(), 0U);
  EXPECT_EQ(watcher.finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  Watcher late(*stub);
  EXPECT_EQ(late.finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  v1::CheckPasswordResponse response;
  EXPECT_EQ(ask(*stub, "password", response).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(authority.password(), "");
  authority.tell(2);  // nobody listens
}

// The gateway that does not read the end of its stream is cut off.
TEST_F(ScriptedOverGrpc, StopDoesNotWaitForOneWhoDoesNotRead) {
  Watcher watcher(*stub);
  ASSERT_TRUE(watcher.next());
  backend::AccessState state;
  state.proxy_destinations = {std::string(1 << 20, 'x')};
  for (state.generation = 2; state.generation < 20; ++state.generation) authority.tell(state);
  server.service.stop();
  EXPECT_EQ(server.service.watching(), 0U);
}

TEST_F(ScriptedOverGrpc, ChecksThatAreUnderWayEndWithTheServer) {
  authority.hold();
  std::vector<std::future<grpc::Status>> asked;
  for (int i = 0; i < 10; ++i) {
    asked.push_back(std::async(std::launch::async, [this] {
      v1::CheckPasswordResponse response;
      return ask(*stub, "password", response);
    }));
  }
  wait_until("all are asked", [&] { return authority.held() == 10; });
  server.stop();
  for (auto& each : asked) EXPECT_FALSE(each.get().ok());
  authority.answer_held();  // goes nowhere
}

TEST(AuthServiceLimits, TooManyStreamsAreRefused) {
  ScriptedAuthority authority;
  authority.tell(1);
  TestAuthServer server("127.0.0.1:0", authority, {.max_watches = 1});
  const auto stub = connect(server.address());
  Watcher first(*stub);
  ASSERT_TRUE(first.next());
  Watcher second(*stub);
  EXPECT_EQ(second.finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace sotto::auth
