#include "image/transfer/registry_session.h"

#include <algorithm>
#include <charconv>
#include <thread>

#include "common/base64.h"
#include "common/json.h"
#include "image/transfer/url.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr size_t kTokenLimit = 1u << 20;
constexpr size_t kErrorLimit = 64u << 10;
constexpr int kMaxRedirects = 10;
constexpr int kBusyTries = 5;
constexpr seconds kMinTokenLife{60}, kTokenMargin{10};
constexpr seconds kMaxWait{60};

bool IsRedirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

std::string UrlEncoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-._~").find(c) != std::string_view::npos) out += c;
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

seconds RetryAfter(const HttpHead& head, seconds otherwise) {
  const std::string text = head.Get("retry-after");
  long value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || value < 0) return otherwise;
  return std::min(seconds(value), kMaxWait);
}

std::string BasicAuthorization(const Credentials& credentials) {
  return "Authorization: Basic " + common::EncodeBase64(credentials.username + ":" + credentials.password);
}

}  // namespace

bool IsTransient(const common::Error& error) {
  return error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kTimeout;
}

common::Error AnswerError(HttpClient& client, const HttpHead& head, const std::string& what) {
  std::string words;
  if (const auto body = client.ReadBody(kErrorLimit)) {
    if (const auto json = common::ParseJson(*body, "answer"); json && json->IsObject())
      if (const auto* errors = common::FindArray(*json, "errors"))
        for (const auto& error : errors->GetArray()) {
          if (!error.IsObject()) continue;
          const std::string_view message = common::GetString(error, "message");
          if (words.size() > 1000) break;
          words += (words.empty() ? "" : "; ") + std::string(message.empty() ? common::GetString(error, "code") : message);
        }
  }
  for (char& c : words)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  const auto say = [&](ErrorCode code, std::string_view usual) {
    if (usual.find(words) != std::string_view::npos) words.clear();
    return MakeError(code, "{}: {}{}", what, words.empty() ? usual : std::string_view(words),
                     words.find(usual) == std::string::npos && !words.empty() ? fmt::format(" ({})", usual) : "");
  };
  switch (head.status) {
    case 401: return say(ErrorCode::kPermission, "unauthorized: authentication required");
    case 403: return say(ErrorCode::kPermission, "denied: requested access to the resource is denied");
    case 404: return say(ErrorCode::kNotFound, "not found");
    case 429: return say(ErrorCode::kUnavailable, "toomanyrequests: the registry is busy");
    default: break;
  }
  return say(head.status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInvalid, fmt::format("HTTP status {}", head.status));
}

std::string RegistrySession::UrlOf(const std::string& path) const {
  return path.starts_with('/') ? scheme_ + "://" + endpoint_.host + path : path;
}


void RegistrySession::LearnChallenges(const HttpHead& head) {
  challenges_.clear();
  const auto found = head.headers.find("www-authenticate");
  if (found == head.headers.end()) return;
  for (const auto& line : found->second)
    for (auto& challenge : ParseWwwAuthenticate(line)) challenges_.push_back(std::move(challenge));
}

Result<HttpHead> RegistrySession::PingWith(HttpClient& client, const std::string& scheme) {
  HttpRequest request;
  request.url = scheme + "://" + endpoint_.host + "/v2/";
  ASSIGN_OR_RETURN(HttpHead head, client.Send(request, endpoint_.tls), "pinging container registry {}", endpoint_.host);
  if (head.status == 200 || head.status == 401) {
    (void)client.ReadBody(kErrorLimit);  // so that the connection can be used again
    return head;
  }
  if (head.status == 404 || IsRedirect(head.status))
    return MakeError(ErrorCode::kInvalid, "{} is not a container registry: {} answers with HTTP status {}", endpoint_.host,
                     request.url, head.status);
  return AnswerError(client, head, "pinging container registry " + endpoint_.host);
}

Result<> RegistrySession::Ping(HttpClient& client) {
  const std::lock_guard guard(mutex_);
  if (pinged_) return {};
  auto head = PingWith(client, "https");
  if (!head && endpoint_.insecure) {
    auto plain = PingWith(client, "http");
    if (plain) scheme_ = "http";
    head = std::move(plain);
  }
  if (!head) return std::move(head).error();
  if (head->status == 401) LearnChallenges(*head);
  pinged_ = true;
  return {};
}

Result<RegistrySession::Token> RegistrySession::FetchToken(HttpClient& client, const AuthChallenge& challenge,
                                                           const std::string& scope) {
  const std::string& realm = challenge.Get("realm");
  if (OriginOf(realm).empty())
    return MakeError(ErrorCode::kInvalid, "registry {} names \"{}\" as its token server, which is no URL", endpoint_.host, realm);
  if (endpoint_.tls.verify && !realm.starts_with("https://"))
    return MakeError(ErrorCode::kInvalid, "registry {} names {} as its token server, which has no TLS; credentials do not go there",
                     endpoint_.host, realm);
  const Credentials& credentials = endpoint_.credentials;
  HttpRequest request;
  request.url = realm;
  if (!credentials.identity_token.empty()) {
    request.method = "POST";
    request.headers = {"Content-Type: application/x-www-form-urlencoded"};
    request.body = fmt::format("grant_type=refresh_token&client_id=skiff&service={}&scope={}&refresh_token={}",
                               UrlEncoded(challenge.Get("service")), UrlEncoded(scope), UrlEncoded(credentials.identity_token));
  } else {
    if (!credentials.username.empty()) {
      request.url = AddQuery(request.url, "account", credentials.username);
      request.headers = {BasicAuthorization(credentials)};
    }
    if (!challenge.Get("service").empty()) request.url = AddQuery(request.url, "service", challenge.Get("service"));
    for (size_t start = 0; start < scope.size();) {
      const size_t end = std::min(scope.find(' ', start), scope.size());
      request.url = AddQuery(request.url, "scope", scope.substr(start, end - start));
      start = end + 1;
    }
  }
  TlsSettings tls = endpoint_.tls;
  if (OriginOf(realm) != OriginOf(UrlOf("/v2/"))) tls.client_certificate_pem.clear();
  ASSIGN_OR_RETURN(const HttpHead head, client.Send(request, tls), "ask for a token");
  if (head.status != 200) {
    auto error = AnswerError(client, head, "ask " + OriginOf(realm) + " for a token");
    if (head.status == 401 || head.status == 403)
      return MakeError(ErrorCode::kPermission, "unable to retrieve auth token: invalid username/password: {}", error.message());
    return error;
  }
  ASSIGN_OR_RETURN(const std::string body, client.ReadBody(kTokenLimit));
  ASSIGN_OR_RETURN(const auto json, common::ParseJson(body, "the token server's answer"));
  Token token;
  if (json.IsObject()) {
    token.value = common::GetString(json, "token");
    if (token.value.empty()) token.value = common::GetString(json, "access_token");
  }
  if (token.value.empty() || token.value.find_first_of("\r\n") != std::string::npos)
    return MakeError(ErrorCode::kInvalid, "{} gave no token", OriginOf(realm));
  const seconds life = std::max(seconds(common::GetInt(json, "expires_in")), kMinTokenLife);
  token.expires = steady_clock::now() + life - kTokenMargin;
  return token;
}

Result<std::string> RegistrySession::Authorization(HttpClient& client, const std::string& scope, bool renew) {
  const std::lock_guard guard(mutex_);
  if (challenges_.empty()) return std::string();
  for (const auto& challenge : challenges_) {
    if (challenge.scheme == "bearer") {
      Token& token = tokens_[scope];
      if (renew || token.value.empty() || token.expires < steady_clock::now()) {
        ASSIGN_OR_RETURN(token, FetchToken(client, challenge, scope));
      }
      return "Authorization: Bearer " + token.value;
    }
    if (challenge.scheme == "basic") {
      if (endpoint_.credentials.empty()) return std::string();
      return BasicAuthorization(endpoint_.credentials);
    }
  }
  return MakeError(ErrorCode::kUnsupported, "registry {} asks for \"{}\" authentication, which is not supported", endpoint_.host,
                   challenges_.front().scheme);
}

Result<HttpHead> RegistrySession::SendFollowing(HttpClient& client, const HttpRequest& request, const std::string& authorization) {
  HttpRequest step = request;
  step.url = UrlOf(request.url);
  const std::string home = OriginOf(UrlOf("/v2/"));
  const bool follows = request.method == "GET" || request.method == "HEAD";
  for (int redirects = 0;; ++redirects) {
    const bool at_home = OriginOf(step.url) == home;
    step.headers = request.headers;
    if (at_home && !authorization.empty()) step.headers.push_back(authorization);
    TlsSettings tls = endpoint_.tls;
    if (!at_home) tls.client_certificate_pem.clear();
    ASSIGN_OR_RETURN(HttpHead head, client.Send(step, tls));
    if (!follows || !IsRedirect(head.status)) return head;
    if (redirects == kMaxRedirects) return MakeError(ErrorCode::kInvalid, "{} leads from one redirect to the next", request.url);
    ASSIGN_OR_RETURN(std::string next, ResolveUrl(step.url, head.Get("location")));
    if (step.url.starts_with("https://") && !next.starts_with("https://") && !endpoint_.insecure)
      return MakeError(ErrorCode::kInvalid, "{} redirects to {}, which has no TLS", step.url, OriginOf(next));
    step.url = std::move(next);
  }
}

Result<HttpHead> RegistrySession::SendWithAuthorization(HttpClient& client, HttpRequest& request, const std::string& scope) {
  ASSIGN_OR_RETURN(std::string authorization, Authorization(client, scope, false));
  ASSIGN_OR_RETURN(HttpHead head, SendFollowing(client, request, authorization));
  if (head.status != 401 || request.upload != nullptr) return head;
  // A token that has ended early, or one that allows too little: one new one.
  {
    const std::lock_guard guard(mutex_);
    const auto before = challenges_;
    LearnChallenges(head);
    if (challenges_.empty()) challenges_ = before;
    const bool bearer = std::any_of(challenges_.begin(), challenges_.end(), [](const auto& c) { return c.scheme == "bearer"; });
    if (!bearer && (!authorization.empty() || endpoint_.credentials.empty())) return head;
  }
  ASSIGN_OR_RETURN(authorization, Authorization(client, scope, true));
  return SendFollowing(client, request, authorization);
}

Result<HttpHead> RegistrySession::Send(HttpClient& client, HttpRequest request, const std::string& scope) {
  TRY(Ping(client));
  seconds wait{2};
  for (int tries = 1;; ++tries) {
    ASSIGN_OR_RETURN(HttpHead head, SendWithAuthorization(client, request, scope));
    if (head.status == 401) return AnswerError(client, head, endpoint_.host);
    if (head.status != 429 || tries == kBusyTries || request.upload != nullptr) return head;
    std::this_thread::sleep_for(RetryAfter(head, wait));
    wait = std::min(wait * 2, kMaxWait);
  }
}

Result<> RegistrySession::CheckLogin(HttpClient& client) {
  TRY(Ping(client));
  HttpRequest request;
  request.url = "/v2/";
  const auto head = Send(client, request, "");
  if (!head && head.error().code() == ErrorCode::kPermission && head.error().message().find("invalid username/password") == std::string::npos)
    return MakeError(ErrorCode::kPermission, "invalid username/password: {}", head.error().message());
  if (!head) return head.error();
  if (head->status == 200) return {};
  return AnswerError(client, *head, "login to " + endpoint_.host);
}

}  // namespace skiff::image
