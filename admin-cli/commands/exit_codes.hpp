// What `sotto` ends with, in words (docs/cli.md, "Exit codes"). Which error has which code is in libs/base/error.cpp.
#pragma once

#include <array>
#include <string_view>

namespace sotto::cli {

struct ExitCodeText {
  int code;
  std::string_view means;
};

inline constexpr std::array kExitCodes{
    ExitCodeText{0, "ok"},
    ExitCodeText{1, "an error of another kind"},
    ExitCodeText{2, "usage: an unknown command or option, a value that cannot be"},
    ExitCodeText{3, "configuration: a file that cannot be read or used"},
    ExitCodeText{4, "cannot connect"},
    ExitCodeText{5, "authentication or permission"},
    ExitCodeText{6, "not found"},
    ExitCodeText{7, "conflict: it exists already, or something has to come first"},
    ExitCodeText{8, "timeout"},
    ExitCodeText{9, "a test's answer is no"},
};

}  // namespace sotto::cli
