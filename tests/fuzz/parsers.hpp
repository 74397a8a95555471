// The parsers under test, one function each. Every function takes any bytes; it aborts (require) when what a parser
// accepted does not encode to the same value again. Called by one thread.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "libs/base/bytes.hpp"
#include "libs/smp/version.hpp"

namespace sotto::fuzz {

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

using Parser = void (*)(ByteView input, smp::Version version);

void command(ByteView input, smp::Version version);
void response(ByteView input, smp::Version version);
void error(ByteView input, smp::Version version);
void block(ByteView input, smp::Version version);
void transmission(ByteView input, smp::Version version);
void server_hello(ByteView input, smp::Version version);
void client_hello(ByteView input, smp::Version version);
void service_reply(ByteView input, smp::Version version);
void address(ByteView input, smp::Version version);
void forwarded(ByteView input, smp::Version version);
// The content of a message or a notification after decryption, and of a block.
void decrypted(ByteView input, smp::Version version);

void public_key(ByteView input, smp::Version version);
void certificate(ByteView input, smp::Version version);
void signed_key(ByteView input, smp::Version version);
void pem(ByteView input, smp::Version version);

}  // namespace sotto::fuzz
