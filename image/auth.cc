#include "image/auth.h"

#include <fnmatch.h>
#include <unistd.h>

#include <cstdlib>

#include "common/base64.h"
#include "common/file.h"
#include "common/process.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

constexpr size_t kFileLimit = 4u << 20;
constexpr char kTokenUser[] = "<token>";  // a helper says so that the secret is an identity token

std::string HostOf(std::string_view name) { return std::string(name.substr(0, name.find('/'))); }

// Whether an entry of the table speaks for the name; a '*' stands for a part of the host, as in Kubernetes' secrets.
bool Covers(const std::string& key, const std::string& name) {
  if (key.find('*') == std::string::npos)
    return name.starts_with(key) && (name.size() == key.size() || name[key.size()] == '/');
  const std::string host = HostOf(key);
  const std::string rest = key.substr(host.size());
  const std::string name_host = HostOf(name);
  const std::string name_rest = name.substr(name_host.size());
  return ::fnmatch(host.c_str(), name_host.c_str(), 0) == 0 && name_rest.starts_with(rest) &&
         (rest.empty() || name_rest.size() == rest.size() || name_rest[rest.size()] == '/');
}

Result<Credentials> DecodeEntry(const JsonValue& entry, const std::string& what, const std::string& key) {
  if (!entry.IsObject()) return MakeError(ErrorCode::kInvalid, "{}: the entry for {} is not an object", what, key);
  Credentials found;
  found.username = common::GetString(entry, "username");
  found.password = common::GetString(entry, "password");
  found.identity_token = common::GetString(entry, "identitytoken");
  const std::string_view auth = common::GetString(entry, "auth");
  if (auth.empty()) return found;
  const auto decoded = common::DecodeBase64(auth);
  const size_t colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos)
    return MakeError(ErrorCode::kInvalid, "{}: the entry for {} is not the base64 of user:password", what, key);
  found = ParseCredentials(*decoded);
  while (!found.password.empty() && found.password.back() == '\0') found.password.pop_back();
  found.identity_token = common::GetString(entry, "identitytoken");
  return found;
}

std::string HelperHost(const std::string& host) { return host == "docker.io" ? "https://index.docker.io/v1/" : host; }

Result<common::Output> RunHelper(const std::string& helper, const char* verb, const std::string& input) {
  if (helper.find('/') != std::string::npos) return MakeError(ErrorCode::kInvalid, "\"{}\" is not the name of a credential helper", helper);
  common::Command command;
  command.argv = {"docker-credential-" + helper, verb};
  return common::Run(std::move(command), input, kFileLimit);
}

Result<Credentials> AskHelper(const std::string& helper, const std::string& host) {
  ASSIGN_OR_RETURN(const common::Output output, RunHelper(helper, "get", HelperHost(host)), "credentials for {}", host);
  if (!output.status.ok()) {
    if ((output.out + output.err).find("credentials not found") != std::string::npos) return Credentials();
    return MakeError(ErrorCode::kUnavailable, "docker-credential-{} has no credentials for {}: {}", helper, host,
                     output.out.empty() ? output.err : output.out);
  }
  ASSIGN_OR_RETURN(const auto answer, common::ParseJson(output.out, "the answer of docker-credential-" + helper));
  Credentials found;
  found.username = common::GetString(answer, "Username");
  const std::string secret(common::GetString(answer, "Secret"));
  (found.username == kTokenUser ? found.identity_token : found.password) = secret;
  return found;
}

std::string EnvironmentOf(const char* name) {
  const char* value = ::getenv(name);
  return value != nullptr ? value : "";
}

// After the one that login writes: where others keep logins (formats.md 2.4).
std::vector<std::string> FurtherFiles(const common::SystemPaths& paths) {
  std::vector<std::string> files;
  if (!paths.user_config_dir.empty()) files.push_back(paths.user_config_dir + "/auth.json");
  const std::string docker = EnvironmentOf("DOCKER_CONFIG");
  const std::string home = EnvironmentOf("HOME");
  if (!docker.empty()) files.push_back(docker + "/config.json");
  else if (!home.empty()) files.push_back(home + "/.docker/config.json");
  if (!home.empty()) files.push_back(home + "/.dockercfg");
  return files;
}

}  // namespace

Credentials ParseCredentials(std::string_view text) {
  const size_t colon = std::min(text.find(':'), text.size());
  return {std::string(text.substr(0, colon)), std::string(text.substr(std::min(colon + 1, text.size()))), {}};
}

std::string NormalizeRegistry(std::string_view text) {
  if (const size_t scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  while (text.ends_with('/')) text.remove_suffix(1);
  for (const std::string_view version : {"/v1", "/v2"})
    if (text.ends_with(version)) text.remove_suffix(version.size());
  const std::string host = HostOf(text);
  for (const std::string_view alias : {"index.docker.io", "registry-1.docker.io"})
    if (host == alias) return "docker.io" + std::string(text.substr(host.size()));
  return std::string(text);
}

Result<AuthConfig> AuthConfig::Read(const std::string& path) {
  const auto text = common::ReadFile(path, kFileLimit);
  // Below a file, or where other users may not look, there is none for us either.
  if (!text && (text.error().code() == ErrorCode::kNotFound || text.error().errno_value() == ENOTDIR)) return Parse("{}", path);
  if (!text) return text.error();
  return Parse(*text, path);
}

Result<AuthConfig> AuthConfig::Parse(std::string_view text, const std::string& what) {
  AuthConfig config;
  config.what_ = what;
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) text = "{}";
  ASSIGN_OR_RETURN(config.document_, common::ParseJson(text, what));
  if (!config.document_.IsObject()) return MakeError(ErrorCode::kInvalid, "{} is not a JSON object", what);
  const auto auths = config.document_.FindMember("auths");
  if (auths != config.document_.MemberEnd() && !auths->value.IsObject())
    return MakeError(ErrorCode::kInvalid, "{}: \"auths\" is not an object", what);
  return config;
}

const JsonValue* AuthConfig::Auths() const {
  if (const JsonValue* auths = common::FindObject(document_, "auths")) return auths;
  // .dockercfg has the table alone.
  for (const char* member : {"credHelpers", "credsStore"})
    if (document_.HasMember(member)) return nullptr;
  return &document_;
}

std::string AuthConfig::HelperFor(const std::string& host) const {
  if (const JsonValue* helpers = common::FindObject(document_, "credHelpers")) {
    for (const auto& member : helpers->GetObject())
      if (member.value.IsString() && NormalizeRegistry(member.name.GetString()) == host) return member.value.GetString();
  }
  return {};
}

Result<Credentials> AuthConfig::Find(const std::string& name) const {
  const std::string wanted = NormalizeRegistry(name);
  const std::string host = HostOf(wanted);
  if (const std::string helper = HelperFor(host); !helper.empty()) return AskHelper(helper, host);
  const JsonValue* best = nullptr;
  std::string best_key;
  if (const JsonValue* auths = Auths()) {
    for (const auto& member : auths->GetObject()) {
      const std::string key = NormalizeRegistry({member.name.GetString(), member.name.GetStringLength()});
      if (!member.value.IsObject() || !Covers(key, wanted) || (best != nullptr && key.size() <= best_key.size())) continue;
      best = &member.value;
      best_key = key;
    }
  }
  if (best != nullptr) {
    auto found = DecodeEntry(*best, what_, best_key);
    // Docker leaves an empty entry where credsStore has the secret.
    if (!found || !found->empty()) return found;
  }
  const std::string store(common::GetString(document_, "credsStore"));
  return store.empty() ? Result<Credentials>(Credentials()) : AskHelper(store, host);
}

JsonValue* AuthConfig::MutableAuths() {
  auto& allocator = document_.GetAllocator();
  if (!document_.HasMember("auths")) document_.AddMember("auths", JsonValue(rapidjson::kObjectType), allocator);
  return &document_["auths"];
}

Result<> AuthConfig::Put(const std::string& key, const Credentials& credentials) {
  const std::string name = NormalizeRegistry(key);
  if (const std::string helper = HelperFor(HostOf(name)); !helper.empty()) {
    JsonBuilder json;
    json.Set(json.root(), "ServerURL", HelperHost(name));
    json.Set(json.root(), "Username", credentials.username);
    json.Set(json.root(), "Secret", credentials.password);
    ASSIGN_OR_RETURN(const auto output, RunHelper(helper, "store", common::ToJson(json.root())));
    if (output.status.ok()) return {};
    return MakeError(ErrorCode::kUnavailable, "docker-credential-{} does not store: {}", helper, output.out + output.err);
  }
  TRY(Remove(name));
  JsonValue* auths = MutableAuths();
  auto& allocator = document_.GetAllocator();
  const std::string encoded = common::EncodeBase64(credentials.username + ":" + credentials.password);
  JsonValue entry(rapidjson::kObjectType);
  entry.AddMember("auth", JsonValue(encoded.c_str(), allocator), allocator);
  auths->AddMember(JsonValue(name.c_str(), allocator), entry, allocator);
  return {};
}

Result<bool> AuthConfig::Remove(const std::string& key) {
  const std::string name = NormalizeRegistry(key);
  if (const std::string helper = HelperFor(HostOf(name)); !helper.empty()) {
    ASSIGN_OR_RETURN(const auto output, RunHelper(helper, "erase", HelperHost(name)));
    return output.status.ok();
  }
  if (!document_.HasMember("auths")) return false;
  JsonValue& auths = document_["auths"];
  bool found = false;
  for (auto member = auths.MemberBegin(); member != auths.MemberEnd();) {
    const bool same = NormalizeRegistry({member->name.GetString(), member->name.GetStringLength()}) == name;
    found = found || same;
    member = same ? auths.EraseMember(member) : member + 1;
  }
  return found;
}

void AuthConfig::ForgetHelpers() {
  document_.RemoveMember("credHelpers");
  document_.RemoveMember("credsStore");
}

void AuthConfig::Clear() { MutableAuths()->RemoveAllMembers(); }

Result<> AuthConfig::Write(const std::string& path) const {
  if (const size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0)
    TRY(common::MakeDirectories(path.substr(0, slash), 0700));
  return common::WriteFileAtomic(path, common::ToPrettyJson(document_, 8), 0600);
}

std::string DefaultAuthFile(const common::SystemPaths& paths) {
  if (const std::string file = EnvironmentOf("REGISTRY_AUTH_FILE"); !file.empty()) return file;
  if (const std::string run = EnvironmentOf("XDG_RUNTIME_DIR"); !run.empty() && paths.rootless) return run + "/containers/auth.json";
  if (paths.rootless) return paths.storage_run + "/auth.json";
  return fmt::format("/run/containers/{}/auth.json", ::geteuid());
}

Result<Credentials> FindCredentials(const common::SystemPaths& paths, const AuthSources& sources, const std::string& name) {
  if (sources.given) return *sources.given;
  for (const auto& secret : sources.pull_secrets) {
    ASSIGN_OR_RETURN(AuthConfig config, AuthConfig::Parse(secret, "a pull secret"));
    config.ForgetHelpers();
    ASSIGN_OR_RETURN(Credentials found, config.Find(name));
    if (!found.empty()) return found;
  }
  std::vector<std::string> files = {sources.authfile.empty() ? DefaultAuthFile(paths) : sources.authfile};
  // A file that was named is meant to be there, and to be the only one.
  if (!sources.authfile.empty()) {
    if (!common::PathExists(sources.authfile))
      return MakeError(ErrorCode::kNotFound, "the auth file {} does not exist", sources.authfile);
  } else {
    for (auto& file : FurtherFiles(paths)) files.push_back(std::move(file));
  }
  for (const auto& file : files) {
    ASSIGN_OR_RETURN(const AuthConfig config, AuthConfig::Read(file));
    ASSIGN_OR_RETURN(Credentials found, config.Find(name));
    if (!found.empty()) return found;
  }
  return Credentials();
}

}  // namespace skiff::image
