#include "image/registries_conf.h"

#include <cstdlib>

#include "common/file.h"
#include "image/registries_conf_file.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr char kFile[] = "/registries.conf";
constexpr char kFolder[] = "/registries.conf.d";

// How much of `name` the prefix covers: 0 if it does not match. The next character must begin a new part.
size_t MatchLength(const std::string& prefix, std::string_view name) {
  size_t end = prefix.size();
  if (prefix.starts_with("*.")) {
    // "*.example.com" stands for every host below example.com.
    const size_t host_end = std::min(name.find_first_of("/:@"), name.size());
    const std::string_view wanted = std::string_view(prefix).substr(1);
    const std::string_view host = name.substr(0, host_end);
    const std::string_view domain = wanted.substr(0, std::min(wanted.find_first_of("/:@"), wanted.size()));
    if (host.size() <= domain.size() || !host.ends_with(domain)) return 0;
    const size_t start = host.size() - domain.size();
    if (name.substr(start, wanted.size()) != wanted) return 0;
    end = start + wanted.size();
  } else if (name.substr(0, end) != prefix) {
    return 0;
  }
  return end == name.size() || name[end] == '/' || name[end] == ':' || name[end] == '@' ? end : 0;
}

// "location" + what the prefix did not cover of the name.
Result<PullSource> MakeSource(const std::string& location, std::string_view rest, bool insecure, const Reference& full) {
  PullSource source;
  source.name = location + std::string(rest);
  source.insecure = insecure;
  const size_t slash = source.name.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == source.name.size())
    return MakeError(ErrorCode::kInvalid, "registries.conf makes \"{}\" of \"{}\", which is not a registry and a repository",
                     source.name, full.Repository());
  source.host = source.name.substr(0, slash);
  source.repository = source.name.substr(slash + 1);
  if (source.host == "docker.io") {
    source.host = "registry-1.docker.io";
    if (source.repository.find('/') == std::string::npos) source.repository = "library/" + source.repository;
  }
  return source;
}

std::string CacheFolder(const common::SystemPaths& paths) {
  if (!paths.rootless) return "/var/cache/containers";
  const char* cache = ::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache != '\0') return std::string(cache) + "/containers";
  const char* home = ::getenv("HOME");
  return std::string(home != nullptr ? home : "") + "/.cache/containers";
}

}  // namespace

Result<> RegistriesConf::Merge(std::string_view text, const std::string& file) {
  ASSIGN_OR_RETURN(RegistriesConfFile conf, ParseRegistriesConf(text, file));
  if (conf.search_registries) search_registries_ = std::move(*conf.search_registries);
  if (conf.credential_helpers) credential_helpers_ = std::move(*conf.credential_helpers);
  if (conf.short_name_mode) short_name_mode_ = *conf.short_name_mode;
  for (auto& [name, value] : conf.aliases) aliases_[name] = std::move(value);
  for (auto& rule : conf.rules) {
    const std::string prefix = rule.prefix;
    rules_[prefix] = std::move(rule);
  }
  return {};
}

Result<> RegistriesConf::MergeFile(const std::string& file) {
  const auto text = common::ReadFile(file);
  if (!text && text.error().code() == ErrorCode::kNotFound) return {};
  if (!text) return text.error();
  return Merge(*text, file);
}

Result<> RegistriesConf::MergeFolder(const std::string& folder) {
  const auto files = common::ListDirectory(folder);
  if (!files && files.error().code() == ErrorCode::kNotFound) return {};
  if (!files) return files.error();
  for (const auto& file : *files)
    if (file.size() > 5 && file.ends_with(".conf")) TRY(MergeFile(folder + "/" + file));
  return {};
}

Result<> RegistriesConf::MergeAliasCache(const std::string& file) {
  const auto text = common::ReadFile(file);
  if (!text) return {};  // a cache that cannot be read is none
  ASSIGN_OR_RETURN(RegistriesConfFile conf, ParseRegistriesConf(*text, file));
  cached_aliases_ = std::move(conf.aliases);
  return {};
}

Result<RegistriesConf> RegistriesConf::Load(const common::SystemPaths& paths) {
  RegistriesConf conf;
  TRY(conf.MergeAliasCache(CacheFolder(paths) + "/short-name-aliases.conf"));
  const char* override_file = ::getenv("CONTAINERS_REGISTRIES_CONF");
  if (override_file != nullptr && *override_file != '\0') {
    TRY(conf.MergeFile(override_file));
    return conf;
  }
  const std::string& user = paths.user_config_dir;
  if (!user.empty() && user != paths.config_dir && common::PathExists(user + kFile)) {
    TRY(conf.MergeFile(user + kFile));
  } else {
    // A user without a file of their own has the system's.
    const bool own = common::PathExists(paths.config_dir + kFile);
    const bool system = !own && !paths.system_config_dir.empty();
    TRY(conf.MergeFile((system ? paths.system_config_dir : paths.config_dir) + kFile));
    if (system && paths.system_config_dir != paths.config_dir) TRY(conf.MergeFolder(paths.system_config_dir + kFolder));
    TRY(conf.MergeFolder(paths.config_dir + kFolder));
  }
  if (!user.empty() && user != paths.config_dir) TRY(conf.MergeFolder(user + kFolder));
  return conf;
}

std::optional<std::string> RegistriesConf::Alias(const std::string& short_name) const {
  for (const auto* aliases : {&cached_aliases_, &aliases_}) {
    const auto found = aliases->find(short_name);
    if (found == aliases->end()) continue;
    return found->second.empty() ? std::nullopt : std::optional(found->second);
  }
  return std::nullopt;
}

const RegistryRule* RegistriesConf::RuleFor(const Reference& full) const {
  const std::string name = full.ToString();
  const RegistryRule* best = nullptr;
  for (const auto& [prefix, rule] : rules_)
    if (MatchLength(prefix, name) > 0 && (best == nullptr || prefix.size() > best->prefix.size())) best = &rule;
  return best;
}

Result<PullSource> RegistriesConf::PrimarySource(const Reference& full) const {
  const RegistryRule* rule = RuleFor(full);
  const std::string repository = full.Repository();
  if (rule == nullptr) return MakeSource(full.domain, repository.substr(full.domain.size()), false, full);
  if (rule->blocked)
    return MakeError(ErrorCode::kPermission, "registry {} is blocked in registries.conf", rule->prefix);
  if (rule->location.empty()) return MakeSource(full.domain, repository.substr(full.domain.size()), rule->insecure, full);
  // A prefix may reach into the tag ("repo:1"); only the repository is rewritten.
  const size_t covered = std::min(MatchLength(rule->prefix, full.ToString()), repository.size());
  return MakeSource(rule->location, std::string_view(repository).substr(covered), rule->insecure, full);
}

Result<std::vector<PullSource>> RegistriesConf::SourcesFor(const Reference& full) const {
  ASSIGN_OR_RETURN(PullSource primary, PrimarySource(full));
  std::vector<PullSource> sources;
  if (const RegistryRule* rule = RuleFor(full)) {
    const std::string repository = full.Repository();
    const size_t covered = std::min(MatchLength(rule->prefix, full.ToString()), repository.size());
    for (const auto& mirror : rule->mirrors) {
      if (mirror.use == (full.digest.empty() ? MirrorUse::kDigestOnly : MirrorUse::kTagOnly)) continue;
      ASSIGN_OR_RETURN(sources.emplace_back(),
                       MakeSource(mirror.location, std::string_view(repository).substr(covered), mirror.insecure, full));
    }
  }
  sources.push_back(std::move(primary));
  return sources;
}

}  // namespace skiff::image
