#include "libs/redis/command.hpp"

#include <hiredis/hiredis.h>

#include <array>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "libs/redis/slot.hpp"

namespace sotto::redis {
namespace {

std::string wire(const Command& command) {
  std::string out;
  command.append_to(out);
  return out;
}

// As hiredis formats it.
std::string formatted(const std::vector<std::string>& arguments) {
  std::vector<const char*> data;
  std::vector<std::size_t> sizes;
  for (const auto& argument : arguments) {
    data.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  char* text = nullptr;
  const int size = redisFormatCommandArgv(&text, static_cast<int>(data.size()), data.data(), sizes.data());
  std::string out(text, static_cast<std::size_t>(size));
  redisFreeCommand(text);
  return out;
}

TEST(Command, IsFormattedAsHiredisDoes) {
  const std::string binary("\0\r\n$3\xff", 6);
  const Bytes bytes = to_bytes(as_bytes(binary));
  EXPECT_EQ(wire(Command("PING")), formatted({"PING"}));
  EXPECT_EQ(wire(Command("SET").key("q:", bytes).arg(binary).arg("").arg(bytes)),
            formatted({"SET", "q:" + binary, binary, "", binary}));
  EXPECT_EQ(wire(Command("X").arg(0).arg(-1).arg(std::numeric_limits<std::int64_t>::min()).arg(~std::uint64_t{0})),
            formatted({"X", "0", "-1", "-9223372036854775808", "18446744073709551615"}));
  Command many("DEL");
  std::vector<std::string> arguments{"DEL"};
  for (int i = 0; i < 1200; ++i) {
    many.key(std::to_string(i));
    arguments.push_back(std::to_string(i));
  }
  EXPECT_EQ(wire(many), formatted(arguments));
}

TEST(Command, KnowsItsSize) {
  const auto command = Command("SET").key("key").arg(std::string(5000, 'x'));
  EXPECT_NEAR(static_cast<double>(command.size()), static_cast<double>(wire(command).size()), 8);
}

TEST(Command, FirstKeyDecidesTheSlot) {
  EXPECT_EQ(Command("PING").slot(), std::nullopt);
  EXPECT_EQ(Command("ECHO").arg("foo").slot(), std::nullopt);
  EXPECT_EQ(Command("DEL").key("foo").key("bar").slot(), slot_of("foo"));
  const std::array<std::uint8_t, 2> rest{'o', 'o'};
  EXPECT_EQ(Command("GET").key("f", rest).slot(), slot_of("foo"));
  EXPECT_EQ(Command("GET").key("f", rest).first_key(), "foo");
  EXPECT_EQ(Command("GET").key("").slot(), 0);
}

TEST(Command, OfAScript) {
  const Script script("return 1");
  EXPECT_EQ(script.sha(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
  const auto command = Command(script, 1).key("foo").arg(7);
  EXPECT_EQ(wire(command), formatted({"EVALSHA", script.sha(), "1", "foo", "7"}));
  EXPECT_EQ(command.slot(), slot_of("foo"));
  ASSERT_TRUE(command.script());
  EXPECT_EQ(command.script()->source(), "return 1");
}

}  // namespace
}  // namespace sotto::redis
