// Where a client comes from, for limits: a keyed digest of the prefix of its address. The address itself is kept
// nowhere. Pure function; any thread.
#pragma once

#include <boost/asio/ip/address.hpp>

#include "libs/backend/access_policy.hpp"
#include "libs/base/secret.hpp"

namespace sotto::gateway {

// The prefix is all of an IPv4 address, and the first 64 bits of an IPv6 address, which are those of one network.
// Nothing when the address is not known.
backend::AccessSource client_source(const std::optional<boost::asio::ip::address>& address, const Secret<32>& key);

}  // namespace sotto::gateway
