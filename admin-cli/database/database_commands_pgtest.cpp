#include <sys/stat.h>

#include <array>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "admin-cli/commands/command_runner.hpp"
#include "admin-cli/database/database_commands.hpp"
#include "admin-cli/database/test_database.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/free_port.hpp"

namespace sotto::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::array<AddCommands, 1> kGroups{&add_database_commands};

Output run_db(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "db");
  return run_sotto(arguments, "", false, kGroups);
}

// Commands against a server that asks for a password; no output of any may hold it.
class DatabaseCommands : public testing::Test {
 protected:
  DatabaseCommands() { write_content(password_file, test::PostgresServer::password() + "\n"); }

  Output run(std::vector<std::string> arguments) { return run_at(database.server().url(), std::move(arguments)); }
  Output run_at(const std::string& url, std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--database-url", url, "--database-password-file", password_file});
    auto output = run_db(arguments);
    EXPECT_THAT(output.out + output.err, Not(HasSubstr(test::PostgresServer::password())));
    return output;
  }
  static nlohmann::json parsed(const Output& output) { return nlohmann::json::parse(output.out); }

  TestDatabase database;
  const TempDir directory;
  const std::string password_file = directory / "password";
  const std::string key_file = directory / "keys";
};

TEST_F(DatabaseCommands, MigrateBringsAnEmptyDatabaseUpOnce) {
  const auto dry = run({"migrate", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0);
  EXPECT_EQ(dry.out, "pending queue 1 queues\npending queue 2 services\npending auth 1 passwords\n");
  EXPECT_EQ(dry.err,
            "The queue schema has version 0; nothing was changed.\n"
            "The auth schema has version 0; nothing was changed.\n");
  EXPECT_EQ(run({"status"}).exit_code, 7);

  const auto first = run({"migrate"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.out, "applied queue 1 queues\napplied queue 2 services\napplied auth 1 passwords\n");
  EXPECT_EQ(first.err,
            "The queue schema has version 2 now (before: 0).\n"
            "The auth schema has version 1 now (before: 0).\n");

  const auto second = run({"migrate"});
  EXPECT_EQ(second.exit_code, 0);
  EXPECT_EQ(second.out, "");
  EXPECT_EQ(second.err, "The queue schema is up to date: version 2.\nThe auth schema is up to date: version 1.\n");
}

TEST_F(DatabaseCommands, MigrateSaysAsJsonWhatItDid) {
  const auto dry = parsed(run({"migrate", "--json", "--dry-run"}));
  EXPECT_EQ(dry["version"], 0);
  EXPECT_EQ(dry["pending"][0]["name"], "queues");
  EXPECT_TRUE(dry["applied"].empty());
  EXPECT_EQ(dry["services"][1]["pending"][0]["name"], "passwords");
  const auto done = parsed(run({"migrate", "--json"}));
  EXPECT_EQ(done["schemaVersion"], 1);
  // Of the queue service, as ever.
  EXPECT_EQ(done["versionBefore"], 0);
  EXPECT_EQ(done["version"], 2);
  EXPECT_EQ(done["applied"][0]["name"], "queues");
  EXPECT_EQ(done["applied"][1]["name"], "services");
  EXPECT_TRUE(done["pending"].empty());
  ASSERT_EQ(done["services"].size(), 2U);
  EXPECT_EQ(done["services"][0]["service"], "queue");
  EXPECT_EQ(done["services"][0]["applied"], done["applied"]);
  const auto& auth = done["services"][1];
  EXPECT_EQ(auth["service"], "auth");
  EXPECT_EQ(auth["versionBefore"], 0);
  EXPECT_EQ(auth["version"], 1);
  EXPECT_EQ(auth["applied"][0]["name"], "passwords");
  EXPECT_TRUE(auth["pending"].empty());
}

// Of a database from before there was an auth service.
TEST_F(DatabaseCommands, MigrateAddsTheSchemaOfAServiceThatCameLater) {
  ASSERT_EQ(run({"migrate", "--service", "queue"}).exit_code, 0);
  const auto status = run({"status"});
  EXPECT_EQ(status.exit_code, 7);
  EXPECT_EQ(status.out,
            "queue schema   version 2 of 2\n"
            "auth schema    version 0 of 1\n"
            "pending        auth 1 passwords\n"
            "queues         0\n"
            "messages       0\n"
            "platform keys  not counted (--count-keys reads every queue)\n");
  EXPECT_EQ(run({"migrate"}).out, "applied auth 1 passwords\n");
  EXPECT_EQ(run({"status"}).exit_code, 0);
}

TEST_F(DatabaseCommands, AServiceMayHaveADatabaseOfItsOwn) {
  database.server().create_database("passwords");
  const auto url = database.server().url("passwords");
  EXPECT_EQ(run_at(url, {"migrate", "--service", "auth"}).out, "applied auth 1 passwords\n");
  EXPECT_EQ(database.server().execute("SELECT to_regclass('queues') IS NULL", "passwords"), "t");
  const auto status = run_at(url, {"status", "--service", "auth"});
  EXPECT_EQ(status.exit_code, 0) << status.err;
  EXPECT_EQ(status.out, "auth schema    version 1 of 1\npasswords      0\n");
  const auto json = parsed(run_at(url, {"status", "--service", "auth", "--json"}));
  EXPECT_FALSE(json.contains("version"));
  EXPECT_EQ(json["services"].size(), 1U);
  EXPECT_EQ(run_at(url, {"status"}).exit_code, 7);
  const auto unknown = run_at(url, {"migrate", "--service", "mail"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("queue"), HasSubstr("auth")));
}

TEST_F(DatabaseCommands, StatusCountsFromTheTotals) {
  const auto empty = run({"status", "--json"});
  EXPECT_EQ(empty.exit_code, 7);
  EXPECT_THAT(empty.err, HasSubstr("run `sotto db migrate`"));
  EXPECT_EQ(parsed(empty)["pending"][0]["name"], "queues");
  EXPECT_FALSE(parsed(empty).contains("queues"));
  EXPECT_FALSE(parsed(empty).contains("passwords"));

  database.migrate();
  database.server().execute("UPDATE queue_totals SET queues = slot, messages = 2 WHERE slot < 3");
  database.server().execute(
      "INSERT INTO auth_passwords (password_id, label, state, created, not_before, expires, daily_limit, successor_id, "
      "key_id, digest) SELECT 'p' || i, 'label', 0, 0, 0, 0, 0, '', 4 + i / 3, sha256('') FROM generate_series(1, 3) "
      "i");
  const auto text = run({"status"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_EQ(text.out,
            "queue schema   version 2 of 2\n"
            "auth schema    version 1 of 1\n"
            "queues         3\n"
            "messages       6\n"
            "platform keys  not counted (--count-keys reads every queue)\n"
            "passwords      3\n"
            "password key   4 is needed by 2 passwords\n"
            "password key   5 is needed by 1 passwords\n");
  EXPECT_EQ(text.err, "");
  const auto json = parsed(run({"status", "--json"}));
  EXPECT_EQ(json["version"], 2);
  EXPECT_EQ(json["neededVersion"], 2);
  EXPECT_EQ(json["queues"], 3);
  EXPECT_EQ(json["messages"], 6);
  EXPECT_FALSE(json.contains("platformKeys"));
  EXPECT_EQ(json["passwords"], 3);
  EXPECT_EQ(json["passwordKeys"][1]["id"], 5);
  EXPECT_EQ(json["passwordKeys"][1]["passwords"], 1);
  EXPECT_EQ(json["services"][1]["service"], "auth");
  EXPECT_EQ(json["services"][1]["neededVersion"], 1);
}

TEST_F(DatabaseCommands, ANewerSchemaIsRefused) {
  database.migrate();
  database.server().execute("INSERT INTO sotto_migrations (version, name) VALUES (3, 'future')");
  write_content(key_file, crypto::KeyRing::generate_line(1));
  for (const auto& output : {run({"status"}), run({"migrate"}), run({"rekey", "--platform-key-file", key_file})}) {
    EXPECT_EQ(output.exit_code, 7);
    EXPECT_THAT(output.err, HasSubstr("the queue schema step 3 (future), which this program does not know"));
  }
}

TEST_F(DatabaseCommands, WhereOneSchemaIsNewerNothingIsChanged) {
  ASSERT_EQ(run({"migrate", "--service", "auth"}).exit_code, 0);
  database.server().execute("INSERT INTO sotto_auth_migrations (version, name) VALUES (2, 'future')");
  for (const auto& output : {run({"status"}), run({"migrate"})}) {
    EXPECT_EQ(output.exit_code, 7);
    EXPECT_EQ(output.out, "");
    EXPECT_THAT(output.err, HasSubstr("the auth schema step 2 (future), which this program does not know"));
  }
  EXPECT_EQ(database.server().execute("SELECT to_regclass('queues') IS NULL"), "t");
}

TEST_F(DatabaseCommands, RekeyNeedsTheSchema) {
  write_content(key_file, crypto::KeyRing::generate_line(1));
  const auto output = run({"rekey", "--platform-key-file", key_file});
  EXPECT_EQ(output.exit_code, 7);
  EXPECT_THAT(output.err, HasSubstr("run `sotto db migrate`"));
}

TEST_F(DatabaseCommands, AKeyIsMadeThenPutInFrontAndEverythingIsSealedWithIt) {
  database.migrate();
  EXPECT_EQ(run_db({"new-key", "--out", key_file}).exit_code, 0);
  const auto id = database.add_queue(crypto::KeyRing::parse(content_of(key_file)).value(), true);
  write_content(key_file, run_db({"new-key", "--id", "2"}).out + content_of(key_file));
  const auto keys = crypto::KeyRing::parse(content_of(key_file)).value();

  EXPECT_THAT(run({"status", "--count-keys"}).out, HasSubstr("platform key   1 seals the secrets of 1 queues\n"));
  const auto rekeyed = run({"rekey", "--platform-key-file", key_file});
  EXPECT_EQ(rekeyed.exit_code, 0) << rekeyed.err;
  EXPECT_THAT(rekeyed.out, HasSubstr("1 of 1 queues were sealed with the platform key 2"));
  EXPECT_EQ(rekeyed.err, "");
  EXPECT_TRUE(database.is_sealed(id, keys, 2));
  EXPECT_EQ(parsed(run({"status", "--count-keys", "--json"}))["platformKeys"][0]["id"], 2);
  const auto again = parsed(run({"rekey", "--platform-key-file", key_file, "--json"}));
  EXPECT_EQ(again["keyId"], 2);
  EXPECT_EQ(again["queues"], 1);
  EXPECT_EQ(again["resealed"], 0);
}

TEST_F(DatabaseCommands, RekeyFailsWhenSecretsDoNotOpen) {
  database.migrate();
  database.add_queue(crypto::KeyRing::parse(crypto::KeyRing::generate_line(1)).value(), false);
  write_content(key_file, crypto::KeyRing::generate_line(2));
  const auto output = run({"rekey", "--platform-key-file", key_file});
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.err, HasSubstr("add the key 1 to the platform key file"));
}

TEST_F(DatabaseCommands, SaysWhichWayTheConnectionFails) {
  const auto nobody = "postgresql://sotto@127.0.0.1:" + std::to_string(test::free_port()) + "/postgres";
  const auto refused = run_at(nobody, {"status"});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("no connection to PostgreSQL"));
  EXPECT_EQ(run_at(database.server().url("nowhere"), {"status"}).exit_code, 6);

  write_content(password_file, "hunter2\n");
  const auto wrong = run({"status"});
  EXPECT_EQ(wrong.exit_code, 5);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr(password_file), Not(HasSubstr("hunter2"))));
  const auto none = run_db({"status", "--database-url", database.server().url()});
  EXPECT_EQ(none.exit_code, 5);
  EXPECT_THAT(none.err, HasSubstr("--database-password-file"));
}

TEST_F(DatabaseCommands, TakesItsDatabaseFromTheEnvironment) {
  database.migrate();
  setenv("SOTTO_DATABASE_URL", database.server().url().c_str(), 1);
  setenv("SOTTO_DATABASE_PASSWORD_FILE", password_file.c_str(), 1);
  const auto output = run_db({"status"});
  unsetenv("SOTTO_DATABASE_URL");
  unsetenv("SOTTO_DATABASE_PASSWORD_FILE");
  EXPECT_EQ(output.exit_code, 0) << output.err;
}

TEST(DatabaseArguments, APasswordInTheUrlIsRefusedAndNotRepeated) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"status", "--database-url", "postgresql://sotto:hunter2@localhost/sotto"},
                                             {"status", "--database-url", "host=localhost password=hunter2"},
                                             {"status", "--database-url", "hunter2"},
                                             {"status", "postgresql://sotto:hunter2@localhost/sotto"},
                                             {"postgresql://sotto:hunter2@localhost/sotto"},
                                             {"password=hunter2"}}) {
    const auto output = run_db(arguments);
    EXPECT_EQ(output.exit_code, 2) << arguments.back();
    EXPECT_THAT(output.out + output.err, Not(HasSubstr("hunter2")));
  }
}

TEST(DatabaseArguments, WhatIsMissingIsNamed) {
  EXPECT_EQ(run_db({}).exit_code, 2);
  const auto no_url = run_db({"status"});
  EXPECT_EQ(no_url.exit_code, 2);
  EXPECT_THAT(no_url.err, AllOf(HasSubstr("--database-url"), HasSubstr("SOTTO_DATABASE_URL")));
  const auto no_keys = run_db({"rekey"});
  EXPECT_EQ(no_keys.exit_code, 2);
  EXPECT_THAT(no_keys.err, HasSubstr("--platform-key-file"));
}

TEST(DatabaseArguments, FilesThatCannotBeUsedAreNamed) {
  const TempDir directory;
  const auto file = directory / "secret";
  const auto password = [&](const std::string& content) {
    write_content(file, content);
    return run_db({"status", "--database-url", "host=localhost", "--database-password-file", file});
  };
  for (const auto& output :
       {password(""), password("\n"), password("hunter2\nhunter3\n"),
        run_db({"status", "--database-url", "host=localhost", "--database-password-file", directory / "missing"})}) {
    EXPECT_EQ(output.exit_code, 3);
    EXPECT_THAT(output.err, AllOf(HasSubstr(directory.path().string()), Not(HasSubstr("hunter"))));
  }
  write_content(file, "# keys\n1:hunter2\n");
  const auto keys = run_db({"rekey", "--platform-key-file", file});
  EXPECT_EQ(keys.exit_code, 3);
  EXPECT_THAT(keys.err, AllOf(HasSubstr(file), HasSubstr("line 2"), Not(HasSubstr("hunter"))));
}

TEST(NewKey, PrintsALineOrMakesAFileOfTheOwner) {
  const auto printed = run_db({"new-key", "--id", "9"});
  EXPECT_EQ(printed.exit_code, 0);
  EXPECT_EQ(crypto::KeyRing::parse(printed.out)->current_id(), 9);
  EXPECT_EQ(printed.err, "");

  const TempDir directory;
  const auto file = directory / "keys";
  const auto made = run_db({"new-key", "--out", file});
  EXPECT_EQ(made.exit_code, 0);
  EXPECT_EQ(made.out, "");
  const auto content = content_of(file);
  EXPECT_EQ(crypto::KeyRing::parse(content)->current_id(), 1);
  EXPECT_THAT(made.err, AllOf(HasSubstr(file), Not(HasSubstr(content.substr(2, 20)))));
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);

  EXPECT_EQ(run_db({"new-key", "--out", file}).exit_code, 7);
  EXPECT_EQ(content_of(file), content);
  EXPECT_EQ(run_db({"new-key", "--id", "0"}).exit_code, 2);
}

class Help : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(Help, HasExamplesOnStandardOutput) {
  auto arguments = GetParam();
  arguments.emplace_back("--help");
  const auto output = run_db(arguments);
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.out, AllOf(HasSubstr("Usage: sotto db"), HasSubstr("Example")));
  EXPECT_EQ(output.err, "");
}

INSTANTIATE_TEST_SUITE_P(Commands, Help,
                         testing::Values(std::vector<std::string>{}, std::vector<std::string>{"status"},
                                         std::vector<std::string>{"migrate"}, std::vector<std::string>{"rekey"},
                                         std::vector<std::string>{"new-key"}));

}  // namespace
}  // namespace sotto::cli
