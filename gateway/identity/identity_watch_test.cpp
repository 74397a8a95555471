#include "gateway/identity/identity_watch.hpp"

#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/observability/log.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::gateway {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::wait_until;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr auto kSoon = 10ms;
// Longer than any test: nothing is seen without being asked for.
constexpr auto kNever = 1h;

void write(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

struct Leaf {
  std::string certificate;
  SecretString key;
  Bytes der;
};

// A CA and what it signs.
class Authority {
 public:
  explicit Authority(crypto::KeyKind kind = crypto::KeyKind::ed25519)
      : kind_(kind), identity_(*crypto::make_identity(kind, "localhost", std::chrono::system_clock::now())) {}

  [[nodiscard]] Leaf leaf(int days = crypto::kIdentityDays, SystemTime now = std::chrono::system_clock::now()) const {
    const auto key = crypto::PrivateKey::generate(kind_);
    auto der =
        *crypto::make_leaf({key.public_key(), "localhost", days}, identity_.ca_certificate, identity_.ca_key, now);
    auto pem = crypto::certificate_to_pem(der);
    return {std::move(pem), crypto::private_key_to_pem(key), std::move(der)};
  }
  void write_to(const fs::path& directory, const Leaf& leaf) const {
    fs::create_directories(directory);
    write(directory / "ca.crt", crypto::certificate_to_pem(identity_.ca_certificate));
    write(directory / "server.key", leaf.key.expose());
    write(directory / "server.crt", leaf.certificate);
  }

 private:
  crypto::KeyKind kind_;
  crypto::NewIdentity identity_;
};

class Watch : public testing::TestWithParam<crypto::KeyKind> {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
  Watch() {
    log::set_sink([this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      log_.append(line).append("\n");
    });
    authority_.write_to(dir(), first_);
  }
  ~Watch() override {
    watch_.reset();
    log::set_sink({});
  }

  [[nodiscard]] fs::path dir() const { return directory_.path() / "identity"; }
  void watch(std::chrono::milliseconds interval) {
    auto current = load_served_identity(dir(), clock_.system_now());
    ASSERT_TRUE(current.ok()) << current.error().message;
    watch_.emplace(IdentityWatch::Options{dir(), interval}, *current, clock_, [this](const ServedIdentityPtr& used) {
      const std::lock_guard lock(mutex_);
      used_.push_back(used);
    });
  }
  std::size_t used() {
    const std::lock_guard lock(mutex_);
    return used_.size();
  }
  Bytes leaf_in_use() {
    const std::lock_guard lock(mutex_);
    return used_.empty() ? Bytes() : used_.back()->identity.credentials.chain.front();
  }
  std::string log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  // The look at the start is over, and what changes now is seen when it is asked for.
  void wait_looked() {
    watch_->look_now();
    wait_until("the first looks", [&] { return log().find("identity unchanged") != std::string::npos; });
  }
  void wait_for(const Leaf& leaf) {
    wait_until("the new leaf", [&] { return leaf_in_use() == leaf.der; });
  }
  void wait_refused(std::uint64_t times = 1) {
    wait_until("the refusal", [&] { return watch_->counters().refused.get() == times; });
  }

  const test::TempDir directory_;
  const SystemClock clock_;
  const Authority authority_{GetParam()};
  const Leaf first_ = authority_.leaf();
  std::mutex mutex_;
  std::string log_;
  std::vector<ServedIdentityPtr> used_;
  std::optional<IdentityWatch> watch_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, Watch, testing::Values(crypto::KeyKind::ed25519, crypto::KeyKind::ed448),
                         [](const auto& kind) { return kind.param == crypto::KeyKind::ed25519 ? "Ed25519" : "Ed448"; });

TEST_P(Watch, SeesNewFiles) {
  watch(kSoon);
  const auto next = authority_.leaf(90);
  authority_.write_to(dir(), next);
  wait_for(next);
  EXPECT_EQ(watch_->counters().reloaded.get(), 1U);
  EXPECT_EQ(watch_->counters().certificate_end, unix_seconds(crypto::parse_certificate(next.der)->not_after));
  wait_until("the line", [&] { return log().find("identity reloaded") != std::string::npos; });
}

// As Kubernetes changes what it mounts: the files are links into ..data, a link to a directory that is never written.
TEST_P(Watch, SeesThatASymbolicLinkWasChanged) {
  const auto mount = directory_.path() / "mount";
  authority_.write_to(mount / "..2026_1", first_);
  fs::create_directory_symlink("..2026_1", mount / "..data");
  for (const auto* name : {"ca.crt", "server.crt", "server.key"}) {
    fs::create_symlink(fs::path("..data") / name, mount / name);
  }
  fs::remove_all(dir());
  fs::create_directory_symlink("mount", dir());
  watch(kSoon);
  const auto next = authority_.leaf();
  authority_.write_to(mount / "..2026_2", next);
  fs::create_directory_symlink("..2026_2", mount / "..data_tmp");
  fs::rename(mount / "..data_tmp", mount / "..data");
  wait_for(next);
  EXPECT_EQ(watch_->counters().refused.get(), 0U);
}

TEST_P(Watch, LooksAtOnceWhenAsked) {
  watch(kNever);
  wait_looked();
  const auto next = authority_.leaf();
  authority_.write_to(dir(), next);
  watch_->look_now();
  wait_for(next);
}

// What has changed between the load at start and the first look.
TEST_P(Watch, MissesNothingAtTheStart) {
  auto current = *load_served_identity(dir(), clock_.system_now());
  const auto next = authority_.leaf();
  authority_.write_to(dir(), next);
  watch_.emplace(IdentityWatch::Options{dir(), kNever}, current, clock_, [this](const ServedIdentityPtr& used) {
    const std::lock_guard lock(mutex_);
    used_.push_back(used);
  });
  wait_for(next);
}

// Key and certificate come one after the other: between them they do not fit, and nobody hears of it.
TEST_P(Watch, WaitsUntilBothFilesAreThere) {
  watch(kNever);
  wait_looked();
  const auto next = authority_.leaf();
  write(dir() / "server.key", next.key.expose());
  watch_->look_now();
  write(dir() / "server.crt", next.certificate);
  wait_for(next);
  EXPECT_EQ(watch_->counters().refused.get(), 0U);
}

TEST_P(Watch, RefusesAHalfWrittenFileOnceAndTakesTheWholeOneLater) {
  watch(kSoon);
  const auto next = authority_.leaf();
  write(dir() / "server.key", next.key.expose());
  write(dir() / "server.crt", next.certificate.substr(0, next.certificate.size() / 2));
  wait_refused();
  EXPECT_EQ(used(), 0U);
  EXPECT_THAT(log(), AllOf(HasSubstr("identity refused"), HasSubstr("server.crt"), Not(HasSubstr("PRIVATE KEY"))));
  write(dir() / "server.crt", next.certificate);
  wait_for(next);
  EXPECT_EQ(watch_->counters().refused.get(), 1U);
}

TEST_P(Watch, NamesWhatIsWrong) {
  watch(kNever);
  wait_looked();
  const auto next = authority_.leaf();
  const Authority other(GetParam());
  std::uint64_t times = 0;
  const auto refusal = [&](const std::function<void()>& spoil) {
    authority_.write_to(dir(), first_);
    const auto before = log().size();
    spoil();
    watch_->look_now();
    wait_refused(++times);
    wait_until("the line", [&] { return log().find('\n', before) != std::string::npos; });
    return log().substr(before);
  };
  EXPECT_THAT(refusal([&] { write(dir() / "server.key", next.key.expose()); }), HasSubstr("is not the key of"));
  EXPECT_THAT(refusal([&] { fs::remove(dir() / "server.crt"); }),
              AllOf(HasSubstr("server.crt"), HasSubstr("cannot be read")));
  EXPECT_THAT(refusal([&] { write(dir() / "ca.crt", "nothing"); }), HasSubstr("ca.crt"));
  EXPECT_THAT(refusal([&] {
                const auto signed_by_other = other.leaf();
                write(dir() / "server.crt", signed_by_other.certificate);
                write(dir() / "server.key", signed_by_other.key.expose());
              }),
              HasSubstr("not issued by"));
  EXPECT_THAT(refusal([&] { other.write_to(dir(), other.leaf()); }), HasSubstr("is of another CA"));
  EXPECT_THAT(refusal([&] { authority_.write_to(dir(), authority_.leaf(1, clock_.system_now() - 48h)); }),
              HasSubstr("expired or not yet valid"));
  EXPECT_EQ(used(), 0U);
}

// The clock comes to a certificate that was too early, and nothing in the directory changes.
TEST_P(Watch, TakesWhatBecomesRightByItself) {
  ManualClock clock(std::chrono::system_clock::now());
  watch_.emplace(IdentityWatch::Options{dir(), kSoon}, *load_served_identity(dir(), clock.system_now()), clock,
                 [this](const ServedIdentityPtr& used) {
                   const std::lock_guard lock(mutex_);
                   used_.push_back(used);
                 });
  const auto next = authority_.leaf(90, clock.system_now() + 24h);
  authority_.write_to(dir(), next);
  wait_refused();
  clock.advance(24h);
  wait_for(next);
  EXPECT_EQ(watch_->counters().refused.get(), 1U);
  watch_.reset();
}

TEST_P(Watch, SaysThatTheFormerFilesAreBack) {
  watch(kSoon);
  write(dir() / "server.crt", "nothing");
  wait_refused();
  write(dir() / "server.crt", first_.certificate);
  wait_until("the line", [&] { return log().find("identity unchanged") != std::string::npos; });
  EXPECT_EQ(used(), 0U);
}

// Who shows the former identity keeps it; with the last of them its key goes.
TEST_P(Watch, LetsTheFormerIdentityGo) {
  auto current = *load_served_identity(dir(), clock_.system_now());
  const std::weak_ptr<const ServedIdentity> former = current;
  watch_.emplace(IdentityWatch::Options{dir(), kSoon}, std::move(current), clock_, [](const auto& /*used*/) {});
  EXPECT_FALSE(former.expired());
  authority_.write_to(dir(), authority_.leaf());
  wait_until("the former one to go", [&] { return former.expired(); });
}

}  // namespace
}  // namespace sotto::gateway
