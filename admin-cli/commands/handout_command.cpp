#include "admin-cli/commands/handout_command.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

#include "admin-cli/commands/file.hpp"
#include "admin-cli/commands/handout_page.hpp"
#include "admin-cli/commands/own_address.hpp"

namespace sotto::cli {
namespace {

// Whether the text is a day of the calendar, written as 2027-01-31.
bool is_date(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00";
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (digit != (kForm[i] == '0') || (!digit && text[i] != '-')) return false;
  }
  const auto number = [&](std::size_t from, std::size_t count) {
    return std::stoi(std::string(text.substr(from, count)));
  };
  return std::chrono::year_month_day(std::chrono::year(number(0, 4)),
                                     std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                     std::chrono::day(static_cast<unsigned>(number(8, 2))))
      .ok();
}

class HandoutCommand final : public Command {
 public:
  explicit HandoutCommand(CLI::App& app) {
    own_.declare(app);
    app.add_flag("--show-password", show_password_, "Put the password on the page: whoever sees it has it");
    app.add_option("--label", label_, "A line for whom or for what the page is");
    app.add_option("--expires", expires_, "Until when the password works, as YYYY-MM-DD; only printed");
    app.add_option("--out", out_, "Make this file instead of printing the page; only its owner can read it");
    app.footer(
        "Examples:\n"
        "  sotto address handout --show-password --label 'Team A' --expires 2027-01-31 --out team-a.html\n"
        "  sotto address handout --no-password > address.html\n"
        "\n"
        "One page of HTML to print: QR code, address, and the steps in the app. It loads nothing. Where the server "
        "has\n"
        "a password, say whether it goes in: --show-password or --no-password. No file is ever overwritten.\n"
        "Exit codes: 0 made, 2 usage, 3 no or a damaged identity, or the file cannot be made, 7 there is one already.");
  }

  int run(Console& console) override {
    if (!expires_.empty() && !is_date(expires_)) {
      return report({ErrorCode::invalid_argument, "--expires is no day of the form YYYY-MM-DD, such as 2027-01-31"},
                    console);
    }
    auto address = own_.read();
    if (!address) return report(address.error(), console);
    if (address->password && !show_password_) {
      return report({ErrorCode::invalid_argument,
                     "this server has a password: --show-password puts it on the page, for those who may create "
                     "queues; --no-password leaves it out"},
                    console);
    }
    const auto page = handout_page({*std::move(address), label_, expires_});
    if (!page) return report(page.error(), console);
    if (out_.empty()) {
      console.out << *page;
      return kExitOk;
    }
    if (const auto status = create_file(out_, *page, Access::owner); !status) return report(status.error(), console);
    return kExitOk;
  }

 private:
  OwnAddress own_;
  bool show_password_ = false;
  std::string label_;
  std::string expires_;
  std::string out_;
};

}  // namespace

std::unique_ptr<Command> make_handout_command(CLI::App& app) {
  return std::make_unique<HandoutCommand>(app);
}

}  // namespace sotto::cli
