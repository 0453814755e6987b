// HTTP through libcurl, one exchange at a time; the body of the answer is read as it comes.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "image/transfer/byte_source.h"

namespace skiff::image {

// How a server proves itself, and we to it.
struct TlsSettings {
  bool verify = true;
  std::string ca_pem;  // trusted besides the system's
  std::string client_certificate_pem, client_key_pem;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  ByteSource* upload = nullptr;  // in place of `body`; sent in chunks unless its size is known
  int64_t upload_size = -1;
};

struct HttpHead {
  int status = 0;
  std::map<std::string, std::vector<std::string>> headers;  // names in lower case

  std::string Get(const std::string& name) const;  // the first; empty if absent
};

class HttpClient {
 public:
  // `stall`: an exchange in which nothing moves for so long has failed.
  explicit HttpClient(std::chrono::milliseconds stall = std::chrono::seconds(60));
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends the request and returns when the head of the answer is there, whatever its status is. Redirects are not
  // followed. kUnavailable: the network or the server failed, another try may help; kTimeout likewise; kInvalid: the server's
  // certificate is not accepted, or it does not speak the protocol.
  common::Result<HttpHead> Send(const HttpRequest& request, const TlsSettings& tls);
  // More of the body; empty at its end. kUnavailable: the connection broke.
  common::Result<std::string_view> Next();
  // The rest of the body; kInvalid if it is longer than `limit`.
  common::Result<std::string> ReadBody(size_t limit);
  // Gives up what is going on; its connection is closed.
  void Abort();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Keeps clients with their connections for the next user.
class HttpPool {
 public:
  explicit HttpPool(std::chrono::milliseconds stall) : stall_(stall) {}

  using Lease = std::unique_ptr<HttpClient, std::function<void(HttpClient*)>>;
  Lease Take();

 private:
  std::chrono::milliseconds stall_;
  struct Idle;
  std::shared_ptr<Idle> idle_ = MakeIdle();
  static std::shared_ptr<Idle> MakeIdle();
};

// libcurl's global set-up, once, before threads are started.
void InitializeHttp();

}  // namespace skiff::image
