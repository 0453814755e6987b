// What is said over one connection of a probe: HTTP, gRPC, or nothing at all. Pure: bytes in, bytes and a verdict out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skiff::supervisor {

struct ProbeResult {
  bool ok = false;
  std::string message;       // of a failure, as the kubelet words it
  bool warning = false;      // it succeeded, but not as one would expect (a redirect to elsewhere)
};

class ProbeExchange {
 public:
  virtual ~ProbeExchange() = default;
  // Sent once connected. Empty: being connected is all that was wanted.
  virtual std::string Request() const = 0;
  // What has been received; a verdict ends the connection. `reply` is sent.
  virtual std::optional<ProbeResult> OnData(std::string_view data, std::string& reply) = 0;
  // The peer closed the connection before there was a verdict.
  virtual ProbeResult OnEnd() = 0;
};

}  // namespace skiff::supervisor
