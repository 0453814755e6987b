#include "image/registries_conf_file.h"

// The only file that compiles toml++: it is header-only here, so that no command loads a library for it.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  Result<RegistriesConfFile> Read(const toml::table& root) {
    RegistriesConfFile conf;
    if (root.contains("registries"))
      return Fail(*root.get("registries"), "[registries.search] and its like are the format of 2018; write "
                                           "unqualified-search-registries and [[registry]]");
    ASSIGN_OR_RETURN(conf.search_registries, Strings(root, "unqualified-search-registries"));
    ASSIGN_OR_RETURN(conf.credential_helpers, Strings(root, "credential-helpers"));
    TRY(ReadMode(root, conf));
    if (const toml::node* aliases = root.get("aliases")) {
      const toml::table* table = aliases->as_table();
      if (table == nullptr) return Fail(*aliases, "aliases must be a table");
      for (const auto& [key, value] : *table) {
        const auto text = value.value<std::string>();
        if (!text) return Fail(value, "an alias must be a string");
        conf.aliases[std::string(key.str())] = *text;
      }
    }
    TRY(EachTable(root, "registry", [&](const toml::table& table) -> Result<> {
      ASSIGN_OR_RETURN(conf.rules.emplace_back(), ReadRule(table));
      return {};
    }));
    return conf;
  }

  common::Error Fail(const toml::source_region& where, std::string_view why) const {
    return MakeError(ErrorCode::kInvalid, "{}:{}:{}: {}", file_, where.begin.line, where.begin.column, why);
  }
  common::Error Fail(const toml::node& node, std::string_view why) const { return Fail(node.source(), why); }

 private:
  Result<> ReadMode(const toml::table& root, RegistriesConfFile& conf) {
    ASSIGN_OR_RETURN(const std::string mode, String(root, "short-name-mode"));
    if (mode == "enforcing") conf.short_name_mode = ShortNameMode::kEnforcing;
    else if (mode == "permissive") conf.short_name_mode = ShortNameMode::kPermissive;
    else if (mode == "disabled") conf.short_name_mode = ShortNameMode::kDisabled;
    else if (!mode.empty()) return Fail(*root.get("short-name-mode"), "short-name-mode must be enforcing, permissive or disabled");
    return {};
  }

  Result<RegistryRule> ReadRule(const toml::table& table) {
    RegistryRule rule;
    ASSIGN_OR_RETURN(rule.location, Location(table));
    ASSIGN_OR_RETURN(rule.prefix, String(table, "prefix"));
    const bool wildcard = rule.prefix.starts_with("*.");
    if (rule.location.empty() && rule.prefix.empty()) return Fail(table, "a [[registry]] needs a location or a prefix");
    if (rule.location.empty() && !wildcard) rule.location = rule.prefix;
    if (rule.prefix.empty()) rule.prefix = rule.location;
    ASSIGN_OR_RETURN(rule.insecure, Bool(table, "insecure"));
    ASSIGN_OR_RETURN(rule.blocked, Bool(table, "blocked"));
    ASSIGN_OR_RETURN(const bool digest_only, Bool(table, "mirror-by-digest-only"));
    TRY(EachTable(table, "mirror", [&](const toml::table& one) -> Result<> {
      ASSIGN_OR_RETURN(RegistryMirror mirror, ReadMirror(one));
      if (digest_only) {
        if (mirror.use != MirrorUse::kAll)
          return Fail(one, "pull-from-mirror and the registry's mirror-by-digest-only exclude each other");
        mirror.use = MirrorUse::kDigestOnly;
      }
      rule.mirrors.push_back(std::move(mirror));
      return {};
    }));
    return rule;
  }

  Result<RegistryMirror> ReadMirror(const toml::table& table) {
    RegistryMirror mirror;
    ASSIGN_OR_RETURN(mirror.location, Location(table));
    if (mirror.location.empty()) return Fail(table, "a [[registry.mirror]] needs a location");
    ASSIGN_OR_RETURN(mirror.insecure, Bool(table, "insecure"));
    ASSIGN_OR_RETURN(const std::string use, String(table, "pull-from-mirror"));
    if (use == "digest-only") mirror.use = MirrorUse::kDigestOnly;
    else if (use == "tag-only") mirror.use = MirrorUse::kTagOnly;
    else if (!use.empty() && use != "all") return Fail(*table.get("pull-from-mirror"), "pull-from-mirror must be all, digest-only or tag-only");
    return mirror;
  }

  Result<std::string> Location(const toml::table& table) {
    ASSIGN_OR_RETURN(std::string location, String(table, "location"));
    if (location.find("://") != std::string::npos)
      return Fail(*table.get("location"), "a location is a host name with optional port and path, without http:// or https://");
    while (location.ends_with('/')) location.pop_back();
    return location;
  }

  Result<std::string> String(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return std::string();
    if (!node->is_string()) return Fail(*node, fmt::format("{} must be a string", key));
    return *node->value<std::string>();
  }

  Result<bool> Bool(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return false;
    if (!node->is_boolean()) return Fail(*node, fmt::format("{} must be true or false", key));
    return *node->value<bool>();
  }

  Result<std::optional<std::vector<std::string>>> Strings(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return std::optional<std::vector<std::string>>();
    const toml::array* array = node->as_array();
    if (array == nullptr) return Fail(*node, fmt::format("{} must be a list of strings", key));
    std::vector<std::string> list;
    for (const toml::node& item : *array) {
      const auto text = item.value<std::string>();
      if (!text) return Fail(item, fmt::format("{} must be a list of strings", key));
      list.push_back(*text);
    }
    return std::optional(std::move(list));
  }

  template <typename Each>
  Result<> EachTable(const toml::table& table, std::string_view key, Each each) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return {};
    const toml::array* array = node->as_array();
    if (array == nullptr) return Fail(*node, fmt::format("write [[{}]], with two brackets", key));
    for (const toml::node& item : *array) {
      if (item.as_table() == nullptr) return Fail(item, fmt::format("{} must be a table", key));
      TRY(each(*item.as_table()));
    }
    return {};
  }

  const std::string& file_;
};

}  // namespace

Result<RegistriesConfFile> ParseRegistriesConf(std::string_view text, const std::string& file) {
  Reader reader(file);
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) return reader.Fail(parsed.error().source(), parsed.error().description());
  return reader.Read(parsed.table());
}

}  // namespace skiff::image
