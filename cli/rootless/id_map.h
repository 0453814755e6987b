// Which ids a user namespace has (user_namespaces(7), subuid(5)).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace skiff::cli {

struct IdRange {
  uint32_t start = 0;
  uint32_t count = 0;
  bool operator==(const IdRange&) const = default;
};
// Those that a file like /etc/subuid gives to a user, by name or by number. Lines that make no sense are left out.
std::vector<IdRange> ParseSubordinateIds(std::string_view text, std::string_view user, uid_t uid);

// Root in there is the user, and from 1 on come his subordinate ids. False: he has none, and there is no other user than root.
common::Result<bool> MapIds(pid_t process);

}  // namespace skiff::cli
