// registries.conf and its drop-ins: which registries a name may stand for and where its images are fetched
// (containers-registries.conf(5); formats.md 2.1, 2.2).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/reference.h"

namespace skiff::image {

enum class ShortNameMode { kEnforcing, kPermissive, kDisabled };
enum class MirrorUse { kAll, kDigestOnly, kTagOnly };

struct RegistryMirror {
  std::string location;
  bool insecure = false;
  MirrorUse use = MirrorUse::kAll;
};

// One [[registry]].
struct RegistryRule {
  std::string prefix;    // "docker.io/library", "*.example.com"
  std::string location;  // replaces the prefix
  bool insecure = false;
  bool blocked = false;
  std::vector<RegistryMirror> mirrors;
};

// One place where an image may be fetched.
struct PullSource {
  std::string host;        // "registry-1.docker.io", "localhost:5000"
  std::string repository;  // "library/busybox"
  // Name for people, credentials and certificates: "docker.io/library/busybox".
  std::string name;
  bool insecure = false;

  std::string Domain() const { return name.substr(0, name.find('/')); }
};

class RegistriesConf {
 public:
  // Reads $CONTAINERS_REGISTRIES_CONF, or the user's registries.conf, or the system's; then the *.conf of registries.conf.d
  // and the cache of aliases that podman keeps. Missing files are fine; a broken one is kInvalid with file and line.
  static common::Result<RegistriesConf> Load(const common::SystemPaths& paths);
  // One file more; what it says wins over earlier ones: rules per prefix, lists as a whole, aliases per name.
  common::Result<> Merge(std::string_view text, const std::string& file);

  const std::vector<std::string>& search_registries() const { return search_registries_; }
  ShortNameMode short_name_mode() const { return short_name_mode_; }
  // The full repository; nothing if there is no alias or it was switched off.
  std::optional<std::string> Alias(const std::string& short_name) const;
  const std::vector<std::string>& credential_helpers() const { return credential_helpers_; }

  // The rule with the longest matching prefix, or null.
  const RegistryRule* RuleFor(const Reference& full) const;
  // Mirrors that serve this kind of reference, then the registry itself. kPermission: blocked.
  common::Result<std::vector<PullSource>> SourcesFor(const Reference& full) const;
  // The registry itself, without mirrors: where images are pushed to. kPermission: blocked.
  common::Result<PullSource> PrimarySource(const Reference& full) const;

 private:
  common::Result<> MergeFile(const std::string& file);
  common::Result<> MergeFolder(const std::string& folder);
  common::Result<> MergeAliasCache(const std::string& file);

  std::vector<std::string> search_registries_;
  std::vector<std::string> credential_helpers_;
  ShortNameMode short_name_mode_ = ShortNameMode::kPermissive;
  std::map<std::string, std::string> aliases_;         // an empty value switches an alias off
  std::map<std::string, std::string> cached_aliases_;  // looked at first
  std::map<std::string, RegistryRule> rules_;          // by prefix
};

}  // namespace skiff::image
