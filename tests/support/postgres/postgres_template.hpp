// The files of an empty PostgreSQL cluster, made once per version and user and then copied: initdb takes over a second.
// Processes that make it at the same time do not disturb each other.
#pragma once

#include <filesystem>
#include <string>

namespace sotto::test {

// The superuser of every cluster, and its password where one is asked for.
inline constexpr const char* kPostgresRole = "sotto";
inline constexpr const char* kPostgresPassword = "a 'quoted' \\ password";

// Where initdb and postgres of the newest installed version are. Throws when there are none.
const std::filesystem::path& postgres_programs();

// The user of the operating system that runs them: empty for ourselves, `postgres` when we are root.
std::string postgres_user();

// Gives a directory of ours to that user.
void give_to_postgres_user(const std::filesystem::path& directory);

// Fills `data`, which must not exist yet; its parent belongs to postgres_user(). Files without fsync: they survive the
// end of processes, not of the machine.
void copy_postgres_template(const std::filesystem::path& data);

}  // namespace sotto::test
