#include "admin-cli/doctor/admin_check.hpp"

#include <sotto/admin/v1/admin.grpc.pb.h>

#include "admin-cli/admin/password_names.hpp"

namespace sotto::cli {
namespace {

// The message of an AdminConnection says what to do where it can be said.
Finding no_answer(const Error& error) {
  return failed(error.message, "start the server, or run as its user; see in its log whether admin.socket was opened");
}

// Adds what is wrong. False when there is no answer, so that nothing more is asked.
bool ask_status(AdminConnection& server, Findings& findings) {
  auto stub = server.make_stub<v1::ServerAdmin>();
  if (!stub) {
    findings.push_back(no_answer(stub.error()));
    return false;
  }
  v1::GetServerStatusResponse found;
  if (const auto status =
          server.call(**stub, &v1::ServerAdmin::Stub::GetServerStatus, v1::GetServerStatusRequest(), found);
      !status) {
    findings.push_back(no_answer(status.error()));
    return false;
  }
  if (found.ready()) return true;
  for (const auto& part : found.dependencies()) {
    if (part.healthy()) continue;
    findings.push_back(failed("the server is not ready: " + part.name() + ": " + part.message(),
                              "mend what it names; the server becomes ready by itself"));
  }
  if (findings.empty()) findings.push_back(failed("the server is not ready", "see what it logs"));
  return true;
}

Result<bool> open_to_all(AdminConnection& server) {
  auto policies = server.make_stub<v1::PolicyAdmin>();
  if (!policies) return policies.error();
  v1::GetPolicyResponse policy;
  if (const auto status = server.call(**policies, &v1::PolicyAdmin::Stub::GetPolicy, v1::GetPolicyRequest(), policy);
      !status) {
    return status.error();
  }
  if (!policy.policy().new_queues()) return false;
  auto stub = server.make_stub<v1::PasswordAdmin>();
  if (!stub) return stub.error();
  const auto passwords = all_passwords(server, **stub);
  if (!passwords) return passwords.error();
  // Where there was one, nobody comes without: it does not matter whether it still works.
  return passwords->empty();
}

}  // namespace

Findings check_admin(AdminConnection& server, bool whole_server) {
  Findings findings;
  if (whole_server && !ask_status(server, findings)) return findings;
  const auto open = open_to_all(server);
  if (!open) {
    findings.push_back(no_answer(open.error()));
  } else if (*open) {
    findings.push_back(warning("the server has no password: anybody who knows its address may create queues",
                               "`sotto password create`, unless this is meant to be a public server"));
  }
  if (findings.empty())
    findings.push_back(
        fine("the server answers administrators; creating queues takes a password "
             "or is off"));
  return findings;
}

}  // namespace sotto::cli
