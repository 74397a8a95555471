// What a Change and a Use do to what is stored: for stores that keep it in memory. Pure functions.
#pragma once

#include <span>

#include "services/auth/domain/password_store.hpp"

namespace sotto::auth {

// conflict when the generation is not the expected one: then nothing is changed.
Status apply(const Change& change, Stored& stored);
void apply(std::span<const Use> uses, Stored& stored);

}  // namespace sotto::auth
