#include "image/transfer/confine.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "common/file.h"

namespace skiff::image {
namespace {

using common::ErrnoError;
using common::Result;
using common::UniqueFd;

constexpr long kReferAbi = 2;     // renames between directories can be allowed
constexpr long kTruncateAbi = 3;
constexpr uint64_t kTruncate = uint64_t{1} << 14;  // LANDLOCK_ACCESS_FS_TRUNCATE, younger than Debian 12's headers
constexpr uint64_t kRefer = uint64_t{1} << 13;     // LANDLOCK_ACCESS_FS_REFER
// Rights 0 to 12: execute, write, read, list, remove and make anything.
constexpr uint64_t kFirstRights = (uint64_t{1} << 13) - 1;
constexpr uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr uint64_t kReadDirectory = LANDLOCK_ACCESS_FS_READ_DIR;

Result<> Allow(int rules, const std::string& path, uint64_t rights) {
  const UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat info;
  // What is not there cannot be allowed, and opening it will say so itself.
  if (!fd || ::fstat(fd.get(), &info) != 0) return {};
  if (!S_ISDIR(info.st_mode)) rights &= ~kReadDirectory;
  const landlock_path_beneath_attr beneath{rights, fd.get()};
  if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0)
    return ErrnoError("allow access to {}", path);
  return {};
}

}  // namespace

Result<> TryConfineFiles(const std::vector<std::string>& store, const std::vector<std::string>& readable,
                        bool may_run_programs) {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < kReferAbi) return {};
  landlock_ruleset_attr handled = {};
  handled.handled_access_fs = kFirstRights | kRefer | (abi >= kTruncateAbi ? kTruncate : 0);
  const UniqueFd rules(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0)));
  if (!rules) return ErrnoError("create landlock rules");
  for (const auto& directory : store) TRY(Allow(rules.get(), directory, handled.handled_access_fs));
  for (const auto& path : readable)
    if (!path.empty()) TRY(Allow(rules.get(), path, kReadFile | kReadDirectory));
  if (may_run_programs)
    for (const char* place : {"/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache"})
      TRY(Allow(rules.get(), place, kReadFile | kReadDirectory | LANDLOCK_ACCESS_FS_EXECUTE));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return ErrnoError("set no_new_privs");
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) return ErrnoError("confine skiff-transfer");
  return {};
}

}  // namespace skiff::image
