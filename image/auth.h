// Credentials for registries: auth.json as podman and docker write it, credential helpers, Kubernetes' pull secrets
// (containers-auth.json(5); formats.md 2.4).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"
#include "common/result.h"
#include "common/system_paths.h"

namespace skiff::image {

struct Credentials {
  std::string username;
  std::string password;
  std::string identity_token;  // in place of a password: exchanged for tokens by the registry's token server

  bool empty() const { return username.empty() && password.empty() && identity_token.empty(); }
};

// "user:password", as --creds takes it; a name alone has an empty password.
Credentials ParseCredentials(std::string_view text);

// One file or secret: {"auths": {KEY: {"auth": ...}}, "credHelpers": {HOST: NAME}, "credsStore": NAME}, or only the inner
// table (.dockercfg). KEY is host[:port] or a path below it; the longest that covers a name wins.
class AuthConfig {
 public:
  // An absent file is empty. kInvalid names what is broken.
  static common::Result<AuthConfig> Read(const std::string& path);
  static common::Result<AuthConfig> Parse(std::string_view text, const std::string& what);

  // `name` is host[:port][/path]. Nothing found: empty credentials. Helpers are run.
  common::Result<Credentials> Find(const std::string& name) const;

  // A helper for the host gets them, else the table. The names of helpers stay.
  common::Result<> Put(const std::string& key, const Credentials& credentials);
  common::Result<bool> Remove(const std::string& key);  // whether it was there
  void Clear();
  // A Secret is for other machines too: the helpers that it names are not to be run here.
  void ForgetHelpers();
  common::Result<> Write(const std::string& path) const;

 private:
  common::JsonValue* MutableAuths();
  const common::JsonValue* Auths() const;
  std::string HelperFor(const std::string& host) const;

  std::string what_;
  common::JsonDocument document_;
};

struct AuthSources {
  std::optional<Credentials> given;        // --creds: for whatever is asked
  std::vector<std::string> pull_secrets;   // .dockerconfigjson or .dockercfg texts, looked at first
  std::string authfile;                    // --authfile; empty: the usual places
};

// In order: given, pull secrets, then the auth file and the other places where logins are kept.
common::Result<Credentials> FindCredentials(const common::SystemPaths& paths, const AuthSources& sources, const std::string& name);

// Where login writes: $REGISTRY_AUTH_FILE, else auth.json in the user's run directory.
std::string DefaultAuthFile(const common::SystemPaths& paths);

// Host and path of what a user writes for a registry: without scheme and the "/v1/" of old docker.
std::string NormalizeRegistry(std::string_view text);

}  // namespace skiff::image
