#include "services/auth/storage/memory/memory_password_store.hpp"

#include "services/auth/domain/password_store_conformance.hpp"

namespace sotto::auth {
namespace {

class InMemory final : public PasswordStoreUnderTest {
 public:
  PasswordStore& store() override { return store_; }

 private:
  MemoryPasswordStore store_;
};

INSTANTIATE_TEST_SUITE_P(Memory, PasswordStoreConformance,
                         testing::Values([]() -> std::unique_ptr<PasswordStoreUnderTest> {
                           return std::make_unique<InMemory>();
                         }));

}  // namespace
}  // namespace sotto::auth
