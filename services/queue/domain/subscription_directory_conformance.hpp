// The conformance suite of SubscriptionDirectory: what every directory must do. The test program of a directory
// includes this header in exactly one of its files, and instantiates the suite:
//
//   INSTANTIATE_TEST_SUITE_P(InProcess, SubscriptionDirectoryConformance,
//                            testing::Values(DirectoryUnderTest{"in_process", make_factory}), name_of_directory);
//
// One that several processes share instantiates SharedSubscriptionDirectoryConformance, too.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "libs/base/clock.hpp"
#include "services/queue/domain/subscription_directory.hpp"
#include "services/queue/domain/test_values.hpp"

namespace sotto::queue {

// One per test: where the subscriptions of that test are.
class DirectoryFactory {
 public:
  virtual ~DirectoryFactory() = default;
  // The first call gives an empty directory. When it is shared, the next ones give further objects over the same
  // subscriptions, as other processes have them; otherwise there are no next ones.
  virtual std::unique_ptr<SubscriptionDirectory> open() = 0;
};

struct DirectoryUnderTest {
  std::string name;
  std::function<std::unique_ptr<DirectoryFactory>()> make_factory;
  friend void PrintTo(const DirectoryUnderTest& directory, std::ostream* out) { *out << directory.name; }
};

inline std::string name_of_directory(const testing::TestParamInfo<DirectoryUnderTest>& info) {
  return info.param.name;
}

class SubscriptionDirectoryConformance : public testing::TestWithParam<DirectoryUnderTest> {
 protected:
  using Kind = DirectoryRequest::Kind;
  using Answers = std::vector<std::optional<SessionRef>>;

  void SetUp() override {
    factory_ = GetParam().make_factory();
    directory_ = factory_->open();
    ASSERT_NE(directory_, nullptr);
  }

  // The greater number is the newer connection, whichever the gateway.
  static constexpr SessionRef session(std::uint64_t connection, std::uint64_t gateway = 3) {
    return {.gateway = gateway, .connection = connection};
  }
  static Answers execute(SubscriptionDirectory& directory, const std::vector<DirectoryRequest>& requests) {
    auto answers = directory.execute(requests);
    if (!answers) {
      ADD_FAILURE() << "the directory failed: " << answers.error().message;
      return Answers(requests.size());
    }
    EXPECT_EQ(answers->size(), requests.size());
    answers->resize(requests.size());
    return std::move(answers).value();
  }
  Answers execute(const std::vector<DirectoryRequest>& requests) { return execute(*directory_, requests); }

  std::optional<SessionRef> subscribe(const RecipientId& queue, SessionRef who) {
    return execute({{Kind::subscribe, queue, who}})[0];
  }
  std::optional<SessionRef> resume(const RecipientId& queue, SessionRef who) {
    return execute({{Kind::resume, queue, who}})[0];
  }
  std::optional<SessionRef> claim(const RecipientId& queue, SessionRef who) {
    return execute({{Kind::claim, queue, who}})[0];
  }
  std::optional<SessionRef> unsubscribe(const RecipientId& queue) {
    return execute({{Kind::unsubscribe, queue, {}}})[0];
  }
  std::optional<SessionRef> look(const RecipientId& queue) { return execute({{Kind::look, queue, {}}})[0]; }
  // end_session() may be done later: waits until the queue has this subscriber.
  void expect_soon(const RecipientId& queue, std::optional<SessionRef> expected) {
    const SystemClock clock;
    const SteadyTime deadline = clock.steady_now() + std::chrono::seconds(10);
    while (look(queue) != expected && clock.steady_now() < deadline) {
    }
    EXPECT_EQ(look(queue), expected);
  }

  TestValues values_;
  std::unique_ptr<DirectoryFactory> factory_;
  std::unique_ptr<SubscriptionDirectory> directory_;
  const RecipientId queue_ = values_.id<RecipientId>();
  const RecipientId other_ = values_.id<RecipientId>();
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SubscriptionDirectoryConformance);

TEST_P(SubscriptionDirectoryConformance, NewDirectoryIsEmpty) {
  EXPECT_EQ(look(queue_), std::nullopt);
  EXPECT_EQ(unsubscribe(queue_), std::nullopt);
  EXPECT_TRUE(execute({}).empty());
}

TEST_P(SubscriptionDirectoryConformance, OneSubscriberPerQueue) {
  EXPECT_EQ(subscribe(queue_, session(1)), std::nullopt);
  EXPECT_EQ(look(queue_), session(1));
  EXPECT_EQ(look(other_), std::nullopt);
  EXPECT_EQ(subscribe(queue_, session(1)), session(1));
  EXPECT_EQ(subscribe(queue_, session(2)), session(1));
  EXPECT_EQ(look(queue_), session(2));
}

TEST_P(SubscriptionDirectoryConformance, AnOlderConnectionMaySubscribe) {
  subscribe(queue_, session(5));
  EXPECT_EQ(subscribe(queue_, session(2)), session(5));
  EXPECT_EQ(look(queue_), session(2));
}

TEST_P(SubscriptionDirectoryConformance, OnlyAQueueWithoutSubscriberCanBeClaimed) {
  EXPECT_EQ(claim(queue_, session(2)), session(2));
  EXPECT_EQ(claim(queue_, session(2)), session(2));
  EXPECT_EQ(claim(queue_, session(3)), session(2));
  EXPECT_EQ(claim(queue_, session(1)), session(2));
  EXPECT_EQ(look(queue_), session(2));
  directory_->end_session(session(2));
  expect_soon(queue_, std::nullopt);
  EXPECT_EQ(claim(queue_, session(1)), session(1));
}

TEST_P(SubscriptionDirectoryConformance, UnsubscribeAnswersTheOneThatWas) {
  subscribe(queue_, session(1));
  subscribe(other_, session(1));
  EXPECT_EQ(unsubscribe(queue_), session(1));
  EXPECT_EQ(unsubscribe(queue_), std::nullopt);
  EXPECT_EQ(look(queue_), std::nullopt);
  EXPECT_EQ(look(other_), session(1));
  EXPECT_EQ(subscribe(queue_, session(2)), std::nullopt);
}

TEST_P(SubscriptionDirectoryConformance, ResumeTakesWhatNobodyHas) {
  EXPECT_EQ(resume(queue_, session(1)), session(1));
  EXPECT_EQ(look(queue_), session(1));
}

TEST_P(SubscriptionDirectoryConformance, ResumeTakesOverFromAnOlderConnection) {
  subscribe(queue_, session(1));
  EXPECT_EQ(resume(queue_, session(2)), session(2));
  EXPECT_EQ(look(queue_), session(2));
}

TEST_P(SubscriptionDirectoryConformance, ResumeLeavesItToANewerConnection) {
  subscribe(queue_, session(2));
  EXPECT_EQ(resume(queue_, session(1)), session(2));
  EXPECT_EQ(look(queue_), session(2));
}

TEST_P(SubscriptionDirectoryConformance, ResumeAgainChangesNothing) {
  subscribe(queue_, session(1));
  EXPECT_EQ(resume(queue_, session(1)), session(1));
  EXPECT_EQ(look(queue_), session(1));
}

TEST_P(SubscriptionDirectoryConformance, WhichIsNewerDoesNotDependOnTheGateway) {
  subscribe(queue_, session(8, 1));
  EXPECT_EQ(resume(queue_, session(7, 2)), session(8, 1));
  EXPECT_EQ(resume(queue_, session(9, 0)), session(9, 0));
}

TEST_P(SubscriptionDirectoryConformance, NumbersAreComparedWithAllTheirBits) {
  constexpr std::uint64_t kBig = 0xfedc'ba98'7654'3210U;
  subscribe(queue_, session(kBig, ~0ULL));
  EXPECT_EQ(look(queue_), session(kBig, ~0ULL));
  EXPECT_EQ(resume(queue_, session(kBig - 1)), session(kBig, ~0ULL));
  EXPECT_EQ(resume(queue_, session(kBig + 1)), session(kBig + 1));
  subscribe(queue_, session(0x1'0000'0000U));
  EXPECT_EQ(resume(queue_, session(0xffff'ffffU)), session(0x1'0000'0000U));
  EXPECT_EQ(resume(queue_, session(0x1'0000'0001U)), session(0x1'0000'0001U));
  EXPECT_EQ(resume(queue_, session(0x8000'0000'0000'0000U)), session(0x8000'0000'0000'0000U));
}

TEST_P(SubscriptionDirectoryConformance, IdsHoldAnyBytes) {
  std::vector<RecipientId> queues;
  for (const char* text : {"{}", "}x{y}", "{ab}", "\r\n", ""}) {
    RecipientId queue;
    const ByteView bytes = as_bytes(text);
    std::copy(bytes.begin(), bytes.end(), queue.bytes.begin());
    queues.push_back(queue);
  }
  for (std::size_t i = 0; i < queues.size(); ++i) EXPECT_EQ(subscribe(queues[i], session(i)), std::nullopt);
  for (std::size_t i = 0; i < queues.size(); ++i) EXPECT_EQ(look(queues[i]), session(i));
}

TEST_P(SubscriptionDirectoryConformance, EndOfASessionTakesItsQueuesOnly) {
  const RecipientId taken = values_.id<RecipientId>();
  const RecipientId resumed = values_.id<RecipientId>();
  subscribe(taken, session(1));
  subscribe(queue_, session(1));
  resume(resumed, session(1));
  subscribe(other_, session(2));
  subscribe(taken, session(2));
  directory_->end_session(session(1));
  expect_soon(queue_, std::nullopt);
  expect_soon(resumed, std::nullopt);
  EXPECT_EQ(look(other_), session(2));
  EXPECT_EQ(look(taken), session(2));
  directory_->end_session(session(9));
  EXPECT_EQ(look(other_), session(2));
}

TEST_P(SubscriptionDirectoryConformance, EndOfASessionTakesWhatItSubscribedToAgain) {
  subscribe(queue_, session(1));
  subscribe(queue_, session(2));
  subscribe(queue_, session(1));
  unsubscribe(other_);
  subscribe(other_, session(1));
  unsubscribe(other_);
  subscribe(other_, session(1));
  directory_->end_session(session(1));
  expect_soon(queue_, std::nullopt);
  expect_soon(other_, std::nullopt);
}

TEST_P(SubscriptionDirectoryConformance, EndOfASessionTakesWhatItTookBackInOneCall) {
  execute({
      {Kind::subscribe, queue_, session(1)},
      {Kind::resume, queue_, session(2)},
      {Kind::subscribe, queue_, session(1)},
      {Kind::subscribe, other_, session(1)},
      {Kind::unsubscribe, other_, {}},
      {Kind::resume, other_, session(1)},
  });
  directory_->end_session(session(1));
  expect_soon(queue_, std::nullopt);
  expect_soon(other_, std::nullopt);
}

TEST_P(SubscriptionDirectoryConformance, SessionsOfTwoGatewaysAreDifferent) {
  subscribe(queue_, session(7, 1));
  subscribe(other_, session(7, 2));
  directory_->end_session(session(7, 2));
  expect_soon(other_, std::nullopt);
  EXPECT_EQ(look(queue_), session(7, 1));
}

TEST_P(SubscriptionDirectoryConformance, RequestsOfOneCallAreExecutedInOrder) {
  const Answers answers = execute({
      {Kind::look, queue_, {}},
      {Kind::subscribe, queue_, session(2)},
      {Kind::look, queue_, {}},
      {Kind::resume, queue_, session(1)},
      {Kind::subscribe, other_, session(4)},
      {Kind::resume, queue_, session(3)},
      {Kind::subscribe, queue_, session(1)},
      {Kind::unsubscribe, queue_, {}},
      {Kind::look, queue_, {}},
      {Kind::resume, queue_, session(1)},
      {Kind::look, other_, {}},
  });
  const Answers expected{std::nullopt, std::nullopt, session(2),   session(2), std::nullopt, session(3),
                         session(3),   session(1),   std::nullopt, session(1), session(4)};
  EXPECT_EQ(answers, expected);
  EXPECT_EQ(look(queue_), session(1));
}

TEST_P(SubscriptionDirectoryConformance, HundredsOfRequestsInOneCall) {
  std::vector<RecipientId> queues(700);
  std::vector<DirectoryRequest> requests;
  for (auto& queue : queues) {
    queue = values_.id<RecipientId>();
    requests.push_back({Kind::subscribe, queue, session(1)});
  }
  for (const auto& answer : execute(requests)) EXPECT_EQ(answer, std::nullopt);
  for (auto& request : requests) request = {Kind::resume, request.queue, session(2)};
  for (const auto& answer : execute(requests)) EXPECT_EQ(answer, session(2));
  for (auto& request : requests) request = {Kind::look, request.queue, {}};
  for (const auto& answer : execute(requests)) EXPECT_EQ(answer, session(2));
  directory_->end_session(session(1));
  directory_->end_session(session(2));
  for (const auto& queue : queues) expect_soon(queue, std::nullopt);
}

// Against the simplest directory there is: a map, searched from end to end.
TEST_P(SubscriptionDirectoryConformance, AgreesWithAMap) {
  std::map<RecipientId, SessionRef> model;
  std::vector<RecipientId> queues;
  for (int i = 0; i < 12; ++i) queues.push_back(values_.id<RecipientId>());
  const auto dice = [&](std::size_t sides) { return values_.bytes(1)[0] % sides; };
  for (int call = 0; call < 60; ++call) {
    std::vector<DirectoryRequest> requests;
    Answers expected;
    for (std::size_t i = dice(40); i-- > 0;) {
      const auto kind = static_cast<Kind>(dice(5));
      const DirectoryRequest request{kind, queues[dice(queues.size())], session(dice(6), dice(2))};
      const auto found = model.find(request.queue);
      std::optional<SessionRef> answer;
      if (found != model.end()) answer = found->second;
      if (kind == Kind::unsubscribe) model.erase(request.queue);
      if (kind == Kind::claim) answer = model.try_emplace(request.queue, request.session).first->second;
      if (kind == Kind::subscribe) model[request.queue] = request.session;
      if (kind == Kind::resume && !(answer && answer->connection > request.session.connection)) {
        answer = model[request.queue] = request.session;
      }
      requests.push_back(request);
      expected.push_back(answer);
    }
    ASSERT_EQ(execute(requests), expected);
  }
}

// ---- what several processes see of one directory

class SharedSubscriptionDirectoryConformance : public SubscriptionDirectoryConformance {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SharedSubscriptionDirectoryConformance);

TEST_P(SharedSubscriptionDirectoryConformance, TwoDirectoriesSeeEachOther) {
  const auto second = factory_->open();
  EXPECT_EQ(subscribe(queue_, session(1)), std::nullopt);
  EXPECT_EQ(execute(*second, {{Kind::look, queue_, {}}})[0], session(1));
  EXPECT_EQ(execute(*second, {{Kind::subscribe, queue_, session(2)}})[0], session(1));
  EXPECT_EQ(look(queue_), session(2));
  EXPECT_EQ(resume(queue_, session(1)), session(2));
  EXPECT_EQ(execute(*second, {{Kind::unsubscribe, queue_, {}}})[0], session(2));
  EXPECT_EQ(look(queue_), std::nullopt);
}

TEST_P(SharedSubscriptionDirectoryConformance, EndOfASessionLeavesWhatAnotherDirectoryGaveAway) {
  const auto second = factory_->open();
  subscribe(queue_, session(1));
  subscribe(other_, session(1));
  execute(*second, {{Kind::subscribe, queue_, session(2)}});
  directory_->end_session(session(1));
  expect_soon(other_, std::nullopt);
  EXPECT_EQ(look(queue_), session(2));
}

TEST_P(SharedSubscriptionDirectoryConformance, EachDirectoryEndsWhatWentThroughIt) {
  const auto second = factory_->open();
  subscribe(queue_, session(1));
  execute(*second, {{Kind::subscribe, other_, session(1)}});
  directory_->end_session(session(1));
  second->end_session(session(1));
  expect_soon(queue_, std::nullopt);
  expect_soon(other_, std::nullopt);
}

}  // namespace sotto::queue
