#include "image/transfer/lookaside.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdlib>

#include "common/file.h"
#include "image/policy.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr std::string_view kFileScheme = "file://";
constexpr size_t kConfigLimit = 4u << 20;
constexpr size_t kSignatureLimit = 4u << 20;
constexpr int kMaxSignatures = 100;

bool IsFile(const std::string& url) { return url.starts_with(kFileScheme); }

// "lookaside", or "sigstore" as it was called before; empty if the entry names neither.
Result<std::string> FolderIn(const YAML::Node& entry, const std::string& where) {
  if (!entry.IsMap()) return MakeError(ErrorCode::kInvalid, "{} is not a mapping", where);
  for (const char* name : {"lookaside", "sigstore"}) {
    const YAML::Node value = entry[name];
    if (!value) continue;
    std::string url = value.IsScalar() ? value.Scalar() : "";
    if (!IsFile(url) && !url.starts_with("https://") && !url.starts_with("http://"))
      return MakeError(ErrorCode::kInvalid, "{}.{}: \"{}\" is not a URL with file, http or https", where, name, url);
    while (!url.empty() && url.back() == '/') url.pop_back();
    return url;
  }
  return std::string();
}

}  // namespace

Result<Lookaside> Lookaside::Load(const common::SystemPaths& paths) {
  const char* home = std::getenv("HOME");
  const std::string home_dir = home != nullptr ? home : "";
  Lookaside lookaside(fmt::format("file://{}", paths.rootless ? home_dir + "/.local/share/containers/sigstore" : "/var/lib/containers/sigstore"));
  std::string folder = paths.config_dir + "/registries.d";
  if (const std::string own = home_dir + "/.config/containers/registries.d"; !home_dir.empty() && common::PathExists(own)) folder = own;
  const auto names = common::ListDirectory(folder);
  if (!names && names.error().code() != ErrorCode::kNotFound) return names.error();
  if (!names) return lookaside;
  for (const auto& name : *names) {
    if (!name.ends_with(".yaml")) continue;
    const std::string file = folder + "/" + name;
    ASSIGN_OR_RETURN(const std::string text, common::ReadFile(file, kConfigLimit));
    TRY(lookaside.Merge(text, file));
  }
  return lookaside;
}

Result<> Lookaside::Merge(const std::string& text, const std::string& file) {
  try {
    const YAML::Node root = YAML::Load(text);
    const auto add = [&](const YAML::Node& entry, const std::string& scope, const std::string& where, std::string& place) -> Result<> {
      if (const auto [known, is_new] = files_.emplace(scope, file); !is_new)
        return MakeError(ErrorCode::kInvalid, "{}: {} stands in {} too", file, where, known->second);
      ASSIGN_OR_RETURN(place, FolderIn(entry, file + ": " + where));
      return {};
    };
    if (root.IsNull()) return {};
    if (!root.IsMap()) return MakeError(ErrorCode::kInvalid, "{} is not a mapping", file);
    if (const YAML::Node entry = root["default-docker"]) TRY(add(entry, "", "default-docker", default_));
    if (const YAML::Node scopes = root["docker"]) {
      if (!scopes.IsMap()) return MakeError(ErrorCode::kInvalid, "{}: docker is not a mapping", file);
      for (const auto& scope : scopes) {
        const std::string name = scope.first.as<std::string>();
        TRY(add(scope.second, name, "docker." + name, folders_[name]));
      }
    }
  } catch (const YAML::Exception& error) {
    return MakeError(ErrorCode::kInvalid, "{}: {}", file, error.what());
  }
  return {};
}

std::string Lookaside::FolderFor(const Reference& full) const {
  for (const auto& scope : RegistryOrigin(full).scopes)
    if (const auto found = folders_.find(scope); found != folders_.end() && !found->second.empty()) return found->second;
  return default_.empty() ? fallback_ : default_;
}

std::vector<std::string> Lookaside::Directories() const {
  std::vector<std::string> directories;
  const auto add = [&](const std::string& url) {
    if (IsFile(url)) directories.push_back(url.substr(kFileScheme.size()));
  };
  add(fallback_);
  add(default_);
  for (const auto& [scope, url] : folders_) add(url);
  return directories;
}

Result<std::vector<std::string>> Lookaside::Fetch(const Reference& full, const std::string& digest, HttpClient& client) const {
  const std::string repository = full.Repository();
  std::string place = digest;  // "sha256:HEX", verified to be one
  std::replace(place.begin(), place.end(), ':', '=');
  const std::string base = fmt::format("{}/{}@{}", FolderFor(full), repository.substr(repository.find('/') + 1), place);
  std::vector<std::string> signatures;
  while (true) {
    const std::string url = fmt::format("{}/signature-{}", base, signatures.size() + 1);
    if (signatures.size() == kMaxSignatures) return MakeError(ErrorCode::kInvalid, "{}: more than {} signatures", base, kMaxSignatures);
    if (IsFile(url)) {
      auto text = common::ReadFile(url.substr(kFileScheme.size()), kSignatureLimit);
      if (!text && text.error().code() == ErrorCode::kNotFound) return signatures;
      if (!text) return std::move(text).error().Wrap("signature");
      signatures.push_back(std::move(*text));
      continue;
    }
    HttpRequest request;
    request.url = url;
    ASSIGN_OR_RETURN(const HttpHead head, client.Send(request, TlsSettings()), "signature");
    if (head.status == 404) return signatures;
    if (head.status != 200) return MakeError(ErrorCode::kUnavailable, "signature {}: HTTP status {}", url, head.status);
    ASSIGN_OR_RETURN(signatures.emplace_back(), client.ReadBody(kSignatureLimit), "signature");
  }
}

}  // namespace skiff::image
