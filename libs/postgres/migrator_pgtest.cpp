#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/postgres/migrator.hpp"
#include "tests/support/postgres/postgres_server.hpp"

namespace sotto::postgres {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::array<Migration, 3> kSteps{{
    {1, "fruit", "CREATE TABLE fruit (name text); INSERT INTO fruit VALUES ('apple')"},
    {2, "colour", "ALTER TABLE fruit ADD COLUMN colour text"},
    {3, "more", "INSERT INTO fruit VALUES ('pear', 'green')"},
}};
constexpr std::span<const Migration> kAll = kSteps;

class MigratorTest : public testing::Test {
 protected:
  MigratorTest() : server_({.durable = false, .ask_password = false, .settings = {}}) {}

  [[nodiscard]] std::unique_ptr<Connection> connect() const {
    ConnectOptions options;
    options.conninfo = server_.conninfo();
    return Connection::connect(options).value();
  }
  [[nodiscard]] std::unique_ptr<AdminSession> admin() const {
    ConnectOptions options;
    options.conninfo = server_.conninfo();
    return AdminSession::connect(options).value();
  }
  // Runs them on a connection of its own; notes what was applied.
  Status run(std::span<const Migration> steps) {
    return migrate(*admin(), fruit(steps), [this](const Migration& step) { applied_.push_back(step.version); });
  }
  [[nodiscard]] SchemaState state(std::span<const Migration> steps) const {
    return schema_state(*admin(), fruit(steps)).value();
  }
  static MigrationSet fruit(std::span<const Migration> steps) { return {"fruit", "sotto_migrations", steps}; }

  test::PostgresServer server_;
  std::vector<int> applied_;
};

TEST_F(MigratorTest, AppliesAllToAnEmptyDatabaseAndNothingTheSecondTime) {
  EXPECT_EQ(state(kAll).version, 0);
  EXPECT_EQ(state(kAll).pending.size(), 3U);
  EXPECT_EQ(server_.execute("SELECT to_regclass('sotto_migrations') IS NULL"), "t");
  ASSERT_TRUE(run(kAll).ok());
  EXPECT_THAT(applied_, ElementsAre(1, 2, 3));
  EXPECT_EQ(server_.execute("SELECT string_agg(version || name, ',' ORDER BY version) FROM sotto_migrations"),
            "1fruit,2colour,3more");
  EXPECT_EQ(server_.execute("SELECT count(*) FROM fruit"), "2");
  EXPECT_EQ(state(kAll).version, 3);
  EXPECT_TRUE(state(kAll).pending.empty());

  ASSERT_TRUE(run(kAll).ok());
  EXPECT_THAT(applied_, ElementsAre(1, 2, 3));
}

TEST_F(MigratorTest, AppliesOnlyWhatIsPending) {
  ASSERT_TRUE(run(kAll.first(1)).ok());
  EXPECT_EQ(state(kAll).pending.front().name, "colour");
  ASSERT_TRUE(run(kAll).ok());
  EXPECT_THAT(applied_, ElementsAre(1, 2, 3));
}

TEST_F(MigratorTest, TwoRunnersAtOnceShareTheWork) {
  std::vector<Migration> steps;
  steps.push_back({1, "numbers", "CREATE TABLE numbers (n int)"});
  for (int version = 2; version <= 30; ++version) {
    steps.push_back({version, "next", "INSERT INTO numbers SELECT count(*) FROM numbers"});
  }
  std::array<int, 2> counts{};
  std::vector<std::jthread> runners;
  for (auto& count : counts) {
    runners.emplace_back([this, &steps, &count] {
      const auto status = migrate(*admin(), fruit(steps), [&count](const Migration& /*step*/) { ++count; });
      EXPECT_TRUE(status.ok());
    });
  }
  runners.clear();
  EXPECT_EQ(counts[0] + counts[1], 30);
  EXPECT_EQ(server_.execute("SELECT count(DISTINCT n) || ' ' || count(*) FROM numbers"), "29 29");
}

TEST_F(MigratorTest, AFailingStepLeavesNothing) {
  constexpr std::array<Migration, 2> kBroken{
      {kSteps[0],
       {2, "broken", "CREATE TABLE vegetables (n int); INSERT INTO vegetables VALUES (1); SELECT nonsense"}}};
  const auto status = run(kBroken);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, AllOf(HasSubstr("fruit schema step 2 (broken) failed"), HasSubstr("nonsense")));
  EXPECT_THAT(applied_, ElementsAre(1));
  EXPECT_EQ(server_.execute("SELECT to_regclass('vegetables') IS NULL"), "t");
  EXPECT_EQ(state(kAll).version, 1);
  // The way on is free.
  ASSERT_TRUE(run(kAll).ok());
  EXPECT_THAT(applied_, ElementsAre(1, 2, 3));
}

TEST_F(MigratorTest, RefusesANewerDatabase) {
  ASSERT_TRUE(run(kAll).ok());
  for (const auto& status : {run(kAll.first(2)), require_schema(*connect(), fruit(kAll.first(2)))}) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::conflict);
    EXPECT_THAT(status.error().message, HasSubstr("3 (more), which this program does not know"));
  }
}

TEST_F(MigratorTest, RefusesAStepOfAnotherName) {
  ASSERT_TRUE(run(kAll).ok());
  auto renamed = kSteps;
  renamed[1].name = "taste";
  const auto status = run(renamed);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::conflict);
  EXPECT_THAT(status.error().message, AllOf(HasSubstr("2 (colour)"), HasSubstr("2 (taste)")));
}

TEST_F(MigratorTest, AProgramThatNeedsTheSchemaIsToldWhatToRun) {
  const auto before = require_schema(*connect(), fruit(kAll));
  ASSERT_FALSE(before.ok());
  EXPECT_EQ(before.error().code, ErrorCode::conflict);
  EXPECT_THAT(before.error().message, AllOf(HasSubstr("version 0 of the fruit schema and this program needs 3"),
                                            HasSubstr("run `sotto db migrate`")));
  ASSERT_TRUE(run(kAll).ok());
  EXPECT_TRUE(require_schema(*connect(), fruit(kAll)).ok());
}

TEST_F(MigratorTest, SetsOfTwoServicesDoNotKnowOfEachOther) {
  constexpr std::array<Migration, 1> kOther{{{1, "tools", "CREATE TABLE tools (name text)"}}};
  const MigrationSet tools{"tools", "sotto_tools_migrations", kOther};
  ASSERT_TRUE(run(kAll).ok());
  EXPECT_EQ(schema_state(*admin(), tools)->version, 0);
  EXPECT_THAT(require_schema(*connect(), tools).error().message, HasSubstr("version 0 of the tools schema"));
  ASSERT_TRUE(migrate(*admin(), tools, [](const Migration& /*step*/) {}).ok());
  EXPECT_EQ(schema_state(*admin(), tools)->version, 1);
  EXPECT_EQ(state(kAll).version, 3);
  EXPECT_TRUE(require_schema(*connect(), tools).ok());
  EXPECT_TRUE(require_schema(*connect(), fruit(kAll)).ok());
}

}  // namespace
}  // namespace sotto::postgres
