// Tells a write-ahead log whose last write was torn by a crash of the machine from one that is damaged elsewhere.
// Private to libs/rocksdb. Pure function over files, any thread.
#pragma once

#include <filesystem>

namespace sotto::rocks {

// Whether all damage in the logs of a closed database lies in the last commit of the last log. Every commit is synced
// before the next one is written, so a machine that stops can leave any part of the last commit unwritten, in any order
// of its pages, and nothing else. A whole record behind the damage therefore means that something else happened
// (false), and a file that cannot be read does, too. Reads the logs once: up to Options::max_log_bytes.
bool only_last_commit_is_torn(const std::filesystem::path& directory);

}  // namespace sotto::rocks
