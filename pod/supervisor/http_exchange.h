// One HTTP/1.1 request of a probe or a hook (kube-semantics.md 7.4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pod/supervisor/probe.h"
#include "pod/supervisor/probe_exchange.h"

namespace skiff::supervisor {

inline constexpr int kMostRedirects = 10;

// "http://10.88.0.2:8080/healthz": handler.host must be set.
std::string ProbeUrl(const Handler& handler);
// strerror as the kubelet would write it: "connection refused".
std::string SocketErrorText(int error);
// "10.88.0.2:8080", "[fd00::2]:8080".
std::string HostAndPort(const Handler& handler);

class HttpExchange final : public ProbeExchange {
 public:
  // handler.host must be set. `any_status`: every answer is a success (hooks).
  explicit HttpExchange(Handler handler, bool any_status = false)
      : handler_(std::move(handler)), any_status_(any_status) {}

  std::string Request() const override;
  std::optional<ProbeResult> OnData(std::string_view data, std::string& reply) override;
  ProbeResult OnEnd() override;

  // After a verdict: where to go on instead of taking it, on the same host.
  const std::optional<Handler>& redirect() const { return redirect_; }

 private:
  bool ParseHead();
  ProbeResult Verdict();

  Handler handler_;
  bool any_status_;
  std::string received_;        // up to the end of the head
  bool head_done_ = false;
  int status_ = 0;
  std::string location_;
  std::optional<size_t> content_length_;
  size_t body_size_ = 0;
  std::string tail_;            // the body's last bytes: the end of a chunked one is seen in them
  bool chunked_ = false;
  std::optional<Handler> redirect_;
};

}  // namespace skiff::supervisor
