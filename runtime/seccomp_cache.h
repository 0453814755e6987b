// Compiled seccomp filters, kept so that crun need not compile the same profile for every container.
#pragma once

#include <optional>
#include <string>

#include "common/result.h"

namespace skiff::runtime {

// crun 1.8 (Debian 12) spends more than half of a container's start in libseccomp, compiles the profile each
// time, and leaves the result in its state directory; it takes such a filter back as an annotation. Later
// versions keep a cache of their own and runc leaves nothing: then nothing is ever found or stored here and
// all goes on as without this class. It only saves time; linux.seccomp stays in config.json for a runtime
// that does not know the annotation.
//
// Usage, with one cache for all containers:
//   SeccompCache cache(paths.run_dir + "/seccomp", runtime_program, paths.RuntimeRoot());
//   input.seccomp_filter = cache.Find(input.seccomp_json).value_or("");   // before WriteOciConfig
//   ...start...
//   if (input.seccomp_filter.empty()) (void)cache.Store(container_id, input.seccomp_json);
// Store wants the container's state directory: call it when the start has succeeded and the container is not
// yet deleted.
class SeccompCache {
 public:
  // `directory` is made on the first Store; it must be writable by us alone, as what it holds guards
  // containers.
  SeccompCache(std::string directory, std::string program, std::string runtime_root)
      : directory_(std::move(directory)),
        program_(std::move(program)),
        runtime_root_(std::move(runtime_root)) {}

  // The filter (base64) of a profile as ResolveSeccomp returned it; nothing when it is not known for exactly
  // this profile, this build of the runtime and this kernel.
  std::optional<std::string> Find(const std::string& seccomp_json) const;

  // Keeps the filter that the runtime compiled for the container. kNotFound: it left none; harmless.
  common::Result<> Store(const std::string& container_id, const std::string& seccomp_json) const;

 private:
  bool RuntimeHasOwnCache() const;
  // What a filter depends on, as the head of its file; empty when the runtime cannot be found.
  std::string Head(const std::string& seccomp_json) const;
  std::string FileOf(const std::string& head) const;

  std::string directory_;
  std::string program_;
  std::string runtime_root_;
};

}  // namespace skiff::runtime
