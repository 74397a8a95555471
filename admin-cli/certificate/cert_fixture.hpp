// An identity in a directory of its own and `sotto cert` over it; what it says is compared with golden files, in which
// whatever differs from run to run has a name. To write them anew: SOTTO_TEST_WRITE_GOLDEN=1.
#pragma once

#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/certificate/certificate_commands.hpp"
#include "admin-cli/commands/command_runner.hpp"
#include "libs/crypto/certificate.hpp"

namespace sotto::cli {

class CertFixture : public testing::TestWithParam<crypto::KeyKind> {
 protected:
  void SetUp() override { init(identity_, ca_key_); }

  static void init(const std::string& identity, const std::string& ca_key, const std::string& algorithm) {
    const auto output = sotto({"init", "--identity-dir", identity, "--ca-key-dir", ca_key, "--host", "smp.example.com",
                               "--no-password", "--sign-algorithm", algorithm});
    ASSERT_EQ(output.exit_code, 0) << output.err;
  }
  static void init(const std::string& identity, const std::string& ca_key) { init(identity, ca_key, algorithm()); }

  static Output sotto(const std::vector<std::string>& arguments, const std::string& input = "") {
    const std::array groups{&add_certificate_commands};
    return run_sotto(arguments, input, false, groups);
  }
  // A command over the identity.
  [[nodiscard]] Output cert(const std::string& verb, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"cert", verb, "--identity-dir", identity_});
    return sotto(more);
  }
  [[nodiscard]] Output rotate(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--ca-key-dir", ca_key_});
    return cert("rotate", more);
  }
  [[nodiscard]] Output sign(const std::string& csr, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"cert", "sign", "--csr", csr, "--ca-key-dir", ca_key_, "--ca-cert",
                               identity_ + "/ca.crt", "--out", dir_ / "signed.crt"});
    return sotto(more);
  }

  static std::string algorithm() { return GetParam() == crypto::KeyKind::ed448 ? "ed448" : "ed25519"; }
  [[nodiscard]] std::string file(const std::string& name) const { return content_of(identity_ + "/" + name); }
  [[nodiscard]] Bytes certificate(const std::string& name) const {
    return crypto::certificates_from_pem(file(name))->front();
  }
  [[nodiscard]] crypto::PublicKey key(const std::string& name) const {
    return crypto::private_key_from_pem(file(name))->public_key();
  }
  // Whether a server would take what is in the directory.
  [[nodiscard]] bool fits() const {
    return crypto::verify_server_chain({certificate("server.crt"), certificate("ca.crt")},
                                       std::chrono::system_clock::now())
               .ok() &&
           *crypto::certificate_key(certificate("server.crt")) == key("server.key");
  }
  // All files of the identity with what is in them.
  [[nodiscard]] std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(identity_)) {
      all[entry.path().filename().string()] = content_of(entry.path());
    }
    return all;
  }
  // A leaf of the CA that was made at another time, with its key. The CA is valid from an hour ago: so must it be once.
  void put_leaf(SystemTime made, int days) const {
    const auto ca_key = *crypto::private_key_from_pem(content_of(ca_key_ + "/ca.key"));
    const auto leaf_key = crypto::PrivateKey::generate(GetParam());
    const auto leaf =
        *crypto::make_leaf({leaf_key.public_key(), "smp.example.com", days}, certificate("ca.crt"), ca_key, made);
    write_content(identity_ + "/server.crt", crypto::certificate_to_pem(leaf));
    write_content(identity_ + "/server.key", std::string(crypto::private_key_to_pem(leaf_key).expose()));
  }

  // What a command says is what stands in golden/<name>.txt.
  void expect_golden(const std::string& name, const Output& output) const;

  TempDir dir_;
  std::string identity_ = dir_ / "identity";
  std::string ca_key_ = dir_ / "usb";
};

inline std::string name_of_kind(const testing::TestParamInfo<crypto::KeyKind>& kind) {
  return kind.param == crypto::KeyKind::ed448 ? "Ed448" : "Ed25519";
}

// While it lives this thread's process is nobody, whom root's files do not let in. Does nothing for other users.
class AsNobody {
 public:
  AsNobody() {
    if (root_) must(::seteuid(kNobody) == 0);
  }
  ~AsNobody() {
    if (root_) must(::seteuid(0) == 0);
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;
  static void must(bool done) {
    if (!done) std::abort();
  }
  const bool root_ = ::geteuid() == 0;
};

}  // namespace sotto::cli
