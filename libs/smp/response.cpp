#include "libs/smp/response.hpp"

#include <array>
#include <type_traits>

namespace sotto::smp {
namespace {

// One word per alternative of Response, in its order.
constexpr std::array<std::string_view, std::variant_size_v<Response>> kWords{
    "IDS",  "LNK", "SOK",  "SOKS", "ALLS", "MSG",  "NID",  "NMSG",  "END", "ENDS",
    "DELD", "OK",  "PONG", "INFO", "PKEY", "RRES", "PRES", "RNAME", "ERR"};
static_assert(std::is_same_v<std::variant_alternative_t<5, Response>, Msg>);
static_assert(std::is_same_v<std::variant_alternative_t<10, Response>, Deld>);
static_assert(std::is_same_v<std::variant_alternative_t<18, Response>, Err>);

}  // namespace

std::string_view word(const Response& response) {
  return kWords[response.index()];
}

}  // namespace sotto::smp
