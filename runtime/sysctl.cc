#include "runtime/sysctl.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using common::MakeError;

// namespaces(7): what belongs to the network, IPC and UTS namespaces.
constexpr std::array<std::string_view, 4> kPrefixes = {"net/", "fs/mqueue/", "kernel/shm", "kernel/msg"};
constexpr std::array<std::string_view, 3> kNames = {"kernel/sem", "kernel/domainname", "kernel/hostname"};

bool IsNamespaced(std::string_view path) {
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](auto prefix) { return path.starts_with(prefix); }) ||
         std::find(kNames.begin(), kNames.end(), path) != kNames.end();
}

bool IsNameCharacter(unsigned char c) {
  return std::isalnum(c) != 0 || std::string_view("_-./").find(c) != std::string_view::npos;
}

}  // namespace

common::Result<std::string> SysctlPath(const std::string& name) {
  std::string path = name;
  const size_t separator = path.find_first_of("./");
  if (separator != std::string::npos && path[separator] == '.') {
    for (char& c : path) c = c == '.' ? '/' : c == '/' ? '.' : c;
  }
  const bool dots_only = ("/" + path + "/").find("/../") != std::string::npos ||
                         ("/" + path + "/").find("/./") != std::string::npos;
  if (!std::all_of(path.begin(), path.end(), IsNameCharacter) || dots_only || path.starts_with('/') ||
      path.ends_with('/') || path.find("//") != std::string::npos)
    return MakeError(ErrorCode::kInvalid, "\"{}\" is not the name of a sysctl", name);
  if (!IsNamespaced(path))
    return MakeError(ErrorCode::kInvalid,
                     "sysctl \"{}\" is not namespaced: it would change the whole machine", name);
  return path;
}

}  // namespace skiff::runtime
