// For programs that use gRPC: the mutexes of Abseil, which gRPC takes many of for every message, look for deadlocks
// each time they are locked, in a graph that all threads share. That is a help for those who write gRPC; Debian builds
// it in. Called by main() before there are threads.
#pragma once

namespace sotto::rpc {

void skip_lock_checks();

}  // namespace sotto::rpc
