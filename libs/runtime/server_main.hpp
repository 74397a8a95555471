// server_main(): the main() of a server program, from what loads its settings and what starts it (program.hpp says what
// happens in between). Called by main() alone.
#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "libs/runtime/program.hpp"

namespace sotto::runtime {

// `load`: () → Result of a LoadedTable that has `settings`, a ProcessSettings. `start`: these settings → Result of a
// pointer to a Process. Returns the exit code.
template <class Load, class Start>
int server_main(const ProgramName& name, const Load& load, const Start& start) {
  using Loaded = std::decay_t<decltype(load().value())>;
  std::optional<Loaded> loaded;
  const auto start_process = [&]() -> Result<std::unique_ptr<Process>> {
    auto process = start(loaded->settings);
    if (!process) return process.error();
    return std::unique_ptr<Process>(std::move(*process));
  };
  return run_program(
      name,
      [&]() -> Result<LoadedTable> {
        auto result = load();
        if (!result) return result.error();
        loaded.emplace(std::move(*result));
        return static_cast<const LoadedTable&>(*loaded);
      },
      [&](const LoadedTable& table) { return run_process(name, loaded->settings, table.warnings, start_process); });
}

}  // namespace sotto::runtime
