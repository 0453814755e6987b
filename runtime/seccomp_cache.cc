#include "runtime/seccomp_cache.h"

#include <sys/stat.h>
#include <sys/utsname.h>

#include "common/base64.h"
#include "common/file.h"
#include "common/ids.h"
#include "common/process.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr size_t kInstructionSize = 8;  // struct sock_filter
constexpr size_t kLongestFilter =
    32768 * kInstructionSize;  // the kernel's limit over all filters of a process

}  // namespace

bool SeccompCache::RuntimeHasOwnCache() const {
  return common::PathExists(runtime_root_ + "/.cache/seccomp");
}

std::string SeccompCache::Head(const std::string& seccomp_json) const {
  const auto program = common::FindProgram(program_);
  struct stat info;
  utsname kernel;
  if (!program || ::stat(program->c_str(), &info) != 0 || ::uname(&kernel) != 0) return "";
  // The file's identity changes with every build, and asking crun for its version would cost what is to be
  // saved.
  return fmt::format("{} {} {} {}.{} {} {}\n{}\n", info.st_dev, info.st_ino, info.st_size,
                     info.st_mtim.tv_sec, info.st_mtim.tv_nsec, kernel.release, kernel.machine, seccomp_json);
}

std::string SeccompCache::FileOf(const std::string& head) const {
  return directory_ + "/" + common::SafeHash(head);
}

std::optional<std::string> SeccompCache::Find(const std::string& seccomp_json) const {
  if (seccomp_json.empty() || RuntimeHasOwnCache()) return std::nullopt;
  const std::string head = Head(seccomp_json);
  const auto entry = common::ReadFile(FileOf(head));
  // The whole key is compared: the file's name is only a short hash of it.
  if (head.empty() || !entry || !entry->starts_with(head) || entry->size() == head.size())
    return std::nullopt;
  return entry->substr(head.size());
}

Result<> SeccompCache::Store(const std::string& container_id, const std::string& seccomp_json) const {
  if (seccomp_json.empty() || RuntimeHasOwnCache()) return {};
  ASSIGN_OR_RETURN(const std::string filter,
                   common::ReadFile(runtime_root_ + "/" + container_id + "/seccomp.bpf", kLongestFilter),
                   "seccomp filter");
  if (filter.empty() || filter.size() % kInstructionSize != 0)
    return MakeError(ErrorCode::kInvalid, "{} left a broken seccomp filter ({} bytes)", program_,
                     filter.size());
  const std::string head = Head(seccomp_json);
  if (head.empty())
    return MakeError(ErrorCode::kNotFound, "the OCI runtime \"{}\" is not installed", program_);
  TRY(common::MakeDirectories(directory_, 0700));
  return common::WriteFileAtomic(FileOf(head), head + common::EncodeBase64(filter), 0600);
}

}  // namespace skiff::runtime
