// skiff-probe probe|hook HANDLER: one HTTPS request, or one to a host by its name. Started by skiff-supervisor, which has
// neither TLS nor a resolver: descriptor 3 is the pod's network namespace, HANDLER the JSON of a Handler. Exit code 0 is
// success; standard output says what a kubelet would say. Takes as long as it is let.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string_view>

#include "common/json_fields.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/http_exchange.h"

namespace skiff::supervisor {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

constexpr int kNetworkFd = 3;

struct AddressesDeleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, AddressesDeleter>;
using SslContext = std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* p) { ::SSL_CTX_free(p); })>;
using SslSession = std::unique_ptr<SSL, decltype([](SSL* p) { ::SSL_free(p); })>;

// As the host resolves it: a kubelet would do the same.
Result<Addresses> Resolve(const Handler& handler) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int failure = ::getaddrinfo(handler.host.c_str(), std::to_string(handler.port).c_str(), &hints, &list);
  if (failure != 0)
    return MakeError(ErrorCode::kNotFound, "dial tcp: lookup {}: {}", handler.host, ::gai_strerror(failure));
  return Addresses(list);
}

Result<UniqueFd> Connect(const addrinfo* addresses, const Handler& handler) {
  int failure = 0;
  for (const addrinfo* address = addresses; address != nullptr; address = address->ai_next) {
    UniqueFd socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket && ::connect(socket.get(), address->ai_addr, address->ai_addrlen) == 0) return socket;
    failure = errno;
  }
  return MakeError(ErrorCode::kUnavailable, "dial tcp {}: connect: {}", HostAndPort(handler), SocketErrorText(failure));
}

// A connection with or without TLS.
class Stream {
 public:
  static Result<Stream> Open(UniqueFd socket, const Handler& handler) {
    Stream stream(std::move(socket));
    if (!handler.https) return stream;
    stream.context_.reset(::SSL_CTX_new(::TLS_client_method()));
    ::SSL_CTX_set_verify(stream.context_.get(), SSL_VERIFY_NONE, nullptr);
    stream.session_.reset(::SSL_new(stream.context_.get()));
    ::SSL_set_fd(stream.session_.get(), stream.socket_.get());
    in6_addr parsed;
    const char* host = handler.host.c_str();
    const bool is_address = ::inet_pton(AF_INET, host, &parsed) == 1 || ::inet_pton(AF_INET6, host, &parsed) == 1;
    if (!is_address) ::SSL_set_tlsext_host_name(stream.session_.get(), host);
    if (::SSL_connect(stream.session_.get()) == 1) return stream;
    const unsigned long error = ::ERR_peek_error();
    const int reason = ERR_GET_REASON(error);
    if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST)
      return MakeError(ErrorCode::kUnsupported, "http: server gave HTTP response to HTTPS client");
    const char* text = ::ERR_reason_error_string(error);
    return MakeError(ErrorCode::kUnavailable, "tls: {}", text == nullptr ? "handshake failure" : text);
  }

  bool Write(const std::string& text) {
    if (session_) return ::SSL_write(session_.get(), text.data(), static_cast<int>(text.size())) > 0;
    return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // 0 or less: the end.
  int Read(char* buffer, int size) {
    if (session_) return ::SSL_read(session_.get(), buffer, size);
    return static_cast<int>(::recv(socket_.get(), buffer, static_cast<size_t>(size), 0));
  }

 private:
  explicit Stream(UniqueFd socket) : socket_(std::move(socket)) {}
  UniqueFd socket_;
  SslContext context_;
  SslSession session_;
};

ProbeResult Exchange(Stream& stream, HttpExchange& exchange) {
  if (!stream.Write(exchange.Request())) return {false, "write: connection reset by peer"};
  char buffer[4096];
  std::string reply;
  while (true) {
    const int size = stream.Read(buffer, sizeof buffer);
    if (size <= 0) return exchange.OnEnd();
    if (const auto result = exchange.OnData({buffer, static_cast<size_t>(size)}, reply)) return *result;
  }
}

Result<ProbeResult> Ask(const addrinfo* addresses, Handler handler, bool hook) {
  for (int redirects = 0; redirects < kMostRedirects; ++redirects) {
    // A redirect may lead to another port of the same host.
    for (const addrinfo* address = addresses; address != nullptr; address = address->ai_next) {
      // Both kinds have the port at the same place (RFC 3493).
      reinterpret_cast<sockaddr_in*>(address->ai_addr)->sin_port = htons(handler.port);
    }
    ASSIGN_OR_RETURN(UniqueFd socket, Connect(addresses, handler));
    if (handler.kind == Handler::Kind::kTcpSocket) return ProbeResult{true, ""};
    auto stream = Stream::Open(std::move(socket), handler);
    if (!stream && hook && stream.error().code() == ErrorCode::kUnsupported) {
      handler.https = false;  // as the kubelet does for hooks
      continue;
    }
    if (!stream) return stream.error();
    HttpExchange exchange(handler, hook);
    const ProbeResult result = Exchange(*stream, exchange);
    if (!exchange.redirect() || hook) return result;
    handler = *exchange.redirect();
  }
  return MakeError(ErrorCode::kUnavailable, "stopped after {} redirects", kMostRedirects);
}

Result<ProbeResult> Run(const char* text, bool hook) {
  ASSIGN_OR_RETURN(const Handler handler, common::DecodeJson<Handler>(std::string_view(text), "handler"));
  auto addresses = Resolve(handler);
  if (addresses && ::setns(kNetworkFd, CLONE_NEWNET) != 0) return common::ErrnoError("enter the pod's network namespace");
  auto result = addresses ? Ask(addresses->get(), handler, hook) : Result<ProbeResult>(addresses.error());
  if (result || handler.kind != Handler::Kind::kHttpGet) return result;
  return MakeError(result.error().code(), "Get \"{}\": {}", ProbeUrl(handler), result.error().message());
}

}  // namespace
}  // namespace skiff::supervisor

int main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[1] : "";
  if (mode != "probe" && mode != "hook") {
    std::fprintf(stderr, "usage: skiff-probe probe|hook HANDLER (started by skiff-supervisor, not by hand)\n");
    return 2;
  }
  ::signal(SIGPIPE, SIG_IGN);
  const auto result = skiff::supervisor::Run(argv[2], mode == "hook");
  const std::string message = result ? result->message : result.error().message();
  std::fputs(message.c_str(), stdout);
  return result && result->ok ? 0 : 1;
}
