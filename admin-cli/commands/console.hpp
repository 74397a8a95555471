// Console: where a command reads and writes: data on `out`, everything else on `err`. References to streams that the
// caller owns. One thread.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "libs/base/error.hpp"

namespace CLI {
class App;
}

namespace sotto::cli {

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool terminal = false;        // `out` is one
  bool error_terminal = false;  // `err` is one
};

// What a program ends with when nothing went wrong.
inline constexpr int kExitOk = 0;

// Prints "sotto: <message>" to `err` and returns the exit code of the error.
int report(const Error& error, Console& console);

// A command of the tree: its options are declared on an App, and it runs after parsing. Kept alive by the application.
class Command {
 public:
  virtual ~Command() = default;
  // Returns the exit code.
  virtual int run(Console& console) = 0;
};

// Commands that were declared, with the App each belongs to.
class CommandTable {
 public:
  void add(const CLI::App& app, std::unique_ptr<Command> command) { rows_.push_back({&app, std::move(command)}); }
  // Null when `app` is no command but a group.
  [[nodiscard]] Command* find(const CLI::App& app) const;

 private:
  struct Row {
    const CLI::App* app;
    std::unique_ptr<Command> command;
  };
  std::vector<Row> rows_;
};

}  // namespace sotto::cli
