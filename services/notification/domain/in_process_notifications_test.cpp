#include "services/notification/domain/in_process_notifications.hpp"

#include <memory>

#include "services/notification/domain/notification_directory_conformance.hpp"
#include "services/notification/storage/memory/memory_notification_store.hpp"

namespace sotto::notification {
namespace {

class InProcessFactory final : public NotificationDirectoryFactory {
 public:
  std::unique_ptr<NotificationDirectory> open(std::size_t max_pending) override {
    store_ = std::make_unique<MemoryNotificationStore>(max_pending);
    return std::make_unique<InProcessNotifications>(*store_);
  }

 private:
  std::unique_ptr<MemoryNotificationStore> store_;
};

INSTANTIATE_TEST_SUITE_P(InProcess, NotificationDirectoryConformance,
                         testing::Values(NotificationDirectoryUnderTest{
                             "in_process", [] { return std::make_unique<InProcessFactory>(); }}),
                         name_of_directory);
INSTANTIATE_TEST_SUITE_P(InProcess, NotificationDirectoryServices,
                         testing::Values(NotificationDirectoryUnderTest{
                             "in_process", [] { return std::make_unique<InProcessFactory>(); }}),
                         name_of_directory);

TEST(InProcessNotifications, NobodyListensAfterClose) {
  MemoryNotificationStore store;
  InProcessNotifications directory(store);
  const Listen request{test_notifier(1), {.gateway = 0, .connection = 1}};
  directory.listen({&request, 1});
  directory.close();
  std::vector<Bundle> bundles{{test_notifier(1), {test_notification(1)}}};
  EXPECT_EQ(directory.place(bundles).stored, 1U);
  EXPECT_EQ(store.totals().notifications, 1U);
}

}  // namespace
}  // namespace sotto::notification
