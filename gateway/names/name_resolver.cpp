#include "gateway/names/name_resolver.hpp"

namespace sotto::gateway {

std::string_view to_string(NameOutcome outcome) {
  switch (outcome) {
    case NameOutcome::found:
      return "found";
    case NameOutcome::not_found:
      return "not_found";
    case NameOutcome::failed:
      return "failed";
    case NameOutcome::overloaded:
      return "overloaded";
  }
  return "";
}

}  // namespace sotto::gateway
