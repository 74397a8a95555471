// Administrators of elsewhere: `sotto` asks a running sotto-server over TLS, with certificates and tokens.
#include <grpcpp/channel.h>
#include <sotto/admin/v1/admin.grpc.pb.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/crypto/certificate.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/rpc/deadline.hpp"
#include "libs/rpc/test_tls.hpp"
#include "tests/operations/programs.hpp"
#include "tests/support/golden/golden_file.hpp"

namespace sotto::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kOk = 0;
constexpr int kUsage = 2;
constexpr int kConfiguration = 3;
constexpr int kNotReached = 4;
constexpr int kNotAllowed = 5;
constexpr int kNotFound = 6;

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string identity(const std::string& name, const std::string& role, const std::string& mark) {
  return "[" + name + "]\nrole = \"" + role + "\"\n" + mark + "\n";
}

class AdminAccess : public testing::Test {
 protected:
  struct Ran {
    int exit_code = -1;
    std::string output;  // of both
  };

  // `sotto admin new-token`; gives the entry.
  std::string new_token(const std::string& name, const std::string& role) {
    const TempDir scratch;
    Child program(
        {{SOTTO_CLI_PROGRAM, "admin", "new-token", "--name", name, "--role", role, "--token-file", token_file(name)},
         {},
         scratch.path() / "log",
         {},
         {}});
    EXPECT_EQ(program.wait(), 0) << program.log();
    const auto said = program.log();
    return said.substr(said.find('['));
  }
  void write_identities(const std::string& text) const {
    std::ofstream(path("part")) << text;
    std::filesystem::rename(path("part"), path("admins.toml"));
  }
  [[nodiscard]] std::vector<std::string> flags(const std::string& certificates) const {
    return {"--admin-listen=127.0.0.1:0",
            "--admin-tls-ca=" + server_files.authorities.string(),
            "--admin-tls-certificate=" + server_files.certificate.string(),
            "--admin-tls-key=" + server_files.key.string(),
            "--admin-identities=" + path("admins.toml").string(),
            "--admin-client-certificate=" + certificates};
  }
  // `certificates`: "required" or "optional" of clients.
  void start(const std::string& certificates, const std::string& identities) {
    write_identities(identities);
    server.emplace(ServerProgram::durable(flags(certificates)));
    server->wait_ready(true);
    static const std::regex kServed(R"(administrators are served port=([0-9]+))");
    std::smatch found;
    std::string log;
    wait_until("the port in the log", [&] {
      log = server->process().log();
      return std::regex_search(log, found, kServed);
    });
    address = "127.0.0.1:" + found[1].str();
  }
  [[nodiscard]] Ran run(std::vector<std::string> arguments, const std::vector<std::string>& options) const {
    arguments.insert(arguments.end(), {"--server", address, "--tls-ca", server_files.authorities.string()});
    arguments.insert(arguments.end(), options.begin(), options.end());
    Ran out;
    out.exit_code = server->sotto(std::move(arguments), &out.output);
    return out;
  }
  static std::vector<std::string> with(const rpc::TlsFiles& files) {
    return {"--tls-certificate", files.certificate.string(), "--tls-key", files.key.string()};
  }
  // As `name`, with a certificate of that name, or with the token that it has.
  [[nodiscard]] Ran by_certificate(const std::string& name, std::vector<std::string> arguments) const {
    return run(std::move(arguments), with(authority.issue(path(name), name)));
  }
  [[nodiscard]] Ran by_token(const std::string& name, std::vector<std::string> arguments) const {
    return run(std::move(arguments), {"--token-file", token_file(name)});
  }
  // As who may open the socket.
  [[nodiscard]] std::string audit() const {
    std::string out;
    EXPECT_EQ(server->sotto({"audit", "list", "--server=unix:" + (server->data_dir() / "admin.sock").string()}, &out),
              kOk);
    return out;
  }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return directory_.path() / name; }
  [[nodiscard]] std::string token_file(const std::string& name) const { return path(name + ".token").string(); }
  void wait_for_log(const std::string& text) {
    wait_until("in the log: " + text, [&] { return server->process().log().find(text) != std::string::npos; });
  }

 private:
  TempDir directory_;

 protected:
  const rpc::TestAuthority authority;
  const rpc::TlsFiles server_files = authority.issue(path("server"), "localhost");
  std::optional<ServerProgram> server;
  std::string address;
};

const std::vector<std::string> kLook{"password", "list"};

TEST_F(AdminAccess, EachRoleMayDoWhatItMayAndEveryRefusalIsAudited) {
  const std::vector<std::string> roles{"viewer", "moderator", "operator", "admin"};
  std::string identities;
  for (const auto& role : roles) identities += identity("the-" + role, role, "certificate_cn = \"" + role + "\"");
  start("required", identities);

  struct Case {
    std::vector<std::string> arguments;
    std::size_t least;  // index of the role
    int allowed;        // exit code
  };
  const std::string queue(32, 'A');
  const std::vector<Case> cases{
      {{"password", "list"}, 0, kOk},
      {{"policy", "show"}, 0, kOk},
      {{"server", "status"}, 0, kOk},
      {{"audit", "list"}, 0, kOk},
      {{"queue", "status", queue}, 0, kNotFound},
      {{"queue", "block", queue}, 1, kNotFound},
      {{"queue", "unblock", queue}, 1, kNotFound},
      {{"queue", "delete", "--yes", queue}, 1, kNotFound},
      {{"password", "create", "--label", "team-a", "--show-password", "--dry-run"}, 2, kOk},
      {{"policy", "set", "--proxy", "off"}, 2, kOk},
      {{"backup", "create", "--name", "no/name"}, 2, kUsage},
  };
  for (std::size_t role = 0; role < roles.size(); ++role) {
    const auto files = authority.issue(path(roles[role]), roles[role]);
    for (const auto& each : cases) {
      const auto ran = run(each.arguments, with(files));
      EXPECT_EQ(ran.exit_code, role >= each.least ? each.allowed : kNotAllowed)
          << roles[role] << " " << each.arguments[0] << " " << each.arguments[1] << "\n"
          << ran.output;
    }
  }
  const auto audited = audit();
  for (const auto* line :
       {"the-viewer            queue.block         -  REFUSED: needs the role moderator, has viewer",
        "the-viewer            queue.delete        -  REFUSED: needs the role moderator, has viewer",
        "the-viewer            password.create     -  REFUSED: needs the role operator, has viewer",
        "the-moderator         password.create     -  REFUSED: needs the role operator, has moderator",
        "the-moderator         policy.set          -  REFUSED: needs the role operator, has moderator",
        "the-moderator         backup.create       -  REFUSED: needs the role operator, has moderator",
        "the-operator          policy.set "}) {
    EXPECT_THAT(audited, HasSubstr(line));
  }
}

TEST_F(AdminAccess, ACertificateIsKnownByItsDigestOrByAUri) {
  const auto pinned = authority.issue(path("pinned"), "somebody");
  const auto digest = to_hex(crypto::fingerprint(crypto::certificates_from_pem(read(pinned.certificate))->front()));
  start("required", identity("alice", "operator", "certificate_sha256 = \"" + digest + "\"") +
                        identity("ci", "viewer", "certificate_uri = \"spiffe://test/robot\""));
  EXPECT_EQ(run({"policy", "set", "--proxy", "off"}, with(pinned)).exit_code, kOk);
  EXPECT_EQ(by_certificate("robot", kLook).exit_code, kOk);
  // Another one of the same name.
  EXPECT_EQ(by_certificate("somebody", kLook).exit_code, kNotAllowed);
}

TEST_F(AdminAccess, ATokenIsEnoughWhereNoCertificateIsRequired) {
  start("optional", new_token("alice", "operator") + new_token("vera", "viewer") +
                        identity("carol", "viewer", "certificate_cn = \"carol\""));
  EXPECT_EQ(by_token("alice", {"policy", "set", "--proxy", "off"}).exit_code, kOk);
  EXPECT_EQ(by_token("vera", kLook).exit_code, kOk);
  EXPECT_EQ(by_token("vera", {"policy", "set", "--proxy", "off"}).exit_code, kNotAllowed);
  EXPECT_EQ(by_certificate("carol", kLook).exit_code, kOk);

  static_cast<void>(new_token("mallory", "admin"));  // that is in no file of the server
  const auto wrong = by_token("mallory", kLook);
  EXPECT_EQ(wrong.exit_code, kNotAllowed);
  EXPECT_THAT(wrong.output, HasSubstr("of no administrator"));
  EXPECT_EQ(run(kLook, {}).exit_code, kUsage);
  EXPECT_EQ(by_token("nobody", kLook).exit_code, kConfiguration);
  std::ofstream(token_file("eve")) << "letmein\n";
  const auto no_token = by_token("eve", kLook);
  EXPECT_EQ(no_token.exit_code, kConfiguration);
  EXPECT_THAT(no_token.output, Not(HasSubstr("letmein")));
  EXPECT_THAT(audit(),
              AllOf(HasSubstr("  alice                 policy.set"),
                    HasSubstr("  vera                  policy.set          -  REFUSED: needs the role operator"),
                    HasSubstr("  unknown-token         password.list       -  REFUSED: nobody that is known")));
}

TEST_F(AdminAccess, ATokenReplacesNoCertificateThatIsRequired) {
  start("required", new_token("alice", "operator"));
  EXPECT_NE(by_token("alice", kLook).exit_code, kOk);
  auto options = with(authority.issue(path("somebody"), "somebody"));
  options.insert(options.end(), {"--token-file", token_file("alice")});
  EXPECT_EQ(run(kLook, options).exit_code, kOk);
}

TEST_F(AdminAccess, StrangersAreNotLetIn) {
  start("required", identity("carol", "viewer", "certificate_cn = \"carol\""));
  const auto carol = authority.issue(path("carol"), "carol");
  ASSERT_EQ(run(kLook, with(carol)).exit_code, kOk);

  const auto unknown = by_certificate("sven", kLook);
  EXPECT_EQ(unknown.exit_code, kNotAllowed);
  EXPECT_THAT(audit(), HasSubstr("unknown-certificate:sven  password.list       -  REFUSED: nobody that is known"));

  // Who knows somebody else's authority only: each end for itself.
  const rpc::TestAuthority other;
  const auto foreign = other.issue(path("foreign"), "carol");
  const auto refused = run(kLook, with(foreign));
  EXPECT_EQ(refused.exit_code, kNotAllowed) << refused.output;
  auto options = with(carol);
  options.insert(options.end(), {"--tls-name", "elsewhere.example"});
  const auto other_name = run(kLook, options);
  EXPECT_EQ(other_name.exit_code, kNotAllowed) << other_name.output;
  std::string said;
  auto arguments = kLook;
  arguments.insert(arguments.end(), {"--server", address, "--tls-ca", foreign.authorities.string(), "--tls-certificate",
                                     carol.certificate.string(), "--tls-key", carol.key.string()});
  EXPECT_EQ(server->sotto(arguments, &said), kNotAllowed) << said;

  const auto plaintext = rpc::make_channel({.target = "ipv4:" + address});
  const auto stub = admin::v1::PasswordAdmin::NewStub(*plaintext);
  grpc::ClientContext context;
  rpc::set_timeout(context, std::chrono::seconds(10));
  admin::v1::ListPasswordsResponse response;
  EXPECT_FALSE(stub->ListPasswords(&context, admin::v1::ListPasswordsRequest(), &response).ok());

  server->process().kill();
  EXPECT_EQ(run(kLook, with(carol)).exit_code, kNotReached);
}

TEST_F(AdminAccess, WhatIsAskedWronglyIsSaid) {
  start("required", identity("carol", "viewer", "certificate_cn = \"carol\""));
  const auto carol = authority.issue(path("carol"), "carol");
  const auto code = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"password", "list"});
    return server->sotto(std::move(options));
  };
  EXPECT_EQ(code({"--server", address}), kUsage);
  EXPECT_EQ(code({"--server", address, "--tls-ca", "ca"}), kUsage);
  EXPECT_EQ(code({"--server", address, "--tls-ca", "ca", "--tls-certificate", "c"}), kUsage);
  EXPECT_EQ(code({"--server", "localhost", "--tls-ca", "ca", "--token-file", "t"}), kUsage);
  EXPECT_EQ(run(kLook, {"--tls-certificate", "/no.crt", "--tls-key", "/no.key"}).exit_code, kConfiguration);
  // By variables, as all else.
  const TempDir scratch;
  Child program({{SOTTO_CLI_PROGRAM, "password", "list"},
                 {"SOTTO_SERVER=" + address, "SOTTO_SERVER_TLS_CA=" + carol.authorities.string(),
                  "SOTTO_SERVER_TLS_CERTIFICATE=" + carol.certificate.string(),
                  "SOTTO_SERVER_TLS_KEY=" + carol.key.string(), "SOTTO_SERVER_TLS_NAME=localhost"},
                 scratch.path() / "log",
                 {},
                 {}});
  EXPECT_EQ(program.wait(), kOk) << program.log();
}

TEST_F(AdminAccess, RolesChangeWithoutARestart) {
  const auto of = [](const std::string& role) { return identity("carol", role, "certificate_cn = \"carol\""); };
  start("required", of("viewer"));
  const std::vector<std::string> change{"policy", "set", "--proxy", "off"};
  const auto carol = with(authority.issue(path("carol"), "carol"));
  EXPECT_EQ(run(change, carol).exit_code, kNotAllowed);
  write_identities(of("operator"));
  wait_for_log("administrators reloaded");
  EXPECT_EQ(run(change, carol).exit_code, kOk);

  write_identities(of("king"));
  server->process().signal(SIGHUP);
  wait_for_log("administrators refused, the former ones go on");
  EXPECT_THAT(server->process().log(), HasSubstr("is none of viewer, moderator, operator, admin"));
  EXPECT_EQ(run(change, carol).exit_code, kOk);

  write_identities(identity("dan", "admin", "certificate_cn = \"dan\""));
  wait_until("carol is nobody", [&] { return run(change, carol).exit_code == kNotAllowed; });
  EXPECT_EQ(by_certificate("dan", change).exit_code, kOk);
}

// The right ones and a wrong one, used: they are in their files only.
TEST_F(AdminAccess, NoTokenIsAnywhere) {
  start("optional", new_token("alice", "operator"));
  static_cast<void>(new_token("mallory", "admin"));
  ASSERT_EQ(by_token("alice", {"policy", "set", "--proxy", "off"}).exit_code, kOk);
  ASSERT_EQ(by_token("mallory", kLook).exit_code, kNotAllowed);

  std::vector<std::pair<std::string, std::string>> places{
      {"the log", server->process().log()}, {"the audit", audit()}, {"the identities", read(path("admins.toml"))}};
  std::string metrics;
  ASSERT_EQ(server->probe("/metrics", &metrics), 200);
  places.emplace_back("the metrics", metrics);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(server->data_dir())) {
    if (entry.is_regular_file()) places.emplace_back(entry.path().filename().string(), read(entry.path()));
  }
  for (const auto* name : {"alice", "mallory"}) {
    auto token = read(token_file(name));
    ASSERT_EQ(token.size(), 44U);
    token.pop_back();
    const auto bytes = *from_base64url(token);
    for (const auto& [place, text] : places) {
      EXPECT_EQ(text.find(token), std::string::npos) << "the token of " << name << " is in " << place;
      EXPECT_EQ(text.find(std::string(bytes.begin(), bytes.end())), std::string::npos) << place;
    }
  }
}

TEST_F(AdminAccess, AServerThatWouldNotKnowWhoAsksDoesNotStart) {
  const auto said = [this](const std::string& without) {
    auto arguments = flags("required");
    std::erase_if(arguments, [&](const std::string& flag) { return flag.starts_with(without); });
    arguments.insert(arguments.begin(), {SOTTO_SERVER_PROGRAM, "--ephemeral", "--ports=0", "--listen=127.0.0.1",
                                         "--identity-dir=" + path("identity").string()});
    const TempDir scratch;
    Child program({std::move(arguments), {}, scratch.path() / "log", {}, {}});
    EXPECT_EQ(program.wait(), kConfiguration);
    return program.log();
  };
  const TempDir scratch;
  Child init(
      {{SOTTO_CLI_PROGRAM, "init", "--no-password", "--host=127.0.0.1", "--identity-dir=" + path("identity").string()},
       {},
       scratch.path() / "log",
       {},
       {}});
  ASSERT_EQ(init.wait(), 0);
  EXPECT_THAT(said("--admin-tls-key"), HasSubstr("there is no admin API without TLS"));
  EXPECT_THAT(said("--admin-tls-ca"), HasSubstr("admin.tls_ca is not set"));
  EXPECT_THAT(said("--admin-identities"), HasSubstr("without admin.identities"));
  EXPECT_THAT(said("nothing"), AllOf(HasSubstr("admin.identities: "), HasSubstr("cannot be read")));
  write_identities("[carol]\nrole = \"viewer\"\n");
  EXPECT_THAT(said("nothing"), HasSubstr("admins.toml:2: carol.role is all there is of somebody"));
}

TEST_F(AdminAccess, ANewTokenIsToldOnce) {
  const auto make = [this](const std::string& name, std::vector<std::string> more) {
    more.insert(more.begin(), {SOTTO_CLI_PROGRAM, "admin", "new-token", "--name", name, "--role", "operator"});
    const TempDir scratch;
    Child program({std::move(more), {}, scratch.path() / "log", {}, {}});
    const int exit_code = program.wait();
    auto text = std::regex_replace(program.log(), std::regex(path(".").parent_path().string()), "DIR");
    return Ran{exit_code, std::regex_replace(text, std::regex("[0-9a-f]{64}"), "<digest>")};
  };
  const auto text = make("alice", {"--token-file", token_file("a")});
  expect_golden("tests/operations/golden/admin-new-token.txt", text.output);
  const auto json = make("alice@example.com", {"--token-file", token_file("b"), "--json"});
  expect_golden("tests/operations/golden/admin-new-token.json", json.output);
  EXPECT_EQ(std::filesystem::status(token_file("a")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto token = read(token_file("a"));
  EXPECT_NE(token, read(token_file("b")));
  EXPECT_EQ(make("alice", {"--token-file", token_file("a")}).exit_code, 7);
  EXPECT_EQ(read(token_file("a")), token);
  EXPECT_EQ(make("a b", {"--token-file", token_file("c")}).exit_code, kUsage);
  EXPECT_EQ(make("local", {"--token-file", token_file("c")}).exit_code, kUsage);
  EXPECT_EQ(make("alice", {}).exit_code, kUsage);
  EXPECT_FALSE(std::filesystem::exists(token_file("c")));
}

}  // namespace
}  // namespace sotto::test
