#include <memory>

#include "services/queue/domain/in_process_directory.hpp"
#include "services/queue/domain/subscription_directory_conformance.hpp"

namespace sotto::queue {
namespace {

class InProcessFactory final : public DirectoryFactory {
 public:
  std::unique_ptr<SubscriptionDirectory> open() override { return std::make_unique<InProcessDirectory>(); }
};

INSTANTIATE_TEST_SUITE_P(InProcess, SubscriptionDirectoryConformance,
                         testing::Values(DirectoryUnderTest{"in_process",
                                                            [] { return std::make_unique<InProcessFactory>(); }}),
                         name_of_directory);

}  // namespace
}  // namespace sotto::queue
