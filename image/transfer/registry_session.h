// Requests to one registry: scheme, authorisation, redirects, waiting when it is busy (distribution specification;
// formats.md 3.1).
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "image/auth.h"
#include "image/transfer/http_client.h"
#include "image/transfer/www_authenticate.h"

namespace skiff::image {

struct RegistryEndpoint {
  std::string host;          // with port
  bool insecure = false;     // certificates are not verified, and plain HTTP will do
  Credentials credentials;
  TlsSettings tls;
};

// Threads may share a session; each brings an HttpClient of its own.
class RegistrySession {
 public:
  explicit RegistrySession(RegistryEndpoint endpoint) : endpoint_(std::move(endpoint)) {
    if (endpoint_.insecure) endpoint_.tls.verify = false;
  }

  const std::string& host() const { return endpoint_.host; }
  bool has_credentials() const { return !endpoint_.credentials.empty(); }

  // Finds out the scheme and how to authorise; the first request does it too. kInvalid: not a registry.
  common::Result<> Ping(HttpClient& client);

  // `request.url` is a path ("/v2/...") or a whole URL that the registry gave. `scope` is what a token must allow
  // ("repository:NAME:pull"); several are separated by a space. Redirects of GET and HEAD are followed, without credentials
  // where they lead to another host. Any status but 401 is returned as it is, 429 after having waited.
  common::Result<HttpHead> Send(HttpClient& client, HttpRequest request, const std::string& scope);

  // A login's proof: the registry takes the credentials. kPermission: it does not.
  common::Result<> CheckLogin(HttpClient& client);

  std::string UrlOf(const std::string& path) const;

 private:
  struct Token {
    std::string value;
    std::chrono::steady_clock::time_point expires;
  };

  common::Result<HttpHead> PingWith(HttpClient& client, const std::string& scheme);
  common::Result<std::string> Authorization(HttpClient& client, const std::string& scope, bool renew);
  common::Result<Token> FetchToken(HttpClient& client, const AuthChallenge& challenge, const std::string& scope);
  common::Result<HttpHead> SendWithAuthorization(HttpClient& client, HttpRequest& request, const std::string& scope);
  common::Result<HttpHead> SendFollowing(HttpClient& client, const HttpRequest& request, const std::string& authorization);
  void LearnChallenges(const HttpHead& head);

  RegistryEndpoint endpoint_;
  std::mutex mutex_;
  bool pinged_ = false;
  std::string scheme_ = "https";
  std::vector<AuthChallenge> challenges_;
  std::map<std::string, Token> tokens_;  // by scope
};

// The error that an answer stands for: the registry's own words where it has some. `what` was asked for.
common::Error AnswerError(HttpClient& client, const HttpHead& head, const std::string& what);

// Whether another try may help.
bool IsTransient(const common::Error& error);

}  // namespace skiff::image
