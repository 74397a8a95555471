#include "gateway/session/client_source.hpp"

#include <algorithm>

#include "libs/crypto/password_hash.hpp"

namespace sotto::gateway {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kNetworkBytes = 8;

}  // namespace

backend::AccessSource client_source(const std::optional<ip::address>& address, const Secret<32>& key) {
  if (!address) return std::nullopt;
  Bytes prefix;
  if (address->is_v4()) {
    const auto bytes = address->to_v4().to_bytes();
    prefix.assign(bytes.begin(), bytes.end());
  } else if (const auto six = address->to_v6(); six.is_v4_mapped()) {
    const auto bytes = ip::make_address_v4(ip::v4_mapped, six).to_bytes();
    prefix.assign(bytes.begin(), bytes.end());
  } else {
    const auto bytes = six.to_bytes();
    prefix.assign(bytes.begin(), bytes.begin() + kNetworkBytes);
  }
  const auto digest = crypto::keyed_digest(key, prefix);
  std::array<std::uint8_t, 16> out{};
  std::copy_n(digest.expose().begin(), out.size(), out.begin());
  return out;
}

}  // namespace sotto::gateway
