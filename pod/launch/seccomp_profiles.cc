#include "pod/launch/seccomp_profiles.h"

#include <fmt/format.h>

#include "common/file.h"
#include "runtime/seccomp.h"

namespace skiff::pod {

common::Result<std::string> SeccompProfiles::Resolve(const SeccompProfile& profile,
                                                     const std::vector<std::string>& capabilities) {
  if (profile.type == SeccompProfile::Type::kUnconfined) return std::string();
  const std::string key = fmt::format("{} {}", profile.path, fmt::join(capabilities, " "));
  const std::lock_guard guard(mutex_);
  if (const auto found = resolved_.find(key); found != resolved_.end()) return found->second;
  std::string text;
  if (profile.type == SeccompProfile::Type::kLocalhost) {
    ASSIGN_OR_RETURN(text, common::ReadFile(profile.path), "seccomp profile");
  } else {
    ASSIGN_OR_RETURN(text, runtime::ReadDefaultSeccompProfile(paths_));
  }
  const std::string what = profile.path.empty() ? "the default seccomp profile" : "seccomp profile " + profile.path;
  ASSIGN_OR_RETURN(std::string resolved, runtime::ResolveSeccomp(text, capabilities, what));
  return resolved_[key] = std::move(resolved);
}

std::string SeccompProfiles::Filter(const std::string& container_id, const std::string& seccomp_json) {
  if (auto filter = compiled_.Find(seccomp_json)) return *std::move(filter);
  const std::lock_guard guard(mutex_);
  if (!seccomp_json.empty()) compiling_[seccomp_json] = container_id;
  return "";
}

void SeccompProfiles::TryKeepFilters() {
  std::map<std::string, std::string> compiling;
  {
    const std::lock_guard guard(mutex_);
    compiling.swap(compiling_);
  }
  // Of a container that is held until somebody attaches there is nothing yet.
  std::erase_if(compiling, [this](const auto& entry) { return compiled_.Store(entry.second, entry.first).has_value(); });
  const std::lock_guard guard(mutex_);
  compiling_.merge(compiling);
}

}  // namespace skiff::pod
