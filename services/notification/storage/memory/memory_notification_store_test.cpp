#include "services/notification/storage/memory/memory_notification_store.hpp"

#include "services/notification/domain/notification_store_conformance.hpp"

namespace sotto::notification {
namespace {

class MemoryFactory final : public StoreFactory {
 public:
  std::unique_ptr<NotificationStore> open(std::size_t max_pending) override {
    return std::make_unique<MemoryNotificationStore>(max_pending);
  }
  [[nodiscard]] bool durable() const override { return false; }
};

INSTANTIATE_TEST_SUITE_P(Memory, NotificationStoreConformance,
                         testing::Values(StoreUnderTest{"memory", [] { return std::make_unique<MemoryFactory>(); }}),
                         [](const auto& store) { return store.param.name; });

}  // namespace
}  // namespace sotto::notification
