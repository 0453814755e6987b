#include "runtime/capabilities.h"

#include <sys/prctl.h>

#include <algorithm>

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

// In the order of linux/capability.h: the index is the number that the kernel uses.
const std::vector<std::string>& KnownCapabilities() {
  static const std::vector<std::string> names = {"CAP_CHOWN",
                                                 "CAP_DAC_OVERRIDE",
                                                 "CAP_DAC_READ_SEARCH",
                                                 "CAP_FOWNER",
                                                 "CAP_FSETID",
                                                 "CAP_KILL",
                                                 "CAP_SETGID",
                                                 "CAP_SETUID",
                                                 "CAP_SETPCAP",
                                                 "CAP_LINUX_IMMUTABLE",
                                                 "CAP_NET_BIND_SERVICE",
                                                 "CAP_NET_BROADCAST",
                                                 "CAP_NET_ADMIN",
                                                 "CAP_NET_RAW",
                                                 "CAP_IPC_LOCK",
                                                 "CAP_IPC_OWNER",
                                                 "CAP_SYS_MODULE",
                                                 "CAP_SYS_RAWIO",
                                                 "CAP_SYS_CHROOT",
                                                 "CAP_SYS_PTRACE",
                                                 "CAP_SYS_PACCT",
                                                 "CAP_SYS_ADMIN",
                                                 "CAP_SYS_BOOT",
                                                 "CAP_SYS_NICE",
                                                 "CAP_SYS_RESOURCE",
                                                 "CAP_SYS_TIME",
                                                 "CAP_SYS_TTY_CONFIG",
                                                 "CAP_MKNOD",
                                                 "CAP_LEASE",
                                                 "CAP_AUDIT_WRITE",
                                                 "CAP_AUDIT_CONTROL",
                                                 "CAP_SETFCAP",
                                                 "CAP_MAC_OVERRIDE",
                                                 "CAP_MAC_ADMIN",
                                                 "CAP_SYSLOG",
                                                 "CAP_WAKE_ALARM",
                                                 "CAP_BLOCK_SUSPEND",
                                                 "CAP_AUDIT_READ",
                                                 "CAP_PERFMON",
                                                 "CAP_BPF",
                                                 "CAP_CHECKPOINT_RESTORE"};
  return names;
}

std::string Normalize(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (upper == "ALL" || upper.starts_with("CAP_")) return upper;
  return "CAP_" + upper;
}

// Levenshtein's distance: how many single letters differ.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
    }
  }
  return row[b.size()];
}

std::string Suggestion(const std::string& unknown) {
  const auto& known = KnownCapabilities();
  const auto best = std::min_element(known.begin(), known.end(), [&](const auto& a, const auto& b) {
    return Distance(unknown, a) < Distance(unknown, b);
  });
  if (Distance(unknown, *best) > 3) return "";
  return fmt::format(", did you mean \"{}\"?", best->substr(4));
}

Result<std::vector<std::string>> NormalizeAll(const std::vector<std::string>& names) {
  const auto& known = KnownCapabilities();
  std::vector<std::string> result;
  for (const auto& name : names) {
    std::string normal = Normalize(name);
    if (normal != "ALL" && std::find(known.begin(), known.end(), normal) == known.end())
      return MakeError(ErrorCode::kInvalid, "unknown capability \"{}\"{}", name, Suggestion(normal));
    result.push_back(std::move(normal));
  }
  return result;
}

bool Contains(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

const std::vector<std::string>& DefaultCapabilities(bool from_kube) {
  static const std::vector<std::string> podman = {
      "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID",           "CAP_KILL",      "CAP_SETGID",
      "CAP_SETUID",  "CAP_SETPCAP",      "CAP_SETFCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT"};
  static const std::vector<std::string> kubernetes = [] {
    std::vector<std::string> names = podman;
    names.insert(names.end(), {"CAP_MKNOD", "CAP_NET_RAW", "CAP_AUDIT_WRITE"});
    return names;
  }();
  return from_kube ? kubernetes : podman;
}

std::vector<std::string> AllCapabilities() {
  std::vector<std::string> names;
  const auto& known = KnownCapabilities();
  for (size_t number = 0; number < known.size(); ++number) {
    if (::prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1) names.push_back(known[number]);
  }
  return names;
}

Result<std::vector<std::string>> ComputeCapabilities(const std::vector<std::string>& base,
                                                     const std::vector<std::string>& add,
                                                     const std::vector<std::string>& drop) {
  ASSIGN_OR_RETURN(const auto from, NormalizeAll(base));
  ASSIGN_OR_RETURN(const auto added, NormalizeAll(add));
  ASSIGN_OR_RETURN(const auto dropped, NormalizeAll(drop));
  const auto all = AllCapabilities();
  for (const auto& name : added) {
    if (name != "ALL" && !Contains(all, name))
      return MakeError(
          ErrorCode::kPermission,
          "capability {} cannot be added: this kernel does not know it, or skiff itself runs without it",
          name);
  }
  const bool add_all = Contains(added, "ALL");
  const bool drop_all = Contains(dropped, "ALL");
  std::vector<std::string> result;
  // In the kernel's order, so that equal sets give equal text. A name both added and dropped is kept, except
  // that a single dropped name is taken out of "add ALL".
  for (const auto& name : all) {
    const bool keep =
        !drop_all && !Contains(dropped, name) && (Contains(from, name) || Contains(from, "ALL"));
    const bool gain = Contains(added, name) || (add_all && !Contains(dropped, name));
    if (keep || gain) result.push_back(name);
  }
  return result;
}

}  // namespace skiff::runtime
