// The admin API of passwords, policy and audit, asked as `sotto` asks it: over gRPC, on a Unix socket.
#include <grpcpp/channel.h>

#include <gmock/gmock.h>

#include "libs/rpc/channel.hpp"
#include "libs/rpc/server.hpp"
#include "services/auth/api/audit_admin_service.hpp"
#include "services/auth/api/password_admin_service.hpp"
#include "services/auth/api/policy_admin_service.hpp"
#include "services/auth/api/values.hpp"
#include "services/auth/domain/test_book.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::auth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class AdminServicesTest : public TestBook {
 protected:
  AdminServicesTest() {
    const auto address = "unix:" + (directory_.path() / "admin.sock").string();
    auto started = rpc::Server::start({.listen = {address}}, {&passwords_, &policy_, &audit_});
    if (!started) throw std::runtime_error(started.error().message);
    server_ = *std::move(started);
    const auto channel = rpc::make_channel({.target = address});
    passwords = v1::PasswordAdmin::NewStub(*channel);
    policy = v1::PolicyAdmin::NewStub(*channel);
    audit = v1::AuditAdmin::NewStub(*channel);
  }

  // Calls a method as `user`, and gives its status.
  template <class Stub, class Method, class Request, class Response>
  grpc::Status call(Stub& stub, Method method, const Request& request, Response& response,
                    const std::string& user = "anna") {
    grpc::ClientContext context;
    context.AddMetadata("x-sotto-user", user);
    return (stub.*method)(&context, request, &response);
  }
  v1::CreatePasswordResponse make(const std::string& label) {
    v1::CreatePasswordRequest request;
    request.set_label(label);
    v1::CreatePasswordResponse response;
    const auto status = call(*passwords, &v1::PasswordAdmin::Stub::CreatePassword, request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  std::vector<std::string> audited() {
    v1::ListAuditResponse response;
    EXPECT_TRUE(call(*audit, &v1::AuditAdmin::Stub::ListAudit, v1::ListAuditRequest(), response).ok());
    std::vector<std::string> out;
    for (const auto& entry : response.entries()) {
      out.push_back(entry.actor() + " " + entry.action() + (entry.refused() ? " refused: " + entry.reason() : ""));
    }
    return out;
  }

  std::unique_ptr<v1::PasswordAdmin::Stub> passwords;
  std::unique_ptr<v1::PolicyAdmin::Stub> policy;
  std::unique_ptr<v1::AuditAdmin::Stub> audit;
  std::optional<Role> role;  // instead of what a local user has

 private:
  test::TempDir directory_;
  AdminAccess access_{[this](const grpc::ServerContextBase& context) {
                        auto actor = local_actor(context);
                        if (role) actor.role = *role;
                        return actor;
                      },
                      *admin};
  PasswordAdminService passwords_{access_, *admin, clock};
  PolicyAdminService policy_{access_, *admin};
  AuditAdminService audit_{access_, *admin};
  std::unique_ptr<rpc::Server> server_;
};

TEST_F(AdminServicesTest, APasswordIsToldOnceAndListedWithoutItself) {
  const auto made = make("team-a");
  EXPECT_EQ(check(made.made_password()).decision, backend::AccessDecision::allowed);
  v1::ListPasswordsResponse list;
  ASSERT_TRUE(call(*passwords, &v1::PasswordAdmin::Stub::ListPasswords, v1::ListPasswordsRequest(), list).ok());
  ASSERT_EQ(list.passwords_size(), 1);
  EXPECT_EQ(list.passwords(0).label(), "team-a");
  EXPECT_EQ(list.passwords(0).state(), v1::PASSWORD_STATE_ACTIVE);
  EXPECT_THAT(list.ShortDebugString(), testing::Not(HasSubstr(made.made_password())));
}

TEST_F(AdminServicesTest, RotatesExpiresAndRevokes) {
  const auto made = make("team-a");
  v1::RotatePasswordRequest rotate;
  rotate.set_password_id(made.password().password_id());
  v1::RotatePasswordResponse rotated;
  ASSERT_TRUE(call(*passwords, &v1::PasswordAdmin::Stub::RotatePassword, rotate, rotated).ok());
  EXPECT_EQ(rotated.old_password().state(), v1::PASSWORD_STATE_SUPERSEDED);
  EXPECT_EQ(rotated.old_password().expires(), unix_seconds(clock.system_now()) + 14 * 86400);
  EXPECT_EQ(check(rotated.made_password()).decision, backend::AccessDecision::allowed);

  v1::ExpirePasswordRequest expire;
  expire.set_password_id(rotated.old_password().password_id());
  expire.set_expires(1);
  v1::ExpirePasswordResponse expired;
  ASSERT_TRUE(call(*passwords, &v1::PasswordAdmin::Stub::ExpirePassword, expire, expired).ok());
  EXPECT_EQ(expired.password().state(), v1::PASSWORD_STATE_EXPIRED);
  EXPECT_EQ(check(made.made_password()).decision, backend::AccessDecision::expired);

  v1::RevokePasswordRequest revoke;
  revoke.set_password_id(rotated.new_password().password_id());
  v1::RevokePasswordResponse revoked;
  ASSERT_TRUE(call(*passwords, &v1::PasswordAdmin::Stub::RevokePassword, revoke, revoked).ok());
  EXPECT_EQ(revoked.password().state(), v1::PASSWORD_STATE_REVOKED);
  EXPECT_THAT(audited(), ElementsAre("local:anna password.revoke", "local:anna password.expire",
                                     "local:anna password.rotate", "local:anna password.create"));
}

TEST_F(AdminServicesTest, ErrorsHaveTheirCodes) {
  make("team-a");
  v1::CreatePasswordRequest again;
  again.set_label("team-a");
  v1::CreatePasswordResponse created;
  const auto code = [&](const v1::CreatePasswordRequest& request) {
    return call(*passwords, &v1::PasswordAdmin::Stub::CreatePassword, request, created).error_code();
  };
  EXPECT_EQ(code(again), grpc::StatusCode::ALREADY_EXISTS);
  again.set_label("not a label");
  EXPECT_EQ(code(again), grpc::StatusCode::INVALID_ARGUMENT);
  again.set_label("b");
  again.set_request_id("short");
  EXPECT_EQ(code(again), grpc::StatusCode::INVALID_ARGUMENT);
  v1::RevokePasswordRequest revoke;
  revoke.set_password_id("0123");
  v1::RevokePasswordResponse revoked;
  EXPECT_EQ(call(*passwords, &v1::PasswordAdmin::Stub::RevokePassword, revoke, revoked).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(AdminServicesTest, SetsThePolicy) {
  v1::GetPolicyResponse before;
  ASSERT_TRUE(call(*policy, &v1::PolicyAdmin::Stub::GetPolicy, v1::GetPolicyRequest(), before).ok());
  EXPECT_TRUE(before.policy().new_queues());
  v1::SetPolicyRequest set;
  set.mutable_policy()->set_proxy(true);
  set.mutable_policy()->add_proxy_destinations("smp.example.com");
  set.set_expected_version(before.version());
  v1::SetPolicyResponse response;
  ASSERT_TRUE(call(*policy, &v1::PolicyAdmin::Stub::SetPolicy, set, response).ok());
  EXPECT_EQ(response.version(), before.version() + 1);
  EXPECT_FALSE(book->state().new_queues);
  EXPECT_THAT(book->state().proxy_destinations, ElementsAre("smp.example.com"));
  EXPECT_EQ(call(*policy, &v1::PolicyAdmin::Stub::SetPolicy, set, response).error_code(), grpc::StatusCode::ABORTED);
}

TEST_F(AdminServicesTest, ListsComeInPages) {
  for (int i = 0; i < 5; ++i) make("team-" + std::to_string(i));
  v1::ListPasswordsRequest request;
  request.set_page_size(2);
  std::vector<std::string> labels;
  do {
    v1::ListPasswordsResponse page;
    ASSERT_TRUE(call(*passwords, &v1::PasswordAdmin::Stub::ListPasswords, request, page).ok());
    for (const auto& password : page.passwords()) labels.push_back(password.label());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(labels, ElementsAre("team-0", "team-1", "team-2", "team-3", "team-4"));

  v1::ListAuditRequest entries;
  entries.set_page_size(3);
  v1::ListAuditResponse page;
  ASSERT_TRUE(call(*audit, &v1::AuditAdmin::Stub::ListAudit, entries, page).ok());
  EXPECT_EQ(page.entries_size(), 3);
  entries.set_page_token(page.next_page_token());
  v1::ListAuditResponse rest;
  ASSERT_TRUE(call(*audit, &v1::AuditAdmin::Stub::ListAudit, entries, rest).ok());
  EXPECT_EQ(rest.entries_size(), 2);
  EXPECT_EQ(rest.next_page_token(), "");
  entries.set_page_token("nonsense");
  EXPECT_EQ(call(*audit, &v1::AuditAdmin::Stub::ListAudit, entries, rest).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(AdminServicesTest, ARoleMayDoWhatItMayAndEveryRefusalIsAudited) {
  v1::CreatePasswordRequest create;
  create.set_label("team-a");
  v1::CreatePasswordResponse created;
  const auto try_create = [&] {
    return call(*passwords, &v1::PasswordAdmin::Stub::CreatePassword, create, created).error_code();
  };
  role = Role::none;
  EXPECT_EQ(try_create(), grpc::StatusCode::UNAUTHENTICATED);
  role = Role::viewer;
  EXPECT_EQ(try_create(), grpc::StatusCode::PERMISSION_DENIED);
  role = Role::moderator;
  EXPECT_EQ(try_create(), grpc::StatusCode::PERMISSION_DENIED);
  role = Role::operator_;
  EXPECT_EQ(try_create(), grpc::StatusCode::OK);
  EXPECT_THAT(audited(), ElementsAre("local:anna password.create",
                                     "local:anna password.create refused: needs the role operator, has moderator",
                                     "local:anna password.create refused: needs the role operator, has viewer",
                                     "local:anna password.create refused: nobody that is known"));
}

TEST_F(AdminServicesTest, ANameThatIsNoNameIsNotKept) {
  v1::CreatePasswordRequest create;
  create.set_label("team-a");
  v1::CreatePasswordResponse created;
  ASSERT_TRUE(call(*passwords, &v1::PasswordAdmin::Stub::CreatePassword, create, created, std::string(65, 'x')).ok());
  EXPECT_THAT(audited(), ElementsAre("local password.create"));
}

}  // namespace
}  // namespace sotto::auth
