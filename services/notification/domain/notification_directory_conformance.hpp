// The conformance suite of NotificationDirectory: what every directory must do. The test program of a directory
// includes this header in one of its files and instantiates the suite; one that several processes share instantiates
// SharedNotificationDirectoryConformance, too.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "libs/base/clock.hpp"
#include "services/notification/domain/notification_directory.hpp"
#include "services/notification/domain/test_notifications.hpp"

namespace sotto::notification {

// One per test. The first open() gives an empty directory that keeps `max_pending` a notifier; when directories are
// shared, the next ones give further objects over the same, as other processes have them.
class NotificationDirectoryFactory {
 public:
  virtual ~NotificationDirectoryFactory() = default;
  virtual std::unique_ptr<NotificationDirectory> open(std::size_t max_pending) = 0;
};

struct NotificationDirectoryUnderTest {
  std::string name;
  std::function<std::unique_ptr<NotificationDirectoryFactory>()> make_factory;
  friend void PrintTo(const NotificationDirectoryUnderTest& directory, std::ostream* out) { *out << directory.name; }
};

inline std::string name_of_directory(const testing::TestParamInfo<NotificationDirectoryUnderTest>& info) {
  return info.param.name;
}

class NotificationDirectoryConformance : public testing::TestWithParam<NotificationDirectoryUnderTest> {
 protected:
  static constexpr std::size_t kMaxPending = 5;

  void SetUp() override {
    factory_ = GetParam().make_factory();
    directory_ = factory_->open(kMaxPending);
    ASSERT_NE(directory_, nullptr);
  }

  // The greater number is the newer connection.
  static constexpr SessionRef session(std::uint64_t connection) { return {.gateway = 3, .connection = connection}; }
  static Bundle bundle(const NotifierId& notifier, std::initializer_list<std::uint8_t> numbers) {
    Bundle out{notifier, {}};
    for (const std::uint8_t number : numbers) out.notifications.push_back(test_notification(number));
    return out;
  }
  static std::optional<SessionRef> place(NotificationDirectory& directory, const NotifierId& notifier,
                                         std::initializer_list<std::uint8_t> numbers) {
    std::vector<Bundle> bundles{bundle(notifier, numbers)};
    const Placed placed = directory.place(bundles);
    EXPECT_EQ(placed.failures, 0U);
    EXPECT_EQ(placed.listeners.size(), 1U);
    return placed.listeners.at(0);
  }
  std::optional<SessionRef> place(const NotifierId& notifier, std::initializer_list<std::uint8_t> numbers) {
    return place(*directory_, notifier, numbers);
  }
  static Listened listen(NotificationDirectory& directory, const Listen& request) {
    auto answers = directory.listen({&request, 1});
    EXPECT_EQ(answers.size(), 1U);
    EXPECT_FALSE(answers.at(0).failed);
    return std::move(answers.at(0));
  }
  Listened listen(const NotifierId& notifier, SessionRef who, bool resume = false) {
    return listen(*directory_, {notifier, who, resume});
  }
  static std::vector<int> numbers(const Listened& answer) {
    std::vector<int> out;
    for (const auto& each : answer.pending) out.push_back(each.nonce[0]);
    return out;
  }
  // end_session() may be done later: waits until nobody listens.
  void expect_nobody_soon(const NotifierId& notifier) {
    const SystemClock clock;
    const SteadyTime deadline = clock.steady_now() + std::chrono::seconds(10);
    while (place(notifier, {}) && clock.steady_now() < deadline) {
    }
    EXPECT_EQ(place(notifier, {}), std::nullopt);
  }

  std::unique_ptr<NotificationDirectoryFactory> factory_;
  std::unique_ptr<NotificationDirectory> directory_;
  const NotifierId a_ = test_notifier(1);
  const NotifierId b_ = test_notifier(2);
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(NotificationDirectoryConformance);

TEST_P(NotificationDirectoryConformance, WhatNobodyListensToWaits) {
  std::vector<Bundle> bundles{bundle(a_, {1, 2}), bundle(b_, {9}), bundle(a_, {3})};
  const Placed placed = directory_->place(bundles);
  EXPECT_EQ(placed.listeners, (std::vector<std::optional<SessionRef>>(3)));
  EXPECT_EQ(placed.stored, 4U);
  EXPECT_EQ(placed.dropped_old, 0U);
  const Listened answer = listen(a_, session(1));
  EXPECT_EQ(answer.former, std::nullopt);
  EXPECT_TRUE(answer.listens);
  EXPECT_EQ(answer.pending, (std::vector{test_notification(1), test_notification(2), test_notification(3)}));
  EXPECT_TRUE(listen(a_, session(1)).pending.empty());
  EXPECT_EQ(numbers(listen(b_, session(1))), std::vector{9});
}

TEST_P(NotificationDirectoryConformance, WhatSomebodyListensToIsNotStored) {
  listen(a_, session(1));
  std::vector<Bundle> bundles{bundle(a_, {1, 2}), bundle(b_, {9})};
  const Placed placed = directory_->place(bundles);
  EXPECT_EQ(placed.listeners, (std::vector<std::optional<SessionRef>>{session(1), std::nullopt}));
  EXPECT_EQ(placed.stored, 1U);
  EXPECT_EQ(bundles[0].notifications.size(), 2U);
  EXPECT_TRUE(listen(a_, session(2)).pending.empty());
}

TEST_P(NotificationDirectoryConformance, TheNewestWait) {
  place(a_, {1, 2, 3, 4});
  std::vector<Bundle> bundles{bundle(a_, {5, 6, 7, 8})};
  EXPECT_EQ(directory_->place(bundles).dropped_old, 3U);
  EXPECT_EQ(numbers(listen(a_, session(1))), (std::vector{4, 5, 6, 7, 8}));
}

TEST_P(NotificationDirectoryConformance, AnotherSessionTakesOver) {
  listen(a_, session(2));
  const Listened again = listen(a_, session(2));
  EXPECT_EQ(again.former, session(2));
  EXPECT_TRUE(again.listens);
  const Listened other = listen(a_, session(1));
  EXPECT_EQ(other.former, session(2));
  EXPECT_TRUE(other.listens);
  EXPECT_EQ(place(a_, {1}), session(1));
}

TEST_P(NotificationDirectoryConformance, ResumeLeavesItToANewerConnection) {
  place(a_, {1});
  EXPECT_TRUE(listen(a_, session(2), true).listens);
  const Listened older = listen(a_, session(1), true);
  EXPECT_FALSE(older.listens);
  EXPECT_EQ(older.former, session(2));
  EXPECT_TRUE(listen(a_, session(2), true).listens);
  EXPECT_TRUE(listen(a_, session(3), true).listens);
  EXPECT_EQ(place(a_, {2}), session(3));
}

TEST_P(NotificationDirectoryConformance, RequestsOfOneCallAreMadeInOrder) {
  place(b_, {1});
  const std::vector<Listen> requests{{a_, session(1)}, {b_, session(1)}, {a_, session(2)}, {b_, session(2)}};
  const auto answers = directory_->listen(requests);
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[0].former, std::nullopt);
  EXPECT_EQ(numbers(answers[1]), std::vector{1});
  EXPECT_EQ(answers[2].former, session(1));
  EXPECT_EQ(answers[3].former, session(1));
  EXPECT_TRUE(answers[3].pending.empty());
}

TEST_P(NotificationDirectoryConformance, RemovedNotifiersHaveNothing) {
  EXPECT_EQ(directory_->remove({a_}).listener, std::nullopt);
  place(a_, {1});
  directory_->remove({a_});
  EXPECT_TRUE(listen(a_, session(1)).pending.empty());
  listen(b_, session(2));
  EXPECT_EQ(directory_->remove({a_}).listener, session(1));
  EXPECT_EQ(place(a_, {1}), std::nullopt);
  EXPECT_EQ(place(b_, {1}), session(2));
}

TEST_P(NotificationDirectoryConformance, EndOfASessionTakesItsNotifiersOnly) {
  const NotifierId taken = test_notifier(3);
  listen(a_, session(1));
  listen(taken, session(1));
  listen(taken, session(2));
  listen(b_, session(2));
  directory_->end_session(session(1));
  expect_nobody_soon(a_);
  EXPECT_EQ(place(taken, {}), session(2));
  EXPECT_EQ(place(b_, {}), session(2));
  place(a_, {4});
  EXPECT_EQ(numbers(listen(a_, session(5))), std::vector{4});
}

TEST_P(NotificationDirectoryConformance, IdsHoldAnyBytes) {
  std::vector<NotifierId> notifiers;
  for (const char* text : {"{}", "}x{y}", "{ab}", "\r\n", ""}) {
    NotifierId notifier;
    const ByteView bytes = as_bytes(text);
    std::copy(bytes.begin(), bytes.end(), notifier.bytes.begin());
    notifiers.push_back(notifier);
  }
  std::uint8_t number = 0;
  for (const auto& notifier : notifiers) place(notifier, {++number});
  number = 0;
  for (const auto& notifier : notifiers) EXPECT_EQ(numbers(listen(notifier, session(1))), std::vector<int>{++number});
}

// --- services

class NotificationDirectoryServices : public NotificationDirectoryConformance {
 protected:
  Listen of_service(const NotifierId& notifier, SessionRef who,
                    std::optional<NotifierRef> former = std::nullopt) const {
    return {.notifier = notifier, .session = who, .resume = false, .service = service_, .former = former};
  }
  std::optional<SessionRef> place_of_service(const NotifierId& notifier, std::initializer_list<std::uint8_t> numbers) {
    std::vector<Bundle> bundles{bundle(notifier, numbers)};
    bundles[0].service = service_;
    const Placed placed = directory_->place(bundles);
    EXPECT_EQ(placed.failures, 0U);
    return placed.listeners.at(0);
  }
  std::map<NotifierId, std::vector<int>> take_all() {
    std::map<NotifierId, std::vector<int>> out;
    for (bool more = true; more;) {
      auto page = directory_->take_service(service_);
      EXPECT_TRUE(page.ok());
      if (!page) return out;
      more = page->more;
      for (const auto& [notifier, pending] : page->notifiers) {
        for (const auto& each : pending) out[notifier].push_back(each.nonce[0]);
      }
    }
    return out;
  }
  static backend::Service certified(const ServiceId& id, std::uint8_t certificate) {
    backend::Service out{.id = id, .role = 'N'};
    out.certificate_hash.fill(certificate);
    return out;
  }
  const ServiceId service_{test_notifier(77).bytes};
  const backend::Service certified_ = certified(service_, 7);
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(NotificationDirectoryServices);

TEST_P(NotificationDirectoryServices, WhoListensToAServiceListensToAllOfItsNotifiers) {
  EXPECT_EQ(place_of_service(a_, {1}), std::nullopt);
  EXPECT_EQ(place_of_service(a_, {2}), std::nullopt);
  EXPECT_EQ(place_of_service(b_, {3}), std::nullopt);
  place(test_notifier(3), {4});
  const auto answer = directory_->listen_service(certified_, session(1), false);
  EXPECT_TRUE(answer.listens);
  EXPECT_EQ(answer.former, std::nullopt);
  EXPECT_EQ(take_all(), (std::map<NotifierId, std::vector<int>>{{a_, {1, 2}}, {b_, {3}}}));
  EXPECT_TRUE(take_all().empty());
  EXPECT_EQ(place_of_service(b_, {5}), session(1));
  EXPECT_EQ(place(b_, {6}), std::nullopt) << "the notifier by itself is another matter";
}

TEST_P(NotificationDirectoryServices, AnotherSessionTakesTheServiceOver) {
  directory_->listen_service(certified_, session(2), false);
  EXPECT_EQ(directory_->listen_service(certified_, session(1), true).listens, false) << "an older one that resumes";
  const auto resumed = directory_->listen_service(certified_, session(2), true);
  EXPECT_TRUE(resumed.listens);
  const auto other = directory_->listen_service(certified_, session(1), false);
  EXPECT_TRUE(other.listens);
  EXPECT_EQ(other.former, session(2));
  const Listened one = listen(*directory_, of_service(a_, session(3)));
  EXPECT_TRUE(one.listens);
  EXPECT_EQ(one.former, session(1)) << "NSUB of a service's session takes all of it";
  EXPECT_EQ(place_of_service(b_, {1}), session(3));
}

TEST_P(NotificationDirectoryServices, ANotifierComesIntoTheServiceWithWhatWaits) {
  listen(b_, session(1));
  place(a_, {1});
  const Listened came = listen(*directory_, of_service(a_, session(2), NotifierRef{a_}));
  EXPECT_EQ(came.left, std::nullopt);
  EXPECT_EQ(numbers(came), std::vector{1});
  const Listened taken = listen(*directory_, of_service(b_, session(2), NotifierRef{b_}));
  EXPECT_EQ(taken.left, session(1));
  EXPECT_EQ(taken.former, session(2));
  EXPECT_EQ(place(b_, {}), std::nullopt);
}

TEST_P(NotificationDirectoryServices, ANotifierLeavesTheServiceWithWhatWaits) {
  place_of_service(a_, {1, 2});
  place_of_service(b_, {3});
  Listen request{.notifier = a_, .session = session(1)};
  request.former = NotifierRef{a_, service_};
  const Listened left = listen(*directory_, request);
  EXPECT_EQ(left.left, std::nullopt);
  EXPECT_EQ(numbers(left), (std::vector{1, 2}));
  directory_->listen_service(certified_, session(2), false);
  EXPECT_EQ(take_all(), (std::map<NotifierId, std::vector<int>>{{b_, {3}}}));
  request.notifier = b_;
  request.former = NotifierRef{b_, service_};
  EXPECT_EQ(listen(*directory_, request).left, session(2));
  EXPECT_EQ(place_of_service(test_notifier(9), {}), session(2)) << "it goes on with the others";
}

TEST_P(NotificationDirectoryServices, RemovedNotifiersHaveNothing) {
  place_of_service(a_, {1});
  EXPECT_EQ(directory_->remove({a_, service_}).listener, std::nullopt);
  directory_->listen_service(certified_, session(1), false);
  EXPECT_TRUE(take_all().empty());
  EXPECT_EQ(directory_->remove({b_, service_}).listener, session(1));
  EXPECT_EQ(place_of_service(b_, {1}), session(1)) << "the service listens on";
}

TEST_P(NotificationDirectoryServices, AreToldWithWhatWaitsForThem) {
  const ServiceId other{test_notifier(78).bytes};
  directory_->listen_service(certified_, session(1), false);
  directory_->listen_service(certified(other, 8), session(2), false);
  directory_->end_session(session(1));
  const SystemClock clock;
  const SteadyTime deadline = clock.steady_now() + std::chrono::seconds(10);
  while (place_of_service(a_, {}) && clock.steady_now() < deadline) {
  }
  place_of_service(a_, {1, 2});
  place_of_service(b_, {3});
  // What is noted of a service may be there a little later.
  Result<std::vector<ServiceStatus>> services = directory_->services();
  while (services.ok() && services->size() < 2 && clock.steady_now() < deadline) services = directory_->services();
  ASSERT_TRUE(services.ok());
  std::map<std::uint8_t, std::pair<bool, std::uint64_t>> found;
  for (const auto& each : *services) {
    found[each.certificate_hash[0]] = {each.subscribed, each.notifiers_pending};
  }
  EXPECT_EQ(found, (std::map<std::uint8_t, std::pair<bool, std::uint64_t>>{{7, {false, 2}}, {8, {true, 0}}}));
}

TEST_P(NotificationDirectoryServices, TheEndOfTheSessionIsTheEndOfItsListening) {
  directory_->listen_service(certified_, session(1), false);
  directory_->end_session(session(1));
  const SystemClock clock;
  const SteadyTime deadline = clock.steady_now() + std::chrono::seconds(10);
  while (place_of_service(a_, {}) && clock.steady_now() < deadline) {
  }
  EXPECT_EQ(place_of_service(a_, {1}), std::nullopt);
  directory_->listen_service(certified_, session(2), false);
  EXPECT_EQ(take_all(), (std::map<NotifierId, std::vector<int>>{{a_, {1}}}));
}

class SharedNotificationDirectoryConformance : public NotificationDirectoryConformance {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SharedNotificationDirectoryConformance);

TEST_P(SharedNotificationDirectoryConformance, TwoDirectoriesSeeEachOther) {
  const auto second = factory_->open(kMaxPending);
  place(*second, a_, {1});
  EXPECT_EQ(numbers(listen(a_, session(1))), std::vector{1});
  EXPECT_EQ(place(*second, a_, {2}), session(1));
  EXPECT_EQ(listen(*second, {a_, session(2)}).former, session(1));
  directory_->end_session(session(1));
  EXPECT_EQ(place(a_, {3}), session(2));
}

}  // namespace sotto::notification
