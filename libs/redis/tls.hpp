// The TLS context of all connections of one Client. Used at start only.
#pragma once

#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "libs/base/result.hpp"
#include "libs/redis/options.hpp"

namespace sotto::redis {

// configuration: a file cannot be read, or key and certificate do not fit. The message names the file.
Result<std::unique_ptr<boost::asio::ssl::context>> make_tls(const TlsOptions& options);

}  // namespace sotto::redis
