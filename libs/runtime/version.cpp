#include "libs/runtime/version.hpp"

namespace sotto::runtime {

std::string_view version() {
  return SOTTO_VERSION;
}

}  // namespace sotto::runtime
