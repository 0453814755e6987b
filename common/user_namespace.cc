#include "common/user_namespace.h"

#include <charconv>
#include <cstdlib>
#include <sstream>

#include "common/file.h"

namespace skiff::common {

std::optional<UserNamespace> UserNamespace::Current() {
  const char* value = std::getenv(kVariable);
  if (value == nullptr) return std::nullopt;
  const std::string_view text(value);
  const char* const end = text.data() + text.size();
  UserNamespace found;
  const auto user = std::from_chars(text.data(), end, found.user);
  if (user.ec != std::errc() || user.ptr == end || *user.ptr != ':') return std::nullopt;
  const auto holder = std::from_chars(user.ptr + 1, end, found.holder);
  if (holder.ec != std::errc() || holder.ptr != end || found.holder <= 0) return std::nullopt;
  return found;
}

bool InInitialUserNamespace() {
  const auto map = ReadFile("/proc/self/uid_map", 4096);
  return !map || MapsAllIds(*map);
}

bool MapsAllIds(std::string_view uid_map) {
  constexpr std::string_view kAll = "4294967295";
  const size_t end = uid_map.find('\n');
  return end != std::string_view::npos && end + 1 == uid_map.size() && uid_map.substr(0, end).ends_with(kAll);
}

bool HasGroup(gid_t group) {
  const auto map = ReadFile("/proc/self/gid_map", 64 * 1024);
  return !map || MapsId(*map, group);
}

bool MapsId(std::string_view map, uint32_t id) {
  std::istringstream lines{std::string(map)};
  uint64_t inside = 0, outside = 0, count = 0;
  while (lines >> inside >> outside >> count)
    if (id >= inside && id - inside < count) return true;
  return false;
}

}  // namespace skiff::common
