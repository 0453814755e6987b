#include "common/user_namespace.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

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

}  // namespace skiff::common
