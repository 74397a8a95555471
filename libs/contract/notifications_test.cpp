// What queue services and the notification service say comes back as it was, and what cannot be understood is refused.
#include "libs/contract/notifications.hpp"

#include <gtest/gtest.h>

namespace sotto::contract {
namespace {

using backend::SessionRef;

constexpr SessionRef kSession{.gateway = 7, .connection = 9};

NotifierId notifier() {
  NotifierId id;
  id.bytes.fill(3);
  return id;
}
backend::Notification some_notification() {
  backend::Notification out;
  out.nonce.fill(5);
  out.encrypted_meta = Bytes(144, 6);
  out.seconds = -1;
  return out;
}

template <class Kind>
Kind there_and_back(const Kind& request) {
  notification::Request message;
  to_proto(NotificationRequest(request), message);
  auto back = from_proto(message);
  EXPECT_TRUE(back.ok() && back->has_value());
  return std::get<Kind>(**back);
}
SessionEvent there_and_back(const SessionEvent& event) {
  notification::Event message;
  to_proto(event, message);
  auto back = from_proto(message);
  EXPECT_TRUE(back.ok() && back->has_value());
  return **back;
}

const backend::NotifierRef kOfService{notifier(), ServiceId{notifier().bytes}};

TEST(NotificationContract, RequestsComeBack) {
  const auto push = there_and_back(PushRequest{kOfService, some_notification()});
  EXPECT_EQ(push.notifier, kOfService);
  EXPECT_EQ(push.notification, some_notification());
  const auto subscribe = there_and_back(SubscribeRequest{{notifier()}, kSession, true, 11, kOfService});
  EXPECT_EQ(subscribe.notifier, backend::NotifierRef{notifier()});
  EXPECT_EQ(subscribe.former, kOfService);
  EXPECT_EQ(there_and_back(SubscribeRequest{kOfService, kSession, true, 11}).former, std::nullopt);
  EXPECT_EQ(there_and_back(SubscribeRequest{kOfService, kSession, true, 11, backend::NotifierRef{notifier()}}).former,
            backend::NotifierRef{notifier()});
  backend::Service service{.id = *kOfService.service, .role = 'N'};
  service.certificate_hash.fill(9);
  const auto all = there_and_back(SubscribeServiceRequest{service, kSession, true, 12});
  EXPECT_EQ(all.service, service);
  EXPECT_EQ(all.session, kSession);
  EXPECT_TRUE(all.resume);
  EXPECT_EQ(all.number, 12U);
  EXPECT_EQ(subscribe.session, kSession);
  EXPECT_TRUE(subscribe.resume);
  EXPECT_EQ(subscribe.number, 11U);
  const auto remove = there_and_back(RemoveRequest{kOfService, kSession});
  EXPECT_EQ(remove.notifier, kOfService);
  EXPECT_EQ(remove.by, kSession);
  EXPECT_EQ(there_and_back(EndSessionRequest{kSession}).session, kSession);
}

TEST(NotificationContract, EventsComeBack) {
  const auto notified =
      there_and_back(SessionEvent{kSession, backend::Notified{notifier(), {some_notification(), some_notification()}}});
  EXPECT_EQ(notified.session, kSession);
  EXPECT_EQ(std::get<backend::Notified>(notified.event).notifications.size(), 2U);
  const auto ended = there_and_back(SessionEvent{kSession, backend::Ended{backend::Role::notifier, notifier().bytes}});
  EXPECT_EQ(std::get<backend::Ended>(ended.event).id, notifier().bytes);
  const auto deleted =
      there_and_back(SessionEvent{kSession, backend::Deleted{backend::Role::notifier, notifier().bytes}});
  EXPECT_EQ(std::get<backend::Deleted>(deleted.event).role, backend::Role::notifier);
  const auto service = there_and_back(SessionEvent{kSession, backend::ServiceEnded{*kOfService.service}});
  EXPECT_EQ(std::get<backend::ServiceEnded>(service.event).service, kOfService.service);
}

TEST(NotificationContract, WhatIsNewerIsIgnoredAndWhatIsWrongRefused) {
  const auto request = from_proto(notification::Request());
  ASSERT_TRUE(request.ok());
  EXPECT_FALSE(request->has_value());
  const auto event = from_proto(notification::Event());
  ASSERT_TRUE(event.ok());
  EXPECT_FALSE(event->has_value());
  notification::Request wrong;
  wrong.mutable_remove()->set_notifier_id("short");
  EXPECT_FALSE(from_proto(wrong).ok());
  notification::Event no_nonce;
  no_nonce.mutable_notified()->set_notifier_id(std::string(24, 'x'));
  no_nonce.mutable_notified()->add_notifications();
  EXPECT_FALSE(from_proto(no_nonce).ok());
}

}  // namespace
}  // namespace sotto::contract
