#include "services/auth/api/admin_identity_file.hpp"

#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/observability/log.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::auth {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr auto kSoon = 5ms;
// Longer than any test: nothing is seen without being asked for.
constexpr auto kNever = 1h;

class IdentityFile : public testing::Test {
 protected:
  IdentityFile() {
    log::set_sink([this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      (log_ += line) += '\n';
    });
  }
  ~IdentityFile() override { log::set_sink({}); }
  void write(const std::string& text) const {
    const auto part = directory_.path() / "part";
    std::ofstream(part) << text;
    std::filesystem::rename(part, path);
  }
  static std::string of(const std::string& name) {
    return "[" + name + "]\nrole = \"viewer\"\ncertificate_cn = \"somebody\"\n";
  }
  static std::string somebody(const AdminIdentityFile& file) {
    ShownCertificate shown;
    shown.common_name = "somebody";
    const auto found = file.current()->of_certificate(shown);
    return found ? found->name : "nobody";
  }
  [[nodiscard]] std::string logged() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }

 private:
  test::TempDir directory_;
  mutable std::mutex mutex_;
  std::string log_;

 protected:
  const std::filesystem::path path = directory_.path() / "admins.toml";
};

TEST_F(IdentityFile, IsReadAgainWhenItChanges) {
  write(of("alice"));
  const auto file = *AdminIdentityFile::open(path, kSoon);
  EXPECT_EQ(somebody(*file), "alice");
  write(of("bob"));
  test::wait_until("the new file", [&] { return somebody(*file) == "bob"; });
  test::wait_until("a line of the log", [&] { return logged().find("administrators reloaded") != std::string::npos; });
}

TEST_F(IdentityFile, ABadOneLeavesTheFormer) {
  write(of("alice"));
  const auto file = *AdminIdentityFile::open(path, kSoon);
  write("[bob]\nrole = \"king\"\ncertificate_cn = \"somebody\"\n");
  test::wait_until("the refusal", [&] { return logged().find("is none of viewer") != std::string::npos; });
  EXPECT_THAT(logged(), HasSubstr("administrators refused, the former ones go on"));
  EXPECT_EQ(somebody(*file), "alice");
  std::filesystem::remove(path);
  test::wait_until("the refusal", [&] { return logged().find("cannot be read") != std::string::npos; });
  EXPECT_EQ(somebody(*file), "alice");
  write(of("bob"));
  test::wait_until("the new file", [&] { return somebody(*file) == "bob"; });
}

TEST_F(IdentityFile, IsReadWhenAsked) {
  write(of("alice"));
  const auto file = *AdminIdentityFile::open(path, kNever);
  write(of("bob"));
  EXPECT_EQ(somebody(*file), "alice");
  file->look_now();
  test::wait_until("the new file", [&] { return somebody(*file) == "bob"; });
}

TEST_F(IdentityFile, MustBeThereAtStart) {
  const auto file = AdminIdentityFile::open(path, kNever);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, ErrorCode::configuration);
}

}  // namespace
}  // namespace sotto::auth
