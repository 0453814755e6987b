#include "image/transfer/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr long kConnectSeconds = 30;
constexpr long kBufferSize = 256L << 10;
constexpr size_t kHeadLimit = 1u << 20;
constexpr size_t kPauseAt = 512u << 10;  // body bytes that wait for their reader
constexpr char kCertificates[] = "/etc/ssl/certs";

struct EasyFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiFree {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

// What went wrong, in words that name the remedy where there is one.
common::Error CurlError(CURLcode code, const std::string& detail, const std::string& url) {
  const std::string why = detail.empty() ? curl_easy_strerror(code) : detail;
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return MakeError(ErrorCode::kInvalid,
                       "{}: x509: {}; put the registry's CA into certs.d, or use --tls-verify=false or insecure in registries.conf",
                       url, why);
    case CURLE_SSL_CONNECT_ERROR:
      if (why.find("wrong version number") != std::string::npos || why.find("packet length too long") != std::string::npos)
        return MakeError(ErrorCode::kInvalid,
                         "{}: http: server gave HTTP response to HTTPS client; use --tls-verify=false or insecure in "
                         "registries.conf for a registry without TLS",
                         url);
      return MakeError(ErrorCode::kUnavailable, "{}: TLS: {}", url, why);
    case CURLE_SSL_CERTPROBLEM:
      return MakeError(ErrorCode::kInvalid, "{}: client certificate in certs.d: {}", url, why);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_WEIRD_SERVER_REPLY:
      return MakeError(ErrorCode::kInvalid, "{}: {}", url, why);
    case CURLE_COULDNT_RESOLVE_HOST:
      return MakeError(ErrorCode::kNotFound, "{}: no such host: {}", url, why);
    case CURLE_COULDNT_CONNECT:
      return MakeError(ErrorCode::kUnavailable, "{}: connection refused or no route: {}", url, why);
    case CURLE_OPERATION_TIMEDOUT:
      return MakeError(ErrorCode::kTimeout, "{}: {}", url, why);
    default:
      return MakeError(ErrorCode::kUnavailable, "{}: {}", url, why);
  }
}

}  // namespace

std::string HttpHead::Get(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() || found->second.empty() ? std::string() : found->second.front();
}

struct HttpClient::Impl {
  explicit Impl(std::chrono::milliseconds stall_time) : stall(stall_time), multi(curl_multi_init()) {}
  ~Impl() { Close(); }

  static size_t OnHeader(char* data, size_t size, size_t count, void* self_pointer) {
    auto& self = *static_cast<Impl*>(self_pointer);
    const std::string_view line(data, size * count);
    self.Moved();
    self.head_bytes += line.size();
    if (self.head_bytes > kHeadLimit) return 0;
    if (line.starts_with("HTTP/")) {
      self.head = {};
      const size_t space = line.find(' ');
      if (space != std::string_view::npos) self.head.status = std::atoi(std::string(line.substr(space + 1, 3)).c_str());
    } else if (const std::string_view text = Trim(line); text.empty()) {
      self.has_head = self.head.status >= 200;
    } else if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
      self.head.headers[Lower(text.substr(0, colon))].emplace_back(Trim(text.substr(colon + 1)));
    }
    return line.size();
  }

  static size_t OnBody(char* data, size_t size, size_t count, void* self_pointer) {
    auto& self = *static_cast<Impl*>(self_pointer);
    self.Moved();
    if (self.body.size() >= kPauseAt) {
      self.paused = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    self.body.append(data, size * count);
    return size * count;
  }

  static size_t OnUpload(char* buffer, size_t size, size_t count, void* self_pointer) {
    auto& self = *static_cast<Impl*>(self_pointer);
    self.Moved();
    if (self.upload_rest.empty()) {
      auto chunk = self.upload->Next();
      if (!chunk) {
        self.upload_error = chunk.error();
        return CURL_READFUNC_ABORT;
      }
      self.upload_rest = *chunk;
    }
    const size_t n = std::min(size * count, self.upload_rest.size());
    std::memcpy(buffer, self.upload_rest.data(), n);
    self.upload_rest.remove_prefix(n);
    self.Moved();  // reading the source may have taken long
    return n;
  }

  void Moved() { last_move = std::chrono::steady_clock::now(); }

  void Close() {
    if (easy) curl_multi_remove_handle(multi.get(), easy.get());
    easy.reset();
    headers.reset();
  }

  void SetTls(const TlsSettings& tls) {
    CURL* e = easy.get();
    const auto blob = [](const std::string& text) {
      return curl_blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
    };
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
    // The folder is looked up by hash; the one file with all certificates would be parsed for each connection.
    const char* file = std::getenv("SSL_CERT_FILE");
    const char* folder = std::getenv("SSL_CERT_DIR");
    curl_easy_setopt(e, CURLOPT_CAINFO, file);
    curl_easy_setopt(e, CURLOPT_CAPATH, folder != nullptr ? folder : kCertificates);
    if (!tls.ca_pem.empty()) {
      curl_blob ca = blob(tls.ca_pem);
      curl_easy_setopt(e, CURLOPT_CAINFO_BLOB, &ca);
    }
    if (tls.client_certificate_pem.empty()) return;
    curl_blob certificate = blob(tls.client_certificate_pem);
    curl_blob key = blob(tls.client_key_pem);
    curl_easy_setopt(e, CURLOPT_SSLCERT_BLOB, &certificate);
    curl_easy_setopt(e, CURLOPT_SSLKEY_BLOB, &key);
  }

  void SetBody(const HttpRequest& request) {
    CURL* e = easy.get();
    upload = request.upload;
    upload_rest = {};
    if (request.method == "HEAD") {
      curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
      return;
    }
    if (upload != nullptr) {
      curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
      curl_easy_setopt(e, CURLOPT_READFUNCTION, &Impl::OnUpload);
      curl_easy_setopt(e, CURLOPT_READDATA, this);
      curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.upload_size));
      curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, kBufferSize);
    } else if (request.method != "GET") {
      curl_easy_setopt(e, CURLOPT_POST, 1L);
      curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(e, CURLOPT_COPYPOSTFIELDS, request.body.c_str());
    }
    curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  void Open(const HttpRequest& request, const TlsSettings& tls) {
    Close();
    easy.reset(curl_easy_init());
    head = {};
    head_bytes = 0;
    has_head = done = paused = false;
    body.clear();
    upload_error.reset();
    failure.reset();
    url = request.url;
    detail[0] = '\0';
    CURL* e = easy.get();
    curl_easy_setopt(e, CURLOPT_URL, url.c_str());
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);  // of HTTP/2, windows of 32 MiB would be held in memory
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(e, CURLOPT_BUFFERSIZE, kBufferSize);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, &Impl::OnHeader);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, &Impl::OnBody);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, this);
    curl_slist* list = curl_slist_append(nullptr, "Expect:");
    for (const auto& header : request.headers) list = curl_slist_append(list, header.c_str());
    headers.reset(list);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, list);
    SetTls(tls);
    SetBody(request);
    curl_multi_add_handle(multi.get(), e);
    Moved();
  }

  // Lets libcurl work once, waiting for the network if there is nothing to do.
  Result<> Pump() {
    if (paused && body.empty()) {
      paused = false;
      curl_easy_pause(easy.get(), CURLPAUSE_CONT);
    }
    const bool had_head = has_head;
    int running = 0;
    curl_multi_perform(multi.get(), &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      done = true;
      const CURLcode code = message->data.result;
      if (code != CURLE_OK) failure = upload_error ? *upload_error : CurlError(code, detail, url);
    }
    // What had come before the connection broke is good, and is where a Range may go on.
    if (failure && body.empty()) return *failure;
    if (done || !body.empty() || has_head != had_head) return {};
    curl_multi_poll(multi.get(), nullptr, 0, 1000, nullptr);
    if (std::chrono::steady_clock::now() - last_move > stall)
      return MakeError(ErrorCode::kTimeout, "{}: nothing came for {} seconds", url,
                       std::chrono::duration_cast<std::chrono::seconds>(stall).count());
    return {};
  }

  std::chrono::milliseconds stall;
  std::unique_ptr<CURLM, MultiFree> multi;
  std::unique_ptr<CURL, EasyFree> easy;
  std::unique_ptr<curl_slist, ListFree> headers;
  char detail[CURL_ERROR_SIZE] = {};
  std::string url;
  HttpHead head;
  size_t head_bytes = 0;
  bool has_head = false, done = false, paused = false;
  std::string body;     // arrived and not given yet
  std::string current;  // given by Next
  ByteSource* upload = nullptr;
  std::string_view upload_rest;
  std::optional<common::Error> upload_error;
  std::optional<common::Error> failure;  // of the exchange; given when all that came before it has been read
  std::chrono::steady_clock::time_point last_move;
};

HttpClient::HttpClient(std::chrono::milliseconds stall) : impl_(std::make_unique<Impl>(stall)) {}
HttpClient::~HttpClient() = default;

Result<HttpHead> HttpClient::Send(const HttpRequest& request, const TlsSettings& tls) {
  impl_->Open(request, tls);
  while (!impl_->has_head && !impl_->done) {
    if (auto pumped = impl_->Pump(); !pumped) {
      Abort();
      return std::move(pumped).error();
    }
  }
  if (!impl_->has_head) return MakeError(ErrorCode::kUnavailable, "{}: the server closed the connection without an answer", request.url);
  // An upload is read to its end before its answer counts.
  while (request.upload != nullptr && !impl_->done) {
    TRY(impl_->Pump());
    if (impl_->body.size() >= kPauseAt) break;
  }
  return impl_->head;
}

Result<std::string_view> HttpClient::Next() {
  Impl& impl = *impl_;
  impl.current.clear();
  impl.Moved();  // the time in which the reader was busy does not count
  while (impl.body.empty() && !impl.done) {
    if (auto pumped = impl.Pump(); !pumped) {
      Abort();
      return std::move(pumped).error();
    }
  }
  if (impl.body.empty() && impl.failure) return *impl.failure;
  std::swap(impl.current, impl.body);
  return std::string_view(impl.current);
}

Result<std::string> HttpClient::ReadBody(size_t limit) {
  std::string text;
  while (true) {
    ASSIGN_OR_RETURN(const std::string_view chunk, Next());
    if (chunk.empty()) return text;
    if (text.size() + chunk.size() > limit) {
      Abort();
      return MakeError(ErrorCode::kInvalid, "{}: the answer has more than {} bytes", impl_->url, limit);
    }
    text += chunk;
  }
}

void HttpClient::Abort() {
  impl_->Close();
  impl_->done = true;
  impl_->body.clear();
}

struct HttpPool::Idle {
  std::mutex mutex;
  std::vector<std::unique_ptr<HttpClient>> clients;
};

std::shared_ptr<HttpPool::Idle> HttpPool::MakeIdle() { return std::make_shared<Idle>(); }

HttpPool::Lease HttpPool::Take() {
  const auto give_back = [idle = idle_](HttpClient* client) {
    const std::lock_guard guard(idle->mutex);
    idle->clients.emplace_back(client);
  };
  const std::lock_guard guard(idle_->mutex);
  if (idle_->clients.empty()) return Lease(new HttpClient(stall_), give_back);
  Lease lease(idle_->clients.back().release(), give_back);
  idle_->clients.pop_back();
  return lease;
}

void InitializeHttp() { curl_global_init(CURL_GLOBAL_DEFAULT); }

}  // namespace skiff::image
