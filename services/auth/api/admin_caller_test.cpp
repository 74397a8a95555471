// Who calls, as a gRPC server sees it over TLS, plaintext TCP and a Unix socket.
#include "services/auth/api/admin_caller.hpp"

#include <grpcpp/channel.h>
#include <sotto/admin/v1/admin.grpc.pb.h>

#include <fstream>

#include <gtest/gtest.h>

#include "libs/crypto/hash.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/rpc/server.hpp"
#include "libs/rpc/test_tls.hpp"
#include "services/auth/api/admin_access.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::auth {
namespace {

namespace v1 = admin::v1;

const std::string kToken = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

// Says in an error who calls.
class Mirror final : public v1::PolicyAdmin::Service {
 public:
  explicit Mirror(const AdminIdentities* identities) : identities_(identities) {}
  grpc::Status GetPolicy(grpc::ServerContext* context, const v1::GetPolicyRequest* /*request*/,
                         v1::GetPolicyResponse* /*response*/) override {
    const auto actor = identify_caller(*context, identities_);
    return {grpc::StatusCode::ABORTED, actor.name + " is " + std::string(to_string(actor.role))};
  }

 private:
  const AdminIdentities* identities_;
};

class Caller : public testing::Test {
 protected:
  Caller() : tls_(rpc::write_tls_files(directory_.path(), "carol")) {
    std::ofstream(directory_.path() / "admins.toml")
        << "[alice]\nrole = \"operator\"\ntoken_sha256 = \"" << to_hex(crypto::sha256(as_bytes(kToken))) << "\"\n"
        << "[carol]\nrole = \"viewer\"\ncertificate_cn = \"carol\"\n";
    std::ofstream(directory_.path() / "others.toml") << "[dan]\nrole = \"admin\"\ncertificate_cn = \"dan\"\n";
    read("admins.toml");
  }
  void read(const std::string& name) { identities_ = *AdminIdentities::read(directory_.path() / name); }
  void serve(rpc::ServerSettings settings) {
    server_ = *rpc::Server::start(settings, {&mirror_});
    target_ = settings.listen.front().starts_with("unix:")
                  ? settings.listen.front()
                  : "ipv4:127.0.0.1:" + std::to_string(server_->ports().front());
  }
  // `header`: of "authorization"; empty: none.
  std::string caller(const rpc::ChannelSettings& settings, const std::string& header = {}) {
    auto own = settings;
    own.target = target_;
    if (own.tls) own.authority = "carol";
    const auto stub = v1::PolicyAdmin::NewStub(*rpc::make_channel(own));
    grpc::ClientContext context;
    if (!header.empty()) context.AddMetadata("authorization", header);
    v1::GetPolicyResponse response;
    const auto status = stub->GetPolicy(&context, v1::GetPolicyRequest(), &response);
    return status.error_code() == grpc::StatusCode::ABORTED ? status.error_message() : "not let in";
  }

  test::TempDir directory_;
  const rpc::TlsFiles tls_;
  AdminIdentities identities_;
  Mirror mirror_{&identities_};
  std::unique_ptr<rpc::Server> server_;
  std::string target_;
};

TEST_F(Caller, ComesWithACertificate) {
  serve({.listen = {"127.0.0.1:0"}, .tls = tls_});
  EXPECT_EQ(caller({.tls = tls_}), "carol is viewer");
  EXPECT_EQ(caller({.tls = tls_, .anonymous = true}), "not let in");
  read("others.toml");
  EXPECT_EQ(caller({.tls = tls_}), "unknown-certificate:carol is none");
}

TEST_F(Caller, ComesWithAToken) {
  serve({.listen = {"127.0.0.1:0"}, .tls = tls_, .clients = rpc::ClientCertificates::optional});
  EXPECT_EQ(caller({.tls = tls_, .anonymous = true}, "Bearer " + kToken), "alice is operator");
  // A token goes before a certificate, right or wrong.
  EXPECT_EQ(caller({.tls = tls_}, "Bearer " + kToken), "alice is operator");
  EXPECT_EQ(caller({.tls = tls_}, "Bearer x" + kToken), "unknown-token is none");
  EXPECT_EQ(caller({.tls = tls_}, kToken), "unknown-token is none");
  EXPECT_EQ(caller({.tls = tls_}), "carol is viewer");
  EXPECT_EQ(caller({.tls = tls_, .anonymous = true}), "unknown is none");
}

TEST_F(Caller, IsKnownByTheDigestOfTheCertificate) {
  std::ifstream in(tls_.certificate);
  const std::string pem{std::istreambuf_iterator<char>(in), {}};
  std::ofstream(directory_.path() / "pinned.toml")
      << "[erin]\nrole = \"admin\"\ncertificate_sha256 = \""
      << to_hex(crypto::fingerprint(crypto::certificates_from_pem(pem)->front())) << "\"\n";
  read("pinned.toml");
  serve({.listen = {"127.0.0.1:0"}, .tls = tls_});
  EXPECT_EQ(caller({.tls = tls_}), "erin is admin");
}

TEST_F(Caller, IsNobodyOverPlaintextTcp) {
  serve({.listen = {"127.0.0.1:0"}});
  EXPECT_EQ(caller({}), "unknown is none");
  EXPECT_EQ(caller({}, "Bearer " + kToken), "unknown is none");
}

TEST_F(Caller, OfTheUnixSocketIsAnAdministrator) {
  serve({.listen = {"unix:" + (directory_.path() / "admin.sock").string()}});
  EXPECT_EQ(caller({}), "local is admin");
  EXPECT_EQ(caller({}, "Bearer nonsense"), "local is admin");
}

}  // namespace
}  // namespace sotto::auth
