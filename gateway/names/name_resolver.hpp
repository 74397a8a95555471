// NameResolver: who knows what stands behind public names (RSLV, docs/names.md). What sessions ask; owned by the
// program. Any thread; nothing blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sotto::gateway {

enum class NameOutcome : std::uint8_t {
  found,
  not_found,
  failed,      // the resolver does not answer, or not as it should
  overloaded,  // too many are asked for at a time
};
inline constexpr std::size_t kNameOutcomes = 4;

std::string_view to_string(NameOutcome outcome);  // as above

struct NameAnswer {
  NameOutcome outcome = NameOutcome::failed;
  // found: the record, as JSON. failed, overloaded: why, in a few words that name nothing and nobody.
  std::string text;
};

class NameResolver {
 public:
  virtual ~NameResolver() = default;
  // `done` is called once, by any thread, perhaps before this returns; it must not block.
  virtual void resolve(std::string_view name, std::function<void(NameAnswer)> done) = 0;
};

}  // namespace sotto::gateway
