// Without root: the user's own user, mount and network namespaces, in which skiff works as it does as root. A process in them
// keeps them between commands; $SKIFF_USER_NAMESPACE tells every process of skiff in there of it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skiff::common {

struct UserNamespace {
  uid_t user = 0;    // outside, whose files and run directory are used
  pid_t holder = 0;  // the process that keeps the namespaces

  static constexpr char kVariable[] = "SKIFF_USER_NAMESPACE";  // "UID:PID"

  // The one that this process has entered. Nothing for root, and for a user before he has entered.
  static std::optional<UserNamespace> Current();
  // Where the bridges are. Processes stay in the network namespace of the machine: pods in the host's network have that one, and
  // published ports are ports of it.
  std::string NetworkNamespace() const { return "/proc/" + std::to_string(holder) + "/ns/net"; }
  std::string ToVariable() const { return std::to_string(user) + ":" + std::to_string(holder); }
};

// Whether we are in the machine's user namespace, where root may do everything; also false in one that skiff has not made.
bool InInitialUserNamespace();
// The same of the text of /proc/PID/uid_map: the first user namespace has all ids.
bool MapsAllIds(std::string_view uid_map);
// Whether a group is there at all: of a user without subordinate ids there is but one.
bool HasGroup(gid_t group);
bool MapsId(std::string_view map, uint32_t id);

}  // namespace skiff::common
