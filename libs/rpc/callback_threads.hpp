// The threads on which gRPC calls our reactions. Any thread.
#pragma once

namespace sotto::rpc {

// Keeps them from now on until the process ends. gRPC (1.51) ends them with the last channel or server that uses them
// and waits for each; when that last one goes within a reaction, the thread waits for itself, goes on with what was
// freed, and the process aborts (`ref_counted.h assertion failed: prior > 0`). A gateway whose last replica leaves does
// just that. channel.cpp (unless it is told that there will be no callbacks) and server.cpp call this; nobody else
// needs to.
void keep_callback_threads();

// Has all reactions of the process run on one of them, for a program whose reactions never wait. gRPC lets one thread
// wait for all sockets; with two or more, that one hands this over to another with every event, a switch for each. The
// others are kept in a reaction that never ends. False: gRPC has other threads than those of 1.51, and nothing has
// changed. Before the first server or channel with callbacks is busy; again: harmless.
bool use_one_callback_thread();

}  // namespace sotto::rpc
